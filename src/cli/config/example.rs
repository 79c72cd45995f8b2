//! The example of a configuration: every key with its meaning and its default, from the definition.

use std::fmt::Write as _;

use super::definition::{Described, sections};
use super::section::Key;

const HEAD: &str = "\
# A configuration of mimi-dns: `mimi-dns serve --config FILE`. This is what `mimi-dns config example` prints.
#
# Every key is here. A line that begins with # and no space is a key at its default, or, where it has none, at an
# example: take the # away and change it. Paths are taken from this file's folder. `mimi-dns config check FILE` tells
# every fault at once; a key that is not known is one.

# The version of this form. Every file says it.
version = 1
";
const WIDTH: usize = 116;

/// The text of `docs/mimi-dns.toml`.
pub(super) fn example() -> String {
    let mut text = HEAD.to_owned();
    for Described { name, about, keys, several } in sections() {
        if !name.is_empty() {
            text.push('\n');
            comment(&mut text, about);
            let _ = if several { writeln!(text, "#[[{name}]]") } else { writeln!(text, "[{name}]") };
        }
        for key in keys {
            push(&mut text, &key);
        }
    }
    text
}

fn push(text: &mut String, key: &Key) {
    let default = key.default.as_deref().filter(|&default| default != "[]");
    let (shown, otherwise) = match (default, key.example) {
        (Some(default), _) => (default, "Default:"),
        (None, example) => (example.unwrap_or("[]"), "Not set by default. For example:"),
    };
    text.push('\n');
    comment(text, key.about);
    comment(text, &format!("Takes {}. {otherwise}", key.form));
    let _ = writeln!(text, "#{} = {shown}", key.name);
}

/// Writes prose as lines of comment.
fn comment(text: &mut String, prose: &str) {
    let mut length = WIDTH;
    for word in prose.split_whitespace() {
        if length + 1 + word.chars().count() > WIDTH {
            text.push_str(if length == WIDTH && text.ends_with('\n') { "#" } else { "\n#" });
            length = 1;
        }
        text.push(' ');
        text.push_str(word);
        length += 1 + word.chars().count();
    }
    text.push('\n');
}
