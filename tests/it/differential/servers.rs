//! The three servers with the zones of many worlds: ours, NSD and Knot.

use std::fs;
use std::path::{Path, PathBuf};

use mimi_dns::server::Transport;
use mimi_dns::zone::{Catalog, LoadOptions, MemoryFiles, Zone, load};
use tempfile::TempDir;

use super::asking;
use super::compare::Reply;
use super::questions::{Asked, Question};
use super::worlds::World;
use crate::peers::{Peer, PeerKind};
use crate::running::Running;
use crate::served;
use crate::wire;
use mimi_dns::record::Rtype;

/// Served by every peer, so that it can be seen when they are ready.
const READY: &str = "ready.";
pub(super) const PEERS: [PeerKind; 2] = [PeerKind::Nsd, PeerKind::Knot];

/// Servers that serve the same zones, as far as each loads them.
pub(super) struct Servers {
    catalog: Catalog,
    /// Our codes of what is wrong with each zone, errors only; the zones of one world together.
    refused: Vec<Vec<Vec<&'static str>>>,
    peers: Vec<Peer>,
    kinds: Vec<PeerKind>,
    _folder: TempDir,
}

/// Who loads a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LoadedBy {
    /// Codes of errors; none where we load it.
    pub(super) ours: Vec<&'static str>,
    pub(super) peers: Vec<bool>,
}

/// Three replies to a question.
pub(super) struct Replies {
    /// Ours, over the transport of the question.
    pub(super) ours: Option<Reply>,
    /// Ours with room for all of it.
    pub(super) whole: Option<Reply>,
    /// Theirs, in the order of the peers.
    pub(super) peers: Vec<Option<Reply>>,
    /// Of which peers the reply can't be read because a pointer points at itself.
    pub(super) unreadable: Vec<bool>,
    /// Which peers answered nothing any more after these questions.
    pub(super) stuck: Vec<bool>,
    pub(super) octets: Vec<u8>,
}

impl Replies {
    /// Whether a peer did not reply because it had stopped.
    pub(super) fn is_from_stopped(&self) -> bool {
        self.stuck.iter().zip(&self.peers).any(|(stuck, reply)| *stuck && reply.is_none())
    }
}

