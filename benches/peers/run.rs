//! The whole run: what was asked for, in order.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::config::{Kind, Limits, Signed};
use super::cpu::{self, Cost};
use super::echo::Echo;
use super::load;
use super::options::{Options, What};
use super::queries::Pool;
use super::server::{Contestant, Plan, Server, installed};
use super::sys;
use super::table;
use super::workload::Workload;
use super::zone_file::ZoneFiles;

/// The servers' first core; the generator has core 0.
const SERVER_CORE: usize = 1;
/// Different queries that are asked, at most.
const POOL: u64 = 1 << 20;

/// A zone, and who serves it.
struct Case<'a> {
    options: &'a Options,
    workload: &'a Workload,
    names: u64,
    signed: Signed,
    contestants: Vec<&'a Contestant>,
}

/// Measures and writes tables.
pub fn run(options: &Options, program: &Path, out: &mut dyn Write) {
    sys::pin(&[0]).unwrap();
    let made = tempfile::tempdir().unwrap();
    let folder = options.folder.as_deref().unwrap_or(made.path());
    std::fs::create_dir_all(folder).unwrap();
    let files = ZoneFiles { folder, program };
    let all = contestants(options, program);
    for &shape in &options.shapes {
        let workload = Workload::new(shape);
        for &names in &options.names {
            for &signed in &options.signed {
                let can = |one: &&Contestant| signed != Signed::Online || one.kind == Kind::MimiDns;
                let contestants = all.iter().filter(can).collect();
                let case = Case { options, workload: &workload, names, signed, contestants };
                // Zones are made before anything runs before all else.
                let file = files.make(&workload, names, signed);
                let empty = files.make(&workload, 0, signed);
                if options.goes_first {
                    sys::go_first().unwrap();
                }
                for what in &options.what {
                    match what {
                        What::Cpu => case.cpu(&file, out),
                        What::Load => case.load(&file, &empty, out),
                    }
                }
            }
        }
    }
}

impl Case<'_> {
    fn plan<'p>(&self, file: &'p Path, cores: &'p [usize]) -> Plan<'p> {
        let seconds = 60 + self.names / 5_000;
        Plan { file, signed: self.signed, cores, ready_within: Duration::from_secs(seconds) }
    }

    fn title(&self) -> String {
        format!("{:?}, {} names, {}", self.workload.shape, self.names, self.signed.words())
    }

    fn cpu(&self, file: &Path, out: &mut dyn Write) {
        let Self { options, workload, names, signed, .. } = *self;
        let echo = Echo::start(SERVER_CORE);
        let plan = self.plan(file, &[SERVER_CORE]);
        let count = names.saturating_mul(4).clamp(1 << 12, POOL) as usize;
        let pools = options.mixes.iter();
        let pools: Vec<_> =
            pools.map(|&mix| Pool::new(workload, names, count, mix, signed != Signed::No)).collect();
        let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); pools.len()];
        let together = if options.is_alone { 1 } else { self.contestants.len().max(1) };
        for contestants in self.contestants.chunks(together) {
            let servers = start(contestants, &plan);
            for (pool, costs) in pools.iter().zip(&mut costs) {
                costs.extend(cpu::measure(&servers, pool, &echo, options.effort));
            }
        }
        for (mix, costs) in options.mixes.iter().zip(&costs) {
            table::cost(&format!("{}, {}", self.title(), mix.words()), costs, out).unwrap();
        }
    }

    fn load(&self, file: &Path, empty: &Path, out: &mut dyn Write) {
        let mut loaded = Vec::new();
        for contestant in &self.contestants {
            for cores in [&[SERVER_CORE][..], &[SERVER_CORE, 0]] {
                match load::measure(contestant, &self.plan(file, cores), empty, self.options.effort.rounds) {
                    Ok(one) => loaded.push(one),
                    Err(message) => eprintln!("{message}"),
                }
            }
        }
        let text = std::fs::metadata(file).unwrap().len();
        let wire = (self.signed == Signed::No).then(|| self.workload.wire_octets());
        table::load(&self.title(), &loaded, self.names, text, wire, out).unwrap();
    }
}

fn start(contestants: &[&Contestant], plan: &Plan<'_>) -> Vec<Server> {
    let started = contestants.iter().filter_map(|contestant| match contestant.start(plan) {
        Ok(server) => Some(server),
        Err(message) => {
            eprintln!("{message}");
            None
        }
    });
    started.collect()
}

fn contestants(options: &Options, program: &Path) -> Vec<Contestant> {
    let mut all = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|&kind| options.wants(kind)) {
        let found = match (kind, &options.nsd) {
            (Kind::MimiDns, _) => Some(program.to_owned()),
            (Kind::Nsd, Some(program)) => Some(program.clone()),
            _ => installed(kind.program()),
        };
        match found {
            Some(program) => all.push(Contestant::new(kind, kind.label(), program, Limits::Off)),
            None => eprintln!("{} is not installed", kind.label()),
        }
    }
    for (label, program) in &options.also {
        all.push(Contestant::new(Kind::MimiDns, label, program.clone(), Limits::Off));
    }
    if options.wants_limits() {
        all.push(Contestant::new(Kind::MimiDns, "mimi-dns, limits on,", program.to_owned(), Limits::On));
    }
    all
}
