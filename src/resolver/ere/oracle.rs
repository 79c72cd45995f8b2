//! The same patterns and texts through the C library's `regexec`, by a program compiled here.

use std::io::Write;
use std::process::{Command, Stdio};

use super::tests::show;
use super::{Ere, Options};

const SOURCE: &str = r#"
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
    size_t wanted = argc > 1 ? 1 : 10; /* it backtracks to find groups */
    alarm(30);
    static char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        char *pattern = line, *text = strchr(line, '\t');
        *text++ = 0;
        text[strcspn(text, "\n")] = 0;
        regex_t re; regmatch_t m[10];
        int bad = regcomp(&re, pattern, REG_EXTENDED);
        if (bad) { puts("BAD"); continue; }
        if (regexec(&re, text, wanted, m, 0)) { puts("NOMATCH"); regfree(&re); continue; }
        for (size_t i = 0; i <= re.re_nsub && i < wanted; i++)
            if (m[i].rm_so < 0) printf("(?,?)"); else printf("(%d,%d)", (int)m[i].rm_so, (int)m[i].rm_eo);
        puts("");
        regfree(&re);
    }
    return 0;
}
"#;

/// A small generator with a fixed seed: the same cases on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % limit
    }

    fn pattern(&mut self, depth: u32, groups: bool) -> String {
        let parts = 1 + self.below(3);
        let mut text: String = (0..parts).map(|_| self.part(depth, groups)).collect();
        if depth > 0 && self.below(4) == 0 {
            text = format!("{text}|{}", self.pattern(depth - 1, groups));
        }
        text
    }

    fn part(&mut self, depth: u32, groups: bool) -> String {
        // The C library is known to report groups wrongly inside repetitions, so those cases are
        // made without groups inside: `repeated` decides first.
        let repeated = self.below(3) == 0;
        let single = match self.below(if depth > 0 && groups && !repeated { 8 } else { 5 }) {
            0 => "a".into(),
            1 => "b".into(),
            2 => "[ab]".into(),
            3 => "[^a]".into(),
            4 => ".".into(),
            _ => format!("({})", self.pattern(depth - 1, groups)),
        };
        let count = if repeated {
            ["*", "+", "?", "{2}", "{1,2}", "{0,3}", "{2,}"][self.below(7) as usize]
        } else {
            ""
        };
        single + count
    }

    /// With groups under repetitions.
    fn wild(&mut self, depth: u32) -> String {
        let mut text = String::new();
        for _ in 0..=self.below(3) {
            match self.below(if depth > 0 { 6 } else { 3 }) {
                0 => text.push('a'),
                1 => text.push('b'),
                2 => text.push_str("[bc]"),
                3 => text.push_str(&format!("({}|{})", self.wild(depth - 1), self.wild(depth - 1))),
                _ => text.push_str(&format!("({})", self.wild(depth - 1))),
            }
            text.push_str(["", "", "*", "+", "?", "{2}", "{1,2}"][self.below(7) as usize]);
        }
        text
    }

    fn text(&mut self) -> String {
        (0..self.below(7)).map(|_| ["a", "b", "c"][self.below(3) as usize]).collect()
    }
}

/// What the C library says to each case; `None` without a compiler.
fn ask_the_c_library(cases: &[(String, String)], arguments: &[&str]) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (source, program) = (folder.path().join("oracle.c"), folder.path().join("oracle"));
    std::fs::write(&source, SOURCE).expect("a file in it");
    let compiled = Command::new("cc").arg(&source).arg("-o").arg(&program).status();
    if !compiled.is_ok_and(|status| status.success()) {
        return None;
    }
    let mut child = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("what was compiled runs");
    let mut stdin = child.stdin.take().expect("piped");
    let input: String = cases.iter().map(|(pattern, text)| format!("{pattern}\t{text}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads all");
    Some(String::from_utf8(output.stdout).expect("ASCII").lines().map(str::to_owned).collect())
}

fn ours(pattern: &str, text: &str) -> String {
    match Ere::parse(pattern.as_bytes(), Options::default()) {
        Ok(ere) => show(&ere.find(text.as_bytes()).expect("short"), ere.groups().min(9)),
        Err(error) => error.to_string(),
    }
}

fn overall(result: &str) -> &str {
    result.split_inclusive(')').next().unwrap_or(result)
}

/// Past the test runner, which keeps what passing tests print to itself.
fn leave_out() {
    let required = std::env::var_os("MIMI_DNS_REQUIRE_PEERS").is_some_and(|value| value == "1");
    assert!(!required, "no C compiler, and MIMI_DNS_REQUIRE_PEERS=1");
    let _ = writeln!(std::io::stderr(), "LEFT OUT: no C compiler to ask the C library with");
}

#[test]
fn overall_matches_agree_with_the_c_library() {
    let mut random = Random(6116);
    let cases: Vec<_> = (0..3000).map(|_| (random.wild(2), random.text())).collect();
    let Some(answers) = ask_the_c_library(&cases, &["overall"]) else {
        return leave_out();
    };
    assert_eq!(answers.len(), cases.len());
    for ((pattern, text), theirs) in cases.iter().zip(&answers) {
        assert_eq!(overall(&ours(pattern, text)), overall(theirs), "{pattern} on {text}");
    }
}

#[test]
fn groups_outside_repetitions_agree_with_the_c_library() {
    let mut random = Random(3402);
    let cases: Vec<_> = (0..3000).map(|_| (random.pattern(2, true), random.text())).collect();
    let Some(answers) = ask_the_c_library(&cases, &[]) else {
        return leave_out();
    };
    let differing: Vec<_> = cases
        .iter()
        .zip(&answers)
        .filter(|((pattern, text), theirs)| ours(pattern, text) != **theirs)
        .map(|((pattern, text), theirs)| format!("{pattern} on {text}: {} not {theirs}", ours(pattern, text)))
        .collect();
    assert!(differing.is_empty(), "{} differ: {:#?}", differing.len(), &differing[..differing.len().min(20)]);
}
