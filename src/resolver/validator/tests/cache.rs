//! What is kept of the chain of trust.

use std::sync::Arc;

use tokio::time::{Duration, Instant};

use super::world::{World, name};
use super::*;
use crate::resolver::validator::cache::{Standing, Zones};

#[tokio::test]
async fn keys_are_bounded_in_octets() {
    let world = World::new();
    let validator = world.validator(&["."]);
    let mut run = validator.run(&world, Instant::now() + Duration::from_secs(5));
    let keys = run.zone(&name("dp.example")).await.unwrap();
    let ttl = Ttl::from_secs(60);
    let zones = Zones::new(3 * keys.octets());
    let keep = |owner| zones.keep(&name(owner), Ok(Standing::Zone(Arc::clone(&keys))), ttl);
    let known = |owners: &[&str]| owners.iter().filter(|owner| zones.look_up(&name(owner)).is_some()).count();
    // What is kept again takes no more room, and what has no keys none.
    ["example", "a.b.example", "c.d.example", "a.b.example"].into_iter().for_each(keep);
    zones.keep(&name("no.cut.example"), Ok(Standing::NoCut), ttl);
    assert_eq!(known(&["example", "a.b.example", "c.d.example", "no.cut.example"]), 4);
    // Those near the root stay.
    keep("e.f.example");
    assert_eq!(known(&["a.b.example", "c.d.example", "no.cut.example"]), 0);
    assert_eq!(known(&["example", "e.f.example"]), 2);
    ["g.example", "h.example"].into_iter().for_each(keep);
    assert_eq!(known(&["example", "e.f.example", "g.example"]), 2);
    keep("i.example");
    zones.forget(&name("i.example"));
    ["j.example", "k.example", "l.example"].into_iter().for_each(keep);
    assert_eq!(known(&["j.example", "k.example", "l.example"]), 3);
}
