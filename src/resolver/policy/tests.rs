use super::*;
use crate::record::parameters::Hash;
use crate::resolver::testing::{NOW, PARAMETERS, Party};
use crate::resolver::{Authorities, TlsUpstream, Upstream};
use crate::statement::Signer as _;

fn whole() -> String {
    let key = Party::Ap.key().public_key();
    format!(
        r#"
version = 1
deadline_ms = 1500
revoked_key_ids = ["0123456789abcdef"]

[hash]
floor = "argon2id"
ceiling = {{ m_kib = 32768, t = 3, p = 2 }}

[lifetimes]
mapping_days = 3

[limits]
signatures = 7

[[provider]]
apex = "Discover.example"
scope = ["+44", "@example.org"]
parameters = ["{PARAMETERS}"]
dangerous_insecure_absence = true

[[enum]]
suffix = "e164.example."
scope = ["+"]
dangerous_insecure = true

[[grant]]
domain = "ap.example"
kind = "possession"
scope = ["+44"]
strongest = "voice"

[[grant]]
domain = "ap.example"
kind = "legacy-mapping"
scope = ["+44"]
strongest = "sms"

[[key]]
domain = "ap.example"
key = "{}"
"#,
        key.to_txt()
    )
}

fn faults(text: &str) -> Vec<String> {
    Policy::from_toml(text).unwrap_err().to_string().lines().map(Into::into).collect()
}

#[test]
fn a_file_says_all_that_a_program_can() {
    let policy = Policy::from_toml(&whole()).unwrap();
    assert_eq!(policy.deadline(), Duration::from_millis(1500));
    assert_eq!((policy.hash_floor, policy.hash_ceiling.m_kib), (HashFloor::Argon2id, 32768));
    let default = Lifetimes::default();
    assert_eq!(policy.lifetimes, Lifetimes { mapping: 3 * 86_400, ..default });
    assert_eq!(policy.limits, Limits { signatures: 7, ..Limits::default() });
    assert_eq!(policy.providers[0].apex.to_string(), "discover.example.");
    assert!(matches!(policy.providers[0].pinned[0].hash(), Hash::Sha256 { .. }));
    assert!(policy.providers[0].dangerous_insecure_absence && policy.enum_trees[0].dangerous_insecure);
    let domain: Name = "ap.example".parse().unwrap();
    let key = Party::Ap.key().public_key();
    assert_eq!(policy.keys.look_up(&domain, key.key_id()), KeyFinding::Known(&key));
    assert!(policy.keys.is_revoked(KeyId([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef])));
    let british = Identifier::parse("tel:+442079460148").unwrap();
    let granted = |kind, method| policy.granted(&domain, kind, &british, Proof { method, time: NOW });
    assert_eq!(granted(GrantKind::Possession, ProofMethod::Voice), Ok(()));
    assert_eq!(granted(GrantKind::LegacyMapping, ProofMethod::Voice), Err(Ungranted::ClaimsTooMuch));
}

#[test]
fn nothing_is_trusted_or_asked_by_default() {
    let policy = Policy::from_toml("version = 1").unwrap();
    assert!(policy.grants.is_empty() && policy.providers.is_empty() && policy.enum_trees.is_empty());
    let provider = Provider::new(Name::root(), []);
    assert!(!provider.dangerous_insecure_absence && provider.pinned.is_empty());
    assert!(!EnumTree::new(Name::root(), []).dangerous_insecure);
}

#[test]
fn a_key_that_is_not_known_is_refused_with_its_line() {
    assert_eq!(
        faults("version = 1\n\n[[provider]]\napex = \"a.example\"\nscope = [\"+\"]\ninsecure = true\n"),
        ["line 6: unknown field `insecure`, expected one of `apex`, `scope`, `parameters`, \
          `dangerous_insecure_absence`"]
    );
    assert_eq!(
        faults(
            "version = 1\n[[grant]]\ndomain = \"a\"\nkind = \"mapping\"\nscope = []\nstrongest = \"sms\"\n"
        ),
        ["line 4: unknown variant `mapping`, expected `possession` or `legacy-mapping`"]
    );
    assert!(faults("version = 1\ntrust = \"all\"")[0].starts_with("line 2: unknown field `trust`"));
    assert!(faults("version = 1\n[limits]\npatience = 3")[0].starts_with("line 3: unknown field `patience`"));
}

