//! The program of `benches/knock_over`, on a small scale: nobody honest is kept waiting for ever, and memory
//! is bounded.

#[path = "../../../benches/knock_over/crowd.rs"]
mod crowd;
#[path = "../../../benches/knock_over/flood.rs"]
mod flood;
#[path = "../../../benches/knock_over/honest.rs"]
mod honest;
#[path = "../../../benches/knock_over/run.rs"]
#[allow(dead_code, reason = "limits as shipped take more connections than a test should open")]
mod run;
#[path = "../../../benches/knock_over/served.rs"]
mod served;
#[path = "../../../benches/knock_over/wire.rs"]
mod wire;

use std::time::Duration;

use run::{Limits, Scale};

/// More than the crowd's connections may cost, in kibibytes.
const MOST_GROWTH: u64 = 64 * 1024;

#[test]
fn a_crowd_and_a_flood_leave_the_honest_answered_and_memory_bounded() {
    // More connections than there is room for.
    let scale = Scale { connections: 300, flooders: 1, phase: Duration::from_millis(700) };
    let report = run::run(&scale, Limits::RoomFor(200));
    let before = report.phases[0].resident;
    assert!(report.most_resident < before + MOST_GROWTH, "{report}");
    for phase in &report.phases {
        for tally in &phase.honest {
            // Over UDP a flood may keep one out, who then asks over TCP.
            let is_flooded = phase.flood > 0 && !tally.manner.is_stream();
            assert!(is_flooded || !tally.waited.is_empty() && tally.lost == 0, "{report}");
        }
    }
}
