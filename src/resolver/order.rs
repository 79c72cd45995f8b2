//! In which order mappings are tried, and which of them were asked for.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::discovery::{Mapping, RecordRank};

/// What the sender can do and asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// Services, of which any one will do; none: whatever there is.
    pub(super) services: Vec<String>,
    /// A tag that the holder's entry must have.
    pub(super) tag: Option<String>,
}

impl Wanted {
    fn fits(&self, mapping: &Mapping) -> bool {
        let service = self.services.is_empty() || self.services.iter().any(|wanted| serves(mapping, wanted));
        let tag = self.tag.as_ref().is_none_or(|tag| mapping.tags.contains(tag));
        service && tag
    }
}

/// Whether the mapping offers this service: in full, or an Enumservice's type without its subtype.
fn serves(mapping: &Mapping, wanted: &str) -> bool {
    let service = mapping.service.as_str();
    let kind = service.split_once(':').map_or(service, |(kind, _)| kind);
    // A URI record has a scheme only, and `mimi:` is what the protocol `x-mimi` speaks.
    let alias = service == "mimi" && wanted.eq_ignore_ascii_case("x-mimi");
    alias || service.eq_ignore_ascii_case(wanted) || kind.eq_ignore_ascii_case(wanted)
}

/// Sorts what is signed, puts what digit trees say behind it in the trees' own order, and parts
/// what is wanted, each URI once, from the rest.
///
/// The order: rank, NAPTR before URI, preference or priority, larger weight, the URI's octets, the
/// MSP. What is left over decides between equals, so that the same input gives the same choice.
pub(super) fn choose(
    mut signed: Vec<Mapping>,
    walked: Vec<Mapping>,
    wanted: &Wanted,
) -> (Vec<Mapping>, Vec<Mapping>) {
    signed.sort_by(|a, b| key(a).cmp(&key(b)));
    let (mut chosen, aside): (Vec<_>, Vec<_>) =
        signed.into_iter().chain(walked).partition(|mapping| wanted.fits(mapping));
    let mut seen = BTreeSet::new();
    chosen.retain(|mapping| seen.insert(mapping.uri.clone()));
    (chosen, aside)
}

fn key(mapping: &Mapping) -> impl Ord + '_ {
    let (uri_record, preference, weight) = match mapping.record {
        // In the hashed tree all orders are equal.
        RecordRank::Naptr { order: _, preference } => (false, preference, 0),
        RecordRank::Uri { priority, weight } => (true, priority, weight),
    };
    let rank = (mapping.rank, uri_record, preference, Reverse(weight));
    (rank, mapping.uri.as_bytes(), mapping.msp.as_ref(), mapping.service.as_str(), mapping.valid_until)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::UnixTime;
    use crate::record::mimisig::ProofMethod;
    use crate::resolver::MappingBasis;

    const NAPTR: fn(u16) -> RecordRank = |preference| RecordRank::Naptr { order: 100, preference };
    const URI: fn(u16, u16) -> RecordRank = |priority, weight| RecordRank::Uri { priority, weight };

    fn mapping(rank: u16, record: RecordRank, uri: &str, msp: &str) -> Mapping {
        Mapping {
            uri: uri.into(),
            service: uri.split(':').next().unwrap().into(),
            msp: Some(msp.parse().unwrap()),
            rank,
            tags: Vec::new(),
            connection_key: None,
            record,
            basis: MappingBasis::Legacy { proof: ProofMethod::Sms, proof_time: UnixTime(1) },
            valid_until: UnixTime(9),
        }
    }

    /// Every two neighbours differ by one rule, and all later rules say the opposite.
    fn in_order() -> Vec<Mapping> {
        vec![
            mapping(1, URI(9, 0), "mimi://z.example/1", "z.example"),
            mapping(2, NAPTR(9), "mimi://z.example/2", "z.example"),
            mapping(2, URI(1, 1), "mimi://z.example/3", "z.example"),
            mapping(2, URI(2, 9), "mimi://z.example/4", "z.example"),
            mapping(2, URI(2, 8), "mimi://a.example/1", "z.example"),
            mapping(2, URI(2, 8), "mimi://a.example/2", "a.example"),
        ]
    }

    proptest! {
        #[test]
        fn the_order_is_the_protocols_however_they_came(shuffled in Just(in_order()).prop_shuffle()) {
            let (chosen, aside) = choose(shuffled, Vec::new(), &Wanted::default());
            prop_assert_eq!(chosen, in_order());
            prop_assert!(aside.is_empty());
        }
    }

    #[test]
    fn a_repeated_uri_stands_once_where_it_ranks_best() {
        let twice = vec![
            mapping(2, NAPTR(1), "mimi://a.example/u", "a.example"),
            mapping(1, URI(1, 1), "mimi://a.example/u", "a.example"),
        ];
        let (chosen, _) = choose(twice, Vec::new(), &Wanted::default());
        assert_eq!(chosen.len(), 1);
        assert_eq!(chosen[0].rank, 1);
    }

    #[test]
    fn narrowed_by_service_and_tag_before_a_uri_counts_as_repeated() {
        let mut sip = mapping(1, NAPTR(1), "https://a.example/u", "a.example");
        sip.service = "sip".into();
        let mut https = mapping(2, NAPTR(1), "https://a.example/u", "a.example");
        https.tags = vec!["work".into()];
        let all = vec![sip.clone(), https.clone()];
        let wanted = |services: &[&str], tag: Option<&str>| Wanted {
            services: services.iter().map(|&service| service.into()).collect(),
            tag: tag.map(Into::into),
        };
        assert_eq!(
            choose(all.clone(), Vec::new(), &wanted(&["HTTPS"], None)),
            (vec![https.clone()], vec![sip.clone()])
        );
        assert_eq!(choose(all.clone(), Vec::new(), &wanted(&[], Some("work"))), (vec![https], vec![sip]));
        assert!(choose(all, Vec::new(), &wanted(&["xmpp"], None)).0.is_empty());
    }

    #[test]
    fn a_type_is_served_with_any_subtype_and_mimi_uris_by_x_mimi() {
        let mut voice = mapping(0, NAPTR(1), "sip:a@b.example", "b.example");
        voice.service = "voice:sip".into();
        assert!(serves(&voice, "voice") && serves(&voice, "Voice:SIP") && !serves(&voice, "sip"));
        assert!(serves(&mapping(0, URI(1, 1), "mimi://a.example/u", "a.example"), "x-mimi"));
    }
}
