//! What an answer costs: a server's time on its core over a burst of queries, beside that of an echo before and
//! after it.

use std::time::Duration;

use super::burst::{Manner, Tally, Target, burst};
use super::echo::Echo;
use super::queries::Pool;
use super::server::Server;

/// Before a reading, what is running has to be over.
const SETTLE: Duration = Duration::from_millis(10);

/// What the floor is called.
pub const ECHO: &str = "echo";

/// How often and how long.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    pub rounds: usize,
    /// Of each server; an echo's is half of it.
    pub burst: Duration,
    pub manner: Manner,
}

/// What was seen of one server.
#[derive(Debug, Clone, Default)]
pub struct Cost {
    pub label: String,
    /// Of each round, CPU time an answer in microseconds.
    pub micros: Vec<f64>,
    /// Of each round, in relation to the echo's.
    pub ratios: Vec<f64>,
    /// Of each round, answers a second.
    pub rates: Vec<f64>,
    /// Of each round, the share of the time that it was on its core.
    pub busy: Vec<f64>,
    pub octets: f64,
    pub answers: u64,
    pub lost: u64,
    pub wrong: u64,
    pub fault: Option<String>,
}

/// A burst and what it cost.
struct Turn {
    tally: Tally,
    cpu: Duration,
}

impl Turn {
    fn take(
        target: &Target<'_>,
        pool: &Pool,
        cursor: &mut usize,
        manner: Manner,
        length: Duration,
        time: &dyn Fn() -> Duration,
    ) -> Self {
        let before = time();
        let tally = burst(target, pool, cursor, manner, length);
        std::thread::sleep(SETTLE);
        Self { cpu: time() - before, tally }
    }

    fn micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.tally.answers.max(1) as f64
    }
}

/// Bursts at each server in turn, an echo before and after each. The echo's own costs come first.
pub fn measure(servers: &[Server], pool: &Pool, echo: &Echo, effort: Effort) -> Vec<Cost> {
    let mut cursor = 0;
    let Effort { burst: length, manner, .. } = effort;
    // Warm, and tells how long answers are; the first server's are what the echo is asked for.
    let mut costs = vec![Cost { label: ECHO.to_owned(), ..Cost::default() }];
    let mut sizes = None;
    for server in servers {
        let tally = burst(&Target::Server(server.addr), pool, &mut cursor, manner, length / 2);
        sizes.get_or_insert(tally.mean_sizes());
        costs.push(Cost { label: server.label.clone(), ..Cost::default() });
    }
    let sizes = sizes.unwrap_or([100; 4]);
    let echoed = |cursor: &mut usize| {
        Turn::take(&Target::Echo(echo.addr, &sizes), pool, cursor, manner, length / 2, &|| echo.time())
    };
    for _ in 0..effort.rounds {
        let mut before = echoed(&mut cursor);
        for (server, at) in servers.iter().zip(1..) {
            let target = Target::Server(server.addr);
            let turn = Turn::take(&target, pool, &mut cursor, manner, length, &|| server.group.time());
            let after = echoed(&mut cursor);
            let floor = f64::midpoint(before.micros(), after.micros());
            costs[at].add(&turn, floor);
            costs[0].add(&before, before.micros());
            before = after;
        }
    }
    costs
}

impl Cost {
    fn add(&mut self, turn: &Turn, floor: f64) {
        let Tally { answers, lost, wrong, fault, took, .. } = &turn.tally;
        let seconds = took.as_secs_f64();
        self.micros.push(turn.micros());
        self.ratios.push(turn.micros() / floor);
        self.rates.push(*answers as f64 / seconds);
        self.busy.push(turn.cpu.as_secs_f64() / seconds);
        self.octets = turn.tally.mean_size();
        self.answers += answers;
        self.lost += lost;
        self.wrong += wrong;
        if self.fault.is_none() {
            self.fault.clone_from(fault);
        }
    }
}

/// The middle one, or the mean of the middle two; 0 of none.
pub fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        len => f64::midpoint(sorted[(len - 1) / 2], sorted[len / 2]),
    }
}
