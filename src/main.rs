//! The `mimi-dns` command.
fn main() {}