#[test]
fn a_file_of_another_version_is_told_so_and_nothing_else() {
    assert_eq!(
        faults("trust = 3\nversion = 2"),
        ["line 2: version 2 of the policy file is not known; this program reads `version = 1`"]
    );
    assert_eq!(
        faults("version = 1\ndeadline_ms = 18446744073709551"),
        ["a deadline is more than 0 and at most 600,000 ms"]
    );
    assert_eq!(faults("deadline_ms = 3"), ["the policy file must say `version = 1`"]);
}

#[test]
fn every_wrong_value_is_told_in_one_run() {
    let text = r#"version = 1
revoked_key_ids = ["0123"]
[[provider]]
apex = "a..example"
scope = ["+44", "44"]
parameters = ["v=mimi1; epoch=a"]
[[grant]]
domain = "ap.example"
kind = "possession"
scope = []
strongest = "sms"
[[key]]
domain = "ap.example"
key = "v=mimikey1; k=rsa; p=AAAA"
"#;
    let lines: Vec<_> =
        Policy::from_toml(text).unwrap_err().as_slice().iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [Some(2), Some(4), Some(5), Some(6), Some(14), None]);
    let told = faults(text);
    assert_eq!(told[0], "line 2: `0123` is not a key id: it has 16 hexadecimal digits");
    assert_eq!(
        told[2],
        "line 5: `44` is not a scope: a scope is `+` and digits, `@` and an email domain, or `mimi://` \
         and a host"
    );
    assert_eq!(
        told[5],
        "the scope of ap.example. is empty, so it would never be used; `+` is every telephone number"
    );
}

#[test]
fn what_contradicts_itself_is_no_policy() {
    let name = |text: &str| text.parse::<Name>().unwrap();
    let scope = || vec!["+44".parse::<Scope>().unwrap()];
    let long = name(&["a23456789012345678901234567890123456789"; 6].join(".")[..230]);
    let refused = Policy::builder()
        .provider(Provider::new(name("a.example"), scope()))
        .provider(Provider::new(name("A.example"), scope()))
        .provider(Provider::new(long.clone(), scope()))
        .enum_tree(EnumTree::new(long.clone(), scope()))
        .deadline(Duration::ZERO)
        .build()
        .unwrap_err();
    let kinds: Vec<_> = refused.as_slice().iter().map(|fault| fault.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            PolicyFaultKind::Twice(name("a.example")),
            PolicyFaultKind::TooLong(long.clone()),
            PolicyFaultKind::TooLong(long),
            PolicyFaultKind::Deadline,
        ]
    );
}

#[test]
fn keys_that_are_revoked_or_collide_are_not_shown_as_believable() {
    let domain: Name = "ap.example".parse().unwrap();
    let [first, second, third] =
        [Party::Ap, Party::OtherAp, Party::Msp].map(|party| party.key().public_key());
    let other = ("z.example".parse().unwrap(), Party::Holder.key().public_key());
    let mut policy = Policy::builder()
        .key(domain.clone(), first)
        .key(domain.clone(), first)
        .key(domain.clone(), second)
        .key(domain.clone(), third)
        .key(other.0, other.1)
        .revoke(second.key_id())
        .build()
        .unwrap();
    policy.keys.pin_colliding(domain.clone(), third.key_id(), second);
    assert_eq!(policy.keys_of(&domain).collect::<Vec<_>>(), [&first]);
    assert!(policy.revokes(second.key_id()) && !policy.revokes(third.key_id()));
}

