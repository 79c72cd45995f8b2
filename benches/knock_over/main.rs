//! A server of its own, a crowd of connections, a flood of datagrams, and honest clients meanwhile: who is
//! answered, how soon, and what it costs in memory. How to run it is in `docs/benchmarks.md`.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod crowd;
mod flood;
mod honest;
mod run;
mod served;
mod wire;

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use run::{Limits, Scale};

/// Of the file descriptors, what is not for the crowd.
const BESIDES: u64 = 1_500;

fn main() {
    let mut scale = Scale { connections: 10_000, flooders: 2, phase: Duration::from_secs(10) };
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    for pair in arguments.chunks(2) {
        let number = pair.get(1).and_then(|number| number.parse().ok());
        match (pair[0].as_str(), number) {
            ("--connections", Some(number)) => scale.connections = number,
            ("--flooders", Some(number)) => scale.flooders = number,
            ("--seconds", Some(number)) => scale.phase = Duration::from_secs(number as u64),
            _ => {
                eprintln!("usage: knock_over [--connections N] [--flooders THREADS] [--seconds EACH_PHASE]");
                std::process::exit(2);
            }
        }
    }
    let needed = scale.connections as u64 + BESIDES;
    raise_file_limit(needed);
    for limits in [Limits::AsShipped, Limits::RoomFor(scale.connections + 1_000)] {
        println!("{}", run::run(&scale, limits));
    }
}

/// Starts this program again with the largest soft limit where it has too small a one: the server, which is
/// its child, then has it too.
fn raise_file_limit(needed: u64) {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
    let mut numbers = line.split_whitespace().filter_map(|word| match word {
        "unlimited" => Some(u64::MAX),
        word => word.parse().ok(),
    });
    let (soft, hard) = (numbers.next().unwrap_or(u64::MAX), numbers.next().unwrap_or(u64::MAX));
    if soft >= needed {
        return;
    }
    if hard < needed {
        eprintln!("{needed} open files are needed, {hard} are allowed: raise the limit, for example with");
        eprintln!("  prlimit --pid $$ --nofile={needed}:{needed}");
        std::process::exit(2);
    }
    let error = Command::new("sh")
        .args(["-c", &format!("ulimit -n {needed} && exec \"$0\" \"$@\"")])
        .args(std::env::args_os())
        .exec();
    panic!("{error}");
}
