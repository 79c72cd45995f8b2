//! The rows of the table of goals, each from the figures that it needs.

use super::figures::Figures;
use super::goals::{Row, Verdict};

/// Octets on the wire of a mapping.
const WIRE: f64 = 342.0;
/// Microseconds that a signature takes at most.
const SIGNATURE: f64 = 23.0;
/// Where the ratio to the echo is a goal; elsewhere nobody may be ahead.
const SIZES: [u64; 2] = [100_000, 1_000_000];

type Place<'a> = [&'a str; 4];

/// All rows, in the order of the goals.
pub fn all(figures: &Figures) -> Vec<Row> {
    [
        cost(figures, "mapping", "no", "unsigned"),
        cost(figures, "mapping", "nsec", "signed before, NSEC, DO"),
        cost(figures, "mapping", "nsec3", "signed before, NSEC3, DO"),
        online(figures),
        cost(figures, "protocol", "no", "second workload"),
        cost(figures, "protocol", "nsec3", "second workload, NSEC3, DO"),
        latency(figures),
        scaling(figures),
        memory(figures),
        signed_memory(figures),
        start(figures),
        image(figures),
        reload(figures),
        tcp(figures),
        bulk(figures),
        book(figures),
    ]
    .concat()
}

fn is_ours(who: &str) -> bool {
    who.starts_with("mimi-dns") && !who.contains(',')
}

/// What we did, and what others did.
struct Seen<'f> {
    ours: Option<f64>,
    others: Vec<(&'f str, f64)>,
}

fn seen<'f>(figures: &'f Figures, place: Place<'_>, names: u64, measure: &str) -> Seen<'f> {
    let all = figures.of(place, names, measure);
    let ours = all.iter().find(|(who, _)| is_ours(who)).map(|(_, value)| *value);
    let is_other = |(who, _): &(&str, f64)| !who.starts_with("mimi-dns") && *who != "echo";
    Seen { ours, others: all.into_iter().filter(is_other).collect() }
}

impl Seen<'_> {
    fn least(&self) -> Option<f64> {
        self.others.iter().map(|(_, value)| *value).reduce(f64::min)
    }

    fn most(&self) -> Option<f64> {
        self.others.iter().map(|(_, value)| *value).reduce(f64::max)
    }

    fn words(&self, digits: usize) -> String {
        let each: Vec<String> =
            self.others.iter().map(|(who, value)| format!("{who} {value:.digits$}")).collect();
        each.join(", ")
    }
}

/// As it is printed: what is the same in print is the same.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn thousands(names: u64) -> String {
    match names {
        1_000_000.. if names.is_multiple_of(1_000_000) => format!("{}M", names / 1_000_000),
        1_000.. if names.is_multiple_of(1_000) => format!("{}k", names / 1_000),
        _ => names.to_string(),
    }
}

fn cost(figures: &Figures, shape: &str, signed: &str, words: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for names in figures.sizes("cpu", shape, signed) {
        for mix in ["mixed", "hits", "misses"] {
            let seen = seen(figures, ["cpu", shape, signed, mix], names, "ratio");
            let Some(ours) = seen.ours.map(rounded) else { continue };
            let others = seen.least().map_or(Verdict::Met, |least| Verdict::at_most(ours, rounded(least)));
            let (goal, verdict) = if SIZES.contains(&names) {
                ("at most 1.10 ×, and nobody ahead", Verdict::at_most(ours, 1.10).and(others))
            } else {
                ("nobody ahead", others)
            };
            rows.push(Row {
                what: format!("CPU an answer, {words}, {mix}, {} names", thousands(names)),
                goal: goal.into(),
                measured: format!("{ours:.2} ×"),
                beside: seen.words(2),
                verdict,
                tried: "CPU an answer: looking up in steps with prefetch, requests that are not moved, large pages behind \
                        the threads that answer, `UDP_SEGMENT`: [What was tried](#what-was-tried).",
            });
        }
    }
    rows
}

fn online(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    for names in figures.sizes("cpu", "mapping", "online") {
        for (mix, share) in [("misses", 1.0), ("mixed", 0.05)] {
            let of = |signed| seen(figures, ["cpu", "mapping", signed, mix], names, "micros").ours;
            let (Some(ours), Some(before)) = (of("online"), of("nsec3").or_else(|| of("no"))) else {
                continue;
            };
            let above = rounded(ours - before);
            rows.push(Row {
                what: format!("CPU an answer, signed when asked for, {mix}, {} names", thousands(names)),
                goal: format!("at most one signature, {SIGNATURE:.0} µs, above signed before, for each absence"),
                measured: format!("{above:.2} µs above {before:.2}"),
                beside: String::new(),
                verdict: Verdict::at_most(above, SIGNATURE * share),
                tried: "Absences signed when asked for: one NSEC record and one signature for each, the SOA record's is kept; \
                        signatures that repeat are kept.",
            });
        }
    }
    rows
}

