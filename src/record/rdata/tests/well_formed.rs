//! Random data: well formed from the table, and not.

use proptest::prelude::*;
use proptest::strategy::Union;

use super::super::format::{Field, Format, known};
use super::*;

fn run_of(octets: impl Into<proptest::collection::SizeRange>) -> BoxedStrategy<Vec<u8>> {
    prop::collection::vec(any::<u8>(), octets).boxed()
}

fn char_string(octets: impl Into<proptest::collection::SizeRange>) -> BoxedStrategy<Vec<u8>> {
    run_of(octets).prop_map(|octets| [&[octets.len() as u8], &octets[..]].concat()).boxed()
}

fn name() -> BoxedStrategy<Vec<u8>> {
    let label = prop_oneof![
        4 => "[a-zA-Z0-9_*-]{1,12}".prop_map(String::into_bytes).boxed(),
        1 => run_of(1..=63),
    ];
    prop::collection::vec(label, 0..=3)
        .prop_map(|labels| {
            let mut wire: Vec<u8> =
                labels.iter().flat_map(|label| [&[label.len() as u8], &label[..]].concat()).collect();
            wire.push(0);
            wire
        })
        .boxed()
}

fn types(least: usize) -> BoxedStrategy<Vec<u8>> {
    let rtype = prop_oneof![0u16..300, any::<u16>()];
    prop::collection::btree_set(rtype, least..20)
        .prop_map(|rtypes| {
            let mut wire: Vec<u8> = Vec::new();
            let mut window = None;
            for rtype in rtypes {
                if window.map(|(high, _)| high) != Some(rtype >> 8) {
                    window = Some((rtype >> 8, wire.len()));
                    wire.extend([(rtype >> 8) as u8, 0]);
                }
                let (_, start) = window.unwrap();
                let bytes = usize::from((rtype & 255) >> 3) + 1;
                wire.resize(start + 2 + bytes, 0);
                wire[start + 1] = bytes as u8;
                *wire.last_mut().unwrap() |= 0x80 >> (rtype & 7);
            }
            wire
        })
        .boxed()
}

fn joined(parts: impl Strategy<Value = Vec<Vec<u8>>> + 'static) -> BoxedStrategy<Vec<u8>> {
    parts.prop_map(|parts| parts.concat()).boxed()
}

fn service_value(key: u16) -> BoxedStrategy<Vec<u8>> {
    match key {
        1 => joined(prop::collection::vec(char_string(1..=20), 1..4)),
        2 | 8 => Just(Vec::new()).boxed(),
        3 => run_of(2),
        4 => joined(prop::collection::vec(run_of(4), 1..4)),
        5 => run_of(1..60),
        6 => joined(prop::collection::vec(run_of(16), 1..4)),
        7 => r"/[ -~é]{0,20}".prop_map(String::into_bytes).boxed(),
        _ => run_of(0..300),
    }
}

fn service() -> BoxedStrategy<Vec<u8>> {
    let keys = prop::collection::btree_set(prop_oneof![3 => 1u16..10, 1 => 1u16..], 0..6);
    (keys, any::<bool>())
        .prop_flat_map(|(mut keys, mandatory)| {
            if keys.contains(&2) {
                keys.insert(1);
            }
            let list: Vec<u8> = keys.iter().flat_map(|key| key.to_be_bytes()).collect();
            let values: Vec<_> = keys.into_iter().map(|key| (Just(key), service_value(key))).collect();
            values.prop_map(move |values| {
                let front = (mandatory && !list.is_empty()).then_some((0, list.clone()));
                let all = front.into_iter().chain(values);
                all.flat_map(|(key, value)| {
                    [&key.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), &value].concat()
                })
                .collect()
            })
        })
        .boxed()
}

fn location() -> BoxedStrategy<Vec<u8>> {
    let size = prop_oneof![Just(0u8), (1u8..=9, 0u8..=9).prop_map(|(digit, zeros)| digit << 4 | zeros)];
    let angle = |most: i64| (-most..=most).prop_map(|angle| ((1 << 31) + angle) as u32);
    (prop::collection::vec(size, 3), angle(324_000_000), angle(648_000_000), any::<u32>())
        .prop_map(|(sizes, latitude, longitude, altitude)| {
            let angles = [latitude, longitude, altitude].map(u32::to_be_bytes).concat();
            [&[0], &sizes[..], &angles].concat()
        })
        .boxed()
}

