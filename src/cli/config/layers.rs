//! What a configuration is put together from: the file, then the environment, then the command line, each in place of
//! what the ones before it say.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::definition::{File, sections};
use super::fault::Faults;
use super::value::{At, Value};
use crate::cli::args::{Options, Setting};

/// What names of environment variables begin with. Sections and keys follow, two underscores between them.
const PREFIX: &str = "MIMI_DNS__";
/// Between one layer's places and the next one's: room for what makes a line of a value.
const GAP: usize = 8;
/// Makes a line of a value.
const LINE: &str = "k = ";

/// One key that is set elsewhere than in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Override {
    origin: Origin,
    /// As `section.key`.
    key: String,
    /// None where it is no text.
    value: Option<String>,
}

/// Where something was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    File(PathBuf),
    /// The variable's name.
    Environment(String),
    /// The key.
    CommandLine(String),
    /// What else the command line has, as it is called there.
    Option(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Environment(name) => f.write_str(name),
            Self::CommandLine(key) => write!(f, "--set {key}"),
            Self::Option(name) => f.write_str(name),
        }
    }
}

/// What all of these variables set that are there for a configuration; in an order that is always the same.
pub(super) fn of_environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<Override> {
    let named = variables.filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let key = name.strip_prefix(PREFIX)?.to_ascii_lowercase().replace("__", ".");
        Some(Override { key, origin: Origin::Environment(name), value: value.into_string().ok() })
    });
    let mut named: Vec<_> = named.collect();
    named.sort_by(|one, other| one.key.cmp(&other.key));
    named
}

/// What `--set` sets.
pub(super) fn of_command_line(settings: &[Setting]) -> impl Iterator<Item = Override> {
    settings.iter().map(|Setting { key, value }| Override {
        origin: Origin::CommandLine(key.clone()),
        key: key.clone(),
        value: Some(value.clone()),
    })
}

/// What options of their own set.
pub(super) fn of_options(options: &Options) -> Vec<Override> {
    let Options { listen, listen_tls, listen_https, listen_quic, certificate, key, metrics, load, set: _ } =
        options;
    let listed = |addresses: &Vec<SocketAddr>| addresses.first().and_then(|_| addresses.write());
    // A path that is no text is told to be none.
    let text = |path: &Option<PathBuf>| {
        path.as_ref().map(|path| path.to_str().and_then(|path| path.to_owned().write()))
    };
    let named = [
        ("--listen", "listen.dns", listed(listen).map(Some)),
        ("--listen-tls", "listen.tls", listed(listen_tls).map(Some)),
        ("--listen-https", "listen.https", listed(listen_https).map(Some)),
        ("--listen-quic", "listen.quic", listed(listen_quic).map(Some)),
        ("--certificate", "certificate.chain", text(certificate)),
        ("--key", "certificate.key", text(key)),
        ("--metrics", "metrics.listen", metrics.map(|address| address.write())),
        ("--allow-outside", "zones.allow_outside", load.allow_outside.then(|| true.write())),
    ];
    let set = |(name, key, value): (_, &str, Option<Option<String>>)| {
        Some(Override { origin: Origin::Option(name), key: key.to_owned(), value: value? })
    };
    named.into_iter().filter_map(set).collect()
}

/// The texts that are read, one after the other: a place in any of them is one number.
pub(super) struct Layers {
    all: Vec<Layer>,
    /// What the command line names to be served besides.
    paths: Vec<At<PathBuf>>,
}

/// One text.
pub(super) struct Layer {
    pub(super) origin: Origin,
    /// The place of its first octet.
    pub(super) base: usize,
    pub(super) text: String,
    /// What it sets, unless it is the file.
    sets: Option<Override>,
}

/// The places of all keys that are set, as `section.key`; of tables in a list as `section.0.key`.
pub(super) type Places = BTreeMap<String, usize>;

