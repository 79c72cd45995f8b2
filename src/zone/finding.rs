//! What is wrong in zone text: where, what, and how to mend it.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;

use super::fault::BuildFault;
use super::files::Files;
use super::sources::Sources;
use crate::record::{Name, is_unseen};

/// How much a [`Finding`] weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The zone can be served, but not as its author may think.
    Warning,
    /// The zone can't be served.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A place in a file, as editors count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file, as it was named when it was opened.
    pub file: PathBuf,
    /// From 1.
    pub line: u32,
    /// From 1, in characters (octets of a file that is not UTF-8).
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// A place in one of the [`Sources`], cheap enough to stand beside every record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Which file, in the order of [`Sources::add`].
    pub file: u32,
    /// Octets from the beginning of that file.
    pub offset: u32,
}

/// Something that is wrong, or suspicious, in zone text.
///
/// `Display` is for a terminal: it quotes the text, which may be somebody's telephone number. What
/// goes to a log prints [`Finding::for_log`] instead; `Debug` prints no more than that.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    /// The offending token, where there is one.
    pub at: Option<Location>,
    /// The owner name of the record concerned.
    pub owner: Option<Name>,
    /// Whether the zone can be served nevertheless.
    pub severity: Severity,
    /// What kind of finding, in words joined by `-`; stable, for scripts.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// How to mend it; empty where that is plain.
    pub remedy: String,
}

impl Finding {
    /// The finding without anything that the zone's author wrote: place, severity and code, and where a file can't be
    /// read the system's reason.
    #[must_use]
    pub fn for_log(&self) -> FindingForLog<'_> {
        FindingForLog(self)
    }

    /// Why the system does not let a file be read, where that is what is wrong: in its words.
    #[cfg(feature = "cli")]
    pub(crate) fn system_reason(&self) -> Option<String> {
        self.reason()
    }

    /// In words of the system's or of ours: nothing of the text passes for them.
    fn reason(&self) -> Option<String> {
        let (_, why) = self.message.rsplit_once(" read: ").filter(|_| UNREADABLE.contains(&self.code))?;
        if OURS.contains(&why) {
            return Some(why.to_owned());
        }
        let (_, number) = why.strip_suffix(')')?.rsplit_once("(os error ")?;
        let known = io::Error::from_raw_os_error(number.parse().ok()?).to_string();
        Some(known).filter(|known| known == why)
    }

    fn place_and_code(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = &self.at {
            write!(f, "{at}: ")?;
        }
        write!(f, "{}[{}]", self.severity, self.code)
    }
}

/// Findings of files that can't be read, among others.
const UNREADABLE: [&str; 2] = ["bad-key", "unreadable-file"];
/// What is said of files that are not to be read.
const OURS: [&str; 2] = ["it stands outside of the zone's folder", "it is not a regular file"];

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place_and_code(f)?;
        if let Some(owner) = &self.owner {
            write!(f, ": {owner}")?;
        }
        write!(f, ": {}", self.message)?;
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Finding({})", self.for_log())
    }
}

/// A [`Finding`] with nothing of the zone's text in it. Made by [`Finding::for_log`].
#[derive(Clone, Copy)]
pub struct FindingForLog<'a>(&'a Finding);

