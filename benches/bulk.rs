//! Many identifiers at a time, beside what the signature alone costs: signing and building a zone of so many
//! mappings, and looking up an address book. How to run it and what is measured is in `docs/benchmarks.md`.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mimi_dns::dnssec::SigningKey;
use mimi_dns::identifier::Identifier;
use mimi_dns::record::dnssec::Algorithm;
use mimi_dns::resolver::{DiscoveryResult, DnsTransport, Policy, Resolver};
use mimi_dns::statement::{PublicKey, SecretKey, Signer as _};

const USAGE: &str = "usage: cargo bench --bench bulk -- [options]
  --what signing,book    what is measured
  --identifiers N        in the zone [100000]
  --entries N            of the address book [10000]
  --peers                signs the zone with dnssec-signzone and ldns-signzone too, where they are installed
  --folder DIR           where files are made, and kept";

const APEX: &str = "discover.example";
const PROGRAM: &str = env!("CARGO_BIN_EXE_mimi-dns");
const PARAMETERS: &str =
    "v=mimi1; epoch=1; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; from=20260101000000";
/// Octets that are signed, as of one mapping statement.
const MESSAGE: usize = 250;

struct Options {
    what: String,
    identifiers: usize,
    entries: usize,
    peers: bool,
    folder: Option<PathBuf>,
}

fn main() {
    let mut options = Options {
        what: "signing,book".into(),
        identifiers: 100_000,
        entries: 10_000,
        peers: false,
        folder: None,
    };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--what" => options.what = value(),
            "--identifiers" => options.identifiers = value().parse().unwrap(),
            "--entries" => options.entries = value().parse().unwrap(),
            "--folder" => options.folder = Some(value().into()),
            "--peers" => options.peers = true,
            _ => return println!("{USAGE}"),
        }
    }
    let made = tempfile::tempdir().unwrap();
    let folder = options.folder.clone().unwrap_or_else(|| made.path().to_owned());
    fs::create_dir_all(&folder).unwrap();
    for party in ["ap", "holder", "msp"] {
        let file = folder.join(format!("{party}.pem"));
        if !file.exists() {
            fs::write(file, SecretKey::generate().unwrap().to_pem().as_bytes()).unwrap();
        }
    }
    if options.what.contains("signing") {
        signing(&options, &folder);
    }
    if options.what.contains("book") {
        book(&options, &folder);
    }
}

fn number(at: usize) -> String {
    format!("tel:+442{at:09}")
}

/// The three statements of each identifier.
fn drafts(at: usize) -> [String; 3] {
    [
        "possession now-30d +700d issuer=ap.example. holder-key=@holder.pem proof=sms,now-30d sign=ap.pem"
            .into(),
        "wishes now-7d +300d holder=@holder.pem at=\"msp.example 0\" sign=holder.pem".into(),
        format!(
            "mapping now-1h +9d issuer=msp.example. holder=@holder.pem consent=now-7d \
             endpoint=\"NAPTR 100 10 \\\"U\\\" \\\"x-mimi:x-mimi\\\" \\\"!.*!mimi://msp.example/u/{at:09}!\\\" .\" sign=msp.pem"
        ),
    ]
}

fn source(count: usize, front: bool, statements: std::ops::Range<usize>) -> String {
    let mut text = String::new();
    if front {
        write!(
            text,
            "$ORIGIN {APEX}.\n$TTL 300\n@ SOA ns host 1 4h 1h 2w 5m\n@ NS ns\nns A 127.0.0.1\n_mimi TXT \"{PARAMETERS}\"\n"
        )
        .unwrap();
    }
    for at in 0..count {
        writeln!(text, "$IDENTIFIER {}", number(at)).unwrap();
        for draft in &drafts(at)[statements.clone()] {
            writeln!(text, "@ MIMISIG {draft}").unwrap();
        }
    }
    text
}

// -- what is measured of a process ----------------------------------------------------------------------------

#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
    most: u64,
}

/// Time on cores of processes that have ended and been waited for, in seconds.
fn cpu_of_children() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[13].parse::<f64>().unwrap() + fields[14].parse::<f64>().unwrap();
    ticks / 100.0
}

/// Time that this process has had cores, in seconds.
fn cpu_of_this() -> f64 {
    let threads = fs::read_dir("/proc/self/task").unwrap().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Option<Cost> {
    let (start, before) = (Instant::now(), cpu_of_children());
    let output = fs::File::create(folder.join("output")).unwrap();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .ok()?;
    let mut most = 0;
    let status = loop {
        most = most.max(peak(&child));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let wall = start.elapsed().as_secs_f64();
    assert!(status.success(), "{program}: {}", fs::read_to_string(folder.join("output")).unwrap());
    Some(Cost { wall, cpu: cpu_of_children() - before, most })
}

/// The most octets that were resident.
fn peak(child: &Child) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0) * 1024
}

