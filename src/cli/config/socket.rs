//! Where a server's control socket is, whatever else is wrong with its configuration: a server that is to be told of
//! a fault must be reached.

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::fault::Faults;
use super::layers::{self, Layers};
use super::value::At;
use super::{cloned, text_of};

/// The socket's name in the state folder.
pub(super) const IN_STATE: &str = "control";

/// The socket that the configuration in this file names, or the one in its state folder; nothing where it names
/// neither.
///
/// # Errors
/// It can't be read as far as that; in words.
pub(in crate::cli) fn control_socket(path: &Path) -> Result<Option<PathBuf>, String> {
    let text = text_of(path)?;
    let layers = Layers::new(path, &text, layers::of_environment(std::env::vars_os()));
    let lines = layers.lines();
    let (document, broken) = DeTable::parse_recoverable(&text);
    let mut table: DeTable<'_> = document.get_ref().iter().map(cloned).collect();
    // Told by whoever reads the whole configuration.
    layers.put(&lines, &mut table, &mut Faults::default());
    let named = |key: &str| {
        let value = table.get(key)?;
        let path = At { value: PathBuf::from(value.get_ref().as_str()?), offset: value.span().start };
        Some(layers.path(&path))
    };
    let socket = named("control").or_else(|| Some(named("state")?.join(IN_STATE)));
    match (socket, broken.first()) {
        (None, Some(error)) => Err(error.message().to_owned()),
        (socket, _) => Ok(socket),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_whatever_else_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mimi-dns.toml");
        let socket = |text: &str| {
            std::fs::write(&file, text).unwrap();
            control_socket(&file)
                .map(|found| found.map(|path| path.strip_prefix(folder.path()).unwrap().to_owned()))
        };
        let [there, state] = ["run/it", "state/control"].map(|path| Ok(Some(PathBuf::from(path))));
        assert_eq!(socket("version = 9\nstate = 'state'\ncontrol = 'run/it'\nx = 1\n[zons]\n"), there);
        assert_eq!(socket("state = 'state'\n[log]\nlevel = 5\n"), state);
        assert_eq!(socket("state = 'state'\n[log]\nlevel = [\n"), state);
        assert_eq!(socket("version = 1\ncontrol = 5\n"), Ok(None));
        socket("state = [\n").unwrap_err();
        control_socket(folder.path()).unwrap_err();
    }
}
