//! What is in the zone and what is asked for: hashed owner names, and the records at each.

use std::io::{self, Write};

use mimi_dns::clock::UnixTime;
use mimi_dns::identifier::Identifier;
use mimi_dns::record::Name;
use mimi_dns::record::mimisig::{At, Basis, Body, Endpoint, Mapping, Possession, Proof, ProofMethod, Wishes};
use mimi_dns::record::parameters::Parameters;
use mimi_dns::statement::{Draft, SecretKey, Signer as _};

/// The zone's apex.
pub const APEX: &str = "discover.example.";
const PARAMETERS: &str =
    "v=mimi1; epoch=2026b; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; shard=0; from=20261101000000";
/// Octets on the wire of a mapping: three records, the owner name in full once.
const MAPPING: usize = 342;
/// What of a label is in each record at the name, so that an answer can be told from one to another question.
pub const MARK: usize = 8;
const SIGNATURE: usize = 64;
const THEN: UnixTime = UnixTime(1_790_000_000);

/// What is at each name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A NAPTR, a URI and a TYPE65400 record.
    Mapping,
    /// Four statements, of which two are mappings, and a NAPTR record.
    Protocol,
}

impl Shape {
    /// As it is asked for.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mapping => "mapping",
            Self::Protocol => "protocol",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Mapping => "NAPTR, URI and TYPE65400",
            Self::Protocol => "four TYPE65400 and NAPTR",
        }
    }
}

/// What makes owner names and the records at them.
pub struct Workload {
    pub shape: Shape,
    parameters: Parameters,
    apex: Name,
    statements: Vec<Template>,
    uri_padding: usize,
}

/// A statement, and where the octets stand that differ from name to name.
struct Template {
    octets: Vec<u8>,
    random: Vec<usize>,
}

/// Numbers that need not be hard to guess. Source: splitmix64, Steele and others 2014.
pub struct Numbers(pub u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is small beside 2^64.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

impl Workload {
    pub fn new(shape: Shape) -> Self {
        let mut workload = Self {
            shape,
            parameters: Parameters::parse(PARAMETERS.as_bytes()).unwrap(),
            apex: APEX.parse().unwrap(),
            statements: statements(shape),
            uri_padding: 0,
        };
        if shape == Shape::Mapping {
            let octets = workload.wire_octets();
            let padding = MAPPING.checked_sub(octets);
            workload.uri_padding = padding.unwrap_or_else(|| panic!("{octets} octets"));
        }
        workload
    }

    /// The label of the hashed name of this number's identifier.
    pub fn label(&self, number: u64) -> String {
        let identifier = Identifier::parse(&format!("tel:+999{number:09}")).unwrap();
        let owner = self.parameters.owner_name(&identifier, &self.apex).unwrap();
        let label = &owner.as_wire()[1..=usize::from(owner.as_wire()[0])];
        String::from_utf8(label.to_vec()).unwrap()
    }

    /// Octets on the wire of all records at a name: its name in full once, and as a pointer after that.
    pub fn wire_octets(&self) -> usize {
        let label = self.label(0);
        let (naptr, uri) = (4 + 2 + 14 + 1 + self.regexp(&label).len() + 1, 4 + self.target(&label).len());
        let mut data: Vec<usize> = self.statements.iter().map(|statement| statement.octets.len()).collect();
        data.push(naptr);
        if self.shape == Shape::Mapping {
            data.push(uri);
        }
        let owner = 1 + label.len() + self.apex.as_wire().len();
        data.iter().map(|len| 2 + 10 + len).sum::<usize>() + owner - 2
    }

    /// How many TYPE65400 records each name has.
    pub fn statements(&self) -> u16 {
        self.statements.len() as u16
    }

    /// Writes a zone with so many names, and this serial.
    pub fn write_zone(&self, names: u64, serial: u32, out: &mut impl Write) -> io::Result<()> {
        write!(out, "$ORIGIN {APEX}\n$TTL 300\n@ SOA ns host {serial} 14400 3600 1209600 300\n@ NS ns\n")?;
        writeln!(out, "ns A 192.0.2.1\n_mimi TXT \"{PARAMETERS}\"")?;
        let mut hex = String::new();
        for number in 0..names {
            let (label, mut random) = (self.label(number), Numbers(number));
            writeln!(out, "{label} NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"{}\" .", self.regexp(&label))?;
            if self.shape == Shape::Mapping {
                writeln!(out, "{label} URI 10 1 \"{}\"", self.target(&label))?;
            }
            for statement in &self.statements {
                hex.clear();
                statement.print(&label, &mut random, &mut hex);
                writeln!(out, "{label} TYPE65400 \\# {} {hex}", statement.octets.len())?;
            }
        }
        Ok(())
    }

    fn regexp(&self, label: &str) -> String {
        format!("!.*!mimi://amber.example/u/{}!", &label[..MARK])
    }

    fn target(&self, label: &str) -> String {
        format!(
            "https://amber.example/{}{}",
            &label[..MARK],
            "/directory-of-rooms-and-clients".repeat(4).get(..self.uri_padding).unwrap()
        )
    }
}

impl Template {
    fn new(body: &Body, random: &[&[u8]]) -> Self {
        let draft = Draft::new(THEN, UnixTime(THEN.0 + 864_000), body).unwrap();
        let identifier = Identifier::parse("tel:+999000000000").unwrap();
        let octets = draft.sign(&identifier, &SecretKey::from_seed(&HOLDER)).unwrap().rdata().to_vec();
        let find = |part: &&[u8]| octets.windows(part.len()).position(|window| window == *part).unwrap();
        let random = random.iter().map(find).collect();
        Self { octets, random }
    }

    /// In hexadecimal, with keys and signature of this name: no server checks them.
    fn print(&self, label: &str, random: &mut Numbers, out: &mut String) {
        let mut octets = self.octets.clone();
        let signature = octets.len() - SIGNATURE;
        let places = self.random.iter().map(|&at| (at, 32)).chain([(signature, SIGNATURE)]);
        for (at, len) in places {
            for chunk in octets[at..at + len].chunks_mut(8) {
                chunk.copy_from_slice(&random.next().to_be_bytes());
            }
        }
        octets[signature..signature + MARK].copy_from_slice(&label.as_bytes()[..MARK]);
        for octet in octets {
            out.extend(
                [octet >> 4, octet & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])),
            );
        }
    }
}

