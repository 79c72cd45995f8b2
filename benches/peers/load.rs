//! From zone text, or an image of it, to the first answer, and the memory that the zone takes.

use std::path::Path;
use std::time::Duration;

use super::cpu::median;
use super::server::{Contestant, Plan};

/// After its first answer a server may still give memory back.
const SETTLE: Duration = Duration::from_secs(2);

/// What loading cost one server.
pub struct Loaded {
    pub label: String,
    pub cores: usize,
    /// Seconds from its start to its first answer: by the clock, and on cores.
    pub wall: f64,
    pub cpu: f64,
    /// Octets of memory that the zone's names take.
    pub memory: f64,
    /// The most octets that one of its processes had resident.
    pub most: f64,
}

/// Starts the `plain` server with an empty zone, and then the contestant with the one of the plan, several times, one alone
/// at a time.
pub fn measure(
    contestant: &Contestant,
    plan: &Plan<'_>,
    (plain, empty): (&Contestant, &Path),
    rounds: usize,
) -> Result<Loaded, String> {
    let idle = plain.start(&Plan { file: empty, ..*plan })?;
    std::thread::sleep(SETTLE);
    let nothing = idle.group.memory() as f64;
    drop(idle);
    let (mut walls, mut cpus, mut memories, mut mosts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let server = contestant.start(plan)?;
        walls.push(server.wall.as_secs_f64());
        cpus.push(server.cpu.as_secs_f64());
        std::thread::sleep(SETTLE);
        memories.push(server.group.memory() as f64 - nothing);
        mosts.push(server.group.most_memory() as f64);
    }
    Ok(Loaded {
        label: contestant.label.clone(),
        cores: plan.cores.len(),
        wall: median(&walls),
        cpu: median(&cpus),
        memory: median(&memories),
        most: median(&mosts),
    })
}
