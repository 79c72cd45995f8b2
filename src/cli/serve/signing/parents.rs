//! What servers of the parent say of a zone's keys.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::AskParents;
use crate::clock::UnixTime;
use crate::dnssec::KeyStoreError;
use crate::dnssec::lifecycle::{Key, KeyId, RingError};
use crate::record::dnssec::{Dnskey, Ds};
use crate::record::{Class, Name, Rtype};

/// What a server may take to connect, and then for all of its answer.
const PATIENCE: Duration = Duration::from_secs(5);
const ID: u16 = 0x6d64;
const AUTHORITATIVE: u8 = 0x04;
const HEADER: usize = 12;

/// Asks every server; where all say the same of a key, its store is told. A server that does not answer keeps
/// everything as it is.
pub(in crate::cli::serve) fn ask(asks: Vec<AskParents>) {
    for AskParents { apex, store, parents, lost } in asks {
        let sets: io::Result<Vec<Vec<Vec<u8>>>> =
            parents.iter().map(|&parent| ds_at(parent, &apex)).collect();
        let told = match sets {
            Ok(sets) => tell(&apex, &store, &sets, &lost),
            Err(error) => {
                tracing::warn!(zone = %apex, "a server of the parent could not be asked for DS records: {error}");
                continue;
            }
        };
        if let Err(error) = told {
            tracing::error!(zone = %apex, "what the parent says could not be noted: {error}");
        }
    }
}

fn tell(
    apex: &Name,
    store: &crate::dnssec::KeyStore,
    sets: &[Vec<Vec<u8>>],
    lost: &AtomicBool,
) -> Result<(), KeyStoreError> {
    let mut keys = store.open()?;
    let entries = keys.ring.keys().iter().filter(|key| key.role.signs_keys() && key.removed.is_none());
    let mut news = Vec::new();
    for Key { id, .. } in entries {
        let Some(file) = keys.file(*id) else { continue };
        let dnskey = file.key.dnskey(file.flags);
        let Some(dnskey) = Dnskey::parse(&dnskey) else { continue };
        let points = |rdata: &Vec<u8>| Ds::parse(rdata).is_some_and(|ds| ds.matches(apex, &dnskey));
        let there = sets.iter().filter(|set| set.iter().any(points)).count();
        if there == sets.len() {
            news.push((*id, true));
        } else if there == 0 {
            news.push((*id, false));
        }
    }
    // A second that has begun is not over.
    let now = UnixTime::now().plus(1);
    let (mut changed, mut is_lost) = (false, false);
    for (id, there) in news {
        // What is asked for and not there yet is no news.
        let noted = if there { keys.ring.ds_seen(id, now) } else { keys.ring.ds_gone(id, now) };
        // It was there, and the zone counts on it.
        is_lost |=
            noted == Err(RingError::Wanted) && keys.ring.key(id).is_some_and(|key| key.ds.seen.is_some());
        if noted == Ok(true) {
            log(apex, id, there);
            changed = true;
        }
    }
    if lost.swap(is_lost, Ordering::Relaxed) != is_lost {
        if is_lost {
            tracing::error!(
                zone = %apex,
                "the parent has lost the DS record of a key that the zone is signed with: validating resolvers refuse the \
                 zone, or take it for unsigned; `mimi-dns key ds` shows the record"
            );
        } else {
            tracing::info!(zone = %apex, "the parent has the DS record again");
        }
    }
    if changed { keys.save(now) } else { Ok(()) }
}

fn log(apex: &Name, id: KeyId, there: bool) {
    if there {
        tracing::info!(zone = %apex, key = %id, "the parent has its DS record");
    } else {
        tracing::info!(zone = %apex, key = %id, "the parent has no DS record of it any more");
    }
}

/// The data of the DS records that a server has for a name.
fn ds_at(server: SocketAddr, apex: &Name) -> io::Result<Vec<Vec<u8>>> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let question = question(apex);
    let len = u16::try_from(question.len()).map_err(io::Error::other)?;
    stream.write_all(&[&len.to_be_bytes()[..], &question].concat())?;
    let end = Instant::now() + PATIENCE;
    let mut len = [0; 2];
    read_until(end, &mut stream, &mut len)?;
    let mut reply = vec![0; usize::from(u16::from_be_bytes(len))];
    read_until(end, &mut stream, &mut reply)?;
    read(&reply, &question).ok_or_else(|| io::Error::other(format!("{server} gave no answer with authority")))
}

/// Fills the buffer, from a server that may send octet by octet.
fn read_until(end: Instant, stream: &mut TcpStream, mut buffer: &mut [u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => buffer = &mut buffer[count..],
        }
    }
    Ok(())
}

