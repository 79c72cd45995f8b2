use std::path::Path;

use proptest::prelude::*;

use super::super::{LoadOptions, Loaded, MemoryFiles, load};
use super::*;

fn load_text(text: impl Into<Vec<u8>>) -> Loaded {
    load(Path::new("a.zone"), &MemoryFiles::new().with("a.zone", text), &LoadOptions::default())
}

fn written(zone: &Zone, serial: SerialPolicy) -> String {
    let mut text = Vec::new();
    write_zone(zone, serial, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn rewritten(text: &str) -> String {
    let loaded = load_text(text);
    assert_eq!(loaded.findings, [], "{:?}", loaded.findings.first().map(ToString::to_string));
    written(&loaded.zone.unwrap(), SerialPolicy::Keep)
}

const HEAD: &str =
    "example.\t300\tIN\tSOA\tns.example. mail.example. 7 2 3 4 5\nexample.\t300\tIN\tNS\tns.example.\n";

/// Of a zone that several cores write, more than once each.
#[test]
fn the_order_is_the_same_however_many_write() {
    let count = SHARE * (thread::available_parallelism().map_or(1, usize::from) * 2 + 1) + 700;
    let lines: Vec<String> =
        (0..count).map(|number| format!("{number:06}.example.\t300\tIN\tA\t192.0.2.1\n")).collect();
    let text = format!("{HEAD}{}ns.example.\t300\tIN\tA\t192.0.2.9\n", lines.concat());
    assert!(rewritten(&text) == text, "lines are missing, twice there or in another order");
}

#[test]
fn soa_first_then_canonical_order() {
    assert_eq!(
        rewritten(
            "$ORIGIN example.\n$TTL 300\nb A 192.0.2.2\nB AAAA ::1\nb A 192.0.2.1\n*.b A 192.0.2.3\na.b MX 10 b\n\
             ns A 192.0.2.9\n@ NS ns\n@ SOA ns mail 7 2 3 4 5\nz 5 TYPE65280 \\# 1 0a\nz MIMISIG \\# 1 02\n"
        ),
        format!(
            "{HEAD}b.example.\t300\tIN\tA\t192.0.2.1\nb.example.\t300\tIN\tA\t192.0.2.2\nb.example.\t300\tIN\tAAAA\t::1\n\
             *.b.example.\t300\tIN\tA\t192.0.2.3\na.b.example.\t300\tIN\tMX\t10 b.example.\n\
             ns.example.\t300\tIN\tA\t192.0.2.9\n\
             z.example.\t5\tIN\tTYPE65280\t\\# 1 0A\nz.example.\t300\tIN\tTYPE65400\t\\# 1 02\n"
        )
    );
}

#[test]
fn serial_numbers() {
    let at = |seconds| SerialPolicy::UnixTime(UnixTime(seconds));
    for (policy, serial, expected) in [
        (SerialPolicy::Keep, 7, 7),
        (SerialPolicy::Increment, 7, 8),
        (SerialPolicy::Increment, u32::MAX, 1),
        (at(1_793_000_000), 7, 1_793_000_000),
        (at(1_793_000_000), 1_793_000_000, 1_793_000_001),
        (at(1_793_000_000), 2_026_112_201, 2_026_112_202),
        // Beyond 2106 the seconds wrap around, as serial numbers do.
        (at((1 << 32) + 5), u32::MAX, 5),
    ] {
        assert_eq!(policy.next(serial), expected, "{policy:?} {serial}");
    }
    let zone = load_text(format!("{HEAD}ns.example. 300 A 192.0.2.1")).zone.unwrap();
    assert!(
        written(&zone, SerialPolicy::Increment)
            .starts_with("example.\t300\tIN\tSOA\tns.example. mail.example. 8 2 3 4 5\n")
    );
}

/// Labels of any octets, under the zone's apex.
fn owner() -> impl Strategy<Value = Name> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 1..8), 1..4).prop_map(|labels| {
        labels.iter().fold("example".parse().unwrap(), |name: Name, label| name.with_label(label).unwrap())
    })
}

/// Types whose data may be any octets, or that read any octets as strings.
fn rtype_and_data() -> impl Strategy<Value = (Rtype, Vec<u8>)> {
    let opaque = (65_280u16..65_399, prop::collection::vec(any::<u8>(), 0..40));
    let text = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..4);
    let uri = (any::<[u8; 4]>(), prop::collection::vec(any::<u8>(), 1..40));
    prop_oneof![
        opaque.prop_map(|(rtype, data)| (Rtype(rtype), data)),
        text.prop_map(|strings| (Rtype::TXT, strings.concat_with_lengths())),
        uri.prop_map(|(numbers, target)| (Rtype::URI, [&numbers[..], &target].concat())),
        any::<[u8; 16]>().prop_map(|address| (Rtype::AAAA, address.to_vec())),
        (any::<[u8; 4]>(), prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 3..=3)).prop_map(
            |(numbers, strings)| (
                Rtype::NAPTR,
                [&numbers[..], &strings.concat_with_lengths(), b"\x01\x00\0"].concat()
            )
        ),
    ]
}

trait ConcatWithLengths {
    fn concat_with_lengths(&self) -> Vec<u8>;
}

impl ConcatWithLengths for Vec<Vec<u8>> {
    fn concat_with_lengths(&self) -> Vec<u8> {
        self.iter().flat_map(|string| [&[u8::try_from(string.len()).unwrap()][..], string].concat()).collect()
    }
}

/// Every record as octets, sorted.
fn contents(zone: &Zone) -> Vec<(Vec<u8>, u16, u32, Vec<u8>)> {
    let mut all: Vec<_> = zone
        .rrsets()
        .flat_map(|(owner, rrset)| {
            let owner = owner.as_wire().to_vec();
            rrset
                .records()
                .map(|record| {
                    (owner.clone(), rrset.rtype().0, record.ttl().as_secs(), record.rdata().to_vec())
                })
                .collect::<Vec<_>>()
        })
        .collect();
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_reads_back_to_the_same_zone(
        records in prop::collection::vec((owner(), 0u32..=0x7fff_ffff, rtype_and_data()), 1..20),
    ) {
        use super::super::{Span, ZoneBuilder};
        use crate::record::{Class, Record};

        let mut builder = ZoneBuilder::new();
        let head = load_text(HEAD).zone.unwrap();
        for (owner, rrset) in head.rrsets() {
            for record in rrset.records() {
                let rdata = record.rdata().into();
                let record = Record { owner: owner.clone(), class: Class::IN, ttl: record.ttl(), rtype: rrset.rtype(), rdata };
                builder.add(&record, Span::default());
            }
        }
        for (owner, ttl, (rtype, rdata)) in records {
            let record = Record { owner, class: Class::IN, ttl: Ttl::from_secs(ttl), rtype, rdata: rdata.into() };
            builder.add(&record, Span::default());
        }
        let zone = builder.build().zone.unwrap();
        let text = written(&zone, SerialPolicy::Keep);
        let loaded = load_text(text.clone());
        let errors: Vec<_> = loaded.findings.iter().filter(|f| f.severity == super::super::Severity::Error).map(ToString::to_string).collect();
        prop_assert_eq!(errors, Vec::<String>::new());
        let again = loaded.zone.unwrap();
        prop_assert_eq!(contents(&again), contents(&zone));
        prop_assert_eq!(written(&again, SerialPolicy::Keep), text);
    }
}
