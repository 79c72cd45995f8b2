//! Signing and building a zone of so many mappings.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use mimi_dns::dnssec::SigningKey;
use mimi_dns::record::dnssec::Algorithm;
use mimi_dns::statement::{SecretKey, Signer as _};

use super::process::{Cost, micros, run};
use super::{APEX, MESSAGE, Options, PROGRAM, Page, source};

const OURS: &str = "mimi-dns";

/// One mapping statement for each identifier, then a zone of three, built and signed.
pub fn signing(options: &Options, folder: &Path, page: &mut Page) {
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
    page.say(&format!(
        "\nSigning {count} identifiers, {cores} cores; the signature alone: of statements {statement:.1} µs, of zones {zone:.1} µs\n"
    ));
    page.say(
        "| what | signatures | seconds | seconds on cores | µs on a core, a signature | × the signature alone | most resident, MB |",
    );
    page.say("| --- | --: | --: | --: | --: | --: | --: |");
    let mut tell = |who: &str, what: &str, signatures: usize, alone: f64, cost: Option<Cost>| {
        let Some(Cost { wall, cpu, most }) = cost else { return };
        let each = cpu * 1e6 / signatures as f64;
        let name = if who == OURS { what } else { who };
        page.say(&format!(
            "| `{name}` | {signatures} | {wall:.2} | {cpu:.2} | {each:.1} | {:.2} | {} |",
            each / alone,
            most / 1_000_000
        ));
        let measures = [("micros", each), ("alone", alone), ("seconds", wall), ("seconds on cores", cpu)];
        page.figures.add(["bulk", "bulk", "no", what], count as u64, who, &measures);
    };
    let sign = ["statement", "sign", "msp.drafts", "--key", "msp.pem", "-o", "msp.statements"];
    tell(OURS, "statement sign", count, statement, run(PROGRAM, &sign, folder));
    let build = ["zone", "build", "source.zone", "-o", "built.zone"];
    tell(OURS, "zone build", 3 * count, statement, run(PROGRAM, &build, folder));
    for denial in ["--nsec3", "--nsec"] {
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
        tell(OURS, &format!("zone sign {denial}"), signatures(&folder.join("signed.zone")), zone, cost);
    }
    if options.peers {
        peers(folder, zone, &mut tell);
    }
}

fn signatures(file: &Path) -> usize {
    fs::read_to_string(file).unwrap().lines().filter(|line| line.contains("\tRRSIG\t")).count()
}

/// Prints a row: who, what, how many signatures, what one alone costs.
type Tell<'a> = &'a mut dyn FnMut(&str, &str, usize, f64, Option<Cost>);

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
        tell("dnssec-signzone -P", "zone sign --nsec", signatures(&folder.join("bind.zone")), alone, cost);
    }
    let key = format!("keys/{key}");
    let cost = run("ldns-signzone", &["-o", APEX, "-f", "ldns.zone", "built.zone", &key], folder);
    if cost.is_some() {
        tell("ldns-signzone", "zone sign --nsec", signatures(&folder.join("ldns.zone")), alone, cost);
    }
}
