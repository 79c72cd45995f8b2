//! What servers of the parent say of a zone's keys.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::AskParents;
use crate::clock::UnixTime;
use crate::dnssec::KeyStoreError;
use crate::dnssec::lifecycle::{Key, KeyId};
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
    for AskParents { apex, store, parents } in asks {
        let sets: io::Result<Vec<Vec<Vec<u8>>>> =
            parents.iter().map(|&parent| ds_at(parent, &apex)).collect();
        let told = match sets {
            Ok(sets) => tell(&apex, &store, &sets),
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

fn tell(apex: &Name, store: &crate::dnssec::KeyStore, sets: &[Vec<Vec<u8>>]) -> Result<(), KeyStoreError> {
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
    let mut changed = false;
    for (id, there) in news {
        // What is asked for and not there yet is no news.
        let noted = if there { keys.ring.ds_seen(id, now) } else { keys.ring.ds_gone(id, now) };
        if noted == Ok(true) {
            log(apex, id, there);
            changed = true;
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
