//! `completions` and `man-pages`: what comes with an installed command, from the one definition of the command line.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::exit::Exit;

/// Prints the completions of a shell.
pub(super) fn completions(shell: Shell, out: &mut dyn Write) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mimi-dns", &mut script);
    // Whoever reads only its beginning wants no more.
    let _ = out.write_all(&script);
    Exit::Done
}

/// Writes a page for the command and each of its subcommands.
pub(super) fn man_pages(folder: &Path) -> anyhow::Result<Exit> {
    let failed = || format!("can't write to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(failed)?;
    clap_mangen::generate_to(Cli::command(), folder).with_context(failed)?;
    Ok(Exit::Done)
}
