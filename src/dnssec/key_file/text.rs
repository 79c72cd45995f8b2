//! The text of a key's two files.

use std::fmt::Write as _;

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::{KeyFile, KeyFileFault, KeyTimes};
use crate::clock::UnixTime;
use crate::dnssec::key::SigningKey;
use crate::record::calendar;
use crate::record::dnssec::{Algorithm, Dnskey};
use crate::record::scan::Scanner;
use crate::record::{Class, Name, Rtype, Ttl, rdata};

/// What a `.key` file says.
pub(super) struct PublicHalf {
    pub(super) owner: Name,
    pub(super) flags: u16,
    pub(super) ttl: Option<Ttl>,
    pub(super) algorithm: Algorithm,
    pub(super) public_key: Vec<u8>,
}

impl PublicHalf {
    /// The data of its DNSKEY record.
    pub(super) fn dnskey(&self) -> Vec<u8> {
        let front = [&self.flags.to_be_bytes()[..], &[Dnskey::PROTOCOL, self.algorithm.0]].concat();
        [front, self.public_key.clone()].concat()
    }
}

/// What a `.private` file says.
pub(super) struct PrivateHalf {
    algorithm: Algorithm,
    secret: Zeroizing<Vec<u8>>,
    pub(super) times: KeyTimes,
    pub(super) others: Vec<String>,
}

