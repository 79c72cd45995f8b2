//! Places in the page of results: the goals, and a section for each run.

const BEGIN: &str = "<!-- results: begin -->";
const END: &str = "<!-- results: end -->";
const GOALS_END: &str = "<!-- goals: end -->";

fn begin_of(section: &str) -> String {
    format!("<!-- run, {section}: begin -->")
}

fn end_of(section: &str) -> String {
    format!("<!-- run, {section}: end -->")
}

/// The page before the results, the results, and what follows them.
fn parts(page: &str) -> (&str, &str, &str) {
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for results");
    let (results, after) = rest.split_once(END).expect("the page's place for results ends");
    (before, results, after)
}

/// Without any run, and without the goals.
pub fn without_sections(page: &str) -> String {
    let (before, _, after) = parts(page);
    format!("{before}{BEGIN}\n{GOALS_END}\n{END}{after}")
}

/// With this section in the place of the one of the same name, or behind the others.
pub fn with_section(page: &str, section: &str, text: &str) -> String {
    let (before, results, after) = parts(page);
    let (begin, end) = (begin_of(section), end_of(section));
    let whole = format!("{begin}\n\n### {section}\n\n{text}\n{end}");
    let former = results.split_once(&begin).and_then(|(front, rest)| Some((front, rest.split_once(&end)?.1)));
    let results = match former {
        Some((front, back)) => format!("{front}{whole}{back}"),
        None => format!("{}\n\n{whole}\n", results.trim_end()),
    };
    format!("{before}{BEGIN}{results}{END}{after}")
}

/// With these goals in front of the sections.
pub fn with_goals(page: &str, goals: &str) -> String {
    let (before, results, after) = parts(page);
    let sections = results.split_once(GOALS_END).map_or(results, |(_, sections)| sections);
    format!("{before}{BEGIN}\n\n{}\n\n{GOALS_END}{sections}{END}{after}", goals.trim())
}
