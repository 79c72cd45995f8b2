//! What the book lists and leads to is there.

use std::collections::BTreeSet;
use std::fs;

use super::{chapters, source};

#[test]
fn the_summary_lists_each_chapter_once_by_its_title() {
    let listed: Vec<String> = chapters().into_iter().map(|(name, _)| name).collect();
    let mut sorted = listed.clone();
    sorted.sort();
    let files = fs::read_dir(source()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|name| name != "SUMMARY.md").collect();
    assert_eq!(sorted, Vec::from_iter(files));
    let summary = fs::read_to_string(source().join("SUMMARY.md")).unwrap();
    for (name, text) in chapters() {
        let title = text.lines().next().unwrap().strip_prefix("# ").expect(&name);
        assert!(summary.contains(&format!("[{title}]({name})")), "{name} is called {title}");
    }
}

#[test]
fn links_lead_somewhere() {
    let mut checked = 0;
    for (name, text) in chapters() {
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { name.as_str() } else { file };
            let path = source().join(file);
            assert!(path.exists(), "{name}: {link}");
            if !anchor.is_empty() {
                assert!(anchors(&fs::read_to_string(path).unwrap()).contains(anchor), "{name}: {link}");
            }
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked} links");
}

/// The names of headings, as they are linked to.
fn anchors(text: &str) -> BTreeSet<String> {
    let kept = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | ' ');
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let titles = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    titles
        .map(|title| title.chars().filter(|&character| kept(character)).collect::<String>().replace(' ', "-"))
        .collect()
}
