//! Looking up an address book.

use std::fs;
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mimi_dns::identifier::Identifier;
use mimi_dns::resolver::{DiscoveryResult, DnsTransport, Policy, Resolver};
use mimi_dns::statement::{PublicKey, SecretKey, Signer as _};

use super::process::{cpu_of_this, micros, run};
use super::{APEX, Options, PARAMETERS, PROGRAM, Page, number, source};

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A signed zone of so many entries, looked up all together and one by one, with DNSSEC and without.
pub fn book(options: &Options, folder: &Path, page: &mut Page) {
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
    page.say(&format!("\nAn address book of {count} numbers, {PARAMETERS}"));
    // Three statements for each entry and, where the zone is signed, one signature of DNSSEC.
    let batch = primitives(page);
    page.say("| what | µs on a core, an entry | seconds | mapped |\n| --- | --: | --: | --: |");
    for (what, anchors, signed, signatures) in
        [("signed zone, one anchor", Some(anchor), "nsec", 4.0), ("no DNSSEC", None, "no", 3.0)]
    {
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
            page.say(&format!(
                "| {what}, {how} | {each:.1} | {:.2} | {mapped} |",
                start.elapsed().as_secs_f64()
            ));
            let detail = if together { "together" } else { "one by one" };
            let measures = [("micros", each), ("alone", signatures * batch)];
            page.figures.add(["book", "bulk", signed, detail], count as u64, "mimi-dns", &measures);
        }
    }
}

/// Microseconds that verifying a signature costs, of many by one key together.
fn primitives(page: &mut Page) -> f64 {
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
    page.say(&format!(
        "\nVerifying alone: a statement {one:.1} µs; of 192 by one key together {batch:.1} µs each\n"
    ));
    batch
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
