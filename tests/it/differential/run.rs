//! Rounds: worlds, questions, replies, judgement.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::compare::{self, Case, Reply};
use super::names::Base;
use super::questions::{Asked, Question};
use super::random::Random;
use super::rules::{POINTS_AT_ITSELF, Rule};
use super::servers::{LoadedBy, PEERS, Replies, Servers};
use super::shrink::{self, Signature};
use super::signing::Signing;
use super::worlds::World;
use crate::peers::PeerKind;
use crate::wire::Record;

/// How much one start of the servers is used for.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) worlds: u16,
    /// For each world.
    pub(super) questions: usize,
}

/// What worlds are like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Signed,
}

/// What was counted and found.
#[derive(Default)]
pub(super) struct Summary {
    pub(super) rounds: u64,
    pub(super) worlds: usize,
    pub(super) zones: usize,
    /// Worlds with a zone that not all load, left out.
    pub(super) left_out: usize,
    /// Worlds that a peer does not bear: it ends when it has loaded them. Which, and the first.
    pub(super) crashes: BTreeMap<&'static str, (usize, String)>,
    /// Why: who loads what, with our error codes; how often, and the first such zone.
    pub(super) refusals: BTreeMap<String, (usize, String)>,
    pub(super) questions: usize,
    /// Of them, those that a peer did not reply to because it answered nothing any more.
    pub(super) unasked: usize,
    pub(super) rcodes: BTreeMap<u16, usize>,
    pub(super) tolerated: BTreeMap<&'static str, usize>,
    /// Kinds of difference, how often, and the first of each.
    pub(super) differences: BTreeMap<String, (usize, Found)>,
}

/// How many kinds of difference are made small and shown.
const MOST_SHOWN: usize = 8;

/// Rounds with the seeds from `first` on: one at least, and no new one after `time`.
pub(super) fn rounds(kind: Kind, first: u64, time: Duration, size: Size) -> Option<Summary> {
    let (start, mut summary) = (Instant::now(), Summary::default());
    while summary.rounds == 0 || start.elapsed() < time {
        let known = summary.differences.len();
        round(kind, first.wrapping_add(summary.rounds), size, &mut summary)?;
        summary.rounds += 1;
        // So that a long run that is cut short has said something.
        if summary.differences.len() > known || summary.rounds.is_multiple_of(20) {
            eprintln!("so far, {}", summary.text(first));
        }
    }
    Some(summary)
}

/// One start of all servers; `None` where a peer is not installed.
pub(super) fn round(kind: Kind, seed: u64, size: Size, summary: &mut Summary) -> Option<()> {
    let _seed = Told(seed);
    // Each world has numbers of its own, so that it does not depend on how many there are.
    let of_world = |number: u16| Random::new(Random::new(seed).next() ^ u64::from(number));
    // The root zone is everybody's parent: it has a start for itself.
    let bases: Vec<Base> = if seed.is_multiple_of(12) {
        vec![Base(None)]
    } else {
        (0..size.worlds).map(|n| Base(Some(n))).collect()
    };
    let (worlds, mut randoms): (Vec<World>, Vec<Random>) = bases
        .into_iter()
        .map(|base| {
            let mut random = of_world(base.0.unwrap_or(0));
            let number = usize::from(base.0.unwrap_or(0)) + usize::try_from(seed % 60).unwrap();
            let signing = (kind == Kind::Signed).then(|| Signing::of(number));
            (World::random(&mut random, base, signing), random)
        })
        .unzip();
    part(seed, &worlds, &mut randoms, size, summary)
}

