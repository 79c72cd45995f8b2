//! Zones by name, by template and by pattern, and what a reload makes of them.

use mimi_dns::record::Rtype;

use super::operating::{HEAD, Operated, counts, loaded, write, zone};
use super::run;
use super::serve::asked;
use crate::wire::{self, Message};

/// A zone that relies on its name in the configuration.
fn bare(serial: u32) -> String {
    format!("$TTL 60\n@ SOA ns h {serial} 1h 1h 1w 60\n@ NS ns\nns A 127.0.0.1\n")
}

fn configure(operated: &Operated, text: &str) {
    operated.write("mimi-dns.toml", &format!("{HEAD}{text}"));
}

fn start(files: &[(&str, &str)], text: &str) -> Operated {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    write(folder.path(), "mimi-dns.toml", &format!("{HEAD}{text}"));
    Operated::start_in(folder)
}

const TEMPLATE: &str = "[[template]]\nname = \"customers\"\nfile = \"customers/%s.zone\"\n";

fn named(name: &str) -> String {
    format!("[[zone]]\nname = \"{name}\"\ntemplate = \"customers\"\n")
}

#[test]
fn zones_come_and_go_with_the_configuration() {
    let text = format!("[zones]\npaths = [\"more/*/?.zone\"]\n{TEMPLATE}{}", named("a.example"));
    let operated = start(
        &[
            ("customers/a.example.zone", &bare(1)),
            ("customers/b.example.zone", &bare(2)),
            ("more/x/c.zone", &zone("c.example", 3, "")),
            ("more/x/not-this.zone", &zone("d.example", 4, "")),
        ],
        &text,
    );
    assert_eq!(["a.example", "c.example"].map(|zone| asked(&operated.serving, zone)), ["1", "3"]);
    assert_eq!(operated.measure("mimi_dns_zones"), "2");
    configure(&operated, &format!("{text}{}", named("B.example")));
    let lines = operated.reload();
    assert_eq!((counts(&lines), loaded(&lines)), ([1, 2, 0, 0], vec!["B.example."]), "as it is written");
    write(operated.folder.path(), "more/y/e.zone", &zone("e.example", 5, ""));
    assert_eq!(counts(&operated.reload()), [1, 3, 0, 0], "what the pattern stands for now");
    configure(&operated, &format!("[zones]\npaths = [\"more/*/?.zone\"]\n{TEMPLATE}{}", named("b.example")));
    assert_eq!(counts(&operated.reload()), [0, 3, 1, 0]);
    assert_eq!(operated.measure("mimi_dns_zones"), "3");
    // A configuration with faults adds and takes away nothing.
    configure(&operated, &format!("{TEMPLATE}{}{}", named("b.example"), named("b.example")));
    operated.reload();
    assert_eq!(operated.measure("mimi_dns_zones"), "3");
}

#[test]
fn a_file_of_another_zone_is_an_error() {
    let text = format!("[zones]\npaths = [\"customers\"]\n{TEMPLATE}{}", named("a.example"));
    let operated = start(
        &[("customers/a.example.zone", &bare(1)), ("customers/other.zone", &zone("b.example", 2, ""))],
        &text,
    );
    // The file that stands in the folder too is read once, as the zone of that name.
    assert_eq!(["a.example", "b.example"].map(|zone| asked(&operated.serving, zone)), ["1", "2"]);
    operated.write("customers/a.example.zone", &zone("c.example", 3, ""));
    let lines = operated.reload();
    assert_eq!(counts(&lines), [0, 1, 0, 1]);
    let told = lines.iter().find(|line| line["level"] == "ERROR").unwrap()["message"].as_str().unwrap();
    assert!(told.contains("a.example.zone:3:3: error[other-apex]"), "{told}");
    assert_eq!(asked(&operated.serving, "a.example"), "1", "as before");
    // A zone that is new, and whose file is not there, is awaited; the others go on.
    operated.write("customers/a.example.zone", &bare(4));
    configure(&operated, &format!("{text}{}", named("new.example")));
    let lines = operated.reload();
    assert_eq!((counts(&lines), loaded(&lines)), ([1, 1, 0, 1], vec!["a.example."]));
    assert_eq!(operated.get("/ready").0, 503);
    operated.write("customers/new.example.zone", &bare(5));
    assert_eq!(counts(&operated.reload()), [1, 2, 0, 0]);
    assert_eq!(asked(&operated.serving, "new.example"), "5");
}

#[test]
fn a_zone_whose_file_is_not_there_is_a_fault_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "mimi-dns.toml", &format!("{HEAD}{TEMPLATE}{}", named("a.example")));
    let file = folder.path().join("mimi-dns.toml");
    let told = run(&["config", "check", file.to_str().unwrap()]);
    assert_eq!(told.code, 1);
    assert!(told.out.contains(":9:8: error[unreadable-file]: "), "{}", told.out);
    assert!(told.out.contains("customers/a.example.zone"), "{}", told.out);
}

#[test]
fn a_zone_is_signed_by_the_policy_that_it_names_or_by_none() {
    let text = format!(
        "[zones]\npaths = [\"more\"]\n{TEMPLATE}signing = \"split\"\n{}{}signing = \"none\"\n[[signing]]\n[[signing]]\nname = \"split\"\n\
         keys = \"ksk-zsk\"\n",
        named("a.example"),
        named("b.example"),
    );
    let operated = start(
        &[
            ("customers/a.example.zone", &bare(1)),
            ("customers/b.example.zone", &bare(2)),
            ("more/c.zone", &zone("c.example", 3, "")),
        ],
        &text,
    );
    let keys = |apex: &str| {
        let address = operated.serving.address.parse().unwrap();
        Message::read(&crate::peers::udp(address, &wire::query(apex, Rtype::DNSKEY))).answer.len()
    };
    assert_eq!(["a.example.", "b.example.", "c.example."].map(keys), [2, 0, 1]);
}
