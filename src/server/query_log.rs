//! A sample of queries in the log, for those who must know what is asked: with nothing in it by which somebody could be
//! found.
//!
//! Names and senders are hashed with a key that this process makes for itself and tells nobody: what is equal looks
//! equal for a day at most, and without the key nobody can try numbers. Who reads the log while the server runs and
//! asks it can see which word a name has then. What stands below the apex is hashed as
//! a whole: label by label the ten digits of a number would be ten words, and soon guessed. Apexes are public.

use std::cell::Cell;
use std::hash::Hasher;
use std::net::IpAddr;
use std::num::NonZeroU32;

use siphasher::sip::SipHasher24;

use super::answer::Request;
use super::outcome::Outcome;
use crate::record::{Class, Name, Rtype};
use crate::zone::{Authority, Catalog};

/// Which queries are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLogging {
    /// One in so many, by chance.
    pub one_in: NonZeroU32,
    /// Whether the network is told that it came from, blinded too.
    pub sources: bool,
}

thread_local! {
    /// Queries of this thread until one is logged; 0 where that is not known yet.
    static LEFT: Cell<u32> = const { Cell::new(0) };
}

/// Blinds what a line says. Its key is in no other place.
pub(super) struct QueryLog {
    /// None where the system has no random numbers: nothing is logged then.
    key: Option<[u8; 16]>,
}

/// What is hashed, so that a name and a network are never the same word.
#[derive(Clone, Copy)]
enum Blinded {
    Name = 1,
    Network = 2,
}

impl QueryLog {
    pub(super) fn new() -> Self {
        let mut key = [0; 16];
        Self { key: getrandom::fill(&mut key).is_ok().then_some(key) }
    }

    /// Logs this query, where it is its turn, with what became of it and the reply in `out`.
    pub(super) fn note(
        &self,
        logging: QueryLogging,
        catalog: &Catalog,
        request: &Request<'_>,
        outcome: Outcome,
        out: &[u8],
    ) {
        let Some(key) = self.key.filter(|_| is_due(logging.one_in)) else { return };
        let rcode = outcome.is_replied().then(|| out.get(3).map(|flags| flags & 0x0f)).flatten();
        let question = question(request.octets);
        let zone = question.as_ref().and_then(|(name, rtype)| {
            match catalog.find(&name.into(), *rtype, Class::ANY)? {
                Authority::Zone(zone) => Some(zone.apex().clone()),
                Authority::Awaited => None,
            }
        });
        let key = (key, request.now.0 / 86_400);
        let name = question.as_ref().map(|(name, _)| match zone.as_ref() {
            Some(apex) if apex.label_count() == name.label_count() => "@".to_owned(),
            _ => blinded(key, Blinded::Name, name.to_lowercase().as_wire()),
        });
        let source = logging.sources.then(|| blinded(key, Blinded::Network, &network(request.peer)));
        tracing::info!(
            target: "mimi_dns::queries",
            zone = zone.map(tracing::field::display),
            name,
            qtype = question.map(|(_, rtype)| tracing::field::display(rtype)),
            transport = request.transport.label(),
            outcome = outcome.label(),
            rcode,
            source,
            "query"
        );
    }
}

/// Whether this is the one in so many. The distance to the next is drawn, so that nothing that comes in a rhythm is
/// logged always, or never.
fn is_due(one_in: NonZeroU32) -> bool {
    let most = one_in.get().saturating_mul(2).saturating_sub(1);
    let left = match LEFT.get() {
        0 => 1 + getrandom::u32().unwrap_or(most / 2) % most,
        // Another share may be wanted than when it was drawn.
        left => left.min(most),
    };
    LEFT.set(left - 1);
    left == 1
}

/// Name and type, as far as they can be read.
fn question(octets: &[u8]) -> Option<(Name, Rtype)> {
    let question = octets.get(12..).filter(|_| octets[4..6] == [0, 1])?;
    let len = Name::wire_len(question).ok()?;
    let &rtype = question.get(len..)?.first_chunk()?;
    Some((Name::from_wire(&question[..len]).ok()?, Rtype(u16::from_be_bytes(rtype))))
}

/// The first 24 bits of an IPv4 address, the first 56 of an IPv6 address.
fn network(peer: IpAddr) -> Vec<u8> {
    match peer.to_canonical() {
        IpAddr::V4(v4) => v4.octets()[..3].to_vec(),
        IpAddr::V6(v6) => v6.octets()[..7].to_vec(),
    }
}

/// A word of this key and day.
fn blinded((key, day): ([u8; 16], u64), what: Blinded, octets: &[u8]) -> String {
    let mut hasher = SipHasher24::new_with_key(&key);
    hasher.write_u64(day);
    hasher.write_u8(what as u8);
    hasher.write(octets);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_so_many_is_due() {
        let due = |one_in: u32, of: u32| {
            let one_in = NonZeroU32::new(one_in).unwrap();
            (0..of).filter(|_| is_due(one_in)).count()
        };
        assert_eq!(due(1, 1000), 1000);
        // 1000 are expected; the chance to be out by a fifth is less than one in a million.
        let due_of_many = due(100, 100_000);
        assert!((800..1200).contains(&due_of_many), "{due_of_many}");
        assert!(due(u32::MAX, 1) <= 1);
        assert_eq!(due(1, 10), 10, "another share counts at once");
    }

    #[test]
    fn blinded_words_are_equal_for_what_is_equal_and_for_one_key() {
        let word = |key, octets: &[u8]| blinded(([key; 16], 1), Blinded::Name, octets);
        assert_eq!(word(1, b"\x03www\0"), word(1, b"\x03www\0"));
        assert_ne!(word(1, b"\x03www\0"), word(2, b"\x03www\0"));
        assert_ne!(word(1, b"\x03www\0"), word(1, b"\x03wwx\0"));
        assert_ne!(word(1, b"www"), blinded(([1; 16], 1), Blinded::Network, b"www"));
        assert_ne!(word(1, b"www"), blinded(([1; 16], 2), Blinded::Name, b"www"));
    }

    #[test]
    fn senders_of_one_network_are_one() {
        for (one, other, same) in [
            ("192.0.2.1", "::ffff:192.0.2.200", true),
            ("192.0.2.1", "192.0.3.1", false),
            ("2001:db8:0:1::1", "2001:db8:0:ff::2", true),
            ("2001:db8:0:1::1", "2001:db8:0:100::1", false),
        ] {
            assert_eq!(
                network(one.parse().unwrap()) == network(other.parse().unwrap()),
                same,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn what_is_no_question_has_no_name() {
        assert_eq!(question(b""), None);
        assert_eq!(question(&[0; 12]), None);
        let mut octets = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        octets.extend(b"\x01a\0\0\x01\0\x01");
        assert_eq!(question(&octets), Some(("a.".parse().unwrap(), Rtype::A)));
        assert_eq!(question(&octets[..16]), None);
        octets[12] = 0xc0;
        assert_eq!(question(&octets), None);
    }
}
