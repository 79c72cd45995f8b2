//! The program of `benches/peers`, on a small scale: every server gives every answer, and its tables come out.
//! Nothing is said about time.

#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../../benches/peers/main.rs"]
mod program;

use std::time::Duration;

use program::burst::{Target, burst};
use program::config::{Kind, Limits, Signed};
use program::options::Options;
use program::queries::{Mix, Pool};
use program::report::{Figures, goals, page};
use program::server::{Contestant, Plan};
use program::workload::{Shape, Workload};
use program::zone_file::ZoneFiles;

use crate::peers;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mimi-dns");

fn options(words: &str) -> Options {
    Options::parse(words.split_whitespace().map(str::to_owned)).unwrap()
}

/// What was written, where there are servers and cores enough.
fn written(words: &str) -> Option<String> {
    if std::thread::available_parallelism().unwrap().get() < 2 {
        peers::leave_out("it needs two cores");
        return None;
    }
    for program in ["nsd", "knotd", "named", "pdns_server"] {
        peers::installed(&[program])?;
    }
    let mut out = Vec::new();
    program::run::run(&options(words), PROGRAM.as_ref(), &mut out);
    Some(String::from_utf8(out).unwrap())
}

/// The cells of each server's rows.
fn rows<'t>(text: &'t str, server: &str) -> Vec<Vec<&'t str>> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
    rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|cells| cells[0].starts_with(server))
        .collect()
}

#[track_caller]
fn check(text: &str, server: &str, tables: usize, [answers, wrong]: [usize; 2]) {
    let rows = rows(text, server);
    assert_eq!(rows.len(), tables, "{server}:\n{text}");
    for cells in rows {
        assert_ne!(cells[answers], "0", "{server}:\n{text}");
        assert_eq!(cells[wrong], "0", "{server}:\n{text}");
    }
}

#[test]
fn every_server_answers_right_signed_or_not() {
    let Some(text) =
        written("--names 60 --rounds 1 --seconds 0.1 --signed no,nsec,nsec3,online --mix mixed,misses")
    else {
        return;
    };
    check(&text, "mimi-dns", 8, [8, 10]);
    for server in ["NSD", "Knot", "BIND", "PowerDNS"] {
        check(&text, server, 6, [8, 10]);
    }
    check(&text, "echo", 8, [8, 10]);
}

#[test]
fn the_second_workload_comes_over_tcp_too() {
    let Some(text) = written("--names 60 --rounds 1 --seconds 0.2 --shape protocol --what cpu,tcp") else {
        return;
    };
    let (cpu, tcp) = text.split_once("over TCP").unwrap();
    for server in ["mimi-dns", "NSD", "Knot", "BIND", "PowerDNS"] {
        check(cpu, server, 1, [8, 10]);
        check(tcp, server, 2, [4, 5]);
    }
}

#[test]
fn a_wrong_answer_is_seen() {
    let (folder, workload) = (tempfile::tempdir().unwrap(), Workload::new(Shape::Mapping));
    let files = ZoneFiles { folder: folder.path(), program: PROGRAM.as_ref() };
    let file = files.make(&workload, 20, Signed::No, 1);
    let plan = Plan { file: &file, signed: Signed::No, cores: &[0], ready_within: Duration::from_secs(30) };
    let server = Contestant::new(Kind::MimiDns, "mimi-dns", PROGRAM.into(), Limits::On).start(&plan).unwrap();
    let wrong = |names, mix| {
        let pool = Pool::new(&workload, names, 512, mix, Signed::No);
        let manner = options("").effort.manner;
        let target = Target::Server(server.addr);
        let tally = burst(&target, &pool, &mut 0, manner, Duration::from_millis(200));
        assert!(tally.answers > 0);
        tally.wrong * 100 / tally.answers
    };
    assert_eq!(wrong(20, Mix::Usual), 0);
    // Half of what is believed to be there is not.
    assert!((20..80).contains(&wrong(40, Mix::Hits)));
    // The names that should not be there are.
    assert_eq!(wrong(10, Mix::Misses), 100);
}

const PAGE: &str = "before\n<!-- results: begin -->\n<!-- goals: end -->\n<!-- results: end -->\nafter\n";

#[test]
fn runs_stand_beside_each_other_on_the_page() {
    let one = page::with_section(PAGE, "one", "| 1 |");
    let both = page::with_section(&one, "two", "| 2 |");
    let again = page::with_goals(&page::with_section(&both, "one", "| 3 |"), "goals");
    let order = ["before", "goals", "### one", "| 3 |", "### two", "| 2 |", "after"];
    let places: Vec<_> = order.iter().map(|word| again.find(word).expect(word)).collect();
    assert!(places.is_sorted(), "{again}");
    assert!(!again.contains("| 1 |"), "{again}");
    assert_eq!(page::with_goals(&again, "goals"), again);
    assert_eq!(page::without_sections(&again), PAGE);
}

#[test]
fn goals_are_met_or_missed_by_what_was_measured() {
    let mut run = Figures::default();
    let cpu = ["cpu", "mapping", "no", "mixed"];
    for (who, ratio) in [("echo", 1.0), ("mimi-dns 1", 1.104), ("NSD 4", 1.5)] {
        run.add(cpu, 100_000, who, &[("ratio", ratio)]);
    }
    for (who, ratio) in [("mimi-dns 1", 1.32), ("NSD 4", 1.4)] {
        run.add(cpu, 1_000_000, who, &[("ratio", ratio)]);
    }
    for (who, ratio) in [("mimi-dns 1", 1.5), ("NSD 4", 1.25)] {
        run.add(cpu, 1000, who, &[("ratio", ratio)]);
    }
    let mut all = Figures::default();
    all.replace("a", &run);
    let table = goals::table(&Figures::parse(&all.print()));
    let end = |size: &str| {
        let row = table.lines().find(|line| line.contains(&format!("mixed, {size} names"))).expect(size);
        row.trim_end_matches(" |").rsplit("| ").next().unwrap().to_owned()
    };
    assert_eq!([end("1k"), end("100k"), end("1M")], ["**missed by 20 %**", "met", "**missed by 20 %**"]);
    // What a section measured goes with it.
    all.replace("a", &Figures::default());
    assert!(!goals::table(&all).contains("names"));
}