/// Microseconds that one of these takes on one core.
fn micros(mut one: impl FnMut()) -> f64 {
    const COUNT: u32 = 4000;
    (0..200).for_each(|_| one());
    let before = cpu_of_this();
    (0..COUNT).for_each(|_| one());
    (cpu_of_this() - before) * 1e6 / f64::from(COUNT)
}

// -- signing ---------------------------------------------------------------------------------------------------

fn signing(options: &Options, folder: &Path) {
    let count = options.identifiers;
    let write = |name: &str, text: String| fs::write(folder.join(name), text).unwrap();
    write("msp.drafts", source(count, false, 2..3));
    write("source.zone", source(count, true, 0..3));
    let message = [7; MESSAGE];
    let key = SecretKey::from_seed(&[7; 32]);
    let statement = micros(|| drop(black_box(key.sign(black_box(&message)))));
    let zone_key = SigningKey::generate(Algorithm::ED25519).unwrap();
    let zone = micros(|| drop(black_box(zone_key.sign(black_box(&message)))));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "\nSigning {count} identifiers, {cores} cores; the signature alone: of statements {statement:.1} µs, of zones {zone:.1} µs\n"
    );
    println!(
        "| what | signatures | seconds | seconds on cores | µs on a core, a signature | × the signature alone | most resident, MB |"
    );
    println!("| --- | --: | --: | --: | --: | --: | --: |");
    let tell = |what: &str, signatures: usize, alone: f64, cost: Option<Cost>| {
        let Some(Cost { wall, cpu, most }) = cost else { return };
        let each = cpu * 1e6 / signatures as f64;
        println!(
            "| {what} | {signatures} | {wall:.2} | {cpu:.2} | {each:.1} | {:.2} | {} |",
            each / alone,
            most / 1_000_000
        );
    };
    let sign = ["statement", "sign", "msp.drafts", "--key", "msp.pem", "-o", "msp.statements"];
    tell("`statement sign`, a mapping each", count, statement, run(PROGRAM, &sign, folder));
    let build = ["zone", "build", "source.zone", "-o", "built.zone"];
    tell("`zone build`, three drafts each", 3 * count, statement, run(PROGRAM, &build, folder));
    for (what, denial) in [("`zone sign --nsec`", "--nsec"), ("`zone sign --nsec3`", "--nsec3")] {
        let _ = fs::remove_file(folder.join("signed.zone"));
        let sign = [
            "zone",
            "sign",
            denial,
            "--create-keys",
            "--csk",
            "--keys",
            "keys",
            "-o",
            "signed.zone",
            "built.zone",
        ];
        let cost = run(PROGRAM, &sign, folder);
        tell(what, signatures(&folder.join("signed.zone")), zone, cost);
    }
    if options.peers {
        peers(folder, zone, &tell);
    }
}

fn signatures(file: &Path) -> usize {
    fs::read_to_string(file).unwrap().lines().filter(|line| line.contains("\tRRSIG\t")).count()
}

/// Prints a row.
type Tell<'a> = &'a dyn Fn(&str, usize, f64, Option<Cost>);

/// The same zone and key, NSEC.
fn peers(folder: &Path, alone: f64, tell: Tell<'_>) {
    let keys = fs::read_dir(folder.join("keys")).unwrap().flatten();
    let mut keys =
        keys.filter_map(|file| file.file_name().to_str()?.strip_suffix(".private").map(str::to_owned));
    let key = keys.next().expect("a key was made");
    // Who signs puts the key into the zone; ldns-signzone wants the plain zone.
    let threads = std::thread::available_parallelism().map_or(1, usize::from).to_string();
    let bind = ["-S", "-z", "-P", "-n", &threads, "-K", "keys", "-o", APEX, "-f", "bind.zone", "built.zone"];
    let cost = run("dnssec-signzone", &bind, folder);
    if cost.is_some() {
        tell("`dnssec-signzone -P`", signatures(&folder.join("bind.zone")), alone, cost);
    }
    let key = format!("keys/{key}");
    let cost = run("ldns-signzone", &["-o", APEX, "-f", "ldns.zone", "built.zone", &key], folder);
    if cost.is_some() {
        tell("`ldns-signzone`", signatures(&folder.join("ldns.zone")), alone, cost);
    }
}

