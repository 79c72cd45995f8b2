//! Domain names: uncompressed wire form inside, presentation form outside.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::seek::{Kind, seek};

/// The longest name in wire form, root label included. Source: RFC 1035 §3.1.
pub const MAX_NAME: usize = 255;
/// The longest label. Source: RFC 1035 §3.1.
pub const MAX_LABEL: usize = 63;

/// An absolute domain name.
///
/// Wire form: labels of 1 to 63 octets, each after its length, then the root label; at most 255
/// octets. Every octet value may stand in a label. Case is kept; `Eq`, `Ord` and `Hash` are blind
/// to the case of ASCII letters (RFC 4343), and the order is the canonical one of RFC 4034 §6.1.
/// `Display` prints the presentation form with its final dot, `FromStr` reads it with or without.
#[derive(Clone)]
pub struct Name {
    wire: Box<[u8]>,
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Two dots in a row, or a dot in front.
    #[error("a label is empty")]
    EmptyLabel,
    /// A label of more than 63 octets.
    #[error("a label is longer than 63 octets")]
    LabelTooLong,
    /// More than 255 octets in wire form.
    #[error("the name is longer than 255 octets")]
    TooLong,
    /// `\` not followed by a character or three digits up to 255.
    #[error("`\\` must be followed by one character or by three digits up to 255")]
    BadEscape,
    /// A relative name or `@` where no origin is known.
    #[error("the name is relative and no origin is set")]
    NoOrigin,
    /// Wire form that ends inside the name, has octets left over, or holds a compression pointer.
    #[error("the name's wire form is cut, compressed or has octets left over")]
    BadWire,
    /// No text at all.
    #[error("the name is empty")]
    Empty,
}

impl Name {
    /// The root.
    #[must_use]
    pub fn root() -> Self {
        Self { wire: Box::new([0]) }
    }

    /// Reads an uncompressed name that fills `wire` exactly.
    ///
    /// # Errors
    /// [`NameError::BadWire`] or a length error: the sender's fault.
    pub fn from_wire(wire: &[u8]) -> Result<Self, NameError> {
        match Self::wire_len(wire)? {
            len if len == wire.len() => Ok(Self { wire: wire.into() }),
            _ => Err(NameError::BadWire),
        }
    }

    /// How many octets the uncompressed name at the front of `wire` fills, its root label included.
    ///
    /// # Errors
    /// As [`Name::from_wire`].
    pub fn wire_len(wire: &[u8]) -> Result<usize, NameError> {
        let mut at = 0;
        loop {
            let len = usize::from(*wire.get(at).ok_or(NameError::BadWire)?);
            if len > MAX_LABEL {
                return Err(NameError::BadWire);
            }
            at += 1 + len;
            if at > MAX_NAME {
                return Err(NameError::TooLong);
            }
            if len == 0 {
                return Ok(at);
            }
        }
    }

    /// Reads presentation form (RFC 1035 §5.1): `\X` and `\DDD` escapes, `@` for the origin, and
    /// what does not end in a dot is relative to `origin`.
    ///
    /// # Errors
    /// What is wrong with the text: its author's fault.
    pub fn parse(text: &[u8], origin: Option<&Name>) -> Result<Self, NameError> {
        let mut wire = [0; MAX_NAME];
        let len = Self::parse_into(text, origin, &mut wire)?;
        Ok(Self { wire: wire[..len].into() })
    }

