//! What `zone check` tells beside what its loader does: of rules, statements and sets that load, and are of no use.

mod online;
mod rules;
mod sets;
mod signatures;
mod statements;
mod targets;

use std::collections::{HashMap, HashSet};

pub(super) use self::online::findings as online;

use crate::clock::UnixTime;
use crate::record::{Name, Rdata, Rtype};
use crate::zone::{Finding, Loaded, Location, Severity, Span};

/// No more than this is told of each kind; the rest is counted.
const MOST: usize = 100;

/// Something odd, at a place of the source or at a name.
struct Odd {
    code: &'static str,
    span: Option<Span>,
    /// Which record; one of the type, where it is said of them all.
    owner: Option<(Name, Rtype, Option<Rdata>)>,
    /// The record that brings the name about, where nothing stands there.
    due_to: Option<(Name, Rtype)>,
    message: String,
    remedy: &'static str,
}

/// All that can be told, as warnings.
pub(super) fn findings(loaded: &Loaded, now: UnixTime) -> Vec<Finding> {
    let Some(zone) = &loaded.zone else { return Vec::new() };
    let mut odd = rules::odd(zone);
    odd.extend(statements::odd(loaded, zone, now));
    odd.extend(signatures::odd(zone));
    odd.extend(sets::odd(zone, now));
    odd.extend(targets::odd(zone));
    told(loaded, odd)
}

/// As warnings with their places, in the order of the text.
fn told(loaded: &Loaded, mut odd: Vec<Odd>) -> Vec<Finding> {
    let mut counts = HashMap::<&str, usize>::new();
    odd.retain(|one| {
        let count = counts.entry(one.code).or_default();
        *count += 1;
        *count <= MOST
    });
    locate(loaded, &mut odd);
    odd.sort_by_key(|one| one.span);
    let mut findings = Vec::new();
    for one in odd {
        let at = one.span.and_then(|span| loaded.sources.locate(span));
        let owner = one.owner.map(|(owner, ..)| owner);
        findings.push(warning(at, owner, one.code, one.message, one.remedy));
    }
    let mut more: Vec<_> = counts.into_iter().filter(|(_, count)| *count > MOST).collect();
    more.sort_unstable();
    for (code, count) in more {
        let message = format!("and {} more of {code}", count - MOST);
        findings.push(warning(None, None, "not-listed", message, "mend these first"));
    }
    findings
}

/// Finds the places of those that are said of a name.
fn locate(loaded: &Loaded, odd: &mut [Odd]) {
    let without = || odd.iter().filter(|one| one.span.is_none());
    let names: HashSet<Name> =
        without().filter_map(|one| one.record()).map(|(owner, ..)| owner.clone()).collect();
    if names.is_empty() {
        return;
    }
    let spots = loaded.spots(names);
    for one in odd.iter_mut().filter(|one| one.span.is_none()) {
        one.span = one.record().and_then(|(owner, rtype, rdata)| spots.find(owner, rtype, rdata));
    }
}

impl Odd {
    /// Whose place is told.
    fn record(&self) -> Option<(&Name, Rtype, Option<&[u8]>)> {
        match (&self.due_to, &self.owner) {
            (Some((owner, rtype)), _) => Some((owner, *rtype, None)),
            (None, Some((owner, rtype, rdata))) => Some((owner, *rtype, rdata.as_deref())),
            (None, None) => None,
        }
    }
}

