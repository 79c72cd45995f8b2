//! Tables, as Markdown.

use std::io::{self, Write};

use super::cpu::{Cost, median};
use super::latency::{Latency, Percentiles};
use super::load::Loaded;
use super::reload::{RATE, Reloaded};
use super::run::Scaled;
use super::stream::Streamed;

/// What an answer costs.
pub fn cost(title: &str, costs: &[Cost], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{title}\n")?;
    writeln!(
        out,
        "| server | CPU an answer, µs | × echo | from | to | answers a second | busy | octets an answer | answers | lost | wrong |"
    )?;
    writeln!(out, "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |")?;
    for cost in costs {
        let least = cost.ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = cost.ratios.iter().copied().fold(0.0, f64::max);
        writeln!(
            out,
            "| {} | {:.2} | {:.2} | {least:.2} | {most:.2} | {:.0} | {:.0} % | {:.0} | {} | {} | {} |",
            cost.label,
            median(&cost.micros),
            median(&cost.ratios),
            median(&cost.rates),
            100.0 * median(&cost.busy),
            cost.octets,
            cost.answers,
            cost.lost,
            cost.wrong
        )?;
    }
    for cost in costs {
        if let Some(fault) = &cost.fault {
            writeln!(out, "\n{} was wrong: {fault}", cost.label)?;
        }
    }
    out.flush()
}

/// What loading costs, and memory.
pub fn load(
    title: &str,
    loaded: &[Loaded],
    names: u64,
    text: u64,
    wire: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let wire_words = wire.map_or(String::new(), |wire| format!(", {wire} on the wire at each name"));
    writeln!(out, "\n{title}: {} octets of text{wire_words}\n", text)?;
    writeln!(
        out,
        "| server | cores | seconds to first answer | seconds on cores | text, MB/s | octets of memory a name | × wire | most resident, MB |"
    )?;
    writeln!(out, "| --- | --: | --: | --: | --: | --: | --: | --: |")?;
    for one in loaded {
        let memory = one.memory / names.max(1) as f64;
        let ratio = wire.map_or("–".to_owned(), |wire| format!("{:.2}", memory / wire as f64));
        writeln!(
            out,
            "| {} | {} | {:.2} | {:.2} | {:.0} | {memory:.0} | {ratio} | {:.0} |",
            one.label,
            one.cores,
            one.wall,
            one.cpu,
            text as f64 / one.wall / 1e6,
            one.most / 1e6
        )?;
    }
    out.flush()
}

/// How long answers take.
pub fn latency(title: &str, all: &[Latency], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{title}: microseconds from when a query is due to its answer\n")?;
    writeln!(
        out,
        "| server | answers a second, at most | p50 at half of that | p99 | × best other's p50 | p99 | lost | p50 at the same load for all | p99 | × best other's p50 | p99 | lost | wrong |"
    )?;
    writeln!(out, "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |")?;
    for one in all {
        let at = |percentiles: &Percentiles| {
            let (p50, p99) = percentiles.middle();
            let (p50_ratio, p99_ratio) = percentiles.ratios();
            format!("{p50:.0} | {p99:.0} | {p50_ratio:.2} | {p99_ratio:.2} | {}", percentiles.lost)
        };
        let wrong = one.half.wrong + one.same.wrong;
        writeln!(
            out,
            "| {} | {:.0} | {} | {} | {wrong} |",
            one.label,
            one.most,
            at(&one.half),
            at(&one.same)
        )?;
    }
    if let Some(first) = all.first() {
        writeln!(
            out,
            "\nThe same load for all is {:.0} queries a second. The middle of {} rounds, each of all servers in turn.",
            first.same.rate,
            first.same.p50.len()
        )?;
    }
    out.flush()
}

/// Over TCP.
pub fn stream(title: &str, all: &[Streamed], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{title}, over TCP, 128 queries under way\n")?;
    writeln!(
        out,
        "| server | connections | answers a second | CPU an answer, µs | answers | wrong | connections closed |"
    )?;
    writeln!(out, "| --- | --: | --: | --: | --: | --: | --: |")?;
    for one in all {
        writeln!(
            out,
            "| {} | {} | {:.0} | {:.2} | {} | {} | {} |",
            one.label,
            one.connections,
            one.rate(),
            median(&one.micros),
            one.answers,
            one.wrong,
            one.closed
        )?;
    }
    out.flush()
}

/// As cores are added.
pub fn scaling(title: &str, all: &[Scaled], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{title}, as cores are added\n")?;
    writeln!(out, "| server | cores | answers a second | CPU an answer, µs | busy cores | lost | wrong |")?;
    writeln!(out, "| --- | --: | --: | --: | --: | --: | --: |")?;
    for Scaled { cores, cost } in all {
        let (rate, micros, busy) = (median(&cost.rates), median(&cost.micros), median(&cost.busy));
        let Cost { label, lost, wrong, .. } = cost;
        writeln!(out, "| {label} | {cores} | {rate:.0} | {micros:.2} | {busy:.2} | {lost} | {wrong} |")?;
    }
    out.flush()
}

/// A changed zone, under load: the head of its table.
pub fn reload_head(title: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{title}, reloaded at {RATE:.0} queries a second, on all cores\n")?;
    writeln!(
        out,
        "| server | seconds to the new zone | queries meanwhile | lost | wrong | p50, µs: usual | meanwhile | p99, µs: usual | meanwhile | memory, MB: before | after | most |"
    )?;
    writeln!(out, "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |")
}

/// The row of one server, written as soon as it is known: a zone of a million names takes some servers a minute.
pub fn reload(one: &Reloaded, out: &mut dyn Write) -> io::Result<()> {
    let (usual, meanwhile) = (&one.usual, &one.meanwhile);
    let took = one.took.map_or("never".to_owned(), |took| format!("{took:.2}"));
    let [before, after, most] = [one.before, one.after, one.most].map(|octets| octets / 1_000_000);
    writeln!(
        out,
        "| {} | {took} | {} | {} | {} | {:.0} | {:.0} | {:.0} | {:.0} | {before} | {after} | {most} |",
        one.label,
        meanwhile.sent,
        meanwhile.lost,
        meanwhile.wrong,
        usual.micros(0.5),
        meanwhile.micros(0.5),
        usual.micros(0.99),
        meanwhile.micros(0.99)
    )?;
    out.flush()
}
