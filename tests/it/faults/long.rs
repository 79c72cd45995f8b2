//! Honest zones, but ever so many: one below the other, or one alias after another. Who is asked about them does a bounded
//! amount of work and says so, whatever it costs those who made them.

use std::sync::Arc;

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::validate::TrustAnchor;
use mimi_dns::record::rdata::Presentation;
use mimi_dns::record::{Name, Rtype};
use mimi_dns::resolver::{Clock, DnsTransport, Dnssec, Proof, Transport as _, TransportError, Validation};
use mimi_dns::zone::Catalog;

use super::draft::{Chain, Draft};
use super::world::zone;
use crate::running::Running;

/// What one validation may ask for; each level below the anchor takes DS and DNSKEY records.
const MOST_MESSAGES: u64 = 70;
const HEAD: &str = "@ SOA ns.faults. host.faults. 1 7200 900 1209600 60\n@ NS ns.faults.\n";

/// A root, and zones below it that it delegates to.
struct Zones {
    catalog: Catalog,
    anchor: TrustAnchor,
}

impl Zones {
    fn below(lines: &str, catalog: Catalog) -> Self {
        let root = Draft::new(".", &format!("{HEAD}{lines}"), Chain::Nsec);
        let anchor = format!(". IN DS {}", Presentation::new(Rtype::DS, &root.ds[0]));
        let anchor = TrustAnchor::parse(&anchor).unwrap().remove(0);
        Self { catalog: catalog.with(zone(&root)), anchor }
    }

    /// One below the other, with a text in the last, and its name.
    fn nested(levels: usize) -> (Self, Name) {
        let apex = |level: usize| "a.".repeat(level);
        let mut lines = "www TXT \"here\"\n".to_owned();
        let mut catalog = Catalog::new();
        for level in (1..=levels).rev() {
            let draft = Draft::new(&apex(level), &format!("{HEAD}{lines}"), Chain::Nsec);
            catalog = catalog.with(zone(&draft));
            lines = delegation("a", &draft);
        }
        (Self::below(&lines, catalog), format!("www.{}", apex(levels)).parse().unwrap())
    }

    /// One beside the other, each with an alias to the next but the last, and the first alias.
    fn aliases(count: usize) -> (Self, Name) {
        let (mut lines, mut catalog) = (String::new(), Catalog::new());
        for number in 1..=count {
            let data = match number == count {
                true => "www TXT \"here\"\n".to_owned(),
                false => format!("www CNAME www.z{}.\n", number + 1),
            };
            let draft = Draft::new(&format!("z{number}."), &format!("{HEAD}{data}"), Chain::Nsec);
            catalog = catalog.with(zone(&draft));
            lines += &delegation(&format!("z{number}"), &draft);
        }
        (Self::below(&lines, catalog), "www.z1.".parse().unwrap())
    }

    /// What a validator that begins at the root makes of the texts at a name, and how much it asked for.
    fn ask(self, name: &Name) -> (Result<Proof, TransportError>, String, u64) {
        let running = Running::start(self.catalog);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let policy = Dnssec::default().with_validation(Validation::Anchors(vec![self.anchor]));
        let clock: Clock = Arc::new(UnixTime::now);
        let transport = DnsTransport::builder().server(running.addr()).build().unwrap();
        let transport = transport.validating(&policy, &clock).unwrap();
        let answer = runtime.block_on(transport.ask(name, Rtype::TXT));
        let why = answer.as_ref().ok().and_then(|answer| answer.why()).map(|why| why.code.to_string());
        (answer.map(|answer| answer.proof), why.unwrap_or_default(), running.handle().counts().total())
    }
}

fn delegation(label: &str, draft: &Draft) -> String {
    format!("{label} NS ns.faults.\n{label} DS {}\n", Presentation::new(Rtype::DS, &draft.ds[0]))
}

#[test]
fn zones_below_zones_are_followed_so_far_and_no_further() {
    let (zones, name) = Zones::nested(25);
    let (proof, _, asked) = zones.ask(&name);
    assert_eq!(proof, Ok(Proof::Secure));
    assert!(asked >= 50, "{asked}: keys and DS records of each");
    let (zones, name) = Zones::nested(100);
    let (proof, why, asked) = zones.ask(&name);
    assert_eq!((proof, why.as_str()), (Ok(Proof::Indeterminate), "too-many-questions"));
    assert!(asked <= MOST_MESSAGES, "{asked}");
}

#[test]
fn aliases_through_many_signed_zones_end_too() {
    let (zones, name) = Zones::aliases(8);
    let (proof, ..) = zones.ask(&name);
    assert_eq!(proof, Ok(Proof::Secure));
    let (zones, name) = Zones::aliases(60);
    let (proof, _, asked) = zones.ask(&name);
    assert_eq!(proof, Err(TransportError::AliasLoop), "more than are followed");
    assert!(asked <= MOST_MESSAGES, "{asked}");
}
