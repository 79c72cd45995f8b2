//! What is measured of a process.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[derive(Clone, Copy)]
pub struct Cost {
    pub wall: f64,
    pub cpu: f64,
    pub most: u64,
}

/// Time on cores of processes that have ended and been waited for, in seconds.
fn cpu_of_children() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[13].parse::<f64>().unwrap() + fields[14].parse::<f64>().unwrap();
    ticks / 100.0
}

/// Time that this process has had cores, in seconds.
pub fn cpu_of_this() -> f64 {
    let threads = fs::read_dir("/proc/self/task").unwrap().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

pub fn run(program: &str, arguments: &[&str], folder: &Path) -> Option<Cost> {
    let (start, before) = (Instant::now(), cpu_of_children());
    let output = fs::File::create(folder.join("output")).unwrap();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .ok()?;
    let mut most = 0;
    let status = loop {
        most = most.max(peak(&child));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let wall = start.elapsed().as_secs_f64();
    assert!(status.success(), "{program}: {}", fs::read_to_string(folder.join("output")).unwrap());
    Some(Cost { wall, cpu: cpu_of_children() - before, most })
}

/// The most octets that were resident.
fn peak(child: &Child) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0) * 1024
}

/// Microseconds that one of these takes on one core.
pub fn micros(mut one: impl FnMut()) -> f64 {
    const COUNT: u32 = 4000;
    (0..200).for_each(|_| one());
    let before = cpu_of_this();
    (0..COUNT).for_each(|_| one());
    (cpu_of_this() - before) * 1e6 / f64::from(COUNT)
}
