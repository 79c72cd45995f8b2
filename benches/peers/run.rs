//! The whole run: what was asked for, in order.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::config::{Kind, Limits, Signed};
use super::cpu::{self, Cost, median};
use super::echo::Echo;
use super::latency;
use super::load;
use super::options::{Options, What};
use super::queries::{Mix, Pool};
use super::reload;
use super::report::Figures;
use super::server::{Contestant, Plan, Server, installed};
use super::stream;
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
    file: &'a Path,
}

/// One server on so many cores.
pub struct Scaled {
    pub cores: usize,
    pub cost: Cost,
}

/// Measures and writes tables; returns the figures.
pub fn run(options: &Options, program: &Path, out: &mut (dyn Write + Send)) -> Figures {
    sys::pin(&[0]).unwrap();
    let made = tempfile::tempdir().unwrap();
    let folder = options.folder.as_deref().unwrap_or(made.path());
    std::fs::create_dir_all(folder).unwrap();
    let files = ZoneFiles { folder, program };
    let all = contestants(options, program);
    let mut figures = Figures::default();
    for &shape in &options.shapes {
        let workload = Workload::new(shape);
        for &names in &options.names {
            for &signed in &options.signed {
                let can = |one: &&Contestant| signed != Signed::Online || one.kind == Kind::MimiDns;
                let contestants = all.iter().filter(can).collect();
                // Zones are made before anything runs before all else.
                let file = files.make(&workload, names, signed, 1);
                let wants = |what| options.what.contains(&what);
                let empty =
                    (wants(What::Load) || wants(What::Image)).then(|| files.make(&workload, 0, signed, 1));
                let next = wants(What::Reload).then(|| files.make(&workload, names, signed, 2));
                let case = Case { options, workload: &workload, names, signed, contestants, file: &file };
                let mut measure = || case.measure(empty.as_deref(), next.as_deref(), &mut figures, out);
                // In a thread of its own, so that the next zone is not made before all else.
                let measure = || {
                    if options.goes_first {
                        sys::go_first().unwrap();
                    }
                    measure();
                };
                std::thread::scope(|scope| scope.spawn(measure).join()).unwrap();
            }
        }
    }
    figures
}