fn latency(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    for shape in ["mapping", "protocol"] {
        for names in figures.sizes("latency", shape, "no") {
            for (load, words) in [("half", "at half of what each can take"), ("same", "at one load for all")]
            {
                for share in ["p50", "p99"] {
                    let place = ["latency", shape, "no", load];
                    let micros = seen(figures, place, names, share);
                    let ratio = seen(figures, place, names, &format!("{share} ratio")).ours;
                    let (Some(ours), Some(ratio)) = (micros.ours, ratio.map(rounded)) else { continue };
                    rows.push(Row {
                        what: format!("latency {words}, {share}, {} names", thousands(names)),
                        goal: "at most the best other's in the same round".into(),
                        measured: format!("{ours:.0} µs, {ratio:.2} times the best other's"),
                        beside: micros.words(0),
                        verdict: Verdict::at_most(ratio, 1.0),
                        tried: "Latency: who can take more is asked more at half of it. Short rounds in turn, of which the \
                                middle one counts, leave out what the machine does meanwhile.",
                    });
                }
            }
        }
    }
    rows
}

fn scaling(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    for names in figures.sizes("scaling", "mapping", "no") {
        for cores in 2..=64_u32 {
            let of = |cores: u32| {
                seen(figures, ["scaling", "mapping", "no", &format!("{cores} cores")], names, "micros")
            };
            let (one, many) = (of(1), of(cores));
            let (Some(alone), Some(ours)) = (one.ours, many.ours) else { continue };
            let ratio = rounded(ours / alone);
            let each = many.others.iter().filter_map(|(who, micros)| {
                let (_, alone) = one.others.iter().find(|(other, _)| other == who)?;
                Some(format!("{who} {:.2}", micros / alone))
            });
            rows.push(Row {
                what: format!("CPU an answer with {cores} cores beside one, {} names", thousands(names)),
                goal: "the same, within a tenth".into(),
                measured: format!("{ratio:.2} times"),
                beside: each.collect::<Vec<_>>().join(", "),
                verdict: Verdict::at_most(ratio, 1.10),
                tried: "Cores: a socket and a thread each, and nothing shared that is written. Where the generator shares a \
                        core with the server it takes its caches too.",
            });
        }
    }
    rows
}

fn memory(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    for names in figures.sizes("load", "mapping", "no").into_iter().filter(|&names| names >= SIZES[0]) {
        let seen = seen(figures, ["load", "mapping", "no", "1 cores"], names, "memory");
        let Some(ours) = seen.ours.map(f64::round) else { continue };
        rows.push(Row {
            what: format!("memory a mapping, unsigned, {} names", thousands(names)),
            goal: "at most 375 octets, 1.10 × the wire".into(),
            measured: format!("{ours:.0} octets"),
            beside: seen.words(0),
            verdict: Verdict::at_most(ours, (WIRE * 1.10).floor()),
            tried: "",
        });
    }
    rows
}

fn signed_memory(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    for signed in ["nsec3", "online"] {
        for names in figures.sizes("load", "mapping", signed).into_iter().filter(|&names| names >= SIZES[0]) {
            let of = |signed| seen(figures, ["load", "mapping", signed, "1 cores"], names, "memory");
            // No other server has the zone online: it is compared with the one that is signed before.
            let (ours, beside) = (of(signed).ours, of("nsec3"));
            let knot =
                beside.others.iter().find(|(who, _)| who.starts_with("Knot")).map(|(_, memory)| *memory);
            let (Some(ours), Some(knot)) = (ours.map(f64::round), knot) else { continue };
            let words = if signed == "nsec3" { "NSEC3" } else { "signed when asked for" };
            rows.push(Row {
                what: format!("memory a mapping, {words}, {} names", thousands(names)),
                goal: format!("at most half of Knot's with NSEC3, {:.0} octets", knot / 2.0),
                measured: format!("{ours:.0} octets"),
                beside: beside.words(0),
                verdict: Verdict::at_most(ours, (knot / 2.0).round()),
                tried: "Memory of signed zones: what every RRSIG record of a zone has in common is kept once; the 64 octets \
                        of each signature and the hash of each NSEC3 record are random and can't be made shorter.",
            });
        }
    }
    rows
}

fn start(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    let names = SIZES[1];
    let of = |cores| seen(figures, ["load", "mapping", "no", cores], names, "seconds");
    let (one, two) = (of("1 cores"), of("2 cores"));
    let Some(ours) = one.ours.map(rounded) else { return rows };
    rows.push(Row {
        what: "zone text to first answer, 1M names, one core".into(),
        goal: "at most 2.8 s, and nobody ahead".into(),
        measured: format!("{ours:.2} s"),
        beside: one.words(2),
        verdict: Verdict::at_most(ours, 2.8).and(Verdict::at_most(ours, one.least().unwrap_or(f64::INFINITY))),
        tried: "Reading text: blocks of the file are scanned and built by all cores while it is read, and the page cache \
                gives it in pieces: [What was tried](#what-was-tried).",
    });
    if let Some(second) = two.ours.map(rounded) {
        rows.push(Row {
            what: "the same, two cores".into(),
            goal: "less than with one".into(),
            measured: format!("{second:.2} s"),
            beside: two.words(2),
            verdict: Verdict::at_most(second, ours),
            tried: "",
        });
    }
    rows
}

