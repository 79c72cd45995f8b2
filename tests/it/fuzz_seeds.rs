//! What the fuzz targets assert, of their seeds: `fuzz/run` goes on from there.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/bodies/message.rs"]
pub(crate) mod message;
#[path = "../../fuzz/bodies/mimisig.rs"]
mod mimisig;
#[path = "../../fuzz/bodies/policy.rs"]
mod policy;
#[path = "../../fuzz/bodies/record_data.rs"]
mod record_data;
#[path = "../../fuzz/bodies/rule.rs"]
mod rule;
#[path = "../../fuzz/bodies/validation.rs"]
mod validation;
#[path = "../../fuzz/bodies/zone_text.rs"]
pub(crate) mod zone_text;

fn each_seed(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        // The output of a test that passes is not shown; of one that fails it tells which seed it was.
        println!("{}", path.display());
        body(&fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 1, "{}: no seeds", folder.display());
}

#[test]
fn every_seed_of_every_target() {
    each_seed("message", message::message);
    each_seed("mimisig", mimisig::mimisig);
    each_seed("policy", policy::policy);
    each_seed("record_data", record_data::record_data);
    each_seed("rule", rule::rule);
    each_seed("validation", validation::validation);
    each_seed("zone_text", zone_text::zone_text);
}
