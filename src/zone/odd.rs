//! What a record shows by itself that its author hardly meant.

use super::fault::Kind;
use super::query_name::{QueryName, WILDCARD};
use crate::record::Rtype;

/// What is odd about a record of well-formed or ill-formed data.
pub(super) fn fault(owner: &[u8], rtype: Rtype, rdata: &[u8]) -> Option<Kind> {
    let target = |offset: usize| rdata.get(offset..).and_then(|name| QueryName::parse(name).ok());
    match rtype {
        Rtype::A | Rtype::AAAA | Rtype::WKS => no_owner_of_host(rtype, owner),
        Rtype::NS => fault_of_target(rtype, &target(0)?),
        Rtype::SRV => fault_of_target(rtype, &target(6)?),
        Rtype::MX => no_owner_of_host(rtype, owner).or_else(|| fault_of_target(rtype, &target(2)?)),
        Rtype::RT | Rtype::AFSDB => no_host_name(rtype, &first_name(rdata.get(2..)?)?, 0),
        Rtype::PTR if is_reverse(owner) => no_host_name(rtype, &target(0)?, 0),
        Rtype::SOA => {
            let server = first_name(rdata)?;
            let mailbox = first_name(rdata.get(server.as_wire().len()..)?)?;
            no_host_name(rtype, &server, 0).or_else(|| no_host_name(rtype, &mailbox, 1))
        }
        Rtype::RP => no_host_name(rtype, &first_name(rdata)?, 1),
        Rtype::MINFO => {
            let first = first_name(rdata)?;
            let second = first_name(rdata.get(first.as_wire().len()..)?)?;
            no_host_name(rtype, &first, 1).or_else(|| no_host_name(rtype, &second, 1))
        }
        Rtype::NAPTR => naptr_regexp(rdata).filter(|regexp| !is_whole(regexp)).map(|_| Kind::NaptrRegexp),
        _ => None,
    }
}

fn fault_of_target(rtype: Rtype, target: &QueryName<'_>) -> Option<Kind> {
    if looks_like_address(target) {
        return Some(Kind::TargetIsAddress(rtype));
    }
    no_host_name(rtype, target, 0)
}

/// A wildcard stands for host names.
fn no_owner_of_host(rtype: Rtype, owner: &[u8]) -> Option<Kind> {
    no_host_name(rtype, &QueryName::parse(owner).ok()?, usize::from(owner.starts_with(WILDCARD)))
}

/// Of record data that begins with a name, uncompressed.
fn first_name(octets: &[u8]) -> Option<QueryName<'_>> {
    let mut end = 0;
    while let Some(&len) = octets.get(end).filter(|len| **len > 0) {
        end += 1 + usize::from(len);
    }
    QueryName::parse(octets.get(..=end)?).ok()
}

/// Where PTR records name hosts; elsewhere, as in DNS-SD, they name what they like.
fn is_reverse(owner: &[u8]) -> bool {
    let ends_in = |tree: &[u8]| {
        owner.len().checked_sub(tree.len()).is_some_and(|at| owner[at..].eq_ignore_ascii_case(tree))
    };
    ends_in(b"\x07in-addr\x04arpa\0") || ends_in(b"\x03ip6\x04arpa\0")
}

/// Four numbers, at the end or all there is.
fn looks_like_address(name: &QueryName<'_>) -> bool {
    let is_number = |label: &[u8]| label.len() <= 3 && label.iter().all(u8::is_ascii_digit);
    name.label_count() == 4 && labels(name).all(is_number)
}

/// As BIND's `check-names`: all labels but the first ones, of which a mailbox has one that may be anything.
/// Source: RFC 952 and RFC 1123 §2.1; for mailboxes RFC 1035 §8.
fn no_host_name(rtype: Rtype, name: &QueryName<'_>, passed: usize) -> Option<Kind> {
    let is_of_host = |label: &[u8]| {
        label.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
            && !label.starts_with(b"-")
            && !label.ends_with(b"-")
    };
    let is_host = labels(name).skip(passed).all(is_of_host);
    (!is_host).then_some(Kind::NoHostName(rtype))
}

/// Leftmost first, without their length octets.
fn labels<'n>(name: &QueryName<'n>) -> impl Iterator<Item = &'n [u8]> {
    let mut rest = name.as_wire();
    std::iter::from_fn(move || {
        let (&len, after) = rest.split_first().filter(|(len, _)| **len > 0)?;
        let (label, after) = after.split_at_checked(usize::from(len))?;
        rest = after;
        Some(label)
    })
}

/// The third character-string after order and preference.
fn naptr_regexp(rdata: &[u8]) -> Option<&[u8]> {
    let mut at = 4;
    for _ in 0..2 {
        at += 1 + usize::from(*rdata.get(at)?);
    }
    let len = usize::from(*rdata.get(at)?);
    rdata.get(at + 1..at + 1 + len)
}

