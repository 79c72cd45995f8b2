//! `$GENERATE`: a line of zone text repeated over a range of numbers.
//!
//! Source: BIND 9 Administrator Reference Manual, "BIND Primary File Extension: the $GENERATE
//! directive", whose expansion this follows to the octet; but an offset holds for its own `${…}`
//! only, where BIND 9.18 adds it to each plain `$` that follows too.

/// `start-stop` or `start-stop/step`: numbers up to 2^31 - 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    start: u32,
    stop: u32,
    step: u32,
}

/// What is wrong with a `$GENERATE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GenerateError {
    #[error("a range is written `start-stop` or `start-stop/step`, in numbers up to 2147483647")]
    Range,
    #[error("the range's start is larger than its stop")]
    Backwards,
    #[error("the range's step is 0")]
    NoStep,
    #[error("a modifier is written `${{offset,width,base}}` with base d, o, x, X, n or N")]
    Modifier,
    #[error("a modifier's width is at most 255")]
    Width,
    #[error("the number with its offset is below 0 or above 4294967295")]
    Number,
}

impl Range {
    pub(crate) fn parse(text: &[u8]) -> Result<Self, GenerateError> {
        let text = str::from_utf8(text).map_err(|_| GenerateError::Range)?;
        let (ends, step) = match text.split_once('/') {
            Some((ends, step)) => (ends, bound(step)?),
            None => (text, 1),
        };
        let (start, stop) = ends.split_once('-').ok_or(GenerateError::Range)?;
        let range = Self { start: bound(start)?, stop: bound(stop)?, step };
        match range {
            Self { step: 0, .. } => Err(GenerateError::NoStep),
            Self { start, stop, .. } if start > stop => Err(GenerateError::Backwards),
            range => Ok(range),
        }
    }

    /// How many numbers the range holds.
    pub(crate) fn count(self) -> u64 {
        u64::from((self.stop - self.start) / self.step) + 1
    }
}

impl IntoIterator for Range {
    type Item = u32;
    type IntoIter = std::iter::StepBy<std::ops::RangeInclusive<u32>>;

    fn into_iter(self) -> Self::IntoIter {
        // On targets of 16 bits the range would be cut; the crate needs more memory than those have.
        (self.start..=self.stop).step_by(usize::try_from(self.step).unwrap_or(usize::MAX))
    }
}

fn bound(text: &str) -> Result<u32, GenerateError> {
    const LARGEST: u32 = 0x7fff_ffff;
    let plain = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let number = if plain { text.parse().ok() } else { None };
    number.filter(|&number| number <= LARGEST).ok_or(GenerateError::Range)
}

/// Text with places for a number, parsed once and written for each number of the range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template<'a> {
    parts: Vec<Part<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a [u8]),
    Number { offset: i64, width: usize, base: Base },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Decimal,
    Octal,
    Hex { upper: bool },
    Nibbles { upper: bool },
}

impl<'a> Template<'a> {
    /// Reads `$` (the number), `${offset[,width[,base]]}`, `$$` (a dollar sign); what stands after
    /// a backslash is left as it is, backslash included, for whoever reads the expanded text.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, GenerateError> {
        let mut parts = Vec::new();
        let (mut at, mut plain) = (0, 0);
        while at < text.len() {
            match text[at..] {
                [b'\\', _, ..] => at += 2,
                [b'$', ref after @ ..] => {
                    parts.push(Part::Text(&text[plain..at]));
                    let (part, used) = number_part(after)?;
                    parts.push(part);
                    at += 1 + used;
                    plain = at;
                }
                _ => at += 1,
            }
        }
        parts.push(Part::Text(&text[plain..]));
        Ok(Self { parts })
    }

    /// Appends the text for one number.
    pub(crate) fn write(&self, number: u32, out: &mut Vec<u8>) -> Result<(), GenerateError> {
        for part in &self.parts {
            match *part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Number { offset, width, base } => {
                    let value =
                        u32::try_from(i64::from(number) + offset).map_err(|_| GenerateError::Number)?;
                    base.write(value, width, out);
                }
            }
        }
        Ok(())
    }
}

/// The part that begins with a dollar sign, by what follows it, and how much of that it uses.
fn number_part(after: &[u8]) -> Result<(Part<'_>, usize), GenerateError> {
    match after {
        [b'$', ..] => Ok((Part::Text(&after[..1]), 1)),
        [b'{', inside @ ..] => {
            let end = inside.iter().position(|&octet| octet == b'}').ok_or(GenerateError::Modifier)?;
            Ok((modifier(&inside[..end])?, end + 2))
        }
        _ => Ok((Part::Number { offset: 0, width: 0, base: Base::Decimal }, 0)),
    }
}

