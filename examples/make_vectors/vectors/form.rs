//! Statements that break their form, and what a later version may bring.

use super::raw::*;

const MIMI: &str = "mimi://msp.example/u/7d1k9";

pub(crate) fn cases() -> Vec<Case> {
    [header(), lengths(), order(), presence(), values(), at_values()].concat()
}

fn header() -> Vec<Case> {
    let (mut version_0, mut version_2, mut kind_0, mut kind_4, mut algorithm) =
        (possession(), possession(), possession(), possession(), possession());
    version_0.version = 0;
    version_2.version = 2;
    kind_0.kind = 0;
    kind_4.kind = 4;
    algorithm.algorithm = 16;
    let mut unknown_in_every_way = vec![2, 77];
    unknown_in_every_way.extend_from_slice(&[0xff; 40]);
    let uneven_of_unknown_algorithm = {
        let mut rdata = algorithm.sign(&ap(), TELEPHONE);
        rdata[23] += 1;
        rdata
    };
    vec![
        version_0.case(&ap(), "unknown-version-0", "ignored: unknown-version"),
        version_2.case(&ap(), "unknown-version-2", "ignored: unknown-version"),
        case(&ap(), unknown_in_every_way, "unknown-version-and-all-else-opaque", "ignored: unknown-version"),
        case(&ap(), vec![9], "unknown-version-of-one-octet", "ignored: unknown-version"),
        kind_0.case(&ap(), "unknown-kind-0", "ignored: unknown-kind"),
        kind_4.case(&ap(), "unknown-kind-4", "ignored: unknown-kind"),
        case(&ap(), vec![1, 4], "unknown-kind-of-two-octets", "ignored: unknown-kind"),
        algorithm.case(&ap(), "unknown-algorithm", "ignored: unknown-algorithm"),
        case(
            &ap(),
            [algorithm.sign(&ap(), TELEPHONE), vec![0; 100]].concat(),
            "unknown-algorithm-with-a-longer-signature",
            "ignored: unknown-algorithm",
        ),
        case(
            &ap(),
            uneven_of_unknown_algorithm,
            "parameters-uneven-before-unknown-algorithm",
            "rejected: parameters-uneven",
        ),
    ]
}

fn lengths() -> Vec<Case> {
    let good = possession().sign(&ap(), TELEPHONE);
    let end = good.len() - 73;
    let cut = |len: usize, name, verdict| case(&ap(), good[..len].to_vec(), name, verdict);
    let with_plen = |plen: usize, name| {
        let mut rdata = good.clone();
        rdata[18..20].copy_from_slice(&u16::try_from(plen).expect("short").to_be_bytes());
        case(&ap(), rdata, name, if plen > 200 { "rejected: cut" } else { "rejected: parameters-uneven" })
    };
    let mut trailing = good.clone();
    trailing.push(0);
    let mut second_signature = good.clone();
    second_signature.extend_from_slice(&good[good.len() - 64..]);
    let mut long_value = possession();
    long_value.parameters[2].1.push(0);
    let mut inner = long_value.sign(&ap(), TELEPHONE);
    let value_len = end + 1 - 10 - 1;
    inner[value_len] += 1;
    vec![
        cut(0, "cut-to-nothing", "rejected: cut"),
        cut(1, "cut-after-version", "rejected: cut"),
        cut(2, "cut-after-kind", "rejected: cut"),
        cut(19, "cut-in-header", "rejected: cut"),
        cut(40, "cut-in-parameters", "rejected: cut"),
        cut(end, "cut-before-algorithm", "rejected: cut"),
        cut(end + 5, "cut-in-key-id", "rejected: signature-length"),
        cut(good.len() - 1, "cut-in-signature", "rejected: signature-length"),
        with_plen(65_535, "plen-oversized"),
        with_plen(end - 20 - 1, "plen-one-too-small"),
        with_plen(end - 20 + 1, "plen-one-too-large"),
        case(&ap(), inner, "parameter-longer-than-parameters", "rejected: parameters-uneven"),
        case(&ap(), trailing, "trailing-octet", "rejected: signature-length"),
        case(&ap(), second_signature, "trailing-signature", "rejected: signature-length"),
    ]
}

