//! The examples of `docs/policy.md`, which must be what the reader of policies reads.

use std::fs;

use mimi_dns::resolver::Policy;

#[test]
fn every_example_is_a_policy() {
    let examples = examples();
    assert!(examples.len() >= 4, "{} examples", examples.len());
    for example in examples {
        if let Err(faults) = Policy::from_toml(&example) {
            panic!("{faults}\n{example}");
        }
    }
}

#[test]
fn what_the_page_calls_defaults_are_the_defaults() {
    let examples = examples();
    let stated = examples.iter().find(|example| example.contains("[lifetimes]")).expect("the defaults");
    // A policy has no equality; its debug form shows every field.
    let shown = |text: &str| format!("{:?}", Policy::from_toml(text).unwrap());
    assert_eq!(shown(stated), shown("version = 1"));
}

fn examples() -> Vec<String> {
    let page = fs::read_to_string("docs/policy.md").unwrap();
    let blocks = page.split("```toml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}
