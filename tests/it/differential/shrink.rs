//! Makes a world in which a difference was found as small as it can be found again in.

use super::compare::Aspect;
use super::names::Base;
use super::questions::Question;
use super::run;
use super::servers::{PEERS, Servers};
use super::worlds::World;
use crate::peers::PeerKind;

/// Starts of the peers that one difference is worth.
const MOST_STARTS: usize = 40;
/// Worlds that are tried at one start.
const MOST_CANDIDATES: usize = 200;

/// Which peers differ from us, and how.
pub(super) type Signature = Vec<(PeerKind, Vec<Aspect>)>;

/// The smallest world found in which the question's replies still differ in the same way.
pub(super) fn shrink(world: &World, question: &Question, signature: &Signature) -> World {
    let mut starts = 0;
    let mut persists = |candidates: Vec<World>| -> Vec<bool> {
        starts += 1;
        if starts > MOST_STARTS {
            return vec![false; candidates.len()];
        }
        probe(&candidates, question).iter().map(|found| found == signature).collect()
    };
    let mut best = world.clone();
    for index in (0..best.zones.len()).rev() {
        if best.zones.len() > 1 {
            let mut candidate = best.clone();
            candidate.zones.remove(index);
            if persists(vec![candidate.clone()])[0] {
                best = candidate;
            }
        }
    }
    let mut chunk = units(&best).len().div_ceil(2);
    while chunk > 0 {
        let all = units(&best);
        let chunks: Vec<&[Unit]> = all.chunks(chunk).take(MOST_CANDIDATES).collect();
        let found = persists(chunks.iter().map(|chunk| without(&best, chunk)).collect());
        let spare: Vec<&[Unit]> =
            chunks.into_iter().zip(found).filter(|(_, found)| *found).map(|(c, _)| c).collect();
        if spare.is_empty() {
            chunk /= 2;
            continue;
        }
        // What can be spared one by one often can be spared together.
        let together: Vec<Vec<Unit>> = (1..=spare.len()).map(|count| spare[..count].concat()).collect();
        let found = persists(together.iter().map(|units| without(&best, units)).collect());
        let longest =
            together.iter().zip(found).filter(|(_, found)| *found).map(|(units, _)| units).next_back();
        match longest {
            Some(units) => best = without(&best, units),
            None => chunk /= 2,
        }
    }
    best
}

/// The signature in each world, each put at a base of its own.
fn probe(candidates: &[World], question: &Question) -> Vec<Signature> {
    let apart: Vec<Vec<World>> = if candidates.iter().any(|world| world.base.0.is_none()) {
        candidates.iter().take(8).map(|world| vec![world.clone()]).collect()
    } else {
        let moved =
            (0..).zip(candidates).map(|(number, world)| World { base: Base(Some(number)), ..world.clone() });
        vec![moved.collect()]
    };
    let mut signatures: Vec<Signature> = Vec::new();
    for worlds in apart {
        let Some(Ok(servers)) = Servers::start(&PEERS, &worlds) else { break };
        let loaded = servers.loaded(&worlds);
        let asked: Vec<_> = worlds.iter().map(|world| (world, question)).collect();
        for ((replies, world), loaded) in servers.ask(&asked).iter().zip(&worlds).zip(loaded) {
            let whole = loaded.iter().all(|zone| zone.ours.is_empty() && zone.peers.iter().all(|&peer| peer));
            let judged = run::judge(world, question, servers.kinds(), replies);
            signatures.push(if whole { judged.signature } else { Vec::new() });
        }
    }
    signatures.resize(candidates.len(), Vec::new());
    signatures
}

/// A record: its zone's number and its own.
type Unit = (usize, usize);

/// All records but SOA and an NS record, without which BIND would not tell its opinion.
fn units(world: &World) -> Vec<Unit> {
    let zones = world.zones.iter().enumerate();
    zones.flat_map(|(zone, draft)| (2..draft.records.len()).map(move |record| (zone, record))).collect()
}

fn without(world: &World, units: &[Unit]) -> World {
    let mut smaller = world.clone();
    for (index, zone) in smaller.zones.iter_mut().enumerate() {
        let mut number = 0..;
        zone.records.retain(|_| !units.contains(&(index, number.next().unwrap())));
    }
    smaller
}
