//! A line for each server: CPU time an answer in relation to the echo's, by how many names there are.

use std::fmt::Write as _;

use super::figures::Figures;

/// What one server's answers cost with so many names.
#[derive(Debug, Clone)]
pub struct Point {
    pub label: String,
    pub names: u64,
    pub ratio: f64,
}

/// The points of every server, the mapping shape unsigned.
pub fn points(figures: &Figures) -> Vec<Point> {
    let sizes = figures.sizes("cpu", "mapping", "no").into_iter();
    let of = |names| {
        figures.of(["cpu", "mapping", "no", "mixed"], names, "ratio").into_iter().map(move |at| (names, at))
    };
    let all = sizes.flat_map(of).filter(|(_, (label, _))| *label != "echo");
    all.map(|(names, (label, ratio))| Point { label: label.to_owned(), names, ratio }).collect()
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
/// Left and right of what is drawn, above and below it.
const MARGINS: [f64; 4] = [60.0, 170.0, 20.0, 50.0];
/// Told apart by those who see few colours, on white and on black.
const COLOURS: [&str; 6] = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#b8860b", "#7f7f7f"];

/// The whole picture. Lines are named at their ends; text is grey, for light and for dark pages.
pub fn svg(points: &[Point]) -> String {
    let most = points.iter().map(|point| point.ratio).fold(1.0, f64::max).ceil();
    let exponent = |names: u64| (names.max(1) as f64).log10();
    let least = points.iter().map(|point| exponent(point.names)).fold(f64::INFINITY, f64::min);
    let largest = points.iter().map(|point| exponent(point.names)).fold(least + 1.0, f64::max);
    let [left, right, above, below] = MARGINS;
    let x = |names| left + (exponent(names) - least) / (largest - least) * (WIDTH - left - right);
    let y = |ratio: f64| HEIGHT - below - ratio / most * (HEIGHT - above - below);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#808080\">\n\
         <title>CPU time an answer, in relation to an echo's</title>\n"
    );
    let mut step = 1.0;
    while step <= most {
        let at = y(step);
        let end = WIDTH - right;
        line(&mut out, [left, at, end, at], "#808080", if step == 1.0 { 1.0 } else { 0.3 });
        text(&mut out, left - 8.0, at + 4.0, "end", &format!("{step:.0} ×"));
        step += 1.0;
    }
    let mut sizes: Vec<u64> = points.iter().map(|point| point.names).collect();
    sizes.sort_unstable();
    sizes.dedup();
    for names in sizes {
        text(&mut out, x(names), HEIGHT - below + 18.0, "middle", &names.to_string());
    }
    text(&mut out, f64::midpoint(left, WIDTH - right), HEIGHT - 10.0, "middle", "names in the zone");
    let mut labels: Vec<&str> = Vec::new();
    for point in points {
        if !labels.contains(&point.label.as_str()) {
            labels.push(&point.label);
        }
    }
    let mut ends = Vec::new();
    for (label, colour) in labels.iter().zip(COLOURS.iter().cycle()) {
        let mut own: Vec<&Point> = points.iter().filter(|point| point.label == *label).collect();
        own.sort_by_key(|point| point.names);
        for pair in own.windows(2) {
            line(
                &mut out,
                [x(pair[0].names), y(pair[0].ratio), x(pair[1].names), y(pair[1].ratio)],
                colour,
                2.0,
            );
        }
        for point in &own {
            let (x, y) = (x(point.names), y(point.ratio));
            writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>")
                .expect("a String");
        }
        if let Some(last) = own.last() {
            ends.push((y(last.ratio), *label, *colour));
        }
    }
    name_lines(&mut out, ends);
    out + "</svg>\n"
}

/// Labels beside the ends of their lines, none upon another.
fn name_lines(out: &mut String, mut ends: Vec<(f64, &str, &str)>) {
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut free = 0.0;
    for (at, label, colour) in ends {
        let at = at.max(free);
        free = at + 15.0;
        let x = WIDTH - MARGINS[1] + 10.0;
        let label = label.replace('&', "&amp;").replace('<', "&lt;");
        writeln!(out, "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{colour}\">{label}</text>", at + 4.0)
            .expect("a String");
    }
}

fn line(out: &mut String, [x1, y1, x2, y2]: [f64; 4], colour: &str, width: f64) {
    writeln!(
        out,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>"
    )
    .expect("a String");
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>")
        .expect("a String");
}