    /// As [`Name::parse`], without a name of its own: how many octets of `wire` the name fills.
    pub(crate) fn parse_into(
        text: &[u8],
        origin: Option<&Name>,
        wire: &mut [u8; MAX_NAME],
    ) -> Result<usize, NameError> {
        match text {
            b"" => return Err(NameError::Empty),
            b"@" => {
                let origin = origin.ok_or(NameError::NoOrigin)?.as_wire();
                wire[..origin.len()].copy_from_slice(origin);
                return Ok(origin.len());
            }
            b"." => {
                wire[0] = 0;
                return Ok(1);
            }
            _ => {}
        }
        let (mut label, mut end) = (0, 1);
        let mut rest = text;
        while let [octet, tail @ ..] = rest {
            match octet {
                b'.' => {
                    close_label(wire, label, end)?;
                    (label, end) = (end, end + 1);
                    rest = tail;
                }
                b'\\' => {
                    let (octet, tail) = unescape(tail).ok_or(NameError::BadEscape)?;
                    *wire.get_mut(end).ok_or(NameError::TooLong)? = octet;
                    end += 1;
                    rest = tail;
                }
                _ => {
                    let (plain, tail) = rest.split_at(seek(rest, 0, &Kind::of(*b".\\")));
                    let place = wire.get_mut(end..end + plain.len()).ok_or(NameError::TooLong)?;
                    place.copy_from_slice(plain);
                    end += plain.len();
                    rest = tail;
                }
            }
        }
        if end == label + 1 {
            // The text ended in a dot: the label that was begun is the root.
            *wire.get_mut(label).ok_or(NameError::TooLong)? = 0;
            return Ok(end);
        }
        close_label(wire, label, end)?;
        let origin = origin.ok_or(NameError::NoOrigin)?.as_wire();
        let place = wire.get_mut(end..end + origin.len()).ok_or(NameError::TooLong)?;
        place.copy_from_slice(origin);
        Ok(end + origin.len())
    }

    /// The uncompressed wire form.
    #[must_use]
    pub fn as_wire(&self) -> &[u8] {
        &self.wire
    }

    /// The labels, leftmost first, without the root.
    #[must_use]
    pub fn labels(&self) -> Labels<'_> {
        Labels { wire: &self.wire }
    }

    /// How many labels, without the root.
    #[must_use]
    pub fn label_count(&self) -> usize {
        self.labels().count()
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.wire.len() == 1
    }

    /// Whether the leftmost label is `*`. Source: RFC 4592 §2.1.1.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.wire.starts_with(b"\x01*")
    }

    /// The name without its leftmost label; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (&len, rest) = self.wire.split_first()?;
        (len != 0).then(|| Self { wire: rest[usize::from(len)..].into() })
    }

    /// This name with one more label in front.
    ///
    /// # Errors
    /// An empty or too long label, or a name that gets too long.
    pub fn with_label(&self, label: &[u8]) -> Result<Self, NameError> {
        let len = match label.len() {
            0 => return Err(NameError::EmptyLabel),
            len if len > MAX_LABEL => return Err(NameError::LabelTooLong),
            len => u8::try_from(len).map_err(|_| NameError::LabelTooLong)?,
        };
        if 1 + label.len() + self.wire.len() > MAX_NAME {
            return Err(NameError::TooLong);
        }
        Ok(Self { wire: [&[len], label, &self.wire].concat().into() })
    }

    /// Whether this name is `ancestor` or stands below it.
    #[must_use]
    pub fn is_at_or_below(&self, ancestor: &Name) -> bool {
        let Some(extra) = self.wire.len().checked_sub(ancestor.wire.len()) else { return false };
        // The tail must begin at a label's border: an octet of a label may look like a length.
        let mut at = 0;
        while at < extra {
            at += 1 + usize::from(self.wire[at]);
        }
        at == extra && self.wire[extra..].eq_ignore_ascii_case(&ancestor.wire)
    }

    /// The name with ASCII letters in lower case. Source: RFC 4034 §6.2.
    #[must_use]
    pub fn to_lowercase(&self) -> Self {
        Self { wire: self.wire.to_ascii_lowercase().into() }
    }

    /// The text relative to `origin` where that is shorter, as a zone file's writer prints it.
    #[must_use]
    pub fn relative_to<'a>(&'a self, origin: &'a Name) -> RelativeName<'a> {
        RelativeName { name: self, origin }
    }
}

fn close_label(wire: &mut [u8; MAX_NAME], label: usize, end: usize) -> Result<(), NameError> {
    match end - label - 1 {
        0 => Err(NameError::EmptyLabel),
        len if len > MAX_LABEL => Err(NameError::LabelTooLong),
        len => {
            *wire.get_mut(label).ok_or(NameError::TooLong)? =
                u8::try_from(len).map_err(|_| NameError::LabelTooLong)?;
            Ok(())
        }
    }
}