impl Layers {
    pub(super) fn new(path: &Path, text: &str, overrides: Vec<Override>) -> Self {
        let file =
            Layer { origin: Origin::File(path.to_owned()), base: 0, text: text.to_owned(), sets: None };
        let mut layers = vec![file];
        let mut end = text.len();
        for sets in overrides {
            let (origin, text) = (sets.origin.clone(), sets.value.clone().unwrap_or_default());
            let base = end + GAP;
            end = base + text.len();
            layers.push(Layer { origin, base, text, sets: Some(sets) });
        }
        Self { all: layers, paths: Vec::new() }
    }

    /// With these paths of zones besides, as the command line names them.
    pub(super) fn with_paths(mut self, paths: &[PathBuf]) -> Self {
        for path in paths {
            let text = path.display().to_string();
            let base = self.all.last().map_or(0, |last| last.base + last.text.len() + GAP);
            self.all.push(Layer { origin: Origin::Option("PATH"), base, text, sets: None });
            self.paths.push(At { value: path.clone(), offset: base });
        }
        self
    }

    /// What is set elsewhere than in the file, each as a line of TOML that stands where it stands among all texts.
    pub(super) fn lines(&self) -> Vec<String> {
        // By hand: no width of a format reaches beyond 65,535.
        let line = |layer: &Layer| {
            let before = " ".repeat(layer.base.saturating_sub(LINE.len()));
            format!("{before}{LINE}{}", layer.text)
        };
        self.all.iter().skip(1).map(line).collect()
    }

    /// Puts these [`lines`](Self::lines) into the document in place of what it says, and tells those that can't be
    /// read.
    pub(super) fn put<'i>(&self, lines: &'i [String], document: &mut DeTable<'i>, faults: &mut Faults) {
        let several: Vec<_> = sections().into_iter().filter(|one| one.several).map(|one| one.name).collect();
        for (Layer { base, sets, .. }, line) in self.all.iter().skip(1).zip(lines) {
            let (base, Some(Override { key, value, .. })) = (*base, sets) else { continue };
            if value.is_none() {
                faults.error(base, "bad-value", "the value is not UTF-8 text".to_owned(), "");
                continue;
            }
            let Some(value) = read(line, base, faults) else { continue };
            let name = |name: &str| Spanned::new(base..base, DeString::Owned(name.to_owned()));
            let Some((section, key)) = key.split_once('.') else {
                set(document, name(key), value);
                continue;
            };
            if several.contains(&section) {
                let message = format!("`{section}` is a list of tables");
                faults.error(base, "not-here", message, "they stand in the configuration file alone");
                continue;
            }
            if document.get(section).is_none() {
                document.insert(name(section), Spanned::new(base..base, DeValue::Table(DeTable::new())));
            }
            if let Some(DeValue::Table(table)) = document.get_mut(section).map(Spanned::get_mut) {
                set(table, name(key), value);
            }
        }
    }

    /// What [`with_paths`](Self::with_paths) has put here.
    pub(super) fn paths(&self) -> &[At<PathBuf>] {
        &self.paths
    }

    /// Of which text this place is.
    pub(super) fn at(&self, place: usize) -> Option<&Layer> {
        self.all.iter().rev().find(|layer| layer.base <= place)
    }

    /// The same in words: of a file with its line.
    pub(super) fn place(&self, place: usize) -> String {
        match self.at(place) {
            Some(Layer { origin: Origin::File(path), text, .. }) => {
                let before = text.as_bytes().iter().take(place);
                let line = 1 + before.filter(|&&octet| octet == b'\n').count();
                format!("{}:{line}", path.display())
            }
            Some(elsewhere) => elsewhere.origin.to_string(),
            None => String::new(),
        }
    }

    /// All of them, the file first.
    pub(super) fn all(&self) -> &[Layer] {
        &self.all
    }

    /// A path as it is meant: in the file from its folder, elsewhere from where the program was started.
    pub(super) fn path(&self, path: &At<PathBuf>) -> PathBuf {
        match self.at(path.offset).map(|layer| &layer.origin) {
            Some(Origin::File(file)) => file.parent().unwrap_or(Path::new("")).join(&path.value),
            _ => path.value.clone(),
        }
    }

    /// Makes each path what it means.
    pub(super) fn resolve(&self, file: &mut File) {
        for path in file.paths_mut() {
            path.value = self.path(path);
        }
    }
}

