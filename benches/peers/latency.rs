//! How long answers take at half of the load that a server can take, and at a load that is the same for all.
//!
//! In rounds so short that whatever else the machine does spoils some of them and leaves most alone: of each round the
//! middle answer and the slowest hundredth, of these the middle of all rounds. Who is ahead is told within each round.

use std::time::Duration;

use super::burst::{Target, burst};
use super::cpu::{Effort, median};
use super::paced::paced;
use super::queries::Pool;
use super::server::Server;

/// A round of one server at one load: of some thousand answers, and over before the next tick of what goes on beside it.
const ROUND: Duration = Duration::from_millis(150);

/// What was seen of one server.
pub struct Latency {
    pub label: String,
    /// Answers a second that it can give.
    pub most: f64,
    pub half: Percentiles,
    pub same: Percentiles,
}

/// Of each round, in microseconds, and beside the best of the others in the same round.
#[derive(Debug, Default)]
pub struct Percentiles {
    pub rate: f64,
    pub p50: Vec<f64>,
    pub p99: Vec<f64>,
    pub p50_ratios: Vec<f64>,
    pub p99_ratios: Vec<f64>,
    pub lost: u64,
    pub wrong: u64,
}

/// Each server in turn, so many rounds as fit into what is spent of each.
pub fn measure(servers: &[Server], pool: &Pool, effort: Effort) -> Vec<Latency> {
    let mut cursor = 0;
    let mut most = |server: &Server| {
        let target = Target::Server(server.addr);
        let tally = burst(&target, pool, &mut cursor, effort.manner, effort.burst);
        tally.answers as f64 / tally.took.as_secs_f64()
    };
    // The first is to warm.
    for server in servers {
        most(server);
    }
    let most: Vec<f64> = servers.iter().map(most).collect();
    let same = most.iter().copied().fold(f64::INFINITY, f64::min) / 2.0;
    let at = |rate| Percentiles { rate, ..Percentiles::default() };
    let mut all: Vec<_> = servers
        .iter()
        .zip(&most)
        .map(|(server, &most)| Latency {
            label: server.label.clone(),
            most,
            half: at(most / 2.0),
            same: at(same),
        })
        .collect();
    let spent = effort.burst * effort.rounds.try_into().unwrap_or(u32::MAX);
    let rounds = (spent.as_millis() / ROUND.as_millis()).max(1);
    for _ in 0..rounds {
        for (server, latency) in servers.iter().zip(&mut all) {
            latency.half.add(server, pool);
            latency.same.add(server, pool);
        }
    }
    compare(&mut all, |latency| &mut latency.half);
    compare(&mut all, |latency| &mut latency.same);
    all
}

/// Each server beside the best of the others, round by round.
fn compare(all: &mut [Latency], load: impl Fn(&mut Latency) -> &mut Percentiles) {
    let taken: Vec<_> = all
        .iter_mut()
        .map(|latency| {
            let percentiles = load(latency);
            (percentiles.p50.clone(), percentiles.p99.clone())
        })
        .collect();
    for (at, latency) in all.iter_mut().enumerate() {
        let others =
            || taken.iter().enumerate().filter(move |(other, _)| *other != at).map(|(_, taken)| taken);
        let percentiles = load(latency);
        for round in 0..percentiles.p50.len() {
            let [p50, p99] = [
                others().map(|(p50, _)| p50[round]).fold(f64::NAN, f64::min),
                others().map(|(_, p99)| p99[round]).fold(f64::NAN, f64::min),
            ];
            let ratios = (percentiles.p50[round] / p50, percentiles.p99[round] / p99);
            percentiles.p50_ratios.push(ratios.0);
            percentiles.p99_ratios.push(ratios.1);
        }
    }
}

impl Latency {
    /// Tells what is to be kept of it.
    pub fn note(&self, mut tell: impl FnMut(&str, &[(&str, f64)])) {
        for (load, one) in [("half", &self.half), ("same", &self.same)] {
            let (p50, p99) = one.middle();
            let (p50_ratio, p99_ratio) = one.ratios();
            let measures = [("p50", p50), ("p99", p99), ("p50 ratio", p50_ratio), ("p99 ratio", p99_ratio)];
            // Where nobody else was asked there is nothing to compare.
            let measures: Vec<_> = measures.into_iter().filter(|(_, value)| value.is_finite()).collect();
            tell(load, &measures);
        }
    }
}

impl Percentiles {
    fn add(&mut self, server: &Server, pool: &Pool) {
        let waits = paced(server.addr, pool, self.rate, ROUND, &|| false);
        self.p50.push(waits.micros(0.5));
        self.p99.push(waits.micros(0.99));
        self.lost += waits.lost;
        self.wrong += waits.wrong;
    }

    /// The middle of the rounds: half of the answers, and 99 of 100.
    pub fn middle(&self) -> (f64, f64) {
        (median(&self.p50), median(&self.p99))
    }

    /// The middle of the rounds, beside the best of the others.
    pub fn ratios(&self) -> (f64, f64) {
        (median(&self.p50_ratios), median(&self.p99_ratios))
    }
}
