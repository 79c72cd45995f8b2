//! What is asked for on the command line.

use std::path::PathBuf;
use std::time::Duration;

use super::burst::Manner;
use super::config::{Kind, Signed};
use super::cpu::Effort;
use super::queries::Mix;
use super::workload::Shape;

pub const USAGE: &str = "usage: cargo bench --bench peers -- [options]
  --names 1000,100000,1000000   names in the zone, each measured in turn
  --only mimi-dns,nsd,knot,bind,powerdns,limits
                                who is measured; limits: mimi-dns again, with limits on rates that nobody meets
  --also LABEL=PROGRAM          another build of mimi-dns beside it; may be given again
  --nsd PROGRAM                 the NSD to measure, in place of the one that is installed
  --signed no,nsec,nsec3,online how the zone is signed
  --shape mapping,protocol      what is at each name
  --mix mixed,hits,misses       what is asked for
  --rounds N, --seconds S       how often each server has its turn, and how long
  --sockets N, --batch N        source ports of the generator, and queries under way at each
  --cut                         the system cuts a batch into datagrams (UDP_SEGMENT): a generator that costs less
  --first                       generator and servers run before all else (SCHED_FIFO), where the machine has other
                                work; takes root
  --what cpu,load,image,latency,tcp,scaling,reload
                                what is measured; load: from text and from images, and memory; image: from images alone
  --server-cores N              scaling: up to so many cores; the generator has the first
  --write-docs                  writes the results into docs/benchmarks.md, and the goals and the plot made of all runs
  --section NAME                under this heading, in the place of the run that has it; other runs stay
  --first-run                   the results of all other runs are taken away
  --alone                       servers run one after another, where memory does not do for all
  --folder DIR                  where zones are made, and kept for the next run";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// CPU time an answer.
    Cpu,
    /// From zone text and from an image to the first answer, and memory.
    Load,
    /// From an image alone.
    Image,
    /// How long answers take.
    Latency,
    Tcp,
    /// Answers a second as cores are added.
    Scaling,
    /// A changed zone in the place of another, under load.
    Reload,
}

/// What is to be done.
pub struct Options {
    pub names: Vec<u64>,
    pub only: Vec<String>,
    pub also: Vec<(String, PathBuf)>,
    pub nsd: Option<PathBuf>,
    pub signed: Vec<Signed>,
    pub shapes: Vec<Shape>,
    pub mixes: Vec<Mix>,
    pub effort: Effort,
    pub what: Vec<What>,
    pub server_cores: usize,
    pub writes_docs: bool,
    pub section: String,
    pub is_first_run: bool,
    pub is_alone: bool,
    pub goes_first: bool,
    pub folder: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        let manner = Manner { sockets: 16, batch: 8, cut: false };
        Self {
            names: vec![1_000, 100_000, 1_000_000],
            only: Vec::new(),
            also: Vec::new(),
            nsd: None,
            signed: vec![Signed::No],
            shapes: vec![Shape::Mapping],
            mixes: vec![Mix::Usual],
            effort: Effort { rounds: 5, burst: Duration::from_secs(1), manner },
            what: vec![What::Cpu],
            server_cores: 2,
            writes_docs: false,
            section: "One run".into(),
            is_first_run: false,
            is_alone: false,
            goes_first: false,
            folder: None,
        }
    }
}

impl Options {
    /// # Errors
    /// What is not known or no number, in words.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--cut" => options.effort.manner.cut = true,
                "--alone" => options.is_alone = true,
                "--write-docs" => options.writes_docs = true,
                "--first" => options.goes_first = true,
                "--first-run" => options.is_first_run = true,
                name => {
                    let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
                    options.set(name, &value)?;
                }
            }
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let effort = &mut self.effort;
        match name {
            "--names" => self.names = list(value, |word| word.parse().ok())?,
            "--only" => self.only = value.split(',').map(str::to_owned).collect(),
            "--also" => {
                let (label, program) = value.split_once('=').ok_or("--also takes LABEL=PROGRAM")?;
                self.also.push((label.to_owned(), program.into()));
            }
            "--nsd" => self.nsd = Some(value.into()),
            "--what" => self.what = list(value, what)?,
            "--signed" => self.signed = list(value, signed)?,
            "--shape" => self.shapes = list(value, shape)?,
            "--mix" => self.mixes = list(value, mix)?,
            "--rounds" => effort.rounds = number(value)?,
            "--seconds" => {
                let seconds = value.parse().map_err(|_| format!("{value}: not a number"))?;
                effort.burst = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
            }
            "--server-cores" => self.server_cores = number(value)?,
            "--sockets" => effort.manner.sockets = number(value)?,
            "--batch" => effort.manner.batch = number(value).map(|batch: usize| batch.clamp(1, 32))?,
            "--section" => self.section = value.into(),
            "--folder" => self.folder = Some(value.into()),
            _ => return Err(format!("{name}: not known")),
        }
        Ok(())
    }

    /// Whether this one is to be measured; the one whose limits are on only where it is named.
    pub fn wants(&self, kind: Kind) -> bool {
        self.only.is_empty() || self.only.contains(&kind.label().to_lowercase())
    }

    pub fn wants_limits(&self) -> bool {
        self.only.iter().any(|word| word == "limits")
    }
}

fn number<N: std::str::FromStr>(value: &str) -> Result<N, String> {
    value.parse().map_err(|_| format!("{value}: not a number"))
}

fn list<T>(value: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    value.split(',').map(|word| read(word).ok_or_else(|| format!("{word}: not known"))).collect()
}

fn signed(word: &str) -> Option<Signed> {
    match word {
        "no" => Some(Signed::No),
        "nsec" => Some(Signed::Nsec),
        "nsec3" => Some(Signed::Nsec3),
        "online" => Some(Signed::Online),
        _ => None,
    }
}

fn what(word: &str) -> Option<What> {
    match word {
        "cpu" => Some(What::Cpu),
        "load" => Some(What::Load),
        "image" => Some(What::Image),
        "latency" => Some(What::Latency),
        "tcp" => Some(What::Tcp),
        "scaling" => Some(What::Scaling),
        "reload" => Some(What::Reload),
        _ => None,
    }
}

fn shape(word: &str) -> Option<Shape> {
    match word {
        "mapping" => Some(Shape::Mapping),
        "protocol" => Some(Shape::Protocol),
        _ => None,
    }
}

fn mix(word: &str) -> Option<Mix> {
    match word {
        "mixed" => Some(Mix::Usual),
        "hits" => Some(Mix::Hits),
        "misses" => Some(Mix::Misses),
        _ => None,
    }
}