const HOLDER: [u8; 32] = [0xa5; 32];

fn statements(shape: Shape) -> Vec<Template> {
    let key = SecretKey::from_seed(&HOLDER).public_key();
    let (raw, holder) = (key.to_raw(), key.key_hash());
    let key_octets = raw.octets.clone();
    let proof = Proof { method: ProofMethod::Sms, time: THEN };
    let name = |text: &str| text.parse::<Name>().unwrap();
    // With the holder's key a mapping would be longer than what is to be compared.
    let holder_key = (shape == Shape::Protocol).then_some(raw);
    let keys: &[&[u8]] = if shape == Shape::Protocol { &[&key_octets] } else { &[] };
    let possession = Possession { issuer: name("ap-north.example"), holder_key, proof };
    let possession = Template::new(&Body::Possession(possession), keys);
    if shape == Shape::Mapping {
        return vec![possession];
    }
    let mapping = |msp: &str| {
        let user = Endpoint::naptr(10, "x-mimi", &format!("mimi://{msp}/u/szshxnkp")).unwrap();
        let directory = format!("https://{msp}/.well-known/mimi-protocol-directory");
        let endpoints = vec![user, Endpoint::uri_record(10, 1, &directory).unwrap()];
        let basis = Basis::Holder { holder, consent: THEN };
        Template::new(&Body::Mapping(Mapping { issuer: name(msp), endpoints, basis }), &[&holder.0])
    };
    let at = |msp: &str, rank| At { msp: name(msp), rank, tags: Vec::new(), connection_key: None };
    let wishes = Wishes { holder, at: vec![at("amber.example", 1), at("birch.example", 2)] };
    let wishes = Template::new(&Body::Wishes(wishes), &[&holder.0]);
    vec![possession, mapping("amber.example"), mapping("birch.example"), wishes]
}
