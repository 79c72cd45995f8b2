//! Tables, as Markdown.

use std::io::{self, Write};

use super::cpu::{Cost, median};
use super::load::Loaded;

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
