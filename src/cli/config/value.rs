//! What may stand as a value in a configuration file: how each kind is read, described and written.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeValue;

use super::fault::Faults;
use crate::record::{Name, parse_period};
use crate::zone::quote;

/// What a number may be.
pub(super) type Bounds = RangeInclusive<u64>;

/// A kind of value.
pub(super) trait Value: Sized {
    /// What may stand there, in words: the end of "this must be …".
    fn form(bounds: Option<&Bounds>) -> String;

    /// Reads it; where it can't be, says so and returns nothing.
    fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self>;

    /// As TOML; nothing for what is left out of the file.
    fn write(&self) -> Option<String>;
}

/// A value and where it stands in the file, for what turns out only later. Two are equal wherever
/// they stand.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct At<T> {
    /// The value.
    pub(in crate::cli) value: T,
    /// Octets from the beginning of the text.
    pub(in crate::cli) offset: usize,
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T> From<T> for At<T> {
    fn from(value: T) -> Self {
        Self { value, offset: 0 }
    }
}

impl<T: Value> Value for At<T> {
    fn form(bounds: Option<&Bounds>) -> String {
        T::form(bounds)
    }

    fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
        let offset = value.span().start;
        T::read(value, bounds, faults).map(|value| Self { value, offset })
    }

    fn write(&self) -> Option<String> {
        self.value.write()
    }
}

impl<T: Value> Value for Option<T> {
    fn form(bounds: Option<&Bounds>) -> String {
        T::form(bounds)
    }

    fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
        T::read(value, bounds, faults).map(Some)
    }

    fn write(&self) -> Option<String> {
        self.as_ref().and_then(Value::write)
    }
}

/// A list; of several bad members each is told.
impl<T: Value> Value for Vec<T> {
    fn form(bounds: Option<&Bounds>) -> String {
        format!("a list, each member {}", T::form(bounds))
    }

    fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
        let Some(members) = value.get_ref().as_array() else {
            wrong_type::<Self>(value, bounds, faults);
            return None;
        };
        let read: Vec<Option<T>> = members.iter().map(|member| T::read(member, bounds, faults)).collect();
        read.into_iter().collect()
    }

    fn write(&self) -> Option<String> {
        let members: Vec<String> = self.iter().filter_map(Value::write).collect();
        Some(format!("[{}]", members.join(", ")))
    }
}

impl Value for bool {
    fn form(_: Option<&Bounds>) -> String {
        "true or false".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
        let read = value.get_ref().as_bool();
        if read.is_none() {
            wrong_type::<Self>(value, bounds, faults);
        }
        read
    }

