//! How long answers take at half of the load that a server can take, and at a load that is the same for all.

use std::time::Duration;

use super::burst::{Target, burst};
use super::cpu::{Effort, median};
use super::paced::paced;
use super::queries::Pool;
use super::server::Server;

/// What was seen of one server.
pub struct Latency {
    pub label: String,
    /// Answers a second that it can give.
    pub most: f64,
    pub half: Percentiles,
    pub same: Percentiles,
}

/// Of each round, in microseconds.
#[derive(Debug, Default)]
pub struct Percentiles {
    pub rate: f64,
    pub p50: Vec<f64>,
    pub p99: Vec<f64>,
    pub lost: u64,
    pub wrong: u64,
}

/// Each server in turn.
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
    for _ in 0..effort.rounds {
        for (server, latency) in servers.iter().zip(&mut all) {
            latency.half.add(server, pool, effort.burst);
            latency.same.add(server, pool, effort.burst);
        }
    }
    all
}

impl Percentiles {
    fn add(&mut self, server: &Server, pool: &Pool, length: Duration) {
        let waits = paced(server.addr, pool, self.rate, length, &|| false);
        self.p50.push(waits.micros(0.5));
        self.p99.push(waits.micros(0.99));
        self.lost += waits.lost;
        self.wrong += waits.wrong;
    }

    /// The middle of the rounds: half of the answers, and 99 of 100.
    pub fn middle(&self) -> (f64, f64) {
        (median(&self.p50), median(&self.p99))
    }
}
