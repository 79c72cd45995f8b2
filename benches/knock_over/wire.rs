//! Queries as octets.

/// The zone that is served while it is asked for.
pub const ZONE: &str = "example.";

/// A name that exists.
pub const WWW: &[u8] = b"\x03www\x07example\0";
/// A name with many octets of data.
pub const BIG: &[u8] = b"\x03big\x07example\0";

pub const A: u16 = 1;
pub const TXT: u16 = 16;

/// Some records, among them a large RRset.
pub fn zone_text() -> String {
    let text = "x".repeat(250);
    let big: String = (0..200).map(|number| format!("big TXT {number:03}{text}\n")).collect();
    format!(
        "$ORIGIN {ZONE}\n$TTL 300\n@ SOA ns h 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\nwww A 192.0.2.1\n{big}"
    )
}

pub fn query(id: u16, name: &[u8], rtype: u16) -> Vec<u8> {
    let counts = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    [&id.to_be_bytes()[..], &counts, name, &rtype.to_be_bytes(), &[0, 1]].concat()
}

/// With an OPT record that holds a COOKIE option. Source: RFC 7873 §4.
pub fn with_cookie(mut query: Vec<u8>, cookie: &[u8]) -> Vec<u8> {
    query[11] += 1;
    let len = u8::try_from(cookie.len()).unwrap();
    query.extend([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4 + len, 0, 10, 0, len]);
    query.extend_from_slice(cookie);
    query
}

/// The COOKIE option of a reply whose only record behind the answer is OPT.
pub fn cookie(reply: &[u8]) -> Option<&[u8]> {
    let opt = reply.windows(5).rposition(|window| window == [0, 0, 41, 4, 208])?;
    let mut options = reply.get(opt + 11..)?;
    loop {
        let (&[code_high, code, len_high, len], rest) = options.split_first_chunk()?;
        let (data, rest) = rest.split_at_checked(u16::from_be_bytes([len_high, len]).into())?;
        if (code_high, code) == (0, 10) {
            return Some(data);
        }
        options = rest;
    }
}

pub fn framed(message: &[u8]) -> Vec<u8> {
    [&u16::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

/// Numbers that need not be hard to guess. Source: xorshift64*, Vigna 2016.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}
