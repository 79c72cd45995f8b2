//! `config show`: the configuration that is in force, each value with where it comes from.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::definition::{Described, File, sections};
use super::layers::{Layers, Places};
use super::{Gathered, Named};
use crate::cli::args::Options;
use crate::cli::exit::Exit;

/// Runs it.
pub(super) fn run(
    path: Option<&Path>,
    zones: &[PathBuf],
    options: &Options,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let Gathered { layers, file, findings } = Gathered::new(path, zones, options, Named::MayBeGone);
    for finding in &findings {
        complain!("{finding}");
    }
    let Some((mut file, places)) = file else { return Ok(Exit::Failed) };
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
                let mut origin = place.map_or("default".to_owned(), |&place| layers.place(place));
                if (name, key) == ("zones", "paths") {
                    // They are served besides.
                    layers.paths().iter().for_each(|_| origin.push_str(", PATH"));
                }
                let _ = match value {
                    Some(value) => writeln!(text, "{key} = {value}  # {origin}"),
                    None => writeln!(text, "# {key} is not set"),
                };
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::super::layers::{of_command_line, of_environment};
    use super::*;

    fn shown_of(text: &str, environment: &[(&str, &str)], set: &[&str]) -> String {
        let variables = environment.iter().map(|(name, value)| (name.into(), value.into()));
        let mut overrides = of_environment(variables);
        let set: Vec<_> = set.iter().map(|set| set.parse().unwrap()).collect();
        overrides.extend(of_command_line(&set));
        let layers = Layers::new(Path::new("/etc/mimi-dns.toml"), text, overrides);
        let Gathered { layers, file, findings } = Gathered::read(layers, Named::MayBeGone);
        let (file, places) = file.unwrap_or_else(|| panic!("{findings:?}"));
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
    fn zones_are_shown_with_what_their_template_gives_them() {
        let text = "version = 1\n[[template]]\nname = \"default\"\nfile = \"z/%s\"\n[[zone]]\nname = \"a.example\"\n";
        let shown = shown_of(text, &[], &[]);
        let lines = [
            "name = \"a.example.\"  # /etc/mimi-dns.toml:6",
            "file = \"/etc/z/a.example\"  # /etc/mimi-dns.toml:4",
        ];
        assert!(lines.iter().all(|line| shown.lines().any(|shown| shown == *line)), "{shown}");
        assert!(shown.contains("\n[[zone]]\n") && shown.contains("file = \"/etc/z/%s\"  #"), "{shown}");
    }

    #[test]
    fn what_is_shown_is_a_configuration_that_says_the_same() {
        let set = ["log.level=debug", "metrics.lame_duck=90s", "access.only=[]", "state=/var/s"];
        let text = example::example()
            + "[[signing]]\nname = \"s\"\nparents = [\"192.0.2.1:53\"]\n[[template]]\nname = \"t\"\nfile = \"%s\"\n\
               signing = \"s\"\n[[zone]]\nname = \"a.example\"\ntemplate = \"t\"\n";
        let shown = shown_of(&text, &[], &set);
        let config = |text: &str, set: &[&str]| {
            let set: Vec<_> = set.iter().map(|set| set.parse().unwrap()).collect();
            let overrides = of_command_line(&set).collect();
            let layers = Layers::new(Path::new("/etc/mimi-dns.toml"), text, overrides);
            Gathered::read(layers, Named::MayBeGone).checked().config.unwrap()
        };
        assert_eq!(config(&shown, &[]), config(&text, &set));
        assert_eq!(shown_of(&shown, &[], &[]).matches("# /etc").count(), shown.matches("  # ").count());
    }
}