/// Decodes what follows a backslash: three digits up to 255, or any one octet that is no digit.
/// Source: RFC 1035 §5.1.
pub(crate) fn unescape(after: &[u8]) -> Option<(u8, &[u8])> {
    match after {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', tail @ ..] => {
            let value = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
            Some((u8::try_from(value).ok()?, tail))
        }
        [b'0'..=b'9', ..] | [] => None,
        [octet, tail @ ..] => Some((*octet, tail)),
    }
}

/// The labels of a [`Name`], leftmost first.
#[derive(Debug, Clone)]
pub struct Labels<'a> {
    wire: &'a [u8],
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (&len, rest) = self.wire.split_first()?;
        if len == 0 {
            return None;
        }
        let (label, rest) = rest.split_at(usize::from(len));
        self.wire = rest;
        Some(label)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        // Lengths of labels are below `A`, so blind comparison of the whole wire form is exact.
        self.wire.eq_ignore_ascii_case(&other.wire)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for octet in &self.wire {
            state.write_u8(octet.to_ascii_lowercase());
        }
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        fn borders(name: &Name) -> ([u8; MAX_NAME.div_ceil(2)], usize) {
            let (mut at, mut found, mut count) = (0, [0; MAX_NAME.div_ceil(2)], 0);
            while let Some(&len) = name.wire.get(at).filter(|&&len| len != 0) {
                // A name has at most 127 labels and 255 octets, so both fit.
                found[count] = u8::try_from(at).unwrap_or(u8::MAX);
                count += 1;
                at += 1 + usize::from(len);
            }
            (found, count)
        }
        fn label(name: &Name, at: u8) -> &[u8] {
            let at = usize::from(at);
            &name.wire[at + 1..=at + usize::from(name.wire[at])]
        }
        let ((mine, my_count), (theirs, their_count)) = (borders(self), borders(other));
        let pairs = mine[..my_count].iter().rev().zip(theirs[..their_count].iter().rev());
        for (&a, &b) in pairs {
            let (a, b) = (label(self, a), label(other, b));
            let order = a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase));
            if order != Ordering::Equal {
                return order;
            }
        }
        my_count.cmp(&their_count)
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Name {
    type Err = NameError;

    /// Reads an absolute name; a final dot may be left out, as people do.
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text.as_bytes(), Some(&Self::root()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.pad(".");
        }
        let mut text = String::with_capacity(self.wire.len() + 8);
        for label in self.labels() {
            push_label(&mut text, label);
            text.push('.');
        }
        f.pad(&text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// Printed without its origin where the name stands at or below it.
#[derive(Debug, Clone, Copy)]
pub struct RelativeName<'a> {
    name: &'a Name,
    origin: &'a Name,
}

impl fmt::Display for RelativeName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origin.is_root() || !self.name.is_at_or_below(self.origin) {
            return self.name.fmt(f);
        }
        if self.name == self.origin {
            return f.pad("@");
        }
        let mut text = String::with_capacity(self.name.wire.len());
        let count = self.name.label_count() - self.origin.label_count();
        for (index, label) in self.name.labels().take(count).enumerate() {
            if index > 0 {
                text.push('.');
            }
            push_label(&mut text, label);
        }
        f.pad(&text)
    }
}

/// Letters, digits, `-`, `_`, `*` and `/` stand for themselves, other printable characters after a
/// backslash, `#`, `\` and the rest as `\DDD`. Knot 3.2 refuses any of the others that stands for itself.
fn push_label(text: &mut String, label: &[u8]) {
    for &octet in label {
        match octet {
            b'-' | b'_' | b'*' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                text.push(char::from(octet));
            }
            // `\#` at the front of data says that octets follow (RFC 3597 §5); NSD 4.6 takes the dot behind `\\` for a
            // part of the label.
            b'#' | b'\\' => text.push_str(&decimal_escape(octet)),
            b'!'..=b'~' => {
                text.push('\\');
                text.push(char::from(octet));
            }
            _ => text.push_str(&decimal_escape(octet)),
        }
    }
}

/// `\DDD`.
pub(crate) fn decimal_escape(octet: u8) -> Cow<'static, str> {
    format!("\\{octet:03}").into()
}

#[cfg(test)]
mod tests;