/// Whether a substitution has its three delimiters, no flag but `i`, and refers to groups that it has.
/// An empty one is whole. Source: RFC 3402 §3.2.
fn is_whole(substitution: &[u8]) -> bool {
    let Some((&delimiter, rest)) = substitution.split_first() else { return true };
    if delimiter.is_ascii_digit() || matches!(delimiter, b'\\' | b'i' | 0) {
        return false;
    }
    let Some((expression, rest)) = split_at(rest, delimiter) else { return false };
    let Some((replacement, flags)) = split_at(rest, delimiter) else { return false };
    let groups = groups(expression);
    let references = replacement.windows(2).enumerate().filter(|&(at, pair)| {
        let backslashes = replacement[..at].iter().rev().take_while(|octet| **octet == b'\\').count();
        pair[0] == b'\\' && pair[1].is_ascii_digit() && backslashes % 2 == 0
    });
    flags.iter().all(|flag| *flag == b'i')
        && references
            .map(|(_, pair)| usize::from(pair[1] - b'0'))
            .all(|number| (1..=groups).contains(&number))
}

/// What stands before and after the first delimiter that is not escaped.
fn split_at(text: &[u8], delimiter: u8) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        match *text.get(at)? {
            b'\\' => at += 2,
            octet if octet == delimiter => return Some((&text[..at], &text[at + 1..])),
            _ => at += 1,
        }
    }
}

/// How many groups an extended regular expression has: parentheses that are neither escaped nor in
/// brackets.
fn groups(expression: &[u8]) -> usize {
    let (mut at, mut count) = (0, 0);
    while let Some(&octet) = expression.get(at) {
        at += match octet {
            b'\\' => 2,
            b'[' => bracket_len(&expression[at..]),
            b'(' => {
                count += 1;
                1
            }
            _ => 1,
        };
    }
    count
}

/// From `[` to its `]`, which is none where it comes first.
fn bracket_len(expression: &[u8]) -> usize {
    let first = if expression.get(1) == Some(&b'^') { 3 } else { 2 };
    let end = expression.iter().skip(first).position(|octet| *octet == b']');
    end.map_or(expression.len(), |end| first + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Name, rdata};

    fn code(owner: &str, rtype: Rtype, data: &str) -> Option<Kind> {
        let owner: Name = owner.parse().unwrap();
        fault(owner.as_wire(), rtype, &rdata::from_text(rtype, data).unwrap())
    }

    #[test]
    fn hosts_and_their_names() {
        for owner in ["a-1.example.", "*.example.", "3com.example.", "example."] {
            assert_eq!(code(owner, Rtype::A, "192.0.2.1"), None, "{owner}");
        }
        for owner in ["a_b.example.", "-a.example.", "a-.example.", "a.*.example.", "\\200.example."] {
            assert_eq!(code(owner, Rtype::A, "192.0.2.1"), Some(Kind::NoHostName(Rtype::A)), "{owner}");
            assert_eq!(code(owner, Rtype::TXT, "x"), None, "{owner}");
        }
        assert_eq!(code("a.example.", Rtype::MX, "10 b_c."), Some(Kind::NoHostName(Rtype::MX)));
        assert_eq!(code("_a._tcp.example.", Rtype::SRV, "0 0 80 b."), None);
        assert_eq!(code("a.example.", Rtype::MX, "10 192.0.2.1."), Some(Kind::TargetIsAddress(Rtype::MX)));
        assert_eq!(code("a.example.", Rtype::NS, "."), None);
        for (owner, rtype, data, is_host) in [
            ("a.example.", Rtype::MX, "10 *.b.", false),
            ("a_b.example.", Rtype::WKS, "192.0.2.1 6 25", false),
            ("a.example.", Rtype::RT, "10 b_c.", false),
            ("a.example.", Rtype::AFSDB, "1 b_c.", false),
            ("a.example.", Rtype::RP, "j_o.b. c_d.", true),
            ("a.example.", Rtype::RP, "jo.b_c. c_d.", false),
            ("a.example.", Rtype::MINFO, "jo.b. jo.c_d.", false),
            ("1.2.0.192.IN-ADDR.arpa.", Rtype::PTR, "b_c.", false),
            ("_http._tcp.example.", Rtype::PTR, "b_c.", true),
            ("a.example.", Rtype::SOA, "ns. h_m.a. 1 1 1 1 1", true),
            ("a.example.", Rtype::SOA, "n_s. h.a. 1 1 1 1 1", false),
            ("a.example.", Rtype::SOA, "ns. h.a_b. 1 1 1 1 1", false),
        ] {
            let expected = (!is_host).then_some(Kind::NoHostName(rtype));
            assert_eq!(code(owner, rtype, data), expected, "{owner} {rtype} {data}");
        }
    }

    #[test]
    fn substitutions() {
        for whole in
            ["", "!.*!x!", "!^(.*)$!x\\1!i", "/a\\/b/c/", "!(a)(b)!\\2!", "![(](a)!\\1!", "!a!\\\\7!"]
        {
            assert!(is_whole(whole.as_bytes()), "{whole}");
        }
        for broken in [
            "!",
            "!a",
            "!a!b",
            "!a!b!x",
            "!a!\\1!",
            "!(a)!\\2!",
            "1a1b1",
            "!a!\\0!",
            "!a\\!b!",
            "![^](a)]!\\1!",
        ] {
            assert!(!is_whole(broken.as_bytes()), "{broken}");
        }
        let naptr =
            |regexp: &str| code("a.example.", Rtype::NAPTR, &format!("1 1 \"U\" \"x\" \"{regexp}\" ."));
        assert_eq!(naptr("!.*!x!"), None);
        assert_eq!(naptr("!a"), Some(Kind::NaptrRegexp));
    }
}