impl Servers {
    /// `None` where one of the peers is not installed; which one where it does not bear these zones.
    pub(super) fn start(kinds: &[PeerKind], worlds: &[World]) -> Option<Result<Self, PeerKind>> {
        let folder = tempfile::tempdir().unwrap();
        let ready = folder.path().join("ready");
        fs::write(&ready, format!("{READY} 60 SOA . . 1 2 3 4 5\n{READY} 60 NS .\n")).unwrap();
        let (mut catalog, mut refused, mut files) = (Catalog::new(), Vec::new(), Vec::new());
        for (number, world) in worlds.iter().enumerate() {
            let mut codes = Vec::new();
            for (index, zone) in world.zones.iter().enumerate() {
                let text = zone.file(world);
                let (zone_here, wrong) = load_ours(&text);
                if let Some(zone) = zone_here {
                    catalog = catalog.with(zone);
                }
                codes.push(wrong);
                let file = folder.path().join(format!("{number}-{index}"));
                fs::write(&file, text).unwrap();
                files.push((zone.apex.text(world.base), file));
            }
            refused.push(codes);
        }
        let doubtful: Vec<(&str, PathBuf)> =
            files.iter().map(|(apex, file)| (apex.as_str(), file.clone())).collect();
        let start = |&kind: &PeerKind| Peer::start_with_doubtful(kind, (READY, &ready), &doubtful);
        let peers: Option<Vec<Result<Peer, String>>> = std::thread::scope(|scope| {
            let starts: Vec<_> = kinds.iter().map(|kind| scope.spawn(|| start(kind))).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        let started = kinds.iter().zip(peers?).map(|(&kind, peer)| peer.map_err(|_| kind));
        let peers = started.collect::<Result<Vec<_>, _>>();
        Some(peers.map(|peers| Self { catalog, refused, peers, kinds: kinds.to_vec(), _folder: folder }))
    }

    /// For each world and each of its zones, who loads it.
    pub(super) fn loaded(&self, worlds: &[World]) -> Vec<Vec<LoadedBy>> {
        let apexes: Vec<Vec<u8>> = worlds
            .iter()
            .flat_map(|world| world.zones.iter().map(|zone| zone.apex.wire(world.base)))
            .collect();
        let queries: Vec<Vec<u8>> = (0..)
            .zip(&apexes)
            .map(|(id, apex)| numbered(wire::question(apex, Rtype::SOA.0, 1), id))
            .collect();
        let replies: Vec<Vec<bool>> = self
            .peers
            .iter()
            .map(|peer| {
                let replies = asking::udp(peer.addr(), &queries).into_iter();
                // NOERROR and an answer.
                replies.map(|reply| reply.is_some_and(|reply| reply[3] & 0xf == 0 && reply[7] > 0)).collect()
            })
            .collect();
        let mut at = 0..;
        let mut by = |ours: &Vec<&'static str>| {
            let at = at.next().unwrap();
            LoadedBy { ours: ours.clone(), peers: replies.iter().map(|loaded| loaded[at]).collect() }
        };
        self.refused.iter().map(|zones| zones.iter().map(&mut by).collect()).collect()
    }

    /// Asks all of them; at most 65,536 questions.
    pub(super) fn ask(&self, questions: &[(&World, &Question)]) -> Vec<Replies> {
        let octets: Vec<Vec<u8>> =
            (0..).zip(questions).map(|(id, (world, question))| question.octets(world.base, id)).collect();
        let theirs: Vec<Vec<Option<Vec<u8>>>> = std::thread::scope(|scope| {
            let asking = |peer: &Peer| {
                let addr = peer.addr();
                let (octets, questions) = (&octets, questions);
                scope.spawn(move || over_each_transport(addr, octets, questions))
            };
            let threads: Vec<_> = self.peers.iter().map(asking).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        self.ask_ourselves(&octets, questions);
        let ready = [numbered(wire::query(READY, Rtype::SOA), 0)];
        let stuck: Vec<bool> =
            self.peers.iter().map(|peer| asking::udp(peer.addr(), &ready) == [None]).collect();
        let replies = octets.into_iter().zip(questions).enumerate().map(|(at, (octets, (_, question)))| {
            let ours = |transport| {
                let (_, reply) = served::send(&self.catalog, &octets, transport);
                (!reply.is_empty()).then(|| Reply::read(&reply))
            };
            let (ours, whole) = (ours(question.transport), ours(Transport::Tcp));
            let theirs = || theirs.iter().map(|replies| replies[at].as_deref());
            let peers: Vec<_> = theirs().map(|octets| octets.and_then(read_theirs)).collect();
            let points = |(octets, read): (Option<&[u8]>, &Option<Reply>)| {
                read.is_none() && octets.is_some_and(points_at_itself)
            };
            let unreadable = theirs().zip(&peers).map(points).collect();
            Replies { ours, whole, peers, unreadable, stuck: stuck.clone(), octets }
        });
        replies.collect()
    }

    /// Every eighth question through our server's sockets, which must reply what the engine does.
    fn ask_ourselves(&self, octets: &[Vec<u8>], questions: &[(&World, &Question)]) {
        let server = Running::start(self.catalog.clone());
        let share: Vec<usize> = (0..octets.len()).step_by(8).collect();
        let octets: Vec<Vec<u8>> =
            (0..).zip(&share).map(|(id, &at)| numbered(octets[at].clone(), id)).collect();
        let questions: Vec<_> = share.iter().map(|&at| questions[at]).collect();
        let replies = over_each_transport(server.addr(), &octets, &questions);
        for ((octets, (world, question)), reply) in octets.iter().zip(&questions).zip(replies) {
            let (_, wanted) = served::send(&self.catalog, octets, question.transport);
            assert_eq!(reply, Some(wanted), "{}", Asked(question, world.base));
        }
    }

    /// Lines of the peers' logs that mention a zone and an error.
    pub(super) fn said_of(&self, apex: &str) -> String {
        let apex = apex.trim_end_matches('.');
        let logs: Vec<String> = self.peers.iter().map(Peer::log).collect();
        let is_wanted = |line: &&str| line.contains(apex) && line.contains("error");
        logs.iter()
            .flat_map(|log| log.lines().filter(is_wanted).take(4))
            .map(|line| format!("; {line}\n"))
            .collect()
    }

    pub(super) fn kinds(&self) -> &[PeerKind] {
        &self.kinds
    }
}

fn over_each_transport(
    addr: std::net::SocketAddr,
    octets: &[Vec<u8>],
    questions: &[(&World, &Question)],
) -> Vec<Option<Vec<u8>>> {
    let mut replies = vec![None; octets.len()];
    for (transport, ask) in [(Transport::Udp, asking::udp as fn(_, &[_]) -> _), (Transport::Tcp, asking::tcp)]
    {
        let (mut numbers, mut queries) = (Vec::new(), Vec::new());
        for (at, (_, question)) in questions.iter().enumerate() {
            if question.transport == transport {
                queries.push(numbered(octets[at].clone(), u16::try_from(queries.len()).unwrap()));
                numbers.push(at);
            }
        }
        let found: Vec<Option<Vec<u8>>> = ask(addr, &queries);
        for (at, reply) in numbers.into_iter().zip(found) {
            replies[at] = reply.map(|reply| numbered(reply, u16::try_from(at).unwrap()));
        }
    }
    replies
}

/// A peer's reply; one that can't be read is none, which is told as silence.
fn read_theirs(octets: &[u8]) -> Option<Reply> {
    std::panic::catch_unwind(|| Reply::read(octets)).ok()
}

/// Whether somewhere in a message is what would be a pointer at itself.
fn points_at_itself(octets: &[u8]) -> bool {
    octets.windows(2).zip(0xc000..=u16::MAX).skip(12).any(|(pair, pointer)| pair == pointer.to_be_bytes())
}

/// The message with this id.
fn numbered(mut message: Vec<u8>, id: u16) -> Vec<u8> {
    message[..2].copy_from_slice(&id.to_be_bytes());
    message
}

/// Loads a zone as the server does, and what is wrong where it does not load.
fn load_ours(text: &str) -> (Option<Zone>, Vec<&'static str>) {
    let files = MemoryFiles::new().with("zone", text);
    let loaded = load(Path::new("zone"), &files, &LoadOptions::default());
    let refused = loaded.zone.is_none();
    let errors = loaded.findings.iter().filter(|finding| finding.severity == mimi_dns::zone::Severity::Error);
    let mut codes: Vec<_> = errors.filter(|_| refused).map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    (loaded.zone, codes)
}
