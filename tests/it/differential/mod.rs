//! Random zones and random questions, put to the engine, NSD and Knot, and their replies compared.

pub(crate) mod asking;
mod compare;
mod data;
mod found;
mod names;
mod questions;
mod random;
mod records;
mod rules;
mod run;
mod servers;
mod shrink;
mod signing;
mod worlds;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rules::{NOT_COMPRESSED, POINTS_AT_ITSELF, Rule, SIGNATURE_TTLS, SIGNED_SERVERS};
use run::{Kind, Size};

use crate::conformance;

/// How long to go on, in seconds.
const SECONDS: &str = "MIMI_DNS_DIFFERENTIAL_SECONDS";
/// The first seed.
const SEED: &str = "MIMI_DNS_DIFFERENTIAL_SEED";

/// The texts of random zones, some of them the root.
pub(crate) fn random_zones(seed: u64, worlds: u16) -> Vec<String> {
    let mut random = random::Random::new(seed);
    let mut texts = Vec::new();
    for number in 0..worlds {
        let base = names::Base((number % 10 != 9).then_some(number));
        let world = worlds::World::random(&mut random, base, None);
        texts.extend(world.zones.iter().map(|zone| zone.text(base)));
    }
    texts
}

/// A few thousand questions, of one seed that is always the same and of the day's; or as long as is
/// wished.
#[test]
fn answers_are_those_of_nsd_and_knot() {
    compare(Kind::Plain, Size { worlds: 60, questions: 30 });
}

/// The same with zones that are signed, of seeds that are always the same.
#[test]
fn signed_answers_are_those_of_nsd_and_knot() {
    compare(Kind::Signed, Size { worlds: 60, questions: 30 });
}

fn compare(kind: Kind, few: Size) {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().expect(name));
    let (seconds, first) = (number(SECONDS), number(SEED));
    let today = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400;
    let (size, seeds) = match (seconds, first) {
        (Some(_), first) => (Size { worlds: 300, questions: 60 }, vec![first.unwrap_or(today)]),
        (None, Some(first)) => (Size { worlds: 300, questions: 60 }, vec![first]),
        (None, None) => match kind {
            Kind::Plain => (few, vec![1, today]),
            // Peers differ from the RFCs in more than there are rules for: some seeds show it.
            Kind::Signed => (few, vec![1, 20_779, 105, 107, 121]),
        },
    };
    for seed in seeds {
        // Shown where it fails.
        println!("{SEED}={seed}");
        let time = Duration::from_secs(seconds.unwrap_or(0));
        let Some(summary) = run::rounds(kind, seed, time, size) else { return };
        let text = summary.text(seed);
        if seconds.is_some() {
            println!("{text}");
        }
        assert!(summary.differences.is_empty(), "{text}{}", summary.examples());
    }
}

/// The differences that are tolerated, on the page.
#[test]
fn every_tolerated_difference_is_on_the_page() {
    let first = [&NOT_COMPRESSED, &POINTS_AT_ITSELF, &SIGNED_SERVERS, &SIGNATURE_TTLS];
    let rules: Vec<&Rule> = first.into_iter().chain(rules::all()).chain(rules::signed()).collect();
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), rules.len(), "names tell rules apart");
    let mut text = format!(
        "{ABOUT}\n\n| difference | of | in | why it is not ours to mend |\n| --- | --- | --- | --- |\n"
    );
    for rule in rules {
        let peers: Vec<_> = rule.peers.iter().map(|peer| format!("{peer:?}")).collect();
        let aspects: Vec<_> =
            rule.aspects.iter().map(|aspect| format!("{aspect:?}").to_lowercase()).collect();
        let (peers, aspects) = (peers.join(", "), aspects.join(", "));
        writeln!(text, "| {} | {peers} | {aspects} | {} |", rule.name, rule.reason).unwrap();
    }
    text += &format!("\n{}", include_str!("recorded.md"));
    conformance::section("differential", &text);
}

const ABOUT: &str = "\
Random zones and random questions (`tests/it/differential`) are put to the engine, NSD 4.6 and Knot 3.2; their replies
are compared section by section: RCODE, flags, EDNS, the answer in the order of its chain, authority and additional
records as sets, the spelling of the name asked. One seed brings a round back. The suite asks a few thousand questions;
for as long as one likes, with a closing summary:

```console
$ MIMI_DNS_DIFFERENTIAL_SECONDS=3600 cargo test --test it differential -- --nocapture
```

`MIMI_DNS_DIFFERENTIAL_SEED` sets the first seed. The same is done with worlds whose zones are signed (NSEC, NSEC3, opt-out;
by `zone sign`, some by `dnssec-signzone` and `ldns-signzone`), asked with DO mostly: `differential::signed` and
`differential::answers` run one of the two. A difference is printed with the smallest zones that show it and with
what BIND says. These are tolerated, each where its condition in `rules/` holds and nowhere else:";
