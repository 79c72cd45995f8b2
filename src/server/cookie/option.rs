//! The COOKIE option: judged, and made. Source: RFC 7873 §4, RFC 9018 §4.

use std::net::IpAddr;

use siphasher::sip::SipHasher24;

use super::{CookieSecret, CookieSecrets};
use crate::clock::UnixTime;

/// Octets that a client chooses.
const CLIENT: usize = 8;
/// Octets of a server cookie: version, three reserved octets, timestamp, hash. Source: RFC 9018 §4.
const SERVER: usize = 16;
/// Octets of a server cookie of any kind. Source: RFC 7873 §4.
const ANY_SERVER: std::ops::RangeInclusive<usize> = 8..=32;
/// How a server cookie is made. Source: RFC 9018 §4.1.
const VERSION: u8 = 1;

/// Seconds, all of RFC 9018 §4.3: how old a cookie may be,
const OLDEST: u32 = 60 * 60;
/// how far ahead the clock of who made it may be,
const AHEAD: u32 = 5 * 60;
/// and from when on it is renewed.
const RENEWED: u32 = 30 * 60;

/// A COOKIE option's data as a client sends it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::server) struct Sent<'a> {
    client: [u8; CLIENT],
    /// Empty at first.
    server: &'a [u8],
}

/// A COOKIE option's data as it is replied: the client's part and the server's.
pub(in crate::server) type Replied = [u8; CLIENT + SERVER];

/// What came of a cookie.
#[derive(Clone, Copy)]
pub(in crate::server) struct Judged {
    pub(in crate::server) standing: Standing,
    pub(in crate::server) reply: Replied,
}

/// What a cookie proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Standing {
    /// Nothing: it has the client's part only.
    First,
    /// Nothing: the server's part is none of ours, or not for this address or this time.
    Invalid,
    /// That the sender has its address.
    Valid,
}

/// Whether a valid cookie need not be renewed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fresh {
    Yes,
    No,
}

impl<'a> Sent<'a> {
    /// Reads the option's data; `None` where its length is no cookie's (RFC 7873 §5.2.2).
    pub(in crate::server) fn parse(data: &'a [u8]) -> Option<Self> {
        let (&client, server) = data.split_first_chunk()?;
        (server.is_empty() || ANY_SERVER.contains(&server.len())).then_some(Self { client, server })
    }

    /// Judges the server's part, and makes the reply's. The cookie is sent back as it came where it
    /// is valid, young enough and made with the current secret; else there is a new one.
    pub(in crate::server) fn judge(&self, secrets: &CookieSecrets, peer: IpAddr, now: UnixTime) -> Judged {
        let mut reply = [0; CLIENT + SERVER];
        reply[..CLIENT].copy_from_slice(&self.client);
        let now = seconds(now);
        let valid = self.verify(secrets, peer, now);
        if valid == Some(Fresh::Yes) {
            reply[CLIENT..].copy_from_slice(self.server);
        } else {
            let [a, b, c, d] = now.to_be_bytes();
            let head = [VERSION, 0, 0, 0, a, b, c, d];
            reply[CLIENT..2 * CLIENT].copy_from_slice(&head);
            reply[2 * CLIENT..].copy_from_slice(&self.hash(secrets.current(), head, peer).to_le_bytes());
        }
        let standing = match valid {
            Some(_) => Standing::Valid,
            None if self.server.is_empty() => Standing::First,
            None => Standing::Invalid,
        };
        Judged { standing, reply }
    }

    fn verify(&self, secrets: &CookieSecrets, peer: IpAddr, now: u32) -> Option<Fresh> {
        let &server: &[u8; SERVER] = self.server.try_into().ok()?;
        let [version, _, _, _, t0, t1, t2, t3, hash @ ..] = server;
        let head = [version, server[1], server[2], server[3], t0, t1, t2, t3];
        // Serial number arithmetic (RFC 9018 §4.3): what is neither so far behind nor ahead is far away.
        let behind = now.wrapping_sub(u32::from_be_bytes([t0, t1, t2, t3]));
        let is_ahead = behind.wrapping_neg() <= AHEAD;
        if version != VERSION || !(is_ahead || behind <= OLDEST) {
            return None;
        }
        let hash = u64::from_le_bytes(hash);
        let made_with = secrets.all().position(|secret| self.hash(secret, head, peer) == hash)?;
        let fresh = made_with == 0 && (is_ahead || behind <= RENEWED);
        Some(if fresh { Fresh::Yes } else { Fresh::No })
    }

    /// Source: RFC 9018 §4.4.
    fn hash(&self, secret: &CookieSecret, head: [u8; 8], peer: IpAddr) -> u64 {
        let mut input = [0; CLIENT + 8 + 16];
        input[..CLIENT].copy_from_slice(&self.client);
        input[CLIENT..16].copy_from_slice(&head);
        let len = match peer.to_canonical() {
            IpAddr::V4(v4) => {
                input[16..20].copy_from_slice(&v4.octets());
                20
            }
            IpAddr::V6(v6) => {
                input[16..].copy_from_slice(&v6.octets());
                32
            }
        };
        SipHasher24::new_with_key(secret.octets()).hash(&input[..len])
    }
}