#[test]
fn daring_changes_nothing_but_what_is_proven() {
    let policy = Policy::from_toml(&whole()).unwrap();
    let mut timid = policy.clone();
    timid.providers[0].dangerous_insecure_absence = false;
    timid.enum_trees[0].dangerous_insecure = false;
    assert_eq!(format!("{:?}", timid.dangerous_insecure()), format!("{policy:?}"));
}

#[test]
fn dnssec_is_validated_from_the_root_unless_the_policy_says_otherwise() {
    use crate::dnssec::validate::TrustAnchor;
    let read = |text: &str| Policy::from_toml(&format!("version = 1\n{text}")).expect(text).dnssec().clone();
    let root = Validation::Anchors(vec![TrustAnchor::iana_root()]);
    for text in ["", "[dnssec]", "[dnssec]\nanchors = [\"iana-root\"]\nkeys = \"secure\""] {
        assert_eq!(read(text), Dnssec::default().with_validation(root.clone()), "{text}");
    }
    let ds = format!("dp.example. IN DS 1 15 2 {}", "00".repeat(32));
    let island = read(&format!("[dnssec]\nanchors = [\"iana-root\", \"{ds}\"]\nparameters = \"pinned\""));
    let Validation::Anchors(anchors) = island.validation() else { panic!("{island:?}") };
    let owners: Vec<_> = anchors.iter().map(|anchor| anchor.owner().to_string()).collect();
    assert_eq!(owners, [".", "dp.example."]);
    assert!(!island.uses_served_parameters() && island.uses_served_keys());
    let word = read(
        "[dnssec]\nvalidation = \"trust-ad\"\nservers = [\"127.0.0.53\", \"[::1]:5353\", \"::1\", \"[::1]\"]\nkeys = \"pinned\"",
    );
    let servers = ["127.0.0.53:53", "[::1]:5353", "[::1]:53", "[::1]:53"]
        .map(|server| server.parse().unwrap())
        .to_vec();
    assert_eq!(word, Dnssec::default().with_validation(Validation::TrustAd(servers)).pinned_keys_only());
    let remote = read(
        "[dnssec]\nvalidation = \"trust-ad\"\nservers = [\"tls://192.0.2.1#dns.example\"]\nauthorities = \"ca.pem\"",
    );
    let server = TlsUpstream::new("192.0.2.1:853".parse().unwrap(), "dns.example").unwrap();
    let server = Upstream::Tls(server.by(Authorities::File("ca.pem".into())));
    assert_eq!(*remote.validation(), Validation::TrustAd(vec![server]));
    assert_eq!(*read("[dnssec]\nvalidation = \"off\"").validation(), Validation::Off);
}

#[test]
fn what_is_wrong_with_dnssec_is_told() {
    for (text, wanted) in [
        ("anchors = []", "`anchors` is empty"),
        ("anchors = [\"\"]", "line 3: `` is not a trust anchor: there is no record in it"),
        ("anchors = [\"iana\"]", "line 3: `iana` is not a trust anchor"),
        ("validation = \"off\"\nanchors = [\"iana-root\"]", "`anchors` are for"),
        ("servers = [\"127.0.0.1\"]", "`servers` are for"),
        ("validation = \"trust-ad\"", "`validation = \"trust-ad\"` needs `servers`"),
        ("validation = \"trust-ad\"\nservers = [\"192.0.2.1\"]", "line 4: on the way from 192.0.2.1:53"),
        ("validation = \"trust-ad\"\nservers = [\"localhost\"]", "line 4: `localhost` is not the address"),
        (
            "validation = \"trust-ad\"\nservers = [\"tls://192.0.2.1\"]",
            "line 4: `tls://192.0.2.1` lacks the name",
        ),
        (
            "validation = \"trust-ad\"\nservers = [\"127.0.0.1\"]\nauthorities = \"ca.pem\"",
            "`authorities` are for `servers`",
        ),
        ("validation = \"on\"", "line 3: unknown variant"),
    ] {
        let told = faults(&format!("version = 1\n[dnssec]\n{text}"));
        assert!(told.len() == 1 && told[0].starts_with(wanted), "{text}: {told:?}");
    }
}