fn image(figures: &Figures) -> Vec<Row> {
    let Some(&names) = figures.sizes("image", "mapping", "no").last() else { return Vec::new() };
    let found = figures.of(["image", "mapping", "no", "1 cores"], names, "seconds");
    let Some((_, seconds)) = found.into_iter().find(|(who, _)| who.starts_with("mimi-dns")) else {
        return Vec::new();
    };
    let verdict = if names < 10_000_000 && seconds < 1.0 {
        Verdict::NotMeasured
    } else {
        Verdict::at_most(rounded(seconds), 0.99)
    };
    vec![Row {
        what: format!("start from an image, {} names, one core", thousands(names)),
        goal: "less than 1 s at 10M".into(),
        measured: format!("{seconds:.2} s"),
        beside: String::new(),
        verdict,
        tried: "Images: mapped into memory; checksums are verified before the first answer, so that a start goes through \
                the whole image once.",
    }]
}

fn reload(figures: &Figures) -> Vec<Row> {
    let Some(&names) = figures.sizes("reload", "mapping", "no").last() else { return Vec::new() };
    let of = |measure| seen(figures, ["reload", "mapping", "no", "all cores"], names, measure);
    let (lost, ratio, memory) = (of("lost"), of("p99 ratio"), of("memory ratio"));
    let (Some(none), Some(slower), Some(more)) = (lost.ours, ratio.ours, memory.ours) else {
        return Vec::new();
    };
    let row = |what: &str, goal: &str, measured: String, beside: String, verdict| Row {
        what: format!("a reload under load, {} names: {what}", thousands(names)),
        goal: goal.into(),
        measured,
        beside,
        verdict,
        tried: "Reloads: the new zone is read behind the threads that answer, on the same two cores as they and the generator, \
                so that the slowest hundredth is what the system's scheduler makes of three on two.",
    };
    let verdict = if none == 0.0 { Verdict::Met } else { Verdict::Missed(f64::INFINITY) };
    vec![
        row("answers lost", "none", format!("{none:.0}"), lost.words(0), verdict),
        row(
            "p99 beside the usual",
            "less than twice",
            format!("{slower:.2} times"),
            ratio.words(2),
            Verdict::at_most(rounded(slower), 1.99),
        ),
        row(
            "memory after beside before",
            "the same, within a twentieth",
            format!("{more:.2} times"),
            memory.words(2),
            Verdict::at_most(rounded(more), 1.05),
        ),
    ]
}

fn tcp(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    for names in figures.sizes("tcp", "mapping", "no") {
        for connections in [1, 64] {
            let place = ["tcp", "mapping", "no", &format!("{connections} connections")];
            let seen = seen(figures, place, names, "rate");
            let (Some(ours), Some(best)) = (seen.ours, seen.most()) else { continue };
            rows.push(Row {
                what: format!(
                    "answers a second over TCP, {connections} connections, {} names",
                    thousands(names)
                ),
                goal: "nobody ahead".into(),
                measured: format!("{ours:.0}"),
                beside: seen.words(0),
                verdict: Verdict::at_least(ours, best),
                tried: "",
            });
        }
    }
    rows
}

fn bulk(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    for names in figures.sizes("bulk", "bulk", "no") {
        for what in ["statement sign", "zone build", "zone sign --nsec", "zone sign --nsec3"] {
            let place = ["bulk", "bulk", "no", what];
            let (Some(micros), Some(alone)) =
                (seen(figures, place, names, "micros").ours, seen(figures, place, names, "alone").ours)
            else {
                continue;
            };
            let times = rounded(micros / alone);
            let seconds = seen(figures, place, names, "seconds on cores").ours.unwrap_or(f64::NAN);
            rows.push(Row {
                what: format!("`{what}`, {} identifiers", thousands(names)),
                goal: "near the signature alone: at most 1.5 times".into(),
                measured: format!(
                    "{micros:.1} µs a signature on a core, {times:.2} times {alone:.1}; {seconds:.1} s on cores"
                ),
                beside: seen(figures, place, names, "micros").words(1),
                verdict: Verdict::at_most(times, 1.5),
                tried: "Signing in bulk: every signature is verified before it is written, many at a time, which takes as \
                        much again as is missing; signing, verifying and printing go on on all cores.",
            });
        }
    }
    rows
}

fn book(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    for names in figures.sizes("book", "bulk", "nsec") {
        let of = |detail, measure| seen(figures, ["book", "bulk", "nsec", detail], names, measure).ours;
        let (Some(micros), Some(alone)) = (of("together", "micros"), of("together", "alone")) else {
            continue;
        };
        let times = rounded(micros / alone);
        rows.push(Row {
            what: format!("an address book of {} numbers, signed zone, on a core, an entry", thousands(names)),
            goal: "near verifying alone: at most 1.5 times".into(),
            measured: format!("{micros:.0} µs, {times:.2} times {alone:.0}"),
            beside: String::new(),
            verdict: Verdict::at_most(times, 1.5),
            tried: "Address books: parameters and keys are asked for once, statements and RRSIG records are verified in \
                    batches; what is left is a datagram there and back for each entry, and reading what it brings.",
        });
    }
    rows
}