impl Case<'_> {
    fn measure(&self, empty: Option<&Path>, next: Option<&Path>, figures: &mut Figures, out: &mut dyn Write) {
        for what in &self.options.what {
            match what {
                What::Cpu => self.cpu(figures, out),
                What::Load => self.load(empty.expect("made before"), false, figures, out),
                What::Image => self.load(empty.expect("made before"), true, figures, out),
                What::Latency => {
                    let servers = start(&self.contestants, &self.plan(&[SERVER_CORE]));
                    let all = latency::measure(&servers, &self.pool(Mix::Usual), self.options.effort);
                    for one in &all {
                        one.note(|load, measures| self.note(figures, "latency", load, &one.label, measures));
                    }
                    table::latency(&self.title(), &all, out).unwrap();
                }
                What::Tcp => {
                    let servers = start(&self.contestants, &self.plan(&[SERVER_CORE]));
                    let all = stream::measure(&servers, &self.pool(Mix::Usual), self.options.effort);
                    for one in &all {
                        let detail = format!("{} connections", one.connections);
                        self.note(figures, "tcp", &detail, &one.label, &[("rate", one.rate())]);
                    }
                    table::stream(&self.title(), &all, out).unwrap();
                }
                What::Scaling => self.scaling(figures, out),
                What::Reload => self.reload(next.expect("made before"), figures, out),
            }
        }
    }

    /// Keeps what was measured of one server.
    fn note(&self, figures: &mut Figures, kind: &str, detail: &str, who: &str, measures: &[(&str, f64)]) {
        let place = [kind, self.workload.shape.word(), self.signed.word(), detail];
        figures.add(place, self.names, who, measures);
    }

    fn plan<'p>(&'p self, cores: &'p [usize]) -> Plan<'p> {
        let seconds = 60 + self.names / 5_000;
        Plan { file: self.file, signed: self.signed, cores, ready_within: Duration::from_secs(seconds) }
    }

    fn title(&self) -> String {
        format!("{}, {} names, {}", self.workload.shape.words(), self.names, self.signed.words())
    }

    fn pool(&self, mix: Mix) -> Pool {
        let count = self.names.saturating_mul(4).clamp(1 << 12, POOL) as usize;
        Pool::new(self.workload, self.names, count, mix, self.signed)
    }

    fn cpu(&self, figures: &mut Figures, out: &mut dyn Write) {
        let options = self.options;
        let echo = Echo::start(SERVER_CORE);
        let plan = self.plan(&[SERVER_CORE]);
        let pools: Vec<_> = options.mixes.iter().map(|&mix| self.pool(mix)).collect();
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
            for cost in costs {
                let measures = [("ratio", median(&cost.ratios)), ("micros", median(&cost.micros))];
                self.note(figures, "cpu", mix.words(), &cost.label, &measures);
            }
        }
    }

    fn scaling(&self, figures: &mut Figures, out: &mut dyn Write) {
        let (pool, mut all) = (self.pool(Mix::Usual), Vec::new());
        for &contestant in &self.contestants {
            for cores in 1..=self.options.server_cores {
                // The generator's core is the last to be shared.
                let own: Vec<usize> =
                    (0..cores).map(|core| (core + SERVER_CORE) % self.options.server_cores).collect();
                let servers = start(&[contestant], &self.plan(&own));
                let echo = Echo::start(SERVER_CORE);
                let costs = cpu::measure(&servers, &pool, &echo, self.options.effort);
                all.extend(costs.into_iter().skip(1).map(|cost| Scaled { cores, cost }));
            }
        }
        for Scaled { cores, cost } in &all {
            let measures = [("micros", median(&cost.micros)), ("rate", median(&cost.rates))];
            self.note(figures, "scaling", &format!("{cores} cores"), &cost.label, &measures);
        }
        table::scaling(&self.title(), &all, out).unwrap();
    }

    fn reload(&self, next: &Path, figures: &mut Figures, out: &mut dyn Write) {
        let pool = self.pool(Mix::Usual);
        table::reload_head(&self.title(), out).unwrap();
        for contestant in &self.contestants {
            match reload::measure(contestant, &self.plan(&[SERVER_CORE, 0]), next, &pool) {
                Ok(one) => {
                    self.note(figures, "reload", "all cores", &one.label, &one.measures());
                    table::reload(&one, out).unwrap();
                }
                Err(message) => eprintln!("{message}"),
            }
        }
    }

    fn load(&self, empty: &Path, only_images: bool, figures: &mut Figures, out: &mut dyn Write) {
        let (mut loaded, mut images) = (Vec::new(), Vec::new());
        for contestant in &self.contestants {
            let all: &[&[usize]] = if only_images { &[] } else { &[&[SERVER_CORE], &[SERVER_CORE, 0]] };
            for cores in all {
                let rounds = self.options.effort.rounds;
                match load::measure(contestant, &self.plan(cores), (contestant, empty), rounds) {
                    Ok(one) => loaded.push(one),
                    Err(message) => eprintln!("{message}"),
                }
            }
            if contestant.kind == Kind::MimiDns && self.signed != Signed::Online {
                images.extend(self.load_image(contestant, empty));
            }
        }
        for (kind, some) in [("load", &loaded), ("image", &images)] {
            for one in some {
                let measures = [
                    ("seconds", one.wall),
                    ("memory", one.memory / self.names.max(1) as f64),
                    ("most", one.most),
                ];
                self.note(figures, kind, &format!("{} cores", one.cores), &one.label, &measures);
            }
        }
        loaded.extend(images);
        let text = std::fs::metadata(self.file).unwrap().len();
        let wire = (self.signed == Signed::No).then(|| self.workload.wire_octets());
        table::load(&self.title(), &loaded, self.names, text, wire, out).unwrap();
    }
}

impl Case<'_> {
    /// The same, where the server need not read the text.
    fn load_image(&self, plain: &Contestant, empty: &Path) -> Vec<load::Loaded> {
        // Beside the zone, where there is room for it.
        let images = tempfile::tempdir_in(self.file.parent().unwrap()).unwrap();
        let all = [&[SERVER_CORE][..], &[SERVER_CORE, 0]];
        let Ok(contestant) =
            plain.keep_image(&self.plan(all[1]), images.path()).inspect_err(|error| eprintln!("{error}"))
        else {
            return Vec::new();
        };
        let rounds = self.options.effort.rounds;
        let measure = |cores| load::measure(&contestant, &self.plan(cores), (plain, empty), rounds);
        let measured = all.into_iter().map(measure);
        measured.filter_map(|one| one.inspect_err(|message| eprintln!("{message}")).ok()).collect()
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
    let started: Vec<_> = started.collect();
    started.iter().for_each(|server| server.group.settle());
    started
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
