//! The cases, as they stand in `tests/data/conformance/`: zones, questions, replies. The form is told in
//! `tests/data/README.md`.

use std::fs;
use std::path::{Path, PathBuf};

use mimi_dns::record::{Class, Name, Rtype};
use mimi_dns::server::Transport;

use crate::peers::PeerKind;
use crate::served::TOP;
use crate::wire;

const FOLDER: &str = "tests/data/conformance";
/// What we call ourselves among peers.
pub(super) const OURS: &str = "mimi-dns";

/// One file: a topic.
pub(super) struct Topic {
    pub(super) file: String,
    pub(super) title: String,
    /// Topics of one world are served by one server together.
    pub(super) world: String,
    pub(super) zones: Vec<ZoneText>,
    pub(super) cases: Vec<Case>,
}

/// A zone as master file text.
#[derive(Clone)]
pub(super) struct ZoneText {
    pub(super) apex: String,
    pub(super) text: String,
    /// Peers that don't load it.
    pub(super) refused_by: Vec<PeerKind>,
}

/// A question, what must be answered, and who answers otherwise.
#[derive(Default)]
pub(super) struct Case {
    pub(super) line: usize,
    pub(super) clause: String,
    pub(super) asks: String,
    pub(super) question: Question,
    pub(super) reply: Expected,
    pub(super) differs: Vec<(PeerKind, String)>,
    /// Why we differ from the majority of NSD, Knot and BIND, where we do.
    pub(super) because: Option<String>,
    /// What our check says of the zone above.
    pub(super) finds: Vec<String>,
    /// Who serves the zone above; us, [`OURS`], among them.
    pub(super) served_by: Vec<String>,
}

#[derive(Default, Clone)]
pub(super) struct Question {
    /// As it stands in the file.
    pub(super) text: String,
    /// Ready to be sent.
    pub(super) octets: Vec<u8>,
    /// UDP and TCP where the file says nothing.
    pub(super) transport: Option<Transport>,
}

#[derive(Default, Clone, PartialEq, Eq, Debug)]
pub(super) struct Expected {
    /// RCODE and flags.
    pub(super) status: String,
    pub(super) answer: Vec<String>,
    pub(super) authority: Vec<String>,
    pub(super) additional: Vec<String>,
}

impl Expected {
    /// RCODE, flags, and how many records each section has.
    pub(super) fn brief(&self) -> String {
        let [answer, authority, additional] =
            [&self.answer, &self.authority, &self.additional].map(|section| section.len());
        format!("{} {answer}·{authority}·{additional}", self.status)
    }
}

impl Question {
    pub(super) fn transports(&self) -> &[Transport] {
        match self.transport {
            Some(Transport::Udp) => &[Transport::Udp],
            Some(_) => &[Transport::Tcp],
            None => &[Transport::Udp, Transport::Tcp],
        }
    }
}

/// All topics, in the order of their files' names.
pub(super) fn topics() -> Vec<Topic> {
    let mut paths: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let is_topic = |path: &&PathBuf| path.extension().is_some_and(|end| end == "cases");
    paths.iter().filter(is_topic).map(|path| read(path)).collect()
}

/// Zones with something odd, a case each.
pub(super) fn ill_formed() -> Topic {
    read(&folder().join("ill-formed.zones"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER)
}

fn read(path: &Path) -> Topic {
    let text = fs::read_to_string(path).unwrap();
    let file = path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut topic =
        Topic { file, title: String::new(), world: "main".to_owned(), zones: Vec::new(), cases: Vec::new() };
    let mut in_zone = false;
    for (line, number) in text.lines().zip(1..) {
        if in_zone && !line.is_empty() {
            let zone = &mut topic.zones.last_mut().unwrap().text;
            zone.push_str(line);
            zone.push('\n');
            continue;
        }
        in_zone = false;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let rest = rest.trim();
        match word {
            "title" => rest.clone_into(&mut topic.title),
            "world" => rest.clone_into(&mut topic.world),
            "zone" | "whole-zone" => {
                let top = if word == "zone" { TOP } else { "" };
                let text = format!("$ORIGIN {rest}\n$TTL 300\n{top}");
                topic.zones.push(ZoneText { apex: rest.to_owned(), text, refused_by: Vec::new() });
                in_zone = true;
            }
            "refused-by" => topic.zones.last_mut().unwrap().refused_by = peers(rest).unwrap(),
            "case" => topic.cases.push(Case { line: number, clause: rest.to_owned(), ..Case::default() }),
            _ => {
                let case = topic.cases.last_mut().unwrap_or_else(|| panic!("{}:{number}", topic.file));
                case.take(word, rest).unwrap_or_else(|| panic!("{}:{number}: {line}", topic.file));
            }
        }
    }
    topic
}

impl Case {
    fn take(&mut self, word: &str, rest: &str) -> Option<()> {
        match word {
            "asks" => rest.clone_into(&mut self.asks),
            "query" => self.question = question(rest)?,
            "reply" => rest.clone_into(&mut self.reply.status),
            "answer" => self.reply.answer.push(rest.to_owned()),
            "authority" => self.reply.authority.push(rest.to_owned()),
            "additional" => self.reply.additional.push(rest.to_owned()),
            "because" => self.because = Some(rest.to_owned()),
            "finds" => self.finds = rest.split(", ").map(str::to_owned).collect(),
            "served-by" => self.served_by = rest.split(", ").map(str::to_owned).collect(),
            "differs" => {
                let (names, reason) = rest.split_once(": ")?;
                self.differs.extend(peers(names)?.into_iter().map(|kind| (kind, reason.to_owned())));
            }
            _ => return None,
        }
        Some(())
    }
}

fn peers(names: &str) -> Option<Vec<PeerKind>> {
    let kind = |name| PeerKind::ALL.into_iter().find(|kind| kind.label() == name);
    names.split(", ").map(kind).collect()
}

/// `NAME TYPE [CLASS] [udp|tcp] [plain|size=N] [do]`: with EDNS and room for 1232 octets unless it says
/// otherwise.
fn question(text: &str) -> Option<Question> {
    let mut words = text.split(' ');
    let (name, rtype): (Name, Rtype) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let (mut class, mut transport, mut size, mut dnssec_ok) = (Class::IN, None, Some(1232), false);
    for word in words {
        match word {
            "udp" => transport = Some(Transport::Udp),
            "tcp" => transport = Some(Transport::Tcp),
            "plain" => size = None,
            "do" => dnssec_ok = true,
            "ANY" => class = Class::ANY,
            "NONE" => class = Class::NONE,
            _ => match word.strip_prefix("size=") {
                Some(number) => size = Some(number.parse().ok()?),
                None => class = word.parse().ok()?,
            },
        }
    }
    let octets = wire::question(name.as_wire(), rtype.0, class.0);
    let octets = match size {
        Some(size) => wire::with_opt(octets, size, dnssec_ok),
        None => octets,
    };
    Some(Question { text: text.to_owned(), octets, transport })
}