impl fmt::Display for FindingForLog<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.place_and_code(f)?;
        match self.0.reason() {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

/// Gathers faults; of each severity it keeps the first hundred and counts the rest.
#[derive(Default)]
pub(super) struct Findings {
    kept: Vec<BuildFault>,
    errors: usize,
    warnings: usize,
}

impl Findings {
    const MOST: usize = 100;

    pub(super) fn push(&mut self, fault: BuildFault) {
        let count = match fault.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *count += 1;
        if *count <= Self::MOST {
            self.kept.push(fault);
        }
    }

    pub(super) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Those that were kept.
    #[cfg(feature = "cli")]
    pub(super) fn into_faults(self) -> Vec<BuildFault> {
        self.kept
    }

    /// The findings in the order of the text, and a last line for those that were only counted.
    /// `files` are those of the sources.
    pub(super) fn locate(mut self, sources: &Sources, files: &dyn Files) -> Vec<Finding> {
        self.kept.sort_by_key(|fault| fault.span);
        let passed = sources.look_again(self.kept.iter().map(|fault| fault.span), files);
        let mut findings: Vec<Finding> =
            self.kept.into_iter().map(|fault| locate(fault, sources, &passed)).collect();
        let more = |count: usize, what: &str| match count.saturating_sub(Self::MOST) {
            0 => None,
            1 => Some(format!("1 more {what}")),
            more => Some(format!("{more} more {what}s")),
        };
        let (errors, warnings) = (more(self.errors, "error"), more(self.warnings, "warning"));
        let severity = if errors.is_some() { Severity::Error } else { Severity::Warning };
        let more: Vec<String> = errors.into_iter().chain(warnings).collect();
        if !more.is_empty() {
            findings.push(Finding {
                at: None,
                owner: None,
                severity,
                code: "not-listed",
                message: format!("and {}", more.join(" and ")),
                remedy: "mend these first".to_owned(),
            });
        }
        findings
    }
}

fn locate(fault: BuildFault, sources: &Sources, passed: &BTreeMap<Span, Location>) -> Finding {
    let BuildFault { span, owner, severity, code, message, remedy } = fault;
    Finding {
        at: sources.locate(span).or_else(|| passed.get(&span).cloned()),
        owner,
        severity,
        code,
        message,
        remedy,
    }
}

/// The text as a message quotes it: in back-quotes, escaped what would not be seen, cut after 60
/// characters.
pub(crate) fn quote(text: &[u8]) -> String {
    const LONGEST: usize = 60;
    let readable = String::from_utf8_lossy(text);
    let mut quoted = String::from("`");
    for character in readable.chars().take(LONGEST) {
        match character {
            character if is_unseen(character) => quoted.extend(character.escape_default()),
            character => quoted.push(character),
        }
    }
    if readable.chars().nth(LONGEST).is_some() {
        quoted.push('…');
    }
    quoted.push('`');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_for_a_terminal_and_for_a_log() {
        let finding = Finding {
            at: Some(Location { file: "a.zone".into(), line: 2, column: 3 }),
            owner: Some("4.4.e164.arpa.".parse().unwrap()),
            severity: Severity::Error,
            code: "unknown-type",
            message: format!("{} is no record type", quote(b"NAPTER")),
            remedy: "did you mean `NAPTR`?".to_owned(),
        };
        assert_eq!(
            finding.to_string(),
            "a.zone:2:3: error[unknown-type]: 4.4.e164.arpa.: `NAPTER` is no record type; did you mean `NAPTR`?"
        );
        assert_eq!(finding.for_log().to_string(), "a.zone:2:3: error[unknown-type]");
        assert_eq!(format!("{finding:?}"), "Finding(a.zone:2:3: error[unknown-type])");
    }

    #[test]
    fn a_log_has_the_systems_reason_and_no_word_of_the_text() {
        let logged = |code, message: &str| {
            let (message, remedy) = (message.to_owned(), String::new());
            let finding = Finding { at: None, owner: None, severity: Severity::Error, code, message, remedy };
            finding.for_log().to_string()
        };
        let denied = "keys/jo read: x.pem cannot be read: Permission denied (os error 13)";
        assert_eq!(logged("bad-key", denied), "error[bad-key]: Permission denied (os error 13)");
        let outside = "`x` can't be read: it stands outside of the zone's folder";
        assert_eq!(logged("unreadable-file", outside), format!("error[unreadable-file]{}", &outside[17..]));
        assert_eq!(logged("bad-data", denied), "error[bad-data]");
        assert_eq!(logged("bad-key", "x read: +442079460148 (os error 13)"), "error[bad-key]");
    }

    #[test]
    fn quotations_are_escaped_and_cut() {
        assert_eq!(quote(b"a\x1b[2J\xff"), "`a\\u{1b}[2J\u{fffd}`");
        assert_eq!(quote("a\u{202e}b".as_bytes()), "`a\\u{202e}b`");
        assert_eq!(quote(&[b'a'; 61]).chars().count(), 63);
    }
}
