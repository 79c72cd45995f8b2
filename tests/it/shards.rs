//! The script of `docs/scaling.md`: a directory in four shards behind a parent zone, all signed, in a network namespace
//! of its own.

use std::process::Command;

use crate::namespace::is_inside;
use crate::peers::installed;

#[test]
fn the_resolver_finds_its_way_through_four_shards_and_never_takes_one_that_is_gone_for_empty() {
    if installed(&["unbound"]).is_none()
        || !is_inside(
            "shards::the_resolver_finds_its_way_through_four_shards_and_never_takes_one_that_is_gone_for_empty",
        )
    {
        return;
    }
    let output = Command::new("examples/shards/run")
        .arg(env!("CARGO_BIN_EXE_mimi-dns"))
        .output()
        .expect("the script is there");
    let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned());
    assert!(output.status.success(), "{}", said.concat());
    let lines: Vec<_> = said[0].lines().collect();
    let [four, all, three, found, gone] = lines[..] else { panic!("{}", said.concat()) };
    assert_eq!([four, all], ["four shards:", "200 mapped"], "{}", said.concat());
    assert!(three.starts_with("three shards"), "{}", said.concat());
    let count = |line: &str, result: &str| -> u32 {
        let words = line.strip_suffix(result).unwrap_or_else(|| panic!("{}", said.concat()));
        words.trim().parse().unwrap()
    };
    let [found, gone] = [count(found, "mapped"), count(gone, "unreachable")];
    assert_eq!(found + gone, 200);
    // A quarter, as hashed names fall.
    assert!((20..=80).contains(&gone), "{}", said.concat());
}