fn order() -> Vec<Case> {
    let mut swapped = possession();
    swapped.parameters.swap(0, 1);
    let mut repeated = possession();
    repeated.parameters.insert(1, (ISSUER, name("zz.example")));
    let mut unknown_repeated = possession();
    unknown_repeated.parameters.extend([(40_000, vec![1]), (40_000, vec![2])]);
    let mut same_endpoint = mapping(naptr(10, MIMI));
    same_endpoint.parameters.insert(2, (ENDPOINT, naptr(10, MIMI)));
    let mut descending = mapping(naptr(10, MIMI));
    descending.parameters.insert(2, (ENDPOINT, naptr(20, MIMI)));
    let at_descending = wishes(vec![at("birch.example", 0, &[], &[]), at("amber.example", 0, &[], &[])]);
    let mut unknown_after = possession();
    unknown_after.parameters.extend([(300, vec![]), (200, vec![])]);
    vec![
        swapped.case(&ap(), "parameters-out-of-order", "rejected: out-of-order"),
        repeated.case(&ap(), "parameter-repeated", "rejected: repeated"),
        unknown_repeated.case(&ap(), "parameter-that-may-be-ignored-repeated", "rejected: repeated"),
        same_endpoint.case(&msp(), "endpoint-repeated", "rejected: values-out-of-order"),
        descending.case(&msp(), "endpoints-out-of-order", "rejected: values-out-of-order"),
        at_descending.case(&holder(), "at-out-of-order", "rejected: values-out-of-order"),
        unknown_after.case(&ap(), "unknown-critical-parameters-out-of-order", "rejected: out-of-order"),
    ]
}

fn presence() -> Vec<Case> {
    let mut critical = possession();
    critical.parameters.push((8, vec![]));
    let mut last_critical = possession();
    last_critical.parameters.push((32_767, vec![]));
    let mut critical_and_wrong = possession();
    critical_and_wrong.parameters.extend([(AT, vec![]), (8, vec![])]);
    let mut endpoint_in_possession = possession();
    endpoint_in_possession.parameters.push((ENDPOINT, naptr(10, "mimi://ap.example/u/x")));
    let mut issuer_in_wishes = wishes(vec![]);
    issuer_in_wishes.parameters.insert(0, (ISSUER, name("msp.example")));
    let without = |mut raw: Raw, key: u16| {
        raw.parameters.retain(|(other, _)| *other != key);
        raw
    };
    let mapping = || mapping(naptr(10, MIMI));
    let mut both = mapping();
    both.parameters.insert(2, (PROOF, proof(2, NOW)));
    let mut proof_and_consent = without(mapping(), HOLDER);
    proof_and_consent.parameters.insert(1, (PROOF, proof(2, NOW)));
    let mut relabelled = possession().sign(&ap(), TELEPHONE);
    relabelled[1] = MAPPING;
    let mut relabelled_mapping = mapping().sign(&msp(), TELEPHONE);
    relabelled_mapping[1] = WISHES;
    vec![
        critical.case(&ap(), "unknown-critical-parameter", "ignored: unknown-parameter"),
        last_critical.case(&ap(), "unknown-critical-parameter-32767", "ignored: unknown-parameter"),
        critical_and_wrong.case(
            &ap(),
            "unknown-critical-parameter-and-one-of-the-wrong-kind",
            "ignored: unknown-parameter",
        ),
        endpoint_in_possession.case(&ap(), "endpoint-in-possession", "rejected: wrong-kind"),
        issuer_in_wishes.case(&holder(), "issuer-in-wishes", "rejected: wrong-kind"),
        case(&ap(), relabelled, "possession-relabelled-as-mapping", "rejected: wrong-kind"),
        case(&msp(), relabelled_mapping, "mapping-relabelled-as-wishes", "rejected: wrong-kind"),
        Raw::new(POSSESSION, vec![]).case(&ap(), "possession-of-nothing", "rejected: missing-issuer"),
        without(possession(), ISSUER).case(&ap(), "possession-without-issuer", "rejected: missing-issuer"),
        without(possession(), PROOF).case(&ap(), "possession-without-proof", "rejected: missing-proof"),
        without(mapping(), ENDPOINT).case(&msp(), "mapping-without-endpoint", "rejected: missing-endpoint"),
        without(mapping(), HOLDER).case(&msp(), "mapping-without-holder", "rejected: missing-holder"),
        without(mapping(), CONSENT).case(&msp(), "mapping-without-consent", "rejected: missing-consent"),
        without(without(mapping(), HOLDER), CONSENT).case(
            &msp(),
            "mapping-without-holder-and-proof",
            "rejected: missing-holder",
        ),
        both.case(&msp(), "mapping-with-holder-and-proof", "rejected: holder-and-proof"),
        proof_and_consent.case(&msp(), "mapping-with-proof-and-consent", "rejected: holder-and-proof"),
        Raw::new(WISHES, vec![]).case(&holder(), "wishes-without-holder", "rejected: missing-holder"),
    ]
}

