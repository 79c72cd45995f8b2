//! Names of a world: labels of any octets, above a base that tells the worlds of one start apart.

use mimi_dns::record::MAX_NAME;

use super::random::Random;

/// A name, its labels from left to right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Draft {
    pub(super) labels: Vec<Vec<u8>>,
    /// Whether the world's base follows, or the root.
    pub(super) inside: bool,
}

/// The label above all names of one world; none where the world has the root zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Base(pub(super) Option<u16>);

impl Base {
    /// All have the same length, so that a world that moves keeps the size of its replies.
    fn label(self) -> Option<String> {
        self.0.map(|number| format!("w{number:05}"))
    }
}

impl Draft {
    pub(super) fn top() -> Self {
        Self { labels: Vec::new(), inside: true }
    }

    pub(super) fn below(&self, label: &[u8]) -> Self {
        let labels = std::iter::once(label.to_vec()).chain(self.labels.iter().cloned()).collect();
        Self { labels, inside: self.inside }
    }

    pub(super) fn parent(&self) -> Option<Self> {
        let (_, rest) = self.labels.split_first()?;
        Some(Self { labels: rest.to_vec(), inside: self.inside })
    }

    pub(super) fn is_at_or_below(&self, other: &Self) -> bool {
        let Some(extra) = self.labels.len().checked_sub(other.labels.len()) else { return false };
        self.inside == other.inside
            && self.labels[extra..].iter().zip(&other.labels).all(|(a, b)| a.eq_ignore_ascii_case(b))
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.labels.len() == other.labels.len() && self.is_at_or_below(other)
    }

    pub(super) fn wire(&self, base: Base) -> Vec<u8> {
        let mut wire = Vec::new();
        let base = base.label().filter(|_| self.inside);
        for label in self.labels.iter().map(Vec::as_slice).chain(base.iter().map(String::as_bytes)) {
            wire.push(u8::try_from(label.len()).unwrap());
            wire.extend_from_slice(label);
        }
        wire.push(0);
        wire
    }

    /// As if every base were the longest: a name that fits here fits in every world.
    pub(super) fn len(&self) -> usize {
        self.wire(Base(Some(0))).len()
    }

    pub(super) fn fits(&self) -> bool {
        self.len() <= MAX_NAME
    }

    /// In a zone file, with its final dot.
    pub(super) fn text(&self, base: Base) -> String {
        let mut text = String::new();
        for label in &self.labels {
            text.extend(label.iter().map(|&octet| escaped(octet)));
            text.push('.');
        }
        match base.label().filter(|_| self.inside) {
            Some(label) => text + &label + ".",
            None if text.is_empty() => ".".to_owned(),
            None => text,
        }
    }

    /// Longer by whole labels until no octet is left over.
    pub(super) fn filled(mut self, random: &mut Random, most: usize) -> Self {
        while self.len() + 2 <= most {
            let room = most - self.len() - 1;
            // One octet more could not be filled.
            let len = match random.between(0, 3) {
                0 => 1,
                1 => random.between(1, 63),
                _ => 63,
            };
            let len = if room <= 63 { room } else { len.min(room - 2).max(1) };
            self = self.below(&vec![b'd'; len]);
        }
        self
    }
}

pub(super) fn escaped(octet: u8) -> String {
    match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'*' => char::from(octet).to_string(),
        _ => format!("\\{octet:03}"),
    }
}

/// From a small set, so that names meet.
pub(super) fn label(random: &mut Random) -> Vec<u8> {
    const WEIRD: [&[u8]; 12] =
        [b".", b"\0", b"\xff", b"a.b", b"\\", b"\"", b"@", b"$", b" ", b"**", b"\x2a\0", b";a("];
    match random.below(100) {
        0..30 => b"a".to_vec(),
        30..48 => b"b".to_vec(),
        48..62 => b"*".to_vec(),
        62..70 => b"c".to_vec(),
        70..76 => b"ns".to_vec(),
        76..81 => b"A".to_vec(),
        81..84 => b"_a".to_vec(),
        84..88 => vec![*random.pick(b"xX"); 63],
        88..90 => vec![random.octet()],
        _ => random.pick(&WEIRD).to_vec(),
    }
}