// -- an address book -------------------------------------------------------------------------------------------

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn book(options: &Options, folder: &Path) {
    let count = options.entries;
    fs::write(folder.join("book.zone"), source(count, true, 0..3)).unwrap();
    let build = ["zone", "build", "book.zone", "-o", "book.built"];
    run(PROGRAM, &build, folder).expect("the command is there");
    let _ = fs::remove_file(folder.join("book.signed"));
    let sign =
        ["zone", "sign", "--create-keys", "--csk", "--keys", "keys", "-o", "book.signed", "book.built"];
    run(PROGRAM, &sign, folder).expect("the command is there");
    let said = fs::read_to_string(folder.join("output")).unwrap();
    let anchor = said.lines().find(|line| line.contains(" IN DS ")).expect("DS records are told");
    let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let child = Command::new(PROGRAM)
        .args(["serve", "book.signed", "--listen", &addr.to_string()])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _served = Served(child.unwrap());
    let identifiers: Vec<_> = (0..count).map(|at| Identifier::parse(&number(at)).unwrap()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!("\nAn address book of {count} numbers, {PARAMETERS}\n");
    println!("| what | µs on a core, an entry | seconds | mapped |\n| --- | --: | --: | --: |");
    for (what, anchors) in [("signed zone, one anchor", Some(anchor)), ("no DNSSEC", None)] {
        for together in [true, false] {
            let resolver = || {
                let transport = DnsTransport::builder().server(addr).build().unwrap();
                Resolver::builder().policy(policy(folder, anchors)).transport(transport).build().unwrap()
            };
            // Until the server is there.
            runtime.block_on(async {
                while !matches!(
                    resolver().resolve(&identifiers[0]).await.unwrap().result,
                    DiscoveryResult::Mapped(_)
                ) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            });
            let (start, before, resolver) = (Instant::now(), cpu_of_this(), resolver());
            let mapped = runtime.block_on(async {
                let mut mapped = 0;
                if together {
                    let mut answers = resolver.resolve_all(&identifiers);
                    while let Some(answer) = answers.next().await {
                        mapped += usize::from(matches!(answer.unwrap().result, DiscoveryResult::Mapped(_)));
                    }
                } else {
                    for identifier in &identifiers {
                        let answer = resolver.resolve(identifier).await.unwrap();
                        mapped += usize::from(matches!(answer.result, DiscoveryResult::Mapped(_)));
                    }
                }
                mapped
            });
            let each = (cpu_of_this() - before) * 1e6 / count as f64;
            let how = if together { "`resolve_all`" } else { "one by one" };
            println!("| {what}, {how} | {each:.1} | {:.2} | {mapped} |", start.elapsed().as_secs_f64());
        }
    }
    primitives();
}

/// Of three statements and one signature of DNSSEC, as of each entry, what verifying alone costs.
fn primitives() {
    use mimi_dns::record::mimisig::{Body, Possession, Proof, ProofMethod};
    use mimi_dns::statement::{Draft, verify, verify_batch};
    let key = SecretKey::from_seed(&[9; 32]);
    let now = mimi_dns::clock::UnixTime::now();
    let proof = Proof { method: ProofMethod::Sms, time: now };
    let body = Possession {
        issuer: "ap.example".parse().unwrap(),
        holder_key: Some(key.public_key().to_raw()),
        proof,
    };
    let draft = Draft::new(now, now.plus(86_400), &Body::Possession(body)).unwrap();
    let signed: Vec<_> = (0..192)
        .map(|at| {
            let identifier = Identifier::parse(&number(at)).unwrap();
            let statement = draft.sign(&identifier, &key).unwrap();
            (identifier, statement)
        })
        .collect();
    let public: PublicKey = key.public_key();
    let claims: Vec<_> =
        signed.iter().map(|(identifier, statement)| (statement, identifier, &public)).collect();
    let one = micros(|| assert!(black_box(verify(claims[0].0, claims[0].1, claims[0].2)).is_ok()));
    let before = cpu_of_this();
    (0..40).for_each(|_| assert!(black_box(verify_batch(&claims)).iter().all(Result::is_ok)));
    let batch = (cpu_of_this() - before) * 1e6 / (40 * claims.len()) as f64;
    println!(
        "\nVerifying alone: a statement {one:.1} µs; of 192 by one key together {batch:.1} µs each, so {:.1} µs for three",
        3.0 * batch
    );
}

fn policy(folder: &Path, anchor: Option<&str>) -> Policy {
    let key = |party: &str| {
        let text = fs::read_to_string(folder.join(format!("{party}.pem"))).unwrap();
        SecretKey::from_pem(text.trim()).unwrap().public_key().to_txt()
    };
    let dnssec = anchor.map_or_else(String::new, |anchor| {
        format!("[dnssec]\nanchors = [\"{}\"]\n", anchor.replace('\t', " "))
    });
    let pinned = if anchor.is_some() { String::new() } else { format!("parameters = [\"{PARAMETERS}\"]\n") };
    let text = format!(
        "version = 1\n{dnssec}[[provider]]\napex = \"{APEX}\"\nscope = [\"+44\"]\n{pinned}\
         [[grant]]\ndomain = \"ap.example\"\nkind = \"possession\"\nscope = [\"+44\"]\nstrongest = \"sms\"\n\
         [[key]]\ndomain = \"ap.example\"\nkey = \"{}\"\n[[key]]\ndomain = \"msp.example\"\nkey = \"{}\"\n",
        key("ap"),
        key("msp")
    );
    Policy::from_toml(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}"))
}