/// A value as TOML has it; else what it is as text, as long as it does not begin as other values do.
fn read<'i>(line: &'i str, base: usize, faults: &mut Faults) -> Option<Spanned<DeValue<'i>>> {
    let error = match DeTable::parse(line) {
        Ok(table) if table.get_ref().len() == 1 => return table.into_inner().remove("k"),
        Ok(_) => None,
        Err(error) => Some(error),
    };
    let text = line.get(base..).unwrap_or_default();
    if !text.starts_with(['"', '\'', '[', '{']) {
        return Some(Spanned::new(base..base + text.len(), DeValue::String(text.into())));
    }
    let place = error.as_ref().and_then(|error| Some(error.span()?.start)).unwrap_or(base);
    let message = error.map_or_else(|| "more than one value".to_owned(), |error| error.message().to_owned());
    faults.error(place.max(base), "no-toml", message, "");
    None
}

fn set<'i>(table: &mut DeTable<'i>, key: Spanned<DeString<'i>>, value: Spanned<DeValue<'i>>) {
    // Else the former key would stay, with its place.
    table.remove(key.get_ref().as_ref());
    table.insert(key, value);
}

/// Where each key is set.
pub(super) fn places(document: &DeTable<'_>) -> Places {
    let mut places = Places::new();
    for (section, value) in document {
        let section = section.get_ref();
        match value.get_ref() {
            DeValue::Table(table) => add(&mut places, section, table),
            DeValue::Array(tables) if tables.iter().any(|one| one.get_ref().is_table()) => {
                for (at, table) in tables.iter().enumerate() {
                    if let DeValue::Table(table) = table.get_ref() {
                        add(&mut places, &format!("{section}.{at}"), table);
                    }
                }
            }
            _ => drop(places.insert(section.to_string(), value.span().start)),
        }
    }
    places
}

