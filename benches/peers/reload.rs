//! A changed zone is put in the place of the one that is served, while it is asked for.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::config::Kind;
use super::paced::{Waits, paced};
use super::queries::Pool;
use super::server::{Contestant, Plan, Server, serial};
use super::sys;

/// Queries a second.
pub const RATE: f64 = 10_000.0;
/// How long the usual is measured.
const USUAL: Duration = Duration::from_secs(3);
/// How long a server may take.
const WITHIN: Duration = Duration::from_secs(90);
/// How long it may take to give memory back.
const SETTLE: Duration = Duration::from_secs(5);

/// What was seen of one server.
pub struct Reloaded {
    pub label: String,
    pub usual: Waits,
    pub meanwhile: Waits,
    /// Seconds until the new serial was seen; `None`: it never was.
    pub took: Option<f64>,
    pub before: u64,
    pub after: u64,
    pub most: u64,
}

impl Reloaded {
    /// What is to be kept of it.
    pub fn measures(&self) -> [(&'static str, f64); 4] {
        let waits = |share| self.meanwhile.micros(share) / self.usual.micros(share);
        [
            ("seconds", self.took.unwrap_or(f64::INFINITY)),
            ("lost", self.meanwhile.lost as f64),
            ("p99 ratio", waits(0.99)),
            ("memory ratio", self.after as f64 / self.before.max(1) as f64),
        ]
    }
}

/// Starts the server with `file`, and puts `next` in its place. Both stay as they are.
pub fn measure(
    contestant: &Contestant,
    plan: &Plan<'_>,
    next: &Path,
    pool: &Pool,
) -> Result<Reloaded, String> {
    let folder = tempfile::tempdir_in(plan.file.parent().unwrap()).unwrap();
    let served = folder.path().join("served.zone");
    fs::hard_link(plan.file, &served).unwrap();
    let server = contestant.start(&Plan { file: &served, ..*plan })?;
    let ask = |length, stop: &dyn Fn() -> bool| paced(server.addr, pool, RATE, length, stop);
    drop(ask(USUAL / 3, &|| false));
    let usual = ask(USUAL, &|| false);
    let before = server.group.memory();
    let staged = folder.path().join("next");
    fs::hard_link(next, &staged).unwrap();
    fs::rename(staged, &served).unwrap();
    let seen = AtomicBool::new(false);
    let (took, meanwhile) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            // The generator leaves its own core to nobody where it goes before all else.
            sys::pin(plan.cores).unwrap();
            let took = exchange(contestant.kind, &server);
            seen.store(true, Ordering::Relaxed);
            took
        });
        let meanwhile = ask(WITHIN + USUAL, &|| seen.load(Ordering::Relaxed));
        (watch.join().unwrap(), meanwhile)
    });
    std::thread::sleep(SETTLE);
    let (after, most) = (server.group.memory(), server.group.most_memory());
    Ok(Reloaded { label: server.label.clone(), usual, meanwhile, took, before, after, most })
}

/// Has the server read its zones again, and waits until it tells the new serial, and a second more.
fn exchange(kind: Kind, server: &Server) -> Option<f64> {
    let (start, old) = (Instant::now(), serial(server.addr)?);
    server.reload(kind);
    while start.elapsed() < WITHIN {
        if serial(server.addr).is_some_and(|serial| serial != old) {
            let took = start.elapsed().as_secs_f64();
            std::thread::sleep(Duration::from_secs(1));
            return Some(took);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}
