//! `config show`: the configuration that is in force, each value with where it comes from.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use super::definition::{Described, File, sections};
use super::fault::Faults;
use super::layers::{Layers, Origin, Places};
use super::{NO_FILE, Named, overrides, read, text_of};
use crate::cli::args::Set;
use crate::cli::exit::Exit;

/// Runs it.
pub(super) fn run(path: Option<&Path>, set: &Set, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let text = match path.map_or_else(|| Ok(NO_FILE.to_owned()), text_of) {
        Ok(text) => text,
        Err(why) => anyhow::bail!("the configuration can't be read: {why}"),
    };
    let layers = Layers::new(path.unwrap_or(Path::new("")), &text, overrides(set));
    let mut faults = Faults::default();
    let file = read(&layers, Named::MayBeGone, &mut faults);
    let findings = faults.locate(&layers);
    for finding in &findings {
        complain!("{finding}");
    }
    let Some((mut file, places)) = file.filter(|_| findings.is_empty()) else {
        return Ok(Exit::Failed);
    };
    for path in file.paths_mut() {
        // So that it means the same wherever what is shown is kept.
        path.value = std::path::absolute(&path.value)?;
    }
    out.write_all(shown(&file, &layers, &places).as_bytes())?;
    Ok(Exit::Done)
}

/// A file that says the same: every key that has a value, and where it comes from.
fn shown(file: &File, layers: &Layers, places: &Places) -> String {
    let mut text = "version = 1\n".to_owned();
    for (Described { name, several, .. }, written) in sections().into_iter().zip(file.written()) {
        for (at, keys) in written.into_iter().enumerate() {
            let head = match (name, several) {
                ("", _) => String::new(),
                (name, false) => format!("\n[{name}]\n"),
                (name, true) => format!("\n[[{name}]]\n"),
            };
            text.push_str(&head);
            for (key, value) in keys {
                let place = match (name, several) {
                    ("", _) => places.get(key),
                    (name, false) => places.get(&format!("{name}.{key}")),
                    (name, true) => places.get(&format!("{name}.{at}.{key}")),
                };
                let _ = match value {
                    Some(value) => writeln!(text, "{key} = {value}  # {}", origin(layers, place.copied())),
                    None => writeln!(text, "# {key} is not set"),
                };
            }
        }
    }
    text
}

fn origin(layers: &Layers, place: Option<usize>) -> String {
    let Some((place, layer)) = place.and_then(|place| Some((place, layers.at(place)?))) else {
        return "default".to_owned();
    };
    match &layer.origin {
        Origin::File(path) => {
            let before = layer.text.as_bytes().iter().take(place);
            let line = 1 + before.filter(|&&octet| octet == b'\n').count();
            format!("{}:{line}", path.display())
        }
        elsewhere => elsewhere.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::layers::{of_command_line, of_environment};
    use super::super::{Config, example};
    use super::*;

    fn shown_of(text: &str, environment: &[(&str, &str)], set: &[&str]) -> String {
        let variables = environment.iter().map(|(name, value)| (name.into(), value.into()));
        let mut overrides = of_environment(variables);
        let set: Vec<_> = set.iter().map(|set| set.parse().unwrap()).collect();
        overrides.extend(of_command_line(&set));
        let layers = Layers::new(Path::new("/etc/mimi-dns.toml"), text, overrides);
        let (file, places) = read(&layers, Named::MayBeGone, &mut Faults::default()).unwrap();
        shown(&file, &layers, &places)
    }

    #[test]
    fn each_value_says_where_it_comes_from() {
        let text = "version = 1\nstate = \"s\"\n[log]\nlevel = \"warn\"\n[[signing]]\n[[signing]]\nzones = [\"b.example\"]\n";
        let shown = shown_of(text, &[("MIMI_DNS__LISTEN__UDP_THREADS", "3")], &["log.format=json"]);
        for line in [
            "state = \"/etc/s\"  # /etc/mimi-dns.toml:2",
            "# control is not set",
            "udp_threads = 3  # MIMI_DNS__LISTEN__UDP_THREADS",
            "dns = [\"127.0.0.1:5300\", \"[::1]:5300\"]  # default",
            "level = \"warn\"  # /etc/mimi-dns.toml:4",
            "format = \"json\"  # --set log.format",
            "zones = [\"b.example.\"]  # /etc/mimi-dns.toml:7",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line}:\n{shown}");
        }
        assert_eq!(shown.matches("\n[[signing]]\n").count(), 2);
    }

    #[test]
    fn what_is_shown_is_a_configuration_that_says_the_same() {
        let set = ["log.level=debug", "metrics.lame_duck=90s", "access.only=[]", "state=/var/s"];
        let text = example::example() + "[[signing]]\nparents = [\"192.0.2.1:53\"]\n";
        let shown = shown_of(&text, &[], &set);
        let config = |text: &str, set: &[&str]| {
            let set: Vec<_> = set.iter().map(|set| set.parse().unwrap()).collect();
            let overrides = of_command_line(&set).collect();
            Config::read(text, Path::new("/etc/mimi-dns.toml"), overrides, Named::MayBeGone).config.unwrap()
        };
        assert_eq!(config(&shown, &[]), config(&text, &set));
        assert_eq!(shown_of(&shown, &[], &[]).matches("# /etc").count(), shown.matches("  # ").count());
    }
}
