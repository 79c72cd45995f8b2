//! What people type or paste, read into canonical form or refused with the reason.

use super::{Email, Identifier, IdentifierError, IdentifierFault, MAX_IDENTIFIER, MimiName, Telephone};

/// More digits than any way of dialling a number needs: prefixes, carrier code, 15 digits.
const MAX_DIALLED: usize = 32;
/// Fewer digits than this after a `/` are a second number, as in `7946 0148/9`.
const MIN_AFTER_SLASH: usize = 3;

/// Text that a person typed, and what is needed to read it.
#[derive(Clone, Copy)]
pub struct TypedIdentifier<'a> {
    text: &'a str,
    region: Option<&'a str>,
}

impl<'a> TypedIdentifier<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, region: None }
    }

    /// The region whose national numbers are meant, and whose international prefix: two letters of
    /// ISO 3166-1, such as `GB`, in either case.
    #[must_use]
    pub const fn region(self, region: &'a str) -> Self {
        Self { region: Some(region), ..self }
    }

    /// Reads the text, of at most [`MAX_IDENTIFIER`] octets.
    ///
    /// - `mimi:` URIs: scheme and host in any case, U-labels, percent-encoding in any form.
    /// - With an `@`, or `mailto:`: an email address, in any case, with U-labels.
    /// - Else a telephone number: `tel:` and visual separators (RFC 3966 §5.1.1), parentheses,
    ///   spaces, dashes of all kinds, full-width and Arabic digits, `+` or an international prefix.
    ///   With the feature `numbers` also national form, `(0)`, and a check that the country has
    ///   numbers of that length; without it `+…` and `00…` only.
    ///
    /// What is canonical already comes back as it is or is refused, never changed.
    ///
    /// # Errors
    /// What is wrong and where: the fault of whoever typed it. Letters, extensions and parameters
    /// of a telephone number are refused, since leaving them out would ask for another one.
    pub fn parse(self) -> Result<Identifier, IdentifierError> {
        if self.text.len() > MAX_IDENTIFIER {
            return Err(IdentifierFault::TooLong.whole());
        }
        let start = self.text.len() - self.text.trim_start().len();
        let text = self.text.trim_end();
        if text.len() <= start {
            return Err(IdentifierFault::Empty.whole());
        }
        if let Some(after) = after_scheme(text, start, "mimi:") {
            return match text[after..].strip_prefix("//") {
                Some(_) => MimiName::map(text, after + 2).map(Identifier::Mimi),
                None => Err(IdentifierFault::NoHost.at(after)),
            };
        }
        if let Some(after) = after_scheme(text, start, "mailto:") {
            return match percent_encoded(&text[after..]) {
                Some(at) => Err(IdentifierFault::LocalPercent.at(after + at)),
                None => Email::map(text, after).map(Identifier::Email),
            };
        }
        if let Some(after) = after_scheme(text, start, "tel:") {
            return self.number(text, start, after);
        }
        if text.contains('@') {
            return Email::map(text, start).map(Identifier::Email);
        }
        if !text.chars().any(|character| digit(character).is_some()) {
            return Err(IdentifierFault::UnknownKind.at(start));
        }
        self.number(text, start, start)
    }

    fn number(self, text: &str, start: usize, after: usize) -> Result<Identifier, IdentifierError> {
        let dialled = Dialled::read(text, after)?;
        let digits = self.international(&dialled)?;
        let telephone = Telephone::from_digits(&digits).map_err(IdentifierFault::whole)?;
        // A typed canonical form names itself or nothing: never another number.
        if Telephone::parse_if_canonical(&text[start..]).is_some_and(|canonical| canonical != telephone) {
            return Err(IdentifierFault::NationalPrefix.whole());
        }
        Ok(Identifier::Telephone(telephone))
    }

    #[cfg(feature = "numbers")]
    fn international(self, dialled: &Dialled) -> Result<String, IdentifierError> {
        super::numbers::international(&dialled.digits, dialled.plus, self.region)
            .map_err(IdentifierFault::whole)
    }

    #[cfg(not(feature = "numbers"))]
    fn international(self, dialled: &Dialled) -> Result<String, IdentifierError> {
        if let Some(at) = dialled.trunk_zero {
            return Err(IdentifierFault::TrunkZero.at(at));
        }
        match dialled.digits.strip_prefix("00") {
            _ if dialled.plus => Ok(dialled.digits.clone()),
            Some(digits) if self.region.is_none() => Ok(digits.into()),
            _ => Err(IdentifierFault::NoMetadata.whole()),
        }
    }
}

