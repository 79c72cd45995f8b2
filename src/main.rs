//! The `mimi-dns` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    mimi_dns::cli::main()
}