/// The time as cookies carry it.
#[expect(clippy::cast_possible_truncation, reason = "RFC 9018 §4.3 takes the time modulo 2^32")]
const fn seconds(now: UnixTime) -> u32 {
    now.0 as u32
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// Secrets in text, address, cookie sent, time, valid, cookie replied.
    type Vector<'a> = (&'a str, &'a str, &'a str, u64, bool, &'a str);

    /// Source: RFC 9018, appendices A.1 to A.4.
    const VECTORS: [Vector<'_>; 4] = [
        (
            "e5e973e5a6b2a43f48e7dc849e37bfcf",
            "198.51.100.100",
            "2464c4abcf10c957",
            1_559_731_985,
            false,
            "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
        ),
        (
            "e5e973e5a6b2a43f48e7dc849e37bfcf",
            "198.51.100.100",
            "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
            1_559_734_385,
            true,
            "2464c4abcf10c957010000005cf7a871d4a564a1442aca77",
        ),
        (
            "e5e973e5a6b2a43f48e7dc849e37bfcf",
            "203.0.113.203",
            "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
            1_559_734_700,
            false,
            "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e",
        ),
        (
            "445536bcd2513298075a5d379663c962\ndd3bdf9344b678b185a6f5cb60fca715",
            "2001:db8:220:1:59de:d0f4:8769:82b8",
            "22681ab97d52c298010000005cf7c57926556bd0934c72f8",
            1_559_741_961,
            true,
            "22681ab97d52c298010000005cf7c609a6bb79d16625507a",
        ),
    ];

    fn unhex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    fn judge(secrets: &str, peer: &str, sent: &str, now: u64) -> (bool, String) {
        let octets = unhex(sent);
        let sent = Sent::parse(&octets).unwrap();
        let judged = sent.judge(&secrets.parse().unwrap(), peer.parse().unwrap(), UnixTime(now));
        (judged.standing == Standing::Valid, HEXLOWER.encode(&judged.reply))
    }

    #[test]
    fn vectors_of_rfc_9018() {
        for (secrets, peer, sent, now, valid, replied) in VECTORS {
            assert_eq!(judge(secrets, peer, sent, now), (valid, replied.to_owned()));
        }
    }

    #[test]
    fn reserved_octets_are_hashed_and_may_be_anything() {
        let (secrets, peer, sent, ..) = VECTORS[2];
        assert!(judge(secrets, peer, sent, 0x5cf7_8f71).0);
        assert!(!judge(secrets, peer, &sent.replace("abcdef", "abcdee"), 0x5cf7_8f71).0);
    }

    #[test]
    fn valid_for_an_hour_and_five_minutes_ahead_and_renewed_after_half_an_hour() {
        let (secrets, peer, _, made, _, cookie) = VECTORS[0];
        for (seconds, valid, same) in [
            (0, true, true),
            (1800, true, true),
            (1801, true, false),
            (3600, true, false),
            (3601, false, false),
            (-300, true, true),
            (-301, false, false),
        ] {
            let (is_valid, reply) = judge(secrets, peer, cookie, made.wrapping_add_signed(seconds));
            assert_eq!((is_valid, reply == cookie), (valid, same), "{seconds}");
        }
    }

    #[test]
    fn time_wraps() {
        let (secrets, peer, sent, ..) = VECTORS[0];
        let (_, cookie) = judge(secrets, peer, sent, (1 << 32) - 10);
        assert_eq!(judge(secrets, peer, &cookie, (1 << 32) + 10), (true, cookie.clone()));
        assert!(!judge(secrets, peer, &cookie, (1 << 32) + 3600).0);
    }

    #[test]
    fn a_cookie_is_for_one_address_one_client_part_one_version() {
        let (secrets, peer, _, made, _, cookie) = VECTORS[0];
        assert!(judge(secrets, "::ffff:198.51.100.100", cookie, made).0);
        assert!(!judge(secrets, "198.51.100.101", cookie, made).0);
        assert!(!judge(secrets, peer, &cookie.replacen('2', "3", 1), made).0);
        assert!(!judge(secrets, peer, &cookie.replacen("0100", "0200", 1), made).0);
        assert!(!judge("445536bcd2513298075a5d379663c962", peer, cookie, made).0);
    }

    #[test]
    fn server_cookies_of_others_are_no_cookies_of_ours() {
        let (secrets, peer, sent, made, ..) = VECTORS[0];
        for octets in [8, 15, 17, 32] {
            assert!(!judge(secrets, peer, &format!("{sent}{}", "01".repeat(octets)), made).0);
        }
    }

    #[test]
    fn lengths_of_section_5_2_2() {
        for len in 0..=64 {
            assert_eq!(Sent::parse(&vec![0; len]).is_some(), len == 8 || (16..=40).contains(&len), "{len}");
        }
    }
}
