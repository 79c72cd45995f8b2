//! One run: before, with the crowd, with the flood too, and after.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::time::sleep;

use super::crowd::{self, Counts};
use super::flood::Flood;
use super::honest::{Honest, Tally};
use super::served::Served;

/// The program that is attacked.
const PROGRAM: &str = env!("CARGO_BIN_EXE_mimi-dns");
/// How long the crowd may take to gather.
const GATHER: Duration = Duration::from_secs(30);

/// How much of everything.
pub struct Scale {
    /// How many connections the crowd wants to have at a time.
    pub connections: usize,
    /// Threads that flood.
    pub flooders: usize,
    /// How long each phase takes.
    pub phase: Duration,
}

/// Limits of the server.
#[derive(Debug, Clone, Copy)]
pub enum Limits {
    AsShipped,
    /// This many connections, by whom they may be.
    RoomFor(usize),
}

/// What was seen in one phase.
pub struct Phase {
    pub name: &'static str,
    /// Connections of the crowd that were open at the end.
    pub open: usize,
    /// Datagrams of the flood.
    pub flood: u64,
    pub took: Duration,
    /// Kibibytes.
    pub resident: u64,
    pub honest: Vec<Tally>,
}

/// What was seen in a run.
pub struct Report {
    pub limits: Limits,
    pub phases: Vec<Phase>,
    /// Kibibytes.
    pub most_resident: u64,
    pub crowd: Arc<Counts>,
}

/// Starts a server and does everything to it.
pub fn run(scale: &Scale, limits: Limits) -> Report {
    let served = Served::start(PROGRAM, limits);
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let counts = Arc::new(Counts::default());
    let phase = |name, flooders| {
        let (start, honest) = (Instant::now(), Honest::start(&served.target));
        let flood = (flooders > 0).then(|| Flood::start(served.target.plain, flooders));
        std::thread::sleep(scale.phase);
        let flood = flood.map_or(0, Flood::stop);
        let took = start.elapsed();
        let (open, resident) = (counts.open.load(Ordering::Relaxed), served.resident().0);
        Phase { name, open, flood, took, resident, honest: honest.stop() }
    };
    let mut phases = vec![phase("before", 0)];
    let crowd = runtime.block_on(async {
        let crowd = crowd::gather(&served.target, scale.connections, &counts);
        let end = Instant::now() + GATHER;
        while counts.opened.load(Ordering::Relaxed) < scale.connections as u64 && Instant::now() < end {
            sleep(Duration::from_millis(20)).await;
        }
        crowd
    });
    phases.push(phase("crowd", 0));
    phases.push(phase("crowd and flood", scale.flooders));
    drop(crowd);
    phases.push(phase("after", 0));
    Report { limits, phases, most_resident: served.resident().1, crowd: counts }
}

impl std::fmt::Display for Report {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let limits = match self.limits {
            Limits::AsShipped => "limits as shipped".to_owned(),
            Limits::RoomFor(most) => format!("room for {most} connections"),
        };
        let count = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        writeln!(
            out,
            "With {limits}. The crowd opened {} connections, of which the server closed {}; {} failed. At most {:.1} MiB were resident.\n",
            count(&self.crowd.opened),
            count(&self.crowd.closed),
            count(&self.crowd.failed),
            mebibytes(self.most_resident)
        )?;
        writeln!(
            out,
            "| phase | connections | flood, a second | resident, MiB | client | asked | answered | of these not at the first try | median | 99 % | slowest |"
        )?;
        writeln!(out, "| --- | --: | --: | --: | --- | --: | --: | --: | --: | --: | --: |")?;
        for phase in &self.phases {
            let mut first = format!(
                "| {} | {} | {:.0} | {:.1} |",
                phase.name,
                phase.open,
                phase.flood as f64 / phase.took.as_secs_f64(),
                mebibytes(phase.resident)
            );
            for tally in &phase.honest {
                let (answered, at) = (tally.waited.len(), |share| words(percentile(&tally.waited, share)));
                let mut line = String::new();
                write!(
                    line,
                    "{first} {} | {} | {answered} | {} |",
                    tally.manner.words(),
                    answered + tally.lost,
                    tally.again
                )?;
                writeln!(out, "{line} {} | {} | {} |", at(0.5), at(0.99), at(1.0))?;
                first = "| | | | |".to_owned();
            }
        }
        Ok(())
    }
}

fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

fn percentile(sorted: &[Duration], share: f64) -> Option<Duration> {
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied()
}

fn words(time: Option<Duration>) -> String {
    time.map_or_else(|| "–".to_owned(), |time| format!("{:.2} ms", time.as_secs_f64() * 1000.0))
}