fn address_prefixes() -> BoxedStrategy<Vec<u8>> {
    let item = (prop::sample::select(vec![(1u16, 4usize), (2, 16)]), any::<bool>(), any::<u8>())
        .prop_flat_map(|((family, octets), negated, prefix)| {
            run_of(0..=octets).prop_map(move |mut address| {
                address.truncate(address.iter().rposition(|&octet| octet != 0).map_or(0, |at| at + 1));
                let prefix = prefix % (octets as u8 * 8 + 1);
                let len = address.len() as u8 | if negated { 0x80 } else { 0 };
                [&family.to_be_bytes()[..], &[prefix, len], &address].concat()
            })
        });
    joined(prop::collection::vec(item, 0..4))
}

/// Octets that a field may have, after those before it.
fn field(format: Format, before: &[u8]) -> BoxedStrategy<Vec<u8>> {
    match format {
        Format::Name => name(),
        Format::Names => joined(prop::collection::vec(name(), 0..3)),
        Format::U8 | Format::Algorithm => run_of(1),
        Format::U16 | Format::Rtype | Format::CertificateType => run_of(2),
        Format::U32 | Format::Period | Format::Time | Format::Ipv4 => run_of(4),
        Format::Locator => run_of(8),
        Format::Ipv6 => run_of(16),
        Format::Eui(octets) => run_of(usize::from(octets)),
        Format::CharString => char_string(0..=255),
        Format::CharStrings => joined(prop::collection::vec(char_string(0..=255), 1..4)),
        Format::MaybeCharString => joined(prop::collection::vec(char_string(0..=255), 0..=1)),
        Format::Text { may_be_empty } => {
            prop_oneof![1 => run_of(usize::from(!may_be_empty)), 9 => run_of(1..700)].boxed()
        }
        Format::Tag => {
            "[a-zA-Z0-9]{1,255}".prop_map(|tag| [&[tag.len() as u8], tag.as_bytes()].concat()).boxed()
        }
        Format::Base64 { least } => run_of(usize::from(least)..300),
        Format::Hex | Format::Nsap => run_of(1..100),
        Format::Digest(kind) => match kind.octets(*before.last().unwrap()) {
            Some(octets) => run_of(octets),
            None => run_of(1..100),
        },
        Format::Salt => char_string(0..=255),
        Format::NextHash => char_string(1..=255),
        Format::Types { may_be_empty } => types(usize::from(!may_be_empty)),
        Format::ServiceParameters => service(),
        Format::Location => location(),
        Format::AddressPrefixes => address_prefixes(),
        Format::Ports => run_of(1..40)
            .prop_map(|mut octets| {
                octets.push(1);
                octets
            })
            .boxed(),
        Format::Gateway => match before {
            [.., 1, _] => run_of(4),
            [.., 2, _] => run_of(16),
            [.., 3, _] => name(),
            _ => Just(Vec::new()).boxed(),
        },
        Format::HostIdentity => (run_of(1..=255), any::<u8>(), run_of(1..600))
            .prop_map(|(tag, algorithm, key)| {
                let lengths = [&[tag.len() as u8, algorithm][..], &(key.len() as u16).to_be_bytes()].concat();
                [lengths, tag, key].concat()
            })
            .boxed(),
    }
}

/// Well-formed record data of a type.
pub(super) fn rdata(rtype: Rtype) -> BoxedStrategy<Vec<u8>> {
    fields(rtype)
        .unwrap()
        .iter()
        .fold(Just(Vec::new()).boxed(), |before, &Field(_, format)| {
            before
                .prop_flat_map(move |before| {
                    let octets = if format == Format::Gateway { small_gateway(before) } else { before };
                    field(format, &octets).prop_map(move |field| [&octets[..], &field].concat())
                })
                .boxed()
        })
        .boxed()
}

