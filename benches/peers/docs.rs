//! The results in `docs/benchmarks.md`, and the plot beside it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::plot::{self, Point};

const BEGIN: &str = "<!-- results of benches/peers: begin -->";
const END: &str = "<!-- results of benches/peers: end -->";

/// Puts the tables in the place of those of the last run.
pub fn write(tables: &str, points: &[Point], arguments: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join("docs/benchmarks.md");
    let text = fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the page has a place for results");
    let (_, after) = rest.split_once(END).expect("the page's place for results ends");
    let mut results =
        format!("{BEGIN}\n\n### One run\n\n{}\n\n`cargo bench --bench peers -- {arguments}`\n", machine());
    if !points.is_empty() {
        let folder = root.join("docs/benchmarks");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("cost.svg"), plot::svg(points)).unwrap();
        writeln!(
            results,
            "\n![CPU time an answer beside an echo, by names in the zone](benchmarks/cost.svg)"
        )
        .unwrap();
    }
    fs::write(page, format!("{before}{results}{tables}\n{END}{after}")).unwrap();
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
