//! Each fault: a zone of its own, signed honestly and then spoilt in one way, and a question that meets it.

mod denied;
mod signed;

use mimi_dns::dnssec::SigningKey;
use mimi_dns::record::dnssec::{Algorithm, Dnskey, Nsec3Params};
use mimi_dns::record::{Name, Rdata, Rtype};

use super::draft::{Chain, Draft};
use super::world::{CHILD, LEAF};

/// What every zone holds: `none` and `*` are absent, `w` is an empty non-terminal.
const LINES: &str = "@ SOA ns.faults. host.faults. 1 7200 900 1209600 60
a A 192.0.2.1
m A 192.0.2.2
*.w TXT wildcard
www A 192.0.2.3
www A 192.0.2.4
";

/// A fault, or none, and what comes of it.
pub(super) struct Case {
    /// The zone's label below `tld.`.
    pub(super) zone: &'static str,
    pub(super) what: &'static str,
    /// Relative to the zone.
    pub(super) question: (&'static str, Rtype),
    /// Our verdict.
    pub(super) ours: &'static str,
    /// Why others say something else.
    pub(super) why: &'static str,
    chain: Chain,
    more: &'static str,
    spoil: fn(&mut Draft),
    /// What is changed in the parent once the delegation stands there.
    pub(super) spoil_parent: fn(&mut Draft, &str),
}

impl Case {
    /// The zone below that is not signed, where there is one.
    pub(super) fn child(&self) -> Option<String> {
        (!self.more.is_empty()).then(|| format!("sub.{}", self.apex()))
    }

    fn why(self, why: &'static str) -> Self {
        Self { why, ..self }
    }

    fn nsec3(self, flags: u8, iterations: u16) -> Self {
        let params = Nsec3Params { flags, iterations, ..Nsec3Params::BEST };
        Self { chain: Chain::Nsec3(params), ..self }
    }

    /// With these records too.
    fn with(self, more: &'static str) -> Self {
        Self { more, ..self }
    }

    fn in_parent(self, spoil_parent: fn(&mut Draft, &str)) -> Self {
        Self { spoil_parent, ..self }
    }

    pub(super) fn apex(&self) -> String {
        format!("{}.tld.", self.zone)
    }

    pub(super) fn asked(&self) -> (Name, Rtype) {
        let (owner, rtype) = self.question;
        let apex: Name = self.apex().parse().unwrap();
        (Name::parse(owner.as_bytes(), Some(&apex)).unwrap(), rtype)
    }

