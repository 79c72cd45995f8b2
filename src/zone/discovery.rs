//! Which zones tell of identifiers whether they are registered: those who walk through numbers there
//! are slowed, see `server::limit`. Found out when a zone is built, so that no query has to.

use super::node::Node;
use super::snapshot::Zone;
use crate::record::{Name, Rtype};

/// The first label of the name that has a discovery zone's parameters.
const PARAMETERS: &[u8] = b"\x05_mimi";
/// How the parameters begin, as a character-string.
const VERSION: &[u8] = b"v=mimi1";
/// Where ENUM is. Source: RFC 6116 §1.1.
const E164_ARPA: &[u8] = b"\x04e164\x04arpa\0";

impl Zone {
    /// Whether a query may ask if somebody is registered: the zone has parameters of a discovery zone
    /// at a name `_mimi`, or it is in `e164.arpa.`, or has a NAPTR record at a name of single digits.
    ///
    /// A zone that was derived from one stays one until it is built anew.
    #[must_use]
    pub fn is_discovery(&self) -> bool {
        self.discovery
    }

    /// Looks at every name, where the usual ones do not tell.
    pub(super) fn finds_discovery(&self) -> bool {
        let usual = self.apex.with_label(&PARAMETERS[1..]);
        is_at_or_below(self.apex.as_wire(), E164_ARPA)
            || usual.is_ok_and(|usual| self.finds_discovery_at(&usual))
            || self.spine.pages().flat_map(|page| page.nodes()).any(|(_, node)| marks(node))
    }

    /// Looks at this name alone.
    pub(super) fn finds_discovery_at(&self, owner: &Name) -> bool {
        self.node(owner).is_some_and(marks)
    }
}

fn marks(node: Node<'_>) -> bool {
    let below = node.below();
    if starts_with(below, PARAMETERS) {
        let is_version = |rdata: &[u8]| rdata.get(1..).is_some_and(|text| starts_with(text, VERSION));
        return node
            .rrset(Rtype::TXT)
            .is_some_and(|txt| txt.records().any(|record| is_version(record.rdata())));
    }
    is_digits(below) && node.rrset(Rtype::NAPTR).is_some()
}

/// Source: RFC 6116 §3.2.
fn is_digits(below: &[u8]) -> bool {
    let (labels, rest) = below.as_chunks::<2>();
    !labels.is_empty()
        && rest.is_empty()
        && labels.iter().all(|label| label[0] == 1 && label[1].is_ascii_digit())
}

fn starts_with(octets: &[u8], start: &[u8]) -> bool {
    octets.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// Whether the name ends in labels of `above`: both uncompressed.
fn is_at_or_below(mut name: &[u8], above: &[u8]) -> bool {
    while name.len() > above.len() {
        let Some(rest) = name.first().and_then(|&len| name.get(1 + usize::from(len)..)) else { return false };
        name = rest;
    }
    name.eq_ignore_ascii_case(above)
}

#[cfg(test)]
mod tests {
    use crate::record::{Rdata, Rrset};
    use crate::zone::Change;
    use crate::zone::fixture::{record, zone};

    const PARAMETERS_LINE: &str = "_mimi.example. TXT v=mimi1; epoch=1; hash=sha256";

    #[test]
    fn parameters_digits_and_e164_arpa() {
        for (apex, line, expected) in [
            ("example.", "www.example. A 1", false),
            ("example.", PARAMETERS_LINE, true),
            ("example.", "_MIMI.a.example. TXT V=mimi1; epoch=1", true),
            ("example.", "_mimi.example. TXT other", false),
            ("example.", "a.example. TXT v=mimi1; epoch=1", false),
            ("example.", "3.2.1.example. NAPTR", true),
            ("example.", "*.2.1.example. NAPTR", false),
            ("example.", "3.2.1.example. A 1", false),
            ("example.", "12.1.example. NAPTR", false),
            ("4.4.E164.arpa.", "www.4.4.e164.arpa. A 1", true),
            ("e164.arpa.", "www.e164.arpa. A 1", true),
            ("arpa.", "www.arpa. A 1", false),
            ("xe164.arpa.", "www.xe164.arpa. A 1", false),
        ] {
            assert_eq!(zone(apex, &[line]).is_discovery(), expected, "{apex} {line}");
        }
    }

    #[test]
    fn a_derived_zone_becomes_one() {
        let plain = zone("example.", &["www.example. A 1"]);
        let put = |line: &str| {
            let record = record(line);
            let rdatas: Vec<Rdata> = vec![record.rdata];
            let rrset = Rrset {
                owner: record.owner,
                class: record.class,
                rtype: record.rtype,
                ttl: record.ttl,
                rdatas,
            };
            Change::Put { rrset, signatures: Vec::new() }
        };
        assert!(!plain.derive(&[put("b.example. A 1")]).unwrap().is_discovery());
        let derived = plain.derive(&[put(PARAMETERS_LINE)]).unwrap();
        assert!(derived.is_discovery());
        assert!(derived.derive(&[put("b.example. A 1")]).unwrap().is_discovery());
    }
}
