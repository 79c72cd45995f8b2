//! Every command of the book is run, chapter by chapter, each in an empty folder and a network of its own.
//!
//! In a `console` block a line that begins with `$ ` is a command, a here-document with it; the lines below are what
//! it prints, all of it, and nothing is compared where none are shown. `…` stands for any text, alone on its line for any
//! lines. A command is to end with 0, or as `# exits 1` says. A command that ends in `&` is a server: the next
//! one waits until it serves. A block `console not-run` is for machines other than this.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::source;
use crate::peers::leave_out;

struct Step {
    command: String,
    shown: Vec<String>,
}

impl Step {
    fn exits(&self) -> i32 {
        let said = self.command.split_once("# exits ").map(|(_, said)| said.trim());
        said.map_or(0, |code| code.parse().unwrap())
    }

    fn is_server(&self) -> bool {
        self.command.ends_with('&')
    }
}

/// The commands of a chapter's blocks.
fn steps(chapter: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in chapter.split("```console\n").skip(1) {
        let (block, _) = block.split_once("```").unwrap();
        let mut end: Option<String> = None;
        for line in block.lines() {
            if let Some(command) = line.strip_prefix("$ ").filter(|_| end.is_none()) {
                let here = command.split_once("<<").map(|(_, word)| word.split(' ').next().unwrap());
                end = here.map(|word| word.trim_matches('\'').to_owned());
                steps.push(Step { command: command.to_owned(), shown: Vec::new() });
                continue;
            }
            let step = steps.last_mut().expect("a block begins with a command");
            if let Some(word) = &end {
                step.command.push('\n');
                step.command.push_str(line);
                if line == word {
                    end = None;
                }
            } else {
                step.shown.push(line.to_owned());
            }
        }
        assert_eq!(end, None, "a here-document is not closed");
    }
    steps
}

/// Whether what was printed is what is shown.
fn is_as_shown(shown: &[String], printed: &[&str]) -> bool {
    match shown {
        [] => printed.is_empty(),
        [any, rest @ ..] if any == "…" => {
            (0..=printed.len()).any(|from| is_as_shown(rest, &printed[from..]))
        }
        [first, rest @ ..] => {
            printed.first().is_some_and(|line| fits(first, line)) && is_as_shown(rest, &printed[1..])
        }
    }
}

fn fits(shown: &str, line: &str) -> bool {
    match shown.split_once('…') {
        None => shown == line,
        Some((front, rest)) => line.strip_prefix(front).is_some_and(|line| {
            line.char_indices().map(|(at, _)| at).chain([line.len()]).any(|at| fits(rest, &line[at..]))
        }),
    }
}

/// One shell runs all, so that variables, functions and servers last from one command to the next. Each command leaves
/// what it prints and how it ends.
fn script(steps: &[Step]) -> String {
    let mut script = String::from("ip link set lo up\n");
    for (number, step) in steps.iter().enumerate() {
        let command = &step.command;
        script.push_str(&format!(
            "{{ {command}\n}} >\"$LEFT/{number}\" 2>&1\necho $? >\"$LEFT/{number}.code\"\n"
        ));
        if step.is_server() {
            script.push_str(&format!(
                "for _ in $(seq 300); do grep -q '^serving ' \"$LEFT/{number}\" && break; sleep 0.1; done\n"
            ));
        }
    }
    script.push_str("kill $(jobs -p) 2>\"$LEFT/ends\"\nwait\n");
    script
}

fn run(name: &str) {
    let steps = steps(&fs::read_to_string(source().join(name)).unwrap());
    assert!(!steps.is_empty(), "{name} has no commands");
    if let Some(why) = crate::namespace::refusal() {
        leave_out(&format!("the commands of {name}; no network namespace: {why}"));
        return;
    }
    let (folder, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let program = Path::new(env!("CARGO_BIN_EXE_mimi-dns")).parent().unwrap().to_owned();
    let path = std::env::var("PATH").unwrap();
    let shell = Command::new("unshare")
        .args(["-rn", "timeout", "300", "bash", "-c", &script(&steps)])
        .current_dir(folder.path())
        .env("PATH", format!("{}:{path}", program.display()))
        .env("LEFT", left.path())
        .env("HOME", folder.path())
        .env_remove("RUST_LOG")
        .env_remove("MIMI_DNS_POLICY")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    for (number, step) in steps.iter().enumerate() {
        let read = |end: &str| fs::read_to_string(left.path().join(format!("{number}{end}")));
        let printed = read("").unwrap_or_default();
        let code = read(".code").ok().and_then(|code| code.trim().parse().ok());
        let lines: Vec<&str> = printed.lines().collect();
        let command = &step.command;
        assert_eq!(code, Some(step.exits()), "{name}: exit code of\n$ {command}\n{printed}\n{shell:?}");
        if !step.shown.is_empty() {
            let shown = step.shown.join("\n");
            assert!(is_as_shown(&step.shown, &lines), "{name}:\n$ {command}\n{printed}is shown as\n{shown}");
        }
    }
}

/// A test for each chapter that has commands, and one that none is forgotten.
macro_rules! chapters {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            run($name);
        })*

        #[test]
        fn every_chapter_with_commands_is_run() {
            let named = [$($name),*];
            for (name, text) in super::chapters() {
                assert_eq!(named.contains(&name.as_str()), !steps(&text).is_empty(), "{name}");
            }
        }
    };
}

chapters! {
    first_zone: "first-zone.md",
    parties: "parties.md",
    changing: "changing.md",
    tables: "tables.md",
    enum_tree: "enum.md",
    control: "control.md",
    monitoring: "monitoring.md",
    keys: "keys.md",
    parameters: "parameters.md",
    dnssec: "dnssec.md",
    incidents: "incidents.md",
}

#[test]
fn what_is_shown_is_compared() {
    let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(is_as_shown(&shown("a\n…\nb … c"), &["a", "x", "y", "b 12 c"]));
    assert!(is_as_shown(&shown("a\n…"), &["a"]));
    assert!(!is_as_shown(&shown("a"), &["a", "b"]));
    assert!(!is_as_shown(&shown("a\nb"), &["a"]));
    assert!(!is_as_shown(&shown("b … c"), &["b 12 d"]));
    let steps = steps(
        "x\n```console\n$ cat <<'END'\n$ no command\nEND\nshown\n$ false # exits 1\n```\n```console not-run\n$ rm\n```",
    );
    let told: Vec<_> =
        steps.iter().map(|step| (step.command.as_str(), step.shown.len(), step.exits())).collect();
    assert_eq!(told, [("cat <<'END'\n$ no command\nEND", 1, 0), ("false # exits 1", 0, 1)]);
}
