//! Sections of a configuration file, each defined once: its keys with kind, default and description. What
//! reads the file, what names the nearest known key, and what describes all keys come from that definition.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::definition::sections;
use super::fault::Faults;
use super::value::{At, Bounds, Value};
use crate::zone::{nearest, quote};

/// One key, as it is described.
pub(in crate::cli) struct Key {
    /// As it is written.
    pub(in crate::cli) name: &'static str,
    /// What it does.
    pub(in crate::cli) about: &'static str,
    /// What its value may be.
    pub(in crate::cli) form: String,
    /// What it is where it is left out, as TOML; none where there is nothing then.
    pub(in crate::cli) default: Option<String>,
    /// Something else that it may be, as TOML.
    pub(in crate::cli) example: Option<&'static str>,
}

/// A table of the file.
pub(super) trait Section: Default {
    /// The table's name; empty for what stands before the first one.
    const NAME: &'static str;
    /// What it is about.
    const ABOUT: &'static str;

    /// Its keys in the order of their definition.
    fn keys() -> Vec<Key>;

    /// Its keys with their values as TOML, in the same order; without one what is left out of the file.
    fn written(&self) -> Vec<(&'static str, Option<String>)>;

    /// Reads what is there and leaves the rest at its defaults.
    fn read(table: &mut Table<'_, '_>) -> Self;
}

/// Defines a section: a type with a field for each key. What has no default, or an empty one, gets an example.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $name:ident = $table:literal {
            $( $(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:expr
                $(, within $bounds:expr)? $(, such as $example:literal)?; )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        pub(super) struct $name { $( $(#[doc = $doc])+ pub(super) $field: $type, )* }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }

        impl Section for $name {
            const NAME: &'static str = $table;
            const ABOUT: &'static str = concat!($($about, "\n"),+);

            fn keys() -> Vec<Key> {
                let defaults = Self::default();
                vec![$( Key {
                    name: stringify!($field),
                    about: concat!($($doc, "\n"),+),
                    form: <$type>::form([$($bounds)?].first()),
                    default: defaults.$field.write(),
                    example: [$($example)?].first().copied(),
                } ),*]
            }

            fn written(&self) -> Vec<(&'static str, Option<String>)> {
                vec![$( (stringify!($field), self.$field.write()) ),*]
            }

            fn read(table: &mut Table<'_, '_>) -> Self {
                let mut section = Self::default();
                $( if let Some(value) = table.take(stringify!($field), [$($bounds)?].first()) {
                    section.$field = value;
                } )*
                section
            }
        }
    };
}
pub(super) use section;

/// Where a key of this very name belongs, in words.
fn home(name: &[u8]) -> Option<String> {
    let mut all = sections().into_iter();
    let home = all.find(|section| section.keys.iter().any(|key| key.name.as_bytes() == name))?;
    Some(match home.name {
        "" => "before the first table".to_owned(),
        name if home.several => format!("under [[{name}]]"),
        name => format!("under [{name}]"),
    })
}

/// One table while its keys are taken out of it.
pub(super) struct Table<'t, 'i> {
    entries: Vec<(&'t Spanned<toml::de::DeString<'i>>, &'t Spanned<DeValue<'i>>)>,
    known: Vec<&'static str>,
    faults: &'t mut Faults,
}

impl<'t, 'i> Table<'t, 'i> {
    pub(super) fn new(table: &'t DeTable<'i>, faults: &'t mut Faults) -> Self {
        Self { entries: table.iter().collect(), known: Vec::new(), faults }
    }

    /// The value of a key, if it is there and can be read.
    pub(super) fn take<T: Value>(&mut self, name: &'static str, bounds: Option<&Bounds>) -> Option<T> {
        let value = self.entry(name)?;
        T::read(value, bounds, self.faults)
    }

    /// A table within this one; all of its keys are read.
    pub(super) fn section<S: Section>(&mut self) -> S {
        let Some(value) = self.entry(S::NAME) else { return S::default() };
        let Some(table) = value.get_ref().as_table() else {
            let message = format!("`{}` is a table", S::NAME);
            let remedy = format!("begin it with [{}] on a line of its own", S::NAME);
            self.faults.error(value.span().start, "wrong-type", message, remedy);
            return S::default();
        };
        let mut table = Table::new(table, self.faults);
        let section = S::read(&mut table);
        table.refuse_rest();
        section
    }

    /// Tables of one name, each with its own keys, in their order, and where each begins.
    pub(super) fn sections<S: Section>(&mut self) -> Vec<At<S>> {
        let Some(value) = self.entry(S::NAME) else { return Vec::new() };
        let tables: Option<Vec<_>> = value.get_ref().as_array().and_then(|tables| {
            tables.iter().map(|one| Some((one.span().start, one.get_ref().as_table()?))).collect()
        });
        let Some(tables) = tables else {
            let message = format!("`{}` are tables", S::NAME);
            let remedy = format!("begin each with [[{}]] on a line of its own", S::NAME);
            self.faults.error(value.span().start, "wrong-type", message, remedy);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (offset, table) in tables {
            let mut table = Table::new(table, self.faults);
            sections.push(At { value: S::read(&mut table), offset });
            table.refuse_rest();
        }
        sections
    }

    /// Tells every key that nothing asked for.
    pub(super) fn refuse_rest(self) {
        for (key, _) in self.entries {
            let name = key.get_ref().as_bytes();
            let near = nearest(name, self.known.iter().copied()).map_or_else(
                || format!("known here: {}", self.known.join(", ")),
                |known| format!("did you mean `{known}`?"),
            );
            // Often the last table before it was not meant to have it.
            let remedy = home(name).map_or(near, |home| format!("it belongs {home}"));
            let message = format!("{} is not known", quote(name));
            self.faults.error(key.span().start, "unknown-key", message, remedy);
        }
    }

    fn entry(&mut self, name: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.known.push(name);
        let at = self.entries.iter().position(|(key, _)| key.get_ref() == name)?;
        Some(self.entries.swap_remove(at).1)
    }
}