/// One start with some of the worlds, or two with half of them each where a peer does not bear them all.
fn part(
    seed: u64,
    worlds: &[World],
    randoms: &mut [Random],
    size: Size,
    summary: &mut Summary,
) -> Option<()> {
    let servers = match Servers::start(&PEERS, worlds)? {
        Ok(servers) => servers,
        Err(peer) if worlds.len() == 1 => {
            let base = worlds[0].base;
            let (count, _) = summary
                .crashes
                .entry(peer.label())
                .or_insert_with(|| (0, format!("seed {seed}, world {:?}", base.0)));
            *count += 1;
            return Some(());
        }
        Err(_) => {
            let half = worlds.len() / 2;
            let (some, others) = randoms.split_at_mut(half);
            part(seed, &worlds[..half], some, size, summary)?;
            return part(seed, &worlds[half..], others, size, summary);
        }
    };
    let mut questions = Vec::new();
    for ((world, random), loaded) in worlds.iter().zip(randoms).zip(servers.loaded(worlds)) {
        summary.worlds += 1;
        summary.zones += world.zones.len();
        if !are_loaded(world, &loaded, &servers, summary) {
            summary.left_out += 1;
            continue;
        }
        let number = if world.base.0.is_none() { size.questions * 20 } else { size.questions };
        questions.extend((0..number).map(|_| (world, Question::random(random, world))));
    }
    for part in questions.chunks(usize::from(u16::MAX)) {
        let asked: Vec<_> = part.iter().map(|(world, question)| (*world, question)).collect();
        for (&(world, question), replies) in asked.iter().zip(servers.ask(&asked)) {
            summary.questions += 1;
            let judged = judge(world, question, servers.kinds(), &replies);
            summary.unasked += usize::from(replies.is_from_stopped());
            if let Some(ours) = &replies.ours {
                *summary.rcodes.entry(ours.rcode()).or_default() += 1;
            }
            for rule in &judged.rules {
                *summary.tolerated.entry(rule.name).or_default() += 1;
            }
            if !judged.signature.is_empty() {
                note(summary, seed, world, question, &judged, &replies);
            }
        }
    }
    Some(())
}

fn are_loaded(world: &World, loaded: &[LoadedBy], servers: &Servers, summary: &mut Summary) -> bool {
    let mut all = true;
    for (zone, LoadedBy { ours, peers }) in world.zones.iter().zip(loaded) {
        if ours.is_empty() && !peers.contains(&false) {
            continue;
        }
        all = false;
        let verb = |loads: &bool| if *loads { "loads" } else { "refuses" };
        let who: Vec<_> =
            PEERS.iter().zip(peers).map(|(kind, loads)| format!("{kind:?} {}", verb(loads))).collect();
        let why = format!("{}; we: {ours:?}", who.join(", "));
        let (count, example) = summary.refusals.entry(why).or_default();
        *count += 1;
        if *count == 1 {
            let text = zone.text(world.base);
            let lines = text.lines().take(30).map(|line| format!("{line}\n"));
            *example = lines.collect::<String>() + &servers.said_of(&zone.apex.text(world.base));
        }
    }
    all
}

/// What is to be said of the replies to a question.
pub(super) struct Judged {
    /// What no rule explains.
    pub(super) signature: Signature,
    pub(super) rules: Vec<&'static Rule>,
}

pub(super) fn judge(world: &World, question: &Question, kinds: &[PeerKind], replies: &Replies) -> Judged {
    let mut judged = Judged { signature: Vec::new(), rules: Vec::new() };
    for (number, (&peer, theirs)) in kinds.iter().zip(&replies.peers).enumerate() {
        let aspects = match (&replies.ours, &replies.whole, theirs) {
            (Some(ours), Some(whole), Some(theirs)) => {
                let others = replies.peers.iter().enumerate().filter(|&(other, _)| other != number);
                let other = others.filter_map(|(_, reply)| reply.as_ref()).next();
                let case = Case { world, question, peer, ours, theirs, other, whole };
                let (aspects, rules) = compare::unexplained(&case);
                judged.rules.extend(rules);
                aspects
            }
            (None, None, None) => Vec::new(),
            (_, _, None) if replies.stuck[number] => Vec::new(),
            (Some(_), Some(_), None)
                if replies.unreadable[number] && POINTS_AT_ITSELF.peers.contains(&peer) =>
            {
                judged.rules.push(&POINTS_AT_ITSELF);
                Vec::new()
            }
            _ => vec![compare::Aspect::Silence],
        };
        if !aspects.is_empty() {
            judged.signature.push((peer, aspects));
        }
    }
    judged
}

/// Counts a difference, and keeps the first of its kind.
fn note(
    summary: &mut Summary,
    seed: u64,
    world: &World,
    question: &Question,
    judged: &Judged,
    replies: &Replies,
) {
    let rcode =
        |reply: &Option<Reply>| reply.as_ref().map_or("-".to_owned(), |reply| reply.rcode().to_string());
    let rcodes: Vec<_> = std::iter::once(&replies.ours).chain(&replies.peers).map(rcode).collect();
    let kind = format!("{:?} rcodes {}", judged.signature, rcodes.join(" "));
    summary.differences.entry(kind).or_insert_with(|| (0, found(seed, world, question, judged))).0 += 1;
}