fn question(apex: &Name) -> Vec<u8> {
    let [high, low] = ID.to_be_bytes();
    let mut question = vec![high, low, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    question.extend_from_slice(apex.as_wire());
    question.extend_from_slice(&Rtype::DS.0.to_be_bytes());
    question.extend_from_slice(&Class::IN.0.to_be_bytes());
    question
}

/// The DS records of an answer to this question; `None` where it is none, or the parent's server has none.
fn read(reply: &[u8], question: &[u8]) -> Option<Vec<Vec<u8>>> {
    let header = reply.first_chunk::<HEADER>()?;
    let asked = reply.get(HEADER..question.len())?.eq_ignore_ascii_case(&question[HEADER..]);
    let is_answer = header[..2] == question[..2] && header[2] & 0x80 != 0 && header[4..6] == [0, 1];
    if !asked || !is_answer || header[2] & AUTHORITATIVE == 0 || header[3] & 0x0f != 0 {
        return None;
    }
    let mut rest = &reply[question.len()..];
    let mut found = Vec::new();
    for _ in 0..u16::from_be_bytes([header[6], header[7]]) {
        rest = after_name(rest)?;
        let (&[a, b, _, _, _, _, _, _, high, low], data) = rest.split_first_chunk()?;
        let (rdata, next) = data.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
        if Rtype(u16::from_be_bytes([a, b])) == Rtype::DS {
            found.push(rdata.to_vec());
        }
        rest = next;
    }
    Some(found)
}

/// What stands after a name, which ends with the root or in a pointer. Source: RFC 1035 §4.1.4.
fn after_name(mut octets: &[u8]) -> Option<&[u8]> {
    loop {
        let (&len, rest) = octets.split_first()?;
        match len {
            0 => return Some(rest),
            0xc0.. => return rest.get(1..),
            _ => octets = rest.get(usize::from(len)..)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dnssec::KeyStore;
    use crate::dnssec::lifecycle::{KeyPolicy, NewKey, Role, Scheme};
    use crate::record::dnssec::{Algorithm, DigestType};

    #[test]
    fn a_parent_that_loses_what_it_had_is_told_of() {
        let (folder, apex) = (tempfile::tempdir().unwrap(), "a.example.".parse().unwrap());
        let store = KeyStore::new(folder.path(), &apex);
        let policy = KeyPolicy {
            algorithm: Algorithm::ED25519,
            scheme: Scheme::Csk,
            dnskey_ttl: 1,
            zone_ttl: 1,
            propagation: 0,
            parent_ttl: 1,
            parent_propagation: 0,
            ksk_lifetime: None,
            zsk_lifetime: None,
        };
        let mut now = UnixTime::now().minus(1000);
        let mut keys = store.open().unwrap();
        let id = keys.make(NewKey { role: Role::Csk, algorithm: policy.algorithm }, now).unwrap();
        for _ in 0..4 {
            keys.ring.advance(&policy, now);
            keys.ring.published(keys.ring.revision(), now);
            now = now.plus(10);
        }
        assert_eq!(keys.ring.plan().cds, [id]);
        let file = keys.file(id).unwrap();
        let dnskey = file.key.dnskey(file.flags);
        keys.save(now).unwrap();
        drop(keys);
        let ds = Ds::rdata_of(&apex, &Dnskey::parse(&dnskey).unwrap(), DigestType::SHA256).unwrap();
        let (has, lacks) = (vec![ds], Vec::new());
        let lost = AtomicBool::new(false);
        let is_lost = |sets: &[Vec<Vec<u8>>]| {
            tell(&apex, &store, sets, &lost).unwrap();
            lost.load(Ordering::Relaxed)
        };
        let both = [has.clone(), has.clone()];
        assert!(!is_lost(&[lacks.clone(), lacks.clone()]), "it was never there");
        assert!(!is_lost(&both));
        assert!(!is_lost(&[has.clone(), lacks.clone()]), "one server is behind");
        assert!(is_lost(&[lacks.clone(), lacks]));
        assert!(!is_lost(&both));
    }

    #[test]
    fn answers() {
        let question = question(&"a.example.".parse().unwrap());
        let mut reply = question.clone();
        (reply[2], reply[7]) = (0x84, 2);
        reply.extend_from_slice(b"\xc0\x0c\0\x2b\0\x01\0\0\0\x3c\0\x05\x01\x02\x0f\x02\xaa");
        reply.extend_from_slice(b"\x01b\0\0\x2e\0\x01\0\0\0\x3c\0\x01x");
        assert_eq!(read(&reply, &question), Some(vec![b"\x01\x02\x0f\x02\xaa".to_vec()]));
        for len in 0..reply.len() {
            assert_eq!(read(&reply[..len], &question), None, "{len}");
        }
        for (at, octet) in [(0, 0), (2, 0x80), (2, 0x04), (3, 3), (5, 0), (14, b'z')] {
            let mut other = reply.clone();
            other[at] = octet;
            assert_eq!(read(&other, &question), None, "{at}");
        }
    }
}
