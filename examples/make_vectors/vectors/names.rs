//! Owner names in the hashed tree: parameters, identifier and apex in, owner name out.

use mimi_dns::identifier::Identifier;
use mimi_dns::record::Name;
use mimi_dns::record::parameters::Parameters;
use serde_json::{Value, json};

const IDENTIFIERS: [&str; 4] = [
    "tel:+442079460148",
    "mailto:jo@example.org",
    "mailto:j\u{f6}rg@xn--bcher-kva.example",
    "mimi://names.example/u/jo",
];

const PARAMETERS: [&str; 6] = [
    "v=mimi1; epoch=2026b; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; shard=0; from=20261101000000",
    "v=mimi1; epoch=2026c; hash=sha256; salt=00000000000000000000000000000000; shard=1; from=20261101000000",
    "v=mimi1;epoch=2026d;hash=sha256;salt=a3c1f2e4d5b6978890a1b2c3d4e5f607a3c1f2e4d5b6978890a1b2c3d4e5f607;shard=2;from=20261101000000",
    "v=mimi1; from=20261101000000; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; later=x; hash=sha256; epoch=0; shard=3",
    "v=mimi1; epoch=2026e; hash=argon2id; salt=5c9d0f7be1a24836b5d2c7e81f930a64; m=64; t=2; p=1; from=20261101000000",
    "v=mimi1; epoch=2026f; hash=argon2id; salt=5c9d0f7be1a24836b5d2c7e81f930a64; m=256; t=1; p=4; shard=1; from=20261101000000",
];

pub(crate) fn names() -> Vec<Value> {
    let apexes = ["example.net.", "discover.msp.example."];
    let mut vectors = Vec::new();
    for (index, text) in PARAMETERS.into_iter().enumerate() {
        let parameters = Parameters::parse(text.as_bytes()).expect("the vectors' parameters are good");
        let apex = apexes[index % 2];
        let name: Name = apex.parse().expect("the vectors' apexes are names");
        for identifier in IDENTIFIERS {
            let parsed = Identifier::parse(identifier).expect("the vectors' identifiers are canonical");
            let owner = parameters.owner_name(&parsed, &name).expect("the vectors' hashes are known");
            vectors.push(json!({
                "parameters": text, "identifier": identifier, "apex": apex, "owner": owner.to_string(),
            }));
        }
    }
    vectors
}