    fn write(&self) -> Option<String> {
        Some(self.to_string())
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Value for $number {
            fn form(bounds: Option<&Bounds>) -> String {
                let (least, most) = bounds.map_or((0, <$number>::MAX as u64), |bounds| (*bounds.start(), *bounds.end()));
                format!("a whole number from {least} to {most}")
            }

            fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
                let Some(integer) = value.get_ref().as_integer() else {
                    wrong_type::<Self>(value, bounds, faults);
                    return None;
                };
                let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
                let within = number.filter(|number| bounds.is_none_or(|bounds| bounds.contains(number)));
                let read = within.and_then(|number| Self::try_from(number).ok());
                if read.is_none() {
                    let message = format!("{integer} is out of range");
                    faults.error(value.span().start, "out-of-range", message, must_be::<Self>(bounds));
                }
                read
            }

            fn write(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64, usize);

impl Value for String {
    fn form(_: Option<&Bounds>) -> String {
        "text in quotation marks".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
        text::<Self>(value, bounds, faults).map(str::to_owned)
    }

    fn write(&self) -> Option<String> {
        Some(toml::Value::from(self.as_str()).to_string())
    }
}

impl Value for PathBuf {
    fn form(_: Option<&Bounds>) -> String {
        "the path of a file or folder in quotation marks".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
        let text = text::<Self>(value, bounds, faults)?;
        if text.is_empty() {
            faults.error(
                value.span().start,
                "bad-value",
                "an empty path".to_owned(),
                must_be::<Self>(bounds),
            );
            return None;
        }
        Some(text.into())
    }

    fn write(&self) -> Option<String> {
        Some(toml::Value::from(self.to_string_lossy().as_ref()).to_string())
    }
}

/// Seconds, written as text with units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Period(pub(in crate::cli) u64);

impl Value for Period {
    fn form(bounds: Option<&Bounds>) -> String {
        let within = bounds.map(|bounds| {
            let [least, most] = [*bounds.start(), *bounds.end()].map(|seconds| Self(seconds).text());
            format!(" from {least} to {most}")
        });
        format!("a time{} in quotation marks, as \"12h\" or \"1w2d\"", within.unwrap_or_default())
    }

    fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
        let text = text::<Self>(value, bounds, faults)?;
        let Some(seconds) = parse_period(text.as_bytes()).map(u64::from) else {
            let message = format!("{} can't be read", quote(text.as_bytes()));
            faults.error(value.span().start, "bad-value", message, must_be::<Self>(bounds));
            return None;
        };
        if bounds.is_some_and(|bounds| !bounds.contains(&seconds)) {
            let message = format!("{} is out of range", quote(text.as_bytes()));
            faults.error(value.span().start, "out-of-range", message, must_be::<Self>(bounds));
            return None;
        }
        Some(Self(seconds))
    }

    fn write(&self) -> Option<String> {
        self.text().write()
    }
}

impl Period {
    /// In the largest unit that it is a multiple of.
    fn text(self) -> String {
        let units = [(86_400, "d"), (3600, "h"), (60, "m")];
        let unit = units.into_iter().find(|(unit, _)| self.0 != 0 && self.0.is_multiple_of(*unit));
        let (unit, name) = unit.unwrap_or((1, "s"));
        format!("{}{name}", self.0 / unit)
    }
}

/// Kinds that are written as text and parse themselves.
macro_rules! parsed {
    ($($type:ty: $form:literal),* $(,)?) => {$(
        impl Value for $type {
            fn form(_: Option<&Bounds>) -> String {
                $form.to_owned()
            }

            fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
                let text = text::<Self>(value, bounds, faults)?;
                let read = text.parse().ok();
                if read.is_none() {
                    let message = format!("{} can't be read", quote(text.as_bytes()));
                    faults.error(value.span().start, "bad-value", message, must_be::<Self>(bounds));
                }
                read
            }

            fn write(&self) -> Option<String> {
                Some(toml::Value::from(self.to_string()).to_string())
            }
        }
    )*};
}

parsed! {
    Name: "a name, as \"example.net\"",
    SocketAddr: "an address and a port, as \"192.0.2.53:53\" or \"[2001:db8::53]:53\"",
}

/// Kinds of which each value is a word.
macro_rules! words {
    ($($(#[doc = $about:literal])+ $vis:vis enum $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $($(#[doc = $doc])+ $variant),* }

        impl $name {
            /// What each is written as.
            pub(in crate::cli) const WORDS: &'static [&'static str] = &[$($word),*];

            /// The one that is written so.
            pub(in crate::cli) fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// As it is written.
            pub(in crate::cli) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl Value for $name {
            fn form(_: Option<&Bounds>) -> String {
                format!("one of {}", [$(concat!("\"", $word, "\"")),*].join(", "))
            }

            fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
                let word = text::<Self>(value, bounds, faults)?;
                let known = Self::from_word(word);
                if known.is_none() {
                    let message = format!("{} is not known", quote(word.as_bytes()));
                    let remedy = nearest(word.as_bytes(), Self::WORDS.iter().copied())
                        .map_or_else(|| must_be::<Self>(bounds), |word| format!("did you mean \"{word}\"?"));
                    faults.error(value.span().start, "bad-value", message, remedy);
                }
                known
            }

            fn write(&self) -> Option<String> {
                Some(format!("\"{}\"", self.word()))
            }
        }
    )*};
}
pub(super) use words;

pub(super) fn text<'v, T: Value>(
    value: &'v Spanned<DeValue<'_>>,
    bounds: Option<&Bounds>,
    faults: &mut Faults,
) -> Option<&'v str> {
    let text = value.get_ref().as_str();
    if text.is_none() {
        wrong_type::<T>(value, bounds, faults);
    }
    text
}

fn wrong_type<T: Value>(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) {
    let kind = match value.get_ref() {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    let message = format!("here stands {kind}");
    faults.error(value.span().start, "wrong-type", message, must_be::<T>(bounds));
}

pub(super) fn must_be<T: Value>(bounds: Option<&Bounds>) -> String {
    format!("it must be {}", T::form(bounds))
}