impl std::fmt::Debug for TypedIdentifier<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        super::redacted(f, "TypedIdentifier", self.text)
    }
}

/// The digits of a telephone number without what separates them.
struct Dialled {
    digits: String,
    plus: bool,
    #[cfg_attr(feature = "numbers", expect(dead_code, reason = "the metadata says what `(0)` means"))]
    trunk_zero: Option<usize>,
}

impl Dialled {
    fn read(text: &str, start: usize) -> Result<Self, IdentifierError> {
        let mut digits = String::with_capacity(MAX_DIALLED);
        let (mut plus, mut slash, mut open, mut trunk_zero) = (false, None, None, None);
        for (offset, character) in text[start..].char_indices() {
            let at = start + offset;
            match character {
                _ if digit(character).is_some() => {
                    if digits.len() == MAX_DIALLED {
                        return Err(IdentifierFault::TooManyDigits.whole());
                    }
                    digits.extend(digit(character));
                }
                '+' | '\u{FF0B}' if !plus && digits.is_empty() => plus = true,
                '+' | '\u{FF0B}' => return Err(IdentifierFault::PlusInside.at(at)),
                '/' => slash = Some((at, digits.len())),
                '(' | '\u{FF08}' => open = Some((at, digits.len())),
                ')' | '\u{FF09}' => {
                    let (at, inside) = open.take().ok_or(IdentifierFault::NotInNumber.at(at))?;
                    trunk_zero = trunk_zero.or((digits.get(inside..) == Some("0")).then_some(at));
                }
                _ if separates(character) => {}
                _ => return Err(refuse(&text[at..], character).at(at)),
            }
        }
        if digits.is_empty() {
            return Err(IdentifierFault::UnknownKind.at(start));
        }
        match slash {
            Some((at, before)) if digits.len() - before < MIN_AFTER_SLASH => {
                Err(IdentifierFault::TwoNumbers.at(at))
            }
            _ => Ok(Self { digits, plus, trunk_zero }),
        }
    }
}

/// Why `character`, first of `rest`, is no part of a telephone number.
fn refuse(rest: &str, character: char) -> IdentifierFault {
    let word: String = rest.chars().take_while(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    match character {
        '#' | ',' => IdentifierFault::Extension,
        ';' if rest.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(";ext=")) => {
            IdentifierFault::Extension
        }
        ';' => IdentifierFault::Parameter,
        _ if matches!(word.as_str(), "x" | "ext" | "extn" | "extension" | "poste" | "anexo" | "доб") => {
            IdentifierFault::Extension
        }
        _ if character.is_alphabetic() => IdentifierFault::Letters,
        _ => IdentifierFault::NotInNumber,
    }
}

/// The digit that a character stands for: ASCII, full-width, Arabic-Indic, extended Arabic-Indic.
fn digit(character: char) -> Option<char> {
    let zero = match character {
        '0'..='9' => '0',
        '\u{FF10}'..='\u{FF19}' => '\u{FF10}',
        '\u{0660}'..='\u{0669}' => '\u{0660}',
        '\u{06F0}'..='\u{06F9}' => '\u{06F0}',
        _ => return None,
    };
    char::from_digit(u32::from(character) - u32::from(zero), 10)
}

/// What stands between digits: spaces, dashes, dots, and the invisible marks that
/// address books paste around numbers.
fn separates(character: char) -> bool {
    matches!(character,
        '-' | '.' | '\u{FF0D}' | '\u{FF0E}' | '\u{2212}' |
        '\u{2010}'..='\u{2015}' | '\u{00B7}' | '\u{00AD}' |
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
        || (character.is_whitespace() && !matches!(character, '\n' | '\r'))
}

/// Where the text goes on after a scheme, in any case.
fn after_scheme(text: &str, start: usize, scheme: &str) -> Option<usize> {
    let end = start + scheme.len();
    text.get(start..end)?.eq_ignore_ascii_case(scheme).then_some(end)
}

/// Where the first `%XX` stands.
fn percent_encoded(text: &str) -> Option<usize> {
    text.as_bytes().windows(3).position(|octets| {
        octets[0] == b'%' && octets[1].is_ascii_hexdigit() && octets[2].is_ascii_hexdigit()
    })
}