/// The names of the times and where they stand, in the order in which BIND writes them.
type Time = (&'static str, fn(&mut KeyTimes) -> &mut Option<UnixTime>);

const TIMES: [Time; 8] = [
    ("Created", |times| &mut times.created),
    ("Publish", |times| &mut times.publish),
    ("Activate", |times| &mut times.activate),
    ("Revoke", |times| &mut times.revoke),
    ("Inactive", |times| &mut times.inactive),
    ("Delete", |times| &mut times.delete),
    ("SyncPublish", |times| &mut times.sync_publish),
    ("SyncDelete", |times| &mut times.sync_delete),
];

/// `Kname.+015+12345`, as BIND's `dns_name_tofilenametext`: in lower case, all but letters, digits, hyphens
/// and underlines as `%XX`.
pub(super) fn stem(owner: &Name, algorithm: Algorithm, key_tag: u16) -> String {
    let mut stem = "K".to_owned();
    for label in owner.labels() {
        for octet in label {
            match octet.to_ascii_lowercase() {
                octet @ (b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_') => stem.push(char::from(octet)),
                octet => write!(stem, "%{octet:02X}").expect("writing to a String can't fail"),
            }
        }
        stem.push('.');
    }
    if owner.is_root() {
        stem.push('.');
    }
    write!(stem, "+{:03}+{key_tag:05}", algorithm.0).expect("writing to a String can't fail");
    stem
}

pub(super) fn print_key(file: &KeyFile) -> String {
    let KeyFile { owner, flags, key, .. } = file;
    let role = if file.is_secure_entry_point() { "key-signing" } else { "zone-signing" };
    let mut text = format!("; This is a {role} key, keyid {}, for {owner}\n", file.key_tag());
    for (name, digits, time) in times(file.times) {
        writeln!(text, "; {name}: {digits} ({})", calendar::print_words(time))
            .expect("writing to a String can't fail");
    }
    let ttl = file.ttl.map(|ttl| format!("{ttl} ")).unwrap_or_default();
    let (protocol, algorithm) = (Dnskey::PROTOCOL, key.algorithm().0);
    let public = BASE64.encode(key.public_key());
    text + &format!("{owner} {ttl}IN DNSKEY {flags} {protocol} {algorithm} {public}\n")
}

pub(super) fn print_private(file: &KeyFile) -> Zeroizing<String> {
    let algorithm = file.key.algorithm();
    // Long enough never to move, which would leave a copy of the secret behind.
    let mut text = Zeroizing::new(String::with_capacity(4096));
    let (number, secret) = (algorithm.0, file.key.secret());
    text.push_str(&format!("Private-key-format: v1.3\nAlgorithm: {number} ({algorithm})\nPrivateKey: "));
    BASE64.encode_append(&*secret, &mut text);
    text.push('\n');
    for (name, digits, _) in times(file.times) {
        text.push_str(&format!("{name}: {digits}\n"));
    }
    for line in &file.others {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The times that are set, in digits; what comes after the year 9999 is never.
fn times(mut times: KeyTimes) -> impl Iterator<Item = (&'static str, String, UnixTime)> {
    TIMES.iter().filter_map(move |&(name, field)| {
        let time = (*field(&mut times))?;
        Some((name, calendar::print(time)?, time))
    })
}

/// The first record of the text, which is `owner [ttl] [class] DNSKEY data`, its parts in any order that
/// RFC 1035 §5.1 allows.
pub(super) fn parse_key(text: &[u8]) -> Result<PublicHalf, KeyFileFault> {
    let mut tokens = Vec::new();
    let entry = Scanner::new(text).next_entry(&mut tokens);
    let (Some(Ok(_)), [owner, rest @ ..]) = (entry, &*tokens) else { return Err(KeyFileFault::NoDnskey) };
    let owner = Name::parse(owner.raw, Some(&Name::root())).map_err(|_| KeyFileFault::NoDnskey)?;
    let at = rest.iter().position(|token| token.is_word("DNSKEY")).ok_or(KeyFileFault::NoDnskey)?;
    let mut ttl = None;
    for token in &rest[..at] {
        let word = str::from_utf8(token.raw).map_err(|_| KeyFileFault::NoDnskey)?;
        match (word.parse(), word.parse::<Class>()) {
            (Ok(seconds), _) => ttl = Some(Ttl::from_secs(seconds)),
            (_, Ok(_)) => {}
            _ => return Err(KeyFileFault::NoDnskey),
        }
    }
    let mut data = Vec::new();
    rdata::parse(Rtype::DNSKEY, &rest[at + 1..], &Name::root(), &mut data)
        .map_err(|_| KeyFileFault::NoDnskey)?;
    let key = Dnskey::parse(&data).ok_or(KeyFileFault::NoDnskey)?;
    let public_key = key.public_key.to_vec();
    Ok(PublicHalf { owner, flags: key.flags, ttl, algorithm: key.algorithm, public_key })
}

/// The times that stand in the comments of a `.key` file, for people mostly: `; Delete: 20261122101020 (Sun Nov …)`.
pub(super) fn times_in_comments(text: &[u8]) -> Result<KeyTimes, KeyFileFault> {
    let mut times = KeyTimes::default();
    for line in String::from_utf8_lossy(text).lines() {
        let Some((name, value)) = line.strip_prefix(';').and_then(|line| line.split_once(':')) else {
            continue;
        };
        let Some((name, field)) = TIMES.iter().find(|(known, _)| *known == name.trim()) else { continue };
        let digits = value.split_whitespace().next().unwrap_or_default();
        *field(&mut times) = Some(calendar::parse(digits.as_bytes()).ok_or(KeyFileFault::Time(name))?);
    }
    Ok(times)
}

/// Lines of `Name: value`. Source: BIND's `dst_parse.c`.
pub(super) fn parse_private(text: &[u8]) -> Result<PrivateHalf, KeyFileFault> {
    let text = str::from_utf8(text).map_err(|_| KeyFileFault::NotPrivate)?;
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let parts = line.split_once(':').ok_or(KeyFileFault::NotPrivate);
        parts.map(|(name, value)| (name.trim(), value.trim()))
    });
    match lines.next().transpose()? {
        Some(("Private-key-format", version)) if version.starts_with("v1.") => {}
        _ => return Err(KeyFileFault::NotPrivate),
    }
    let algorithm = match lines.next().transpose()? {
        Some(("Algorithm", number)) => number.split(' ').next().and_then(|number| number.parse().ok()),
        _ => None,
    };
    let algorithm = Algorithm(algorithm.ok_or(KeyFileFault::NotPrivate)?);
    let (mut secret, mut times, mut others) = (Zeroizing::default(), KeyTimes::default(), Vec::new());
    for line in lines {
        let (name, value) = line?;
        if name == "PrivateKey" {
            let octets = BASE64.decode(value.as_bytes());
            secret = Zeroizing::new(octets.map_err(|_| KeyFileFault::NotPrivate)?);
        } else if let Some((name, field)) = TIMES.iter().find(|(known, _)| *known == name) {
            let time = calendar::parse(value.as_bytes()).ok_or(KeyFileFault::Time(name))?;
            *field(&mut times) = Some(time);
        } else if is_supported(algorithm) {
            // Other algorithms have secrets under other names, which are not to be kept in a String.
            others.push(format!("{name}: {value}"));
        }
    }
    Ok(PrivateHalf { algorithm, secret, times, others })
}

const fn is_supported(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::ED25519 | Algorithm::ECDSAP256SHA256)
}

/// The key of both halves.
pub(super) fn key(public: &PublicHalf, private: &PrivateHalf) -> Result<SigningKey, KeyFileFault> {
    if public.algorithm != private.algorithm {
        return Err(KeyFileFault::OtherAlgorithm);
    }
    Ok(SigningKey::from_secret(public.algorithm, &private.secret, &public.public_key)?)
}