    /// The zone, spoilt.
    pub(super) fn draft(&self) -> Draft {
        let apex = self.apex();
        let more = self.more.replace("APEX", &apex).replace("CHILD", CHILD);
        let lines = format!("{LINES}@ NS ns.{apex}\nns A {LEAF}\n{more}");
        let mut draft = Draft::new(&apex, &lines, self.chain);
        (self.spoil)(&mut draft);
        draft
    }
}

fn case(
    zone: &'static str,
    what: &'static str,
    question: (&'static str, Rtype),
    ours: &'static str,
    spoil: fn(&mut Draft),
) -> Case {
    let (why, chain, more) = ("", Chain::Nsec, "");
    Case { zone, what, question, ours, why, chain, more, spoil, spoil_parent: |_, _| {} }
}

const WWW: (&str, Rtype) = ("www", Rtype::A);
const NONE: (&str, Rtype) = ("none", Rtype::A);
const NO_DATA: (&str, Rtype) = ("www", Rtype::MX);
const WILD: (&str, Rtype) = ("x.w", Rtype::TXT);
const SUB: (&str, Rtype) = ("www.sub", Rtype::A);
const OPT_OUT: u8 = 1;

pub(super) fn all() -> Vec<Case> {
    [sound(), signed::all(), denied::all(), cuts(), work()].into_iter().flatten().collect()
}

fn sound() -> Vec<Case> {
    vec![
        case("sound", "nothing", WWW, "secure", |_| {}),
        case("sound2", "nothing: NXDOMAIN by NSEC", NONE, "secure", |_| {}),
        case("sound3", "nothing: NODATA by NSEC", NO_DATA, "secure", |_| {}),
        case("sound4", "nothing: an empty non-terminal", ("w", Rtype::A), "secure", |_| {}),
        case("sound5", "nothing: a wildcard's answer", WILD, "secure", |_| {}),
        case("sound6", "nothing: a wildcard's NODATA", ("x.w", Rtype::MX), "secure", |_| {}),
        case("sound7", "nothing: NXDOMAIN by NSEC3", NONE, "secure", |_| {}).nsec3(0, 0),
        case("sound8", "nothing: NODATA by NSEC3", NO_DATA, "secure", |_| {}).nsec3(0, 0),
        case("sound9", "nothing: an empty non-terminal by NSEC3", ("w", Rtype::A), "secure", |_| {})
            .nsec3(0, 0),
        case("sound10", "nothing: a wildcard's answer by NSEC3", WILD, "secure", |_| {}).nsec3(0, 0),
        case("sound11", "nothing: a wildcard's NODATA by NSEC3", ("x.w", Rtype::MX), "secure", |_| {})
            .nsec3(0, 0),
        case("sound12", "nothing: NODATA under opt-out", NO_DATA, "secure", |_| {}).nsec3(OPT_OUT, 0),
    ]
}

fn cuts() -> Vec<Case> {
    // Somebody serves it, at an address of its own.
    const CUT: &str = "sub NS ns.sub.APEX\nns.sub A CHILD\n";
    let cut = |zone, what, ours, spoil| case(zone, what, SUB, ours, spoil).with(CUT);
    vec![
        cut("cut", "nothing: a delegation that is not signed", "insecure: no-ds", |_| {}),
        cut("cut3", "the same by NSEC3", "insecure: no-ds", |_| {}).nsec3(0, 0),
        cut("cut-opt-out", "the same left out by opt-out", "insecure: opt-out", |_| {}).nsec3(OPT_OUT, 0),
        cut(
            "cut-hidden",
            "the same left out without the flag of opt-out",
            "bogus: referral-not-proven",
            |draft| {
                draft.sign_all(ZONE_KEY, Chain::Nsec3(Nsec3Params { flags: OPT_OUT, ..Nsec3Params::BEST }));
                let owners: Vec<_> =
                    draft.sets.keys().filter(|(_, rtype)| *rtype == Rtype::NSEC3).cloned().collect();
                for (owner, rtype) in owners {
                    draft.sets.get_mut(&(owner.clone(), rtype)).unwrap()[0][1] = 0;
                    draft.sign(&owner, rtype, |_| {});
                }
            },
        )
        .nsec3(OPT_OUT, 0),
        cut(
            "cut-signed",
            "opt-out says that a signed delegation is none: DS taken out",
            "bogus: denial-contradicts",
            |draft| {
                draft.change_nsec3("sub", |_, _, types| types.push(Rtype::DS));
            },
        )
        .nsec3(0, 0),
        cut(
            "cut-stripped",
            "NSEC of a delegation without its NS bit",
            "bogus: referral-not-proven",
            |draft| {
                draft.change_nsec("sub", |_, types| types.retain(|rtype| *rtype != Rtype::NS));
            },
        ),
    ]
}

fn work() -> Vec<Case> {
    vec![
        case(
            "keytrap",
            "20 keys of one tag and 20 signatures that don't fit (CVE-2023-50387)",
            WWW,
            "bogus: too-much-work",
            |draft| {
                let honest: Rdata = draft.key.dnskey(ZONE_KEY).into();
                let alike = (0..19).map(|step: usize| {
                    let mut key = honest.clone();
                    key.swap(5 + 2 * (step % 7), 21 + 2 * (step / 7));
                    key
                });
                let keys: Vec<_> = [honest.clone()].into_iter().chain(alike).collect();
                draft.publish(keys);
                draft.resign("@", Rtype::DNSKEY, |_| {});
                let owner = draft.name("www");
                let good = draft.signatures[&(owner.clone(), Rtype::A)][0].clone();
                let bad = (0..20).map(|number| {
                    let mut signature = good.clone();
                    let last = signature.len() - 1;
                    signature[last - 40] ^= number + 1;
                    signature
                });
                draft.signatures.insert((owner, Rtype::A), bad.collect());
            },
        ),
        case(
            "deep",
            "a name of 100 labels below 150 iterations (CVE-2023-50868)",
            (DEEP, Rtype::A),
            "bogus: too-much-work",
            |_| {},
        )
        .nsec3(0, 150)
        .why("nothing is wrong: our budget is spent; delv has none, Unbound gives up without a word"),
    ]
}

const DEEP: &str = "b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b";

const ZONE_KEY: u16 = Dnskey::ZONE | Dnskey::SECURE_ENTRY_POINT;

fn other_key() -> SigningKey {
    SigningKey::generate(Algorithm::ED25519).unwrap()
}

fn lapse(head: &mut mimi_dns::record::dnssec::RrsigHead) {
    head.inception -= 5 * 86_400;
    head.expiration = head.inception + 86_400;
}