fn add(places: &mut Places, section: &str, table: &DeTable<'_>) {
    for (key, value) in table {
        places.insert(format!("{section}.{}", key.get_ref()), value.span().start);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Checked, Config, Gathered, Named};
    use super::*;
    use crate::cli::config::LogLevel;

    const FILE: &str =
        "version = 1\nstate = \"s\"\n[log]\nlevel = \"warn\"\n[zones]\npaths = [\"z\"]\n[[signing]]\n";

    fn checked(environment: &[(&str, &str)], set: &[&str]) -> Checked {
        let variables = environment.iter().map(|(name, value)| (name.into(), value.into()));
        let mut overrides = of_environment(variables);
        let set: Vec<Setting> = set.iter().map(|set| set.parse().unwrap()).collect();
        overrides.extend(of_command_line(&set));
        Gathered::read(Layers::new(Path::new("folder/mimi-dns.toml"), FILE, overrides), Named::MayBeGone)
            .checked()
    }

    fn read(environment: &[(&str, &str)], set: &[&str]) -> Config {
        let Checked { config, findings } = checked(environment, set);
        config.unwrap_or_else(|| panic!("{findings:?}"))
    }

    fn paths_of(config: &Config) -> Vec<&Path> {
        config.zones.iter().map(|source| source.path.as_path()).collect()
    }

    fn told(environment: &[(&str, &str)], set: &[&str]) -> Vec<String> {
        checked(environment, set).findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_command_line_stands_before_the_environment_and_that_before_the_file() {
        assert_eq!(read(&[], &[]).log_level, LogLevel::Warn);
        let environment = [("MIMI_DNS__LOG__LEVEL", "debug"), ("MIMI_DNS_LOG__LEVEL", "none of ours")];
        assert_eq!(read(&environment, &[]).log_level, LogLevel::Debug);
        assert_eq!(read(&environment, &["log.level=info", "log.level=error"]).log_level, LogLevel::Error);
    }

    #[test]
    fn values_are_toml_or_text() {
        let set = [
            "listen.dns=[\"192.0.2.1:53\", '[2001:db8::1]:53']",
            "rate_limit.slip = 2",
            "answers.additional=false",
            "metrics.listen=127.0.0.1:9530",
            "metrics.lame_duck = 10s",
            "answers.nsid=\"1\"",
        ];
        let config = read(&[("MIMI_DNS__RATE_LIMIT__EXEMPT", "[]")], &set);
        assert_eq!((config.dns.len(), config.rates.slip, config.answers.additional), (2, 2, false));
        assert_eq!(config.metrics, "127.0.0.1:9530".parse().ok());
        assert_eq!(config.lame_duck.as_secs(), 10);
        assert_eq!(config.answers.nsid.unwrap().as_octets(), b"1");
        assert_eq!(config.rates.exempt, [].into_iter().collect());
    }

    #[test]
    fn what_stands_in_a_long_file_is_overridden_too() {
        let file = format!("version = 1\n#{}\n", "-".repeat(70_000));
        let checked = |set: &str| {
            let overrides = of_command_line(&[set.parse().unwrap()]).collect();
            Gathered::read(Layers::new(Path::new("mimi-dns.toml"), &file, overrides), Named::MayBeGone)
                .checked()
        };
        assert_eq!(checked("log.level=error").config.unwrap().log_level, LogLevel::Error);
        let told = checked("log.level=[").findings;
        assert!(told[0].to_string().starts_with("--set log.level:1:"), "{}", told[0]);
    }

    #[test]
    fn paths_are_taken_from_where_they_are_written() {
        let config = read(&[("MIMI_DNS__STATE", "t")], &[]);
        assert_eq!(config.state.as_deref(), Some(Path::new("t")));
        assert_eq!(paths_of(&config), [Path::new("folder/z")]);
        let config = read(&[], &["zones.paths=[\"a\", \"/b\"]"]);
        assert_eq!(config.state.as_deref(), Some(Path::new("folder/s")));
        assert_eq!(paths_of(&config), [Path::new("a"), Path::new("/b")]);
    }

    #[test]
    fn faults_name_where_they_are() {
        let environment = [("MIMI_DNS__LOG__LEVEL", "loud"), ("MIMI_DNS__LOGG__LEVEL", "info")];
        assert_eq!(
            told(&environment, &["connections.most=0", "listen.dns=[1", "log.levle=info", "stat=x"]),
            [
                "MIMI_DNS__LOG__LEVEL:1:1: error[bad-value]: `loud` is not known; \
                 it must be one of \"error\", \"warn\", \"info\", \"debug\"",
                "MIMI_DNS__LOGG__LEVEL:1:1: error[unknown-key]: `logg` is not known; did you mean `log`?",
                "--set connections.most:1:1: error[out-of-range]: 0 is out of range; \
                 it must be a whole number from 1 to 1000000",
                "--set listen.dns:1:3: error[no-toml]: unclosed array, expected `]`",
                "--set log.levle:1:1: error[unknown-key]: `levle` is not known; did you mean `level`?",
                "--set stat:1:1: error[unknown-key]: `stat` is not known; did you mean `state`?",
            ]
        );
    }

    #[test]
    fn what_stands_in_the_file_alone_is_refused_elsewhere() {
        let told = told(
            &[("MIMI_DNS__SIGNING__KEYS", "csk")],
            &["version=2", "log.level=\"info\"\nformat=\"json\""],
        );
        let codes = [
            "error[not-here]: `signing` is a list of tables",
            "error[unknown-key]: `version` is not known",
            "more than one value",
        ];
        assert_eq!(told.len(), codes.len(), "{told:?}");
        for (told, code) in told.iter().zip(codes) {
            assert!(told.contains(code), "{told}");
        }
    }
}