/// A difference, to be made small.
pub(super) struct Found {
    seed: u64,
    world: World,
    question: Question,
    signature: Signature,
}

fn found(seed: u64, world: &World, question: &Question, judged: &Judged) -> Found {
    let (world, question, signature) = (world.clone(), question.clone(), judged.signature.clone());
    Found { seed, world, question, signature }
}

/// Everything that is needed to see a difference again.
fn tell(seed: u64, world: &World, question: &Question) -> String {
    let kinds = [PeerKind::Nsd, PeerKind::Knot, PeerKind::Bind];
    let mut text = format!("seed {seed}\n");
    if let Some(signing) = world.signing {
        writeln!(text, "signed {signing:?}").unwrap();
    }
    for zone in &world.zones {
        writeln!(text, "zone {}\n{}", zone.apex.text(world.base), zone.text(world.base)).unwrap();
    }
    writeln!(text, "question {}", Asked(question, world.base)).unwrap();
    let worlds = [world.clone()];
    let Some(Ok(servers)) = Servers::start(&kinds, &worlds) else { return text };
    let replies = servers.ask(&[(world, question)]).remove(0);
    let hex: String = replies.octets.iter().map(|octet| format!("{octet:02x}")).collect();
    writeln!(text, "octets {hex}").unwrap();
    text += &shown("ours", replies.ours.as_ref());
    for (kind, reply) in kinds.iter().zip(&replies.peers) {
        text += &shown(&format!("{kind:?}"), reply.as_ref());
    }
    text
}

fn shown(who: &str, reply: Option<&Reply>) -> String {
    let Some(reply) = reply else { return format!("{who}: no reply\n") };
    let mut text = format!(
        "{who}: rcode {} flags {:04x} {} octets, {:?}\n",
        reply.rcode(),
        reply.parts.flags,
        reply.len,
        reply.parts.opt
    );
    for (name, records) in ["answer", "authority", "additional"].iter().zip(&reply.parts.sections) {
        for record in records.iter().take(20) {
            let line = Record::to_string(record);
            writeln!(text, "    {name:10} {}", line.chars().take(200).collect::<String>()).unwrap();
        }
        if records.len() > 20 {
            writeln!(text, "    {name:10} … {} in all", records.len()).unwrap();
        }
    }
    text
}

impl Summary {
    pub(super) fn text(&self, first: u64) -> String {
        let last = first.wrapping_add(self.rounds.saturating_sub(1));
        let mut text = format!(
            "seeds {first} to {last}: {} worlds with {} zones, {} worlds left out; {} questions, {} of them not replied to by \
             a peer that had stopped; rcodes {:?}\n",
            self.worlds, self.zones, self.left_out, self.questions, self.unasked, self.rcodes
        );
        for (who, (count, _)) in &self.refusals {
            writeln!(text, "  zones left out: {count:8}  {who}").unwrap();
        }
        for (peer, (count, first)) in &self.crashes {
            writeln!(text, "  worlds that {peer} ends with: {count:8}  first {first}").unwrap();
        }
        for (name, count) in &self.tolerated {
            writeln!(text, "  tolerated: {count:8}  {name}").unwrap();
        }
        let unexplained: usize = self.differences.values().map(|(count, _)| count).sum();
        writeln!(text, "  unexplained: {unexplained}").unwrap();
        for (kind, (count, found)) in &self.differences {
            writeln!(text, "    {count:8}  {kind}, first with seed {}", found.seed).unwrap();
        }
        text
    }
}

impl Summary {
    /// The first of some kinds of difference, made small, and the first zones that were left out.
    pub(super) fn examples(&self) -> String {
        let mut text = String::new();
        for (kind, (count, Found { seed, world, question, signature })) in
            self.differences.iter().take(MOST_SHOWN)
        {
            let small = shrink::shrink(world, question, signature);
            writeln!(text, "\n== {count} of {kind}\n{}", tell(*seed, &small, question)).unwrap();
        }
        for (who, (_, example)) in &self.refusals {
            writeln!(text, "\n== {who}\n{example}").unwrap();
        }
        text
    }
}

/// Says the seed where a round panics.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("MIMI_DNS_DIFFERENTIAL_SEED={}", self.0);
        }
    }
}