/// `offset[,width[,base]]`.
fn modifier(text: &[u8]) -> Result<Part<'static>, GenerateError> {
    const WIDEST: usize = 255;
    let text = str::from_utf8(text).map_err(|_| GenerateError::Modifier)?;
    let mut fields = text.split(',');
    let offset =
        fields.next().and_then(|offset| offset.parse::<i32>().ok()).ok_or(GenerateError::Modifier)?;
    let width = match fields.next() {
        Some(width) => width.parse::<usize>().map_err(|_| GenerateError::Modifier)?,
        None => 0,
    };
    let base = match fields.next() {
        None | Some("d") => Base::Decimal,
        Some("o") => Base::Octal,
        Some("x") => Base::Hex { upper: false },
        Some("X") => Base::Hex { upper: true },
        Some("n") => Base::Nibbles { upper: false },
        Some("N") => Base::Nibbles { upper: true },
        Some(_) => return Err(GenerateError::Modifier),
    };
    match fields.next() {
        Some(_) => Err(GenerateError::Modifier),
        None if width > WIDEST => Err(GenerateError::Width),
        None => Ok(Part::Number { offset: offset.into(), width, base }),
    }
}

impl Base {
    fn write(self, value: u32, width: usize, out: &mut Vec<u8>) {
        let text = match self {
            Self::Decimal => format!("{value:0width$}"),
            Self::Octal => format!("{value:0width$o}"),
            Self::Hex { upper: false } => format!("{value:0width$x}"),
            Self::Hex { upper: true } => format!("{value:0width$X}"),
            Self::Nibbles { upper } => return nibbles(value, width, upper, out),
        };
        out.extend_from_slice(text.as_bytes());
    }
}

/// Hexadecimal digits as labels, the last first. `width` counts the dots too, so an even width ends
/// in a dot.
fn nibbles(mut value: u32, mut width: usize, upper: bool, out: &mut Vec<u8>) {
    let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    loop {
        out.push(digits[(value & 0x0f) as usize]);
        value >>= 4;
        width = width.saturating_sub(1);
        if width > 0 || value != 0 {
            out.push(b'.');
            width = width.saturating_sub(1);
        }
        if width == 0 && value == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(template: &str, number: u32) -> Result<String, GenerateError> {
        let mut out = Vec::new();
        Template::parse(template.as_bytes())?.write(number, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn ranges() {
        let numbers =
            |text: &str| Range::parse(text.as_bytes()).map(|range| range.into_iter().collect::<Vec<_>>());
        assert_eq!(numbers("1-3"), Ok(vec![1, 2, 3]));
        assert_eq!(numbers("0-10/5"), Ok(vec![0, 5, 10]));
        assert_eq!(numbers("7-7/2"), Ok(vec![7]));
        for text in ["", "1", "1-", "-1", "a-b", "1-2/", "1-2147483648", "1-2-3", "+1-2"] {
            assert_eq!(numbers(text), Err(GenerateError::Range), "{text}");
        }
        assert_eq!(numbers("3-1"), Err(GenerateError::Backwards));
        assert_eq!(numbers("1-3/0"), Err(GenerateError::NoStep));
    }

    #[test]
    fn counts_agree_with_what_is_yielded() {
        for text in ["0-0", "1-3", "0-10/5", "0-9/4", "3-100/7"] {
            let range = Range::parse(text.as_bytes()).unwrap();
            assert_eq!(range.count(), range.into_iter().count() as u64, "{text}");
        }
        assert_eq!(Range::parse(b"0-2147483647").unwrap().count(), 1 << 31);
    }

    #[test]
    fn templates_expand_as_in_bind() {
        for (template, number, expected) in [
            ("a$", 7, "a7"),
            ("$", 0, "0"),
            ("$$", 7, "$"),
            ("\\$", 7, "\\$"),
            ("\\\\$", 7, "\\\\7"),
            ("$.$", 7, "7.7"),
            ("${0}", 7, "7"),
            ("${-3}", 7, "4"),
            ("${1,3}", 7, "008"),
            ("${+1,3}", 7, "008"),
            ("h${0,3,d}x", 7, "h007x"),
            ("${0,0,o}", 8, "10"),
            ("${0,4,x}", 255, "00ff"),
            ("${0,4,X}", 255, "00FF"),
            ("${0,0,n}", 0x2c, "c.2"),
            ("${0,3,N}", 0x2c, "C.2"),
            ("${0,4,n}", 1, "1.0."),
            ("${0,5,n}", 1, "1.0.0"),
            ("$ {", 1, "1 {"),
            ("", 1, ""),
            ("\\", 1, "\\"),
        ] {
            assert_eq!(expand(template, number).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_is_no_template() {
        for template in
            ["${", "${}", "${0", "${a}", "${0,a}", "${0,1,q}", "${0,1,d,}", "${0,-1}", "${99999999999}"]
        {
            assert_eq!(expand(template, 1), Err(GenerateError::Modifier), "{template}");
        }
        assert_eq!(expand("${0,256}", 1), Err(GenerateError::Width));
        assert_eq!(expand("${-2}", 1), Err(GenerateError::Number));
    }
}
