//! The zone that is signed, and what is asked about it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mimi_dns::record::{Name, Rtype};
use mimi_dns::zone::Zone;

pub(super) const APEX: &str = "signed.";

const TEXT: &str = "$ORIGIN signed.
$TTL 300
@ SOA ns host 1 7200 900 1209600 60
@ NS ns
@ MX 10 mail
@ TXT \"apex\"
ns A 192.0.2.1
ns AAAA 2001:db8::1
mail A 192.0.2.2
WWW A 192.0.2.3
www TXT \"text\"
a.b.ent TXT \"empty non-terminals above\"
\\000.low TXT \"first below\"
low TXT \"low\"
\\255.low TXT \"last below\"
under_score TXT \"x\"
*.wild A 192.0.2.4
*.wild TXT \"wild\"
there.wild TXT \"beside the wildcard\"
x.deep.wild TXT \"an empty non-terminal beside the wildcard\"
sub.*.entwild TXT \"the wildcard is an empty non-terminal\"
alias CNAME www
aliasnone CNAME nothing
aliasent CNAME ent
aliaswild CNAME x.y.wild
aliaswildnone CNAME there.wild
aliasaway CNAME www.elsewhere.
aliascut CNAME x.secure
aliasopen CNAME x.insecure
*.walias CNAME www
*.wchain CNAME q.walias
*.wnone CNAME nothing
*.waway CNAME elsewhere.
dn DNAME wild
dnaway DNAME elsewhere.
dnshort DNAME www
dnbeside TXT \"x\"
secure NS ns.secure
secure DS 1 13 2 e2d3c916f6deeac73294e8268fb5885044a833fc5459588f4a9184cfc41a5766
ns.secure A 192.0.2.5
insecure NS ns.insecure
ns.insecure A 192.0.2.6
outside NS ns.elsewhere.
cut.only.open NS ns.elsewhere.
cut.both.open2 NS ns.elsewhere.
data.both.open2 TXT \"x\"
cut.safe NS ns.elsewhere.
cut.safe DS 1 13 2 e2d3c916f6deeac73294e8268fb5885044a833fc5459588f4a9184cfc41a5766
wildcut NS ns.elsewhere.
*.bigwild TXT \"x\"
cut.a.bigwild NS ns.elsewhere.
2t7b4g4vsa5smi47k61mv5bv1a22bojr A 192.0.2.7
";

/// Enough names for several pages and leaves.
pub(super) fn text() -> String {
    let mut text = TEXT.to_owned();
    for number in 0..150 {
        writeln!(text, "n{:x} A 192.0.2.9", number * 7919 % 65_537).unwrap();
    }
    text
}

/// What is asked about a zone: every name, names beside, above and below it, hashes as names.
pub(super) fn questions(zone: &Zone) -> BTreeSet<(Name, Rtype)> {
    let mut questions = BTreeSet::new();
    let types = [Rtype::A, Rtype::TXT, Rtype::DS, Rtype::CNAME, Rtype::NSEC, Rtype::MX];
    for (name, node) in zone.nodes() {
        let filler = name.labels().next().is_some_and(|label| label.starts_with(b"n") && label.len() > 2);
        let here = node.rrsets().map(|rrset| rrset.rtype());
        questions.extend(here.map(|rtype| (name.clone(), rtype)));
        let labels: &[&[u8]] = if filler { &[b"a"] } else { &[b"none", b"*", b"\0", b"ns"] };
        let below = labels.iter().filter_map(|label| name.with_label(label).ok());
        let deeper = below.clone().take(1).filter_map(|name| name.with_label(b"x").ok());
        for name in below.chain(deeper).chain([name.clone()]) {
            let types = if filler { &types[..2] } else { &types[..] };
            questions.extend(types.iter().map(|&rtype| (name.clone(), rtype)));
        }
    }
    let hashes: Vec<Name> = zone
        .rrsets()
        .filter(|(_, rrset)| rrset.rtype() == Rtype::NSEC3)
        .map(|(owner, _)| owner)
        .take(8)
        .collect();
    for owner in hashes {
        let below = owner.with_label(b"x").unwrap();
        questions.extend([Rtype::NSEC3, Rtype::A].map(|rtype| (owner.clone(), rtype)));
        questions.insert((below, Rtype::A));
    }
    let apex = zone.apex().clone();
    questions.extend([Rtype::NSEC3PARAM, Rtype::DNSKEY, Rtype::NSEC3].map(|rtype| (apex.clone(), rtype)));
    questions
}
