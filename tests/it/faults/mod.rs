//! Zones with each fault that can be made, and what we, Unbound and delv say of them.

mod cases;
mod chain;
mod draft;
mod long;
mod world;

use std::fmt::Write as _;

use mimi_dns::record::Name;

use self::cases::Case;
use self::world::{LEAF, LEAF_BY_BIND, LEAF_BY_NSD, World, ask_delv, ask_ours, ask_resolver};
use crate::conformance::section;
use crate::{namespace, peers};

#[test]
fn each_fault_is_told_as_it_is() {
    if !namespace::is_inside("faults::each_fault_is_told_as_it_is") {
        return;
    }
    let cases = cases::all();
    let world = World::start(&cases);
    let differences = |leaf, same: fn(&str, &str) -> bool| -> Vec<String> {
        let told = cases.iter().filter_map(|case| {
            assert!(chain::is_code(case.ours), "{}", case.ours);
            let verdict = verdict(case, &world, leaf);
            (!same(&verdict, case.ours)).then(|| format!("{}: {verdict}, not {}", case.zone, case.ours))
        });
        told.collect()
    };
    assert_eq!(differences(LEAF, |one, other| one == other), Vec::<String>::new());
    // Where records are missing, their replies have others than ours, and another fault is seen first.
    if let Some(_nsd) = world.start_nsd() {
        assert_eq!(differences(LEAF_BY_NSD, |one, other| first(one) == first(other)), Vec::<String>::new());
    }
    if let Some(_bind) = world.start_bind() {
        let told =
            differences(LEAF_BY_BIND, |one, other| first(one) == first(other) || one == chain::NOT_SERVED);
        assert_eq!(told, Vec::<String>::new(), "served by BIND");
        let served =
            cases.iter().filter(|case| verdict(case, &world, LEAF_BY_BIND) != chain::NOT_SERVED).count();
        assert!(served + 10 > cases.len(), "BIND serves {served} of {}", cases.len());
    }
}

/// Whether it is secure, insecure or bogus.
fn first(verdict: &str) -> &str {
    verdict.split([':', ' ']).next().unwrap_or_default()
}

fn verdict(case: &Case, world: &World, leaf: &str) -> String {
    let apex: Name = case.apex().parse().unwrap();
    chain::judge(&world.anchor, &apex, case.asked(), leaf)
}

#[test]
fn the_table_beside_unbound_and_delv() {
    if !namespace::is_inside("faults::the_table_beside_unbound_and_delv") {
        return;
    }
    let cases = cases::all();
    let world = World::start(&cases);
    let peers = (world.start_unbound(true), world.start_unbound(false), peers::installed(&["delv"]));
    let (Some(unbound), Some(iterator), Some(delv)) = peers else { return };
    let (mut rows, mut agree, mut unexplained) = (String::new(), [0; 3], Vec::new());
    for case in &cases {
        let (name, rtype) = case.asked();
        let others = [
            ask_ours(&world, iterator.addr(), &name, rtype),
            ask_resolver(unbound.addr(), &name, rtype),
            ask_delv(&delv, &world, iterator.addr(), &name, rtype),
        ];
        let same = others.each_ref().map(|other| first(other) == first(case.ours));
        agree.iter_mut().zip(same).for_each(|(agree, same)| *agree += u32::from(same));
        let why = if same == [true; 3] { "" } else { case.why };
        if same != [true; 3] && why.is_empty() {
            unexplained.push(format!("{}: {}, {others:?}", case.zone, case.ours));
        }
        let [resolver, by_unbound, by_delv] = others;
        let resolver = if resolver == case.ours { "=".to_owned() } else { resolver };
        let (zone, what, ours) = (case.zone, case.what, case.ours);
        writeln!(rows, "| `{zone}` | {what} | {ours} | {resolver} | {by_unbound} | {by_delv} | {why} |")
            .unwrap();
    }
    assert_eq!(unexplained, Vec::<String>::new());
    let [resolver, unbound, delv] = agree;
    let head = "| zone | fault | ours | resolver | Unbound | delv | why they differ |
| --- | --- | --- | --- | --- | --- | --- |";
    let count = cases.len();
    let sum = format!(
        "{count} zones. Of the verdicts, our resolver has the same in {resolver}, Unbound in {unbound}, delv in {delv}."
    );
    section("faults", &format!("{sum}\n\n{head}\n{rows}"));
}
