use std::collections::BTreeMap;

use super::*;
use crate::cli::config::LogLevel;

/// Name, kind and help of everything that is exported.
fn exported() -> BTreeMap<String, (String, String)> {
    let written = write(&Arc::new(Status::new(LogLevel::Info))).unwrap();
    assert!(written.ends_with("# EOF\n"));
    let words = |start: &str| -> BTreeMap<String, String> {
        let lines = written.lines().filter_map(|line| line.strip_prefix(start)?.split_once(' '));
        lines.map(|(name, rest)| (name.to_owned(), rest.to_owned())).collect()
    };
    let help = words("# HELP ");
    let kinds = words("# TYPE ").into_iter();
    kinds.map(|(name, kind)| (name.clone(), (kind, help[&name].clone()))).collect()
}

#[test]
fn every_measure_is_documented_and_nothing_else() {
    let page = std::fs::read_to_string("docs/book/src/monitoring.md").unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let measures = rows.filter(|(name, _)| name.starts_with("mimi_dns_") || name.starts_with("process_"));
    let documented: Vec<&str> = measures.map(|(name, _)| name.split('{').next().unwrap_or(name)).collect();
    let names = exported().into_iter().map(|(name, (kind, _))| match kind.as_str() {
        "counter" => format!("{name}_total"),
        "info" => format!("{name}_info"),
        "histogram" => format!("{name}_bucket"),
        _ => name,
    });
    let (mut names, mut documented): (Vec<_>, Vec<_>) =
        (names.collect(), documented.iter().map(ToString::to_string).collect());
    names.sort();
    documented.sort();
    assert_eq!(names, documented);
}

#[test]
fn names_follow_the_convention() {
    for (name, (_, help)) in exported() {
        assert!(name.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'_'), "{name}");
        assert!(!name.ends_with("_total"), "{name}");
        assert!(help.ends_with('.') && help.is_ascii(), "{help}");
    }
}

#[test]
fn every_outcome_is_there_before_the_first_request() {
    let written = write(&Arc::new(Status::new(LogLevel::Info))).unwrap();
    for transport in Transport::ALL {
        for outcome in Outcome::ALL {
            let (transport, outcome) = (transport.label(), outcome.label());
            let line =
                format!("mimi_dns_requests_total{{transport=\"{transport}\",outcome=\"{outcome}\"}} 0\n");
            assert!(written.contains(&line), "{line}");
        }
    }
}