/// Gateway types are 0 to 3 only.
fn small_gateway(mut before: Vec<u8>) -> Vec<u8> {
    let at = before.len() - 2;
    before[at] %= 4;
    before
}

fn any_known() -> impl Strategy<Value = Rtype> {
    prop::sample::select(known().collect::<Vec<_>>())
}

/// Some of each type, in one strategy.
fn any_well_formed() -> impl Strategy<Value = (Rtype, Vec<u8>)> {
    Union::new(known().map(|rtype| (Just(rtype), rdata(rtype)).boxed()))
}

#[test]
fn every_type_that_has_a_mnemonic_is_in_the_table_or_opaque_on_purpose() {
    for rtype in (0..=u16::MAX).map(Rtype).filter(|rtype| !rtype.to_string().starts_with("TYPE")) {
        let opaque = [Rtype::NULL, Rtype::NXT, Rtype::MIMISIG].contains(&rtype) || rtype.is_meta();
        assert_eq!(fields(rtype).is_none(), opaque, "{rtype}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn well_formed_octets_survive_text((rtype, rdata) in any_well_formed()) {
        prop_assert_eq!(check(rtype, &rdata), Ok(()));
        let text = print(rtype, &rdata);
        prop_assert!(text.bytes().all(|octet| (b' '..=b'~').contains(&octet)), "{}", text);
        prop_assert_eq!(text.starts_with(r"\#"), rdata.is_empty(), "{}", text);
        let read = from_text(rtype, &text).map_err(|error| TestCaseError::fail(format!("{rtype} {text}: {error}")))?;
        prop_assert_eq!(&read, &rdata, "{} {}", rtype, text);
        let mut generic = String::new();
        encoding::print_generic(&rdata, &mut generic).unwrap();
        prop_assert_eq!(from_text(rtype, &generic).unwrap(), rdata);
    }

    #[test]
    fn names_lie_in_the_data_and_are_names((rtype, rdata) in any_well_formed()) {
        let mut end = 0;
        for range in names(rtype, &rdata) {
            prop_assert!(range.start >= end);
            end = range.end;
            prop_assert!(Name::from_wire(&rdata[range]).is_ok());
        }
    }

    #[test]
    fn any_octets_are_printed_and_read_back_if_well_formed(
        rtype in any_known(), rdata in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let text = print(rtype, &rdata);
        for range in names(rtype, &rdata) {
            prop_assert!(Name::from_wire(&rdata[range]).is_ok());
        }
        match check(rtype, &rdata) {
            Ok(()) => prop_assert_eq!(from_text(rtype, &text).unwrap(), rdata),
            Err(error) => {
                prop_assert!(error.offset.unwrap() <= rdata.len());
                prop_assert!(text.starts_with(r"\# "));
                prop_assert!(from_text(rtype, &text).is_err());
            }
        }
    }

    #[test]
    fn cut_and_changed_octets_never_panic(
        (rtype, mut rdata) in any_well_formed(), at in any::<prop::sample::Index>(), octet: u8, cut: bool,
    ) {
        if rdata.is_empty() {
            return Ok(());
        }
        let at = at.index(rdata.len());
        if cut { rdata.truncate(at) } else { rdata[at] = octet }
        let text = print(rtype, &rdata);
        prop_assert_eq!(names(rtype, &rdata).count(), names(rtype, &rdata).count());
        if check(rtype, &rdata).is_ok() {
            prop_assert_eq!(from_text(rtype, &text).unwrap(), rdata);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(
        rtype in any_known(),
        text in prop::collection::vec(r#"[a-z0-9.:\\=,/!"-]{1,8}"#, 0..8),
    ) {
        let text = text.join(" ");
        match from_text(rtype, &text) {
            Ok(rdata) => {
                prop_assert_eq!(check(rtype, &rdata), Ok(()));
                prop_assert_eq!(from_text(rtype, &print(rtype, &rdata)).unwrap(), rdata);
            }
            Err(error) => {
                prop_assert!(error.offset.is_none_or(|offset| offset <= text.len()));
                prop_assert!(!error.to_string().is_empty() && !error.fault.remedy().is_empty());
            }
        }
    }
}