fn values() -> Vec<Case> {
    let with = |index: usize, value: Vec<u8>, name, verdict| {
        let mut raw = possession();
        raw.parameters[index].1 = value;
        raw.case(&ap(), name, verdict)
    };
    let in_mapping = |index: usize, value: Vec<u8>, name, verdict| {
        let mut raw = mapping(naptr(10, MIMI));
        raw.parameters[index].1 = value;
        raw.case(&msp(), name, verdict)
    };
    let compressed = [&name("ap.example")[..10], &[0xc0, 0x0c]].concat();
    let two_names = [name("ap.example"), name("ap.example")].concat();
    let short_key = raw_key(&holder())[..32].to_vec();
    let long_key = [&raw_key(&holder())[..], &[0]].concat();
    vec![
        with(0, vec![], "issuer-empty", "rejected: bad-value-issuer"),
        with(0, vec![0], "issuer-root", "rejected: bad-name-issuer"),
        with(0, name("AP.example"), "issuer-upper-case", "rejected: bad-name-issuer"),
        with(0, name("_ap.example"), "issuer-underscore", "rejected: bad-name-issuer"),
        with(0, name("b\u{fc}.example"), "issuer-u-label", "rejected: bad-name-issuer"),
        with(0, compressed, "issuer-compressed", "rejected: bad-value-issuer"),
        with(0, two_names, "issuer-twice-in-one-value", "rejected: bad-value-issuer"),
        with(0, name("ap.example")[..11].to_vec(), "issuer-without-root-label", "rejected: bad-value-issuer"),
        with(1, vec![], "holder-key-empty", "rejected: bad-value-holder-key"),
        with(1, vec![15], "holder-key-without-key", "rejected: bad-value-holder-key"),
        with(1, short_key, "holder-key-short", "rejected: bad-value-holder-key"),
        with(1, long_key, "holder-key-long", "rejected: bad-value-holder-key"),
        with(2, vec![], "proof-empty", "rejected: bad-value-proof"),
        with(2, proof(0, NOW), "proof-method-0", "rejected: bad-value-proof"),
        with(2, proof(6, NOW), "proof-method-6", "rejected: bad-value-proof"),
        with(2, proof(2, NOW)[..8].to_vec(), "proof-short", "rejected: bad-value-proof"),
        in_mapping(1, vec![0; 31], "holder-short", "rejected: bad-value-holder"),
        in_mapping(1, vec![0; 33], "holder-long", "rejected: bad-value-holder"),
        in_mapping(3, vec![0; 7], "consent-short", "rejected: bad-value-consent"),
        in_mapping(3, vec![0; 9], "consent-long", "rejected: bad-value-consent"),
    ]
}

fn at_values() -> Vec<Case> {
    let with = |value: Vec<u8>, name, verdict| wishes(vec![value]).case(&holder(), name, verdict);
    let good = at("msp.example", 0, &[], &[]);
    let names: Vec<String> = (b'a'..=b'q').map(|letter| format!("{}.example", char::from(letter))).collect();
    let seventeen = wishes(names.iter().map(|msp| at(msp, 0, &[], &[])).collect());
    let twice = wishes(vec![at("msp.example", 0, &[], &[]), at("msp.example", 1, &[], &[])]);
    let mut many_tags = good.clone();
    *many_tags.last_mut().expect("ends in the count") = 255;
    vec![
        seventeen.case(&holder(), "at-seventeen", "rejected: too-many-at"),
        twice.case(&holder(), "at-one-provider-twice", "rejected: provider-twice"),
        with(vec![], "at-empty", "rejected: bad-value-at"),
        with(name("msp.example"), "at-without-rank", "rejected: bad-value-at"),
        with(good[..good.len() - 1].to_vec(), "at-without-count", "rejected: bad-value-at"),
        with(many_tags, "at-with-fewer-tags-than-counted", "rejected: bad-value-at"),
        with(at("MSP.example", 0, &[], &[]), "at-upper-case", "rejected: bad-name-at"),
        with([&[0][..], &good[13..]].concat(), "at-root", "rejected: bad-name-at"),
        with(at("msp.example", 0, &[""], &[]), "at-tag-empty", "rejected: bad-value-at"),
        with(at("msp.example", 0, &["Work"], &[]), "at-tag-upper-case", "rejected: bad-value-at"),
        with(at("msp.example", 0, &["a b"], &[]), "at-tag-with-space", "rejected: bad-value-at"),
        with(at("msp.example", 0, &["work", "home"], &[]), "at-tags-out-of-order", "rejected: bad-value-at"),
        with(at("msp.example", 0, &["work", "work"], &[]), "at-tag-repeated", "rejected: bad-value-at"),
        with(
            at("msp.example", 0, &["0123456789abcdefghijklmnopqrstuvw"], &[]),
            "at-tag-of-33",
            "rejected: bad-value-at",
        ),
        with(at("msp.example", 0, &[], &[15]), "at-key-without-octets", "rejected: bad-value-at"),
        with(at("msp.example", 0, &[], &[15, 1, 2]), "at-key-short", "rejected: bad-value-at"),
    ]
}