fn warning(
    at: Option<Location>,
    owner: Option<Name>,
    code: &'static str,
    message: String,
    remedy: &str,
) -> Finding {
    Finding { at, owner, severity: Severity::Warning, code, message, remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::zone::{LoadOptions, MemoryFiles, load};

    const NOW: UnixTime = UnixTime(1_795_000_000);

    fn codes(lines: &str) -> Vec<String> {
        let text = format!(
            "$ORIGIN e164.example.\n$TTL 1h\n@ SOA ns h 1 1h 1h 1w 60\n@ NS ns\nns A 127.0.0.1\n{lines}"
        );
        let key = crate::statement::SecretKey::from_seed(&[7; 32]).to_pem();
        let files = MemoryFiles::new().with("a.zone", text).with("k.pem", key.as_bytes());
        let loaded = load(Path::new("a.zone"), &files, &LoadOptions { now: NOW, ..LoadOptions::default() });
        assert!(loaded.zone.is_some(), "{:?}", loaded.findings);
        let place = |finding: &Finding| finding.at.as_ref().map(|at| format!("{}:{} ", at.line, at.column));
        let known = |code| {
            let mut all =
                rules::CODES.iter().chain(&statements::CODES).chain(&signatures::CODES).chain(&sets::CODES);
            code == targets::DANGLING || all.any(|known| *known == code)
        };
        let found = findings(&loaded, NOW);
        // Else a code could be missing in the manual unseen.
        assert!(found.iter().all(|finding| known(finding.code)), "{found:?}");
        found
            .iter()
            .map(|finding| format!("{}{}", place(finding).unwrap_or_default(), finding.code))
            .collect()
    }

    #[test]
    fn rules_are_run_against_their_own_number() {
        for (rule, expected) in [
            ("3.2.1 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^\\\\+12(3)$!sip:\\\\1@a!\" .", &[][..]),
            ("3.2.1 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^\\\\+124$!sip:a@b!\" .", &["6:7 naptr-no-match"]),
            ("3.2.1 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^.*$!sip a!\" .", &["6:7 naptr-no-uri"]),
            ("3.2.1 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^+12$!sip:a!\" .", &["6:7 naptr-pattern"]),
            ("3.2.1 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^.*$!sip:a!\" b.", &["6:7 naptr-both"]),
            ("3.2.1 NAPTR 1 1 \"u\" \"E2U+sip\" \"\" .", &["6:7 naptr-neither"]),
            ("3.2.1 NAPTR 1 1 \"\" \"\" \"\" .", &["6:7 naptr-neither"]),
            ("3.2.1 NAPTR 1 1 \"u\" \"E2U+sip\" \"\" b.", &["6:7 naptr-terminal-replacement"]),
            ("3.2.1 NAPTR 1 1 \"u\" \"E2U+p-own\" \"!^.*$!sip:a!\" .", &["6:7 private-service"]),
            ("3.2.1 NAPTR 1 1 \"u\" \"E2U+x-own+nothing:x\" \"!^.*$!sip:a!\" .", &["6:7 unknown-service"]),
            ("3.2.1 NAPTR 1 1 \"u\" \"sip+E2U\" \"!^.*$!sip:a!\" .", &["6:7 bad-service"]),
            ("3.2.1 NAPTR 1 1 \"q\" \"E2U+sip\" \"!^.*$!sip:a!\" .", &["6:7 naptr-flag"]),
            ("*.1 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^\\\\+1(2[0-9]{2})$!sip:\\\\1@a!\" .", &[]),
            ("*.1 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^\\\\+2(.*)$!sip:\\\\1@a!\" .", &["6:5 naptr-no-match"]),
            ("www NAPTR 1 1 \"s\" \"SIP+D2U\" \"\" _sip._udp.", &[]),
        ] {
            assert_eq!(codes(&format!("{rule}\n")), expected, "{rule}");
        }
    }

    #[test]
    fn an_exact_number_hides_a_block() {
        let rule = |owner: &str| format!("{owner} NAPTR 1 1 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b!\" .\n");
        let block = rule("*.1");
        assert_eq!(codes(&[block.clone(), rule("2.1")].concat()), [""; 0]);
        // At the number that brings the hiding name about, each level of them.
        assert_eq!(codes(&[block.clone(), rule("3.2.1")].concat()), ["7:7 shadowed-block"]);
        assert_eq!(codes(&[block.clone(), rule("3.2.1"), rule("*.2.1")].concat()), [""; 0]);
        assert_eq!(codes(&[block.clone(), rule("4.3.2.1")].concat()), ["7:9 shadowed-block"; 2]);
        assert_eq!(codes(&[block.clone(), rule("4.3.2.1"), rule("*.2.1")].concat()), ["7:9 shadowed-block"]);
        assert_eq!(
            codes(&[block.clone(), rule("4.3.2.1"), rule("*.3.2.1")].concat()),
            ["8:9 shadowed-block"]
        );
        assert_eq!(codes(&[rule("3.2.1")].concat()), [""; 0]);
    }

    #[test]
    fn statements_and_parameters() {
        let parameters = "_mimi TXT \"v=mimi1; epoch=1; hash=sha256; salt=00112233445566778899aabbccddeeff; from=20260101000000\"\n";
        let mapping = |times: &str, basis: &str| {
            format!(
                "{parameters}$IDENTIFIER tel:+442079460148\n@ MIMISIG mapping {times} issuer=a.example. {basis} \
                 endpoint=\"URI 1 1 \\\"https://a.example/\\\"\" sign=k.pem\n"
            )
        };
        assert_eq!(codes(&mapping("now-1h +9d", "proof=sms,now-1h")), [""; 0]);
        assert_eq!(codes(&mapping("now-9d now+2h", "proof=sms,now-9d")), ["8:3 statement-expires"]);
        assert_eq!(
            codes(&mapping("now-9d now+30m", "proof=sms,now-9d")),
            ["8:3 statement-expires", "8:3 ttl-beyond-validity"]
        );
        let held = "holder=@k.pem consent=now-2d";
        assert_eq!(codes(&mapping("now-1h +9d", held)), ["8:3 mapping-not-wished"]);
        let wishes = |at: &str, from: &str| {
            format!("@ MIMISIG wishes {from} +300d holder=@k.pem at=\"{at} 0\" sign=k.pem\n")
        };
        let with = |wishes: String| codes(&[mapping("now-1h +9d", held), wishes].concat());
        assert_eq!(with(wishes("a.example", "now-2d")), [""; 0]);
        assert_eq!(with(wishes("a.example", "now-3d")), ["8:3 mapping-not-wished"]);
        assert_eq!(with(wishes("b.example", "now-2d")), ["8:3 mapping-not-wished"]);
        assert_eq!(codes(&parameters.replace("from=2026", "from=2099")), ["6:7 no-epoch-in-force"]);
        let twice = |times: &str, issuer: &str, basis: &str| {
            let second = mapping(times, basis).lines().nth(2).unwrap().replace("a.example", issuer);
            codes(&format!("{}{second}\n", mapping("now-1h +9d", "proof=sms,now-1h")))
        };
        let both = ["8:3 conflicting-statements", "9:3 conflicting-statements"];
        assert_eq!(twice("now-1h +9d", "a.example", "proof=sms,now-2h"), both);
        assert_eq!(twice("now-1h +9d", "b.example", "proof=sms,now-2h"), [""; 0], "another signer");
        assert_eq!(twice("now-2h +9d", "a.example", "proof=sms,now-2h"), [""; 0], "an older one");
        assert_eq!(twice("now-1h +8d", "a.example", "proof=sms,now-1h"), both, "another end");
    }

    #[test]
    fn targets_within_the_zone() {
        for (record, expected) in [
            ("c CNAME nowhere", &["6:3 dangling-target"][..]),
            ("c CNAME ns", &[]),
            ("c CNAME a.sub\nsub NS ns.other.", &[]),
            ("c CNAME ent\na.ent TXT x", &[]),
            ("c CNAME x.w\n*.w TXT x", &[]),
            ("d DNAME nowhere", &["6:3 dangling-target"]),
            ("u URI 1 1 \"https://ns.e164.example/\"", &[]),
            ("u URI 1 1 \"https://e164.example/\"", &["6:3 dangling-target"]),
            ("n NAPTR 1 1 \"s\" \"SIP+D2U\" \"\" ns", &["6:3 dangling-target"]),
            ("n NAPTR 1 1 \"a\" \"SIP+D2U\" \"\" ns", &[]),
            ("h HTTPS 1 . alpn=h2", &[]),
            ("k KX 1 k", &["6:3 dangling-target"]),
        ] {
            assert_eq!(codes(&format!("{record}\n")), expected, "{record}");
        }
    }

    #[test]
    fn signatures_that_end_before_their_records() {
        let signature = |ends: u64| {
            let ends = u32::try_from(NOW.0 + ends).unwrap();
            format!("ns RRSIG A 13 3 3600 {ends} 1700000000 1 e164.example. AAAA\n")
        };
        assert_eq!(codes(&signature(3600)), [""; 0]);
        assert_eq!(codes(&signature(3599)), ["5:4 ttl-beyond-validity"]);
    }

    #[test]
    fn more_types_than_bind_takes() {
        let types =
            |count: u32| (0..count).map(|n| format!("x TYPE{} \\# 0\n", 65200 + n)).collect::<String>();
        assert_eq!(codes(&types(100)), [""; 0]);
        assert_eq!(codes(&types(101)), ["6:3 many-types"]);
    }

    #[test]
    fn every_code_is_in_the_book() {
        let page = include_str!("../../../docs/book/src/findings.md");
        for code in rules::CODES
            .iter()
            .chain(&statements::CODES)
            .chain(&online::CODES)
            .chain(&signatures::CODES)
            .chain(&sets::CODES)
        {
            assert!(page.contains(&format!("`{code}`")), "{code} is not in docs/book/src/findings.md");
        }
    }
}
