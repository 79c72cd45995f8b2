//! What was measured, in the documents: each run has a section of its own in `docs/benchmarks.md`, its figures are
//! kept beside it, and the table of goals is made from those of all runs.
#![allow(dead_code, reason = "each bench uses its part")]

mod figures;
pub mod goals;
pub mod page;
mod plot;
mod rows;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

pub use self::figures::Figures;

/// A run and what came of it.
pub struct Run<'a> {
    /// Its section is called so; one that is there already is replaced.
    pub section: &'a str,
    /// How it can be repeated.
    pub command: String,
    /// Tables, as Markdown.
    pub tables: &'a str,
    pub figures: &'a Figures,
    /// Whether what other runs have left is taken away.
    pub is_first: bool,
}

/// Puts a run into the documents, and makes the table of goals and the plot anew.
pub fn write(run: &Run<'_>) {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let folder = docs.join("benchmarks");
    fs::create_dir_all(&folder).unwrap();
    let (page, kept) = (docs.join("benchmarks.md"), folder.join("figures.tsv"));
    let mut all = match fs::read_to_string(&kept) {
        Ok(text) if !run.is_first => Figures::parse(&text),
        _ => Figures::default(),
    };
    all.replace(run.section, run.figures);
    fs::write(&kept, all.print()).unwrap();
    let mut section = format!("{}\n\n`{}`\n", machine(), run.command);
    section.push_str(run.tables);
    let text = fs::read_to_string(&page).unwrap();
    let text = if run.is_first { page::without_sections(&text) } else { text };
    let text = page::with_section(&text, run.section, &section);
    let mut head = goals::table(&all);
    let points = plot::points(&all);
    if !points.is_empty() {
        fs::write(folder.join("cost.svg"), plot::svg(&points)).unwrap();
        writeln!(head, "\n![CPU time an answer beside an echo, by names in the zone](benchmarks/cost.svg)")
            .unwrap();
    }
    fs::write(page, page::with_goals(&text, &head)).unwrap();
}

/// The day, and what the figures come from.
fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let (cpu, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let value = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_once(':').map_or(String::new(), |(_, value)| value.trim().to_owned())
    };
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let kibibytes: f64 =
        value(&memory, "MemTotal").split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0.0);
    let day = Command::new("date").arg("+%F").output().map(|output| output.stdout).unwrap_or_default();
    let kernel = read("/proc/sys/kernel/osrelease");
    let kernel = kernel.trim().split('-').next().unwrap_or_default().to_owned();
    format!(
        "{}: {cores} cores ({}), {:.0} GiB, Linux {kernel}. Versions stand beside the names.",
        String::from_utf8_lossy(&day).trim(),
        value(&cpu, "model name"),
        kibibytes / 1024.0 / 1024.0
    )
}
