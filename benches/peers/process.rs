//! A server's processes: started on some cores, and what they have used of time and memory.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::sys;

/// A process and those that it started, ended together when this is dropped.
pub struct Group {
    leader: Child,
    /// Time that each thread has had a core, as last seen: one that has ended says no more.
    times: Mutex<HashMap<u32, Duration>>,
}

impl Group {
    /// Starts a program on these cores, with what it says in `folder/output`.
    pub fn start(program: &Path, arguments: &[String], folder: &Path, cores: &[usize]) -> Self {
        let output = File::create(folder.join("output")).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        command.stdout(output.try_clone().unwrap()).stderr(output).process_group(0);
        // Children inherit the cores of the thread that starts them.
        let leader = std::thread::scope(|scope| {
            let start = || {
                sys::pin(cores).unwrap();
                command.spawn()
            };
            scope.spawn(start).join().unwrap()
        });
        let leader = leader.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        Self { leader, times: Mutex::default() }
    }

    pub fn has_ended(&mut self) -> bool {
        self.leader.try_wait().unwrap().is_some()
    }

    fn members(&self) -> Vec<u32> {
        let group = self.leader.id();
        let folders = fs::read_dir("/proc").unwrap().flatten();
        let ids = folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok());
        ids.filter(|&id| process_group(id) == Some(group)).collect()
    }

    /// Has all their threads run on these cores alone, whatever they chose by themselves: Knot gives each of its
    /// workers a core, from the first on.
    pub fn pin(&self, cores: &[usize]) {
        for (process, threads) in self.members().into_iter().map(|id| (id, threads(id))) {
            for thread in threads {
                // It may have ended meanwhile.
                if let Err(error) = sys::pin_thread(thread, cores) {
                    eprintln!("thread {thread} of {process}: {error}");
                }
            }
        }
    }

    /// Has the first of them read its zones again, where a signal does that.
    pub fn hang_up(&self) {
        let leader = self.leader.id().to_string();
        let status = Command::new("kill").args(["-s", "HUP", &leader]).status().unwrap();
        assert!(status.success());
    }

    /// Time that all their threads have had a core; of those that have ended, as far as it was seen.
    pub fn time(&self) -> Duration {
        let mut times = self.times.lock().unwrap();
        for process in self.members() {
            for thread in threads(process) {
                let seen = times.entry(thread).or_default();
                *seen = thread_time(process, thread).max(*seen);
            }
        }
        times.values().sum()
    }

    /// Waits until they do nothing any more, some seconds at most: what a start leaves to be done is no part of an answer.
    pub fn settle(&self) {
        const LOOK: Duration = Duration::from_millis(200);
        const PATIENCE: Duration = Duration::from_secs(10);
        let end = Instant::now() + PATIENCE;
        let mut before = self.time();
        while Instant::now() < end {
            std::thread::sleep(LOOK);
            let now = self.time();
            if now - before < LOOK / 50 {
                return;
            }
            before = now;
        }
    }

    /// Octets of memory, what several share counted once.
    pub fn memory(&self) -> u64 {
        self.members().into_iter().map(|id| kibibytes(id, "smaps_rollup", "Pss:")).sum::<u64>() * 1024
    }

    /// The most octets that were resident, of each process by itself.
    pub fn most_memory(&self) -> u64 {
        self.members().into_iter().map(|id| kibibytes(id, "status", "VmHWM:")).max().unwrap_or(0) * 1024
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.leader.id());
        for signal in ["-TERM", "-KILL"] {
            // The group may be gone already.
            let _ = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status();
            let end = Instant::now() + Duration::from_secs(5);
            while Instant::now() < end {
                if !matches!(self.leader.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

fn process_group(id: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name stands in parentheses and may hold anything; state, parent and group follow.
    text.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse().ok()
}

/// None where the process has ended.
fn threads(id: u32) -> Vec<u32> {
    let Ok(folders) = fs::read_dir(format!("/proc/{id}/task")) else { return Vec::new() };
    folders.flatten().filter_map(|folder| folder.file_name().to_str()?.parse().ok()).collect()
}

/// Time that a thread has had a core, in the scheduler's own count: finer than ticks.
pub fn thread_time(process: u32, thread: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{process}/task/{thread}/schedstat")).unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

fn kibibytes(id: u32, file: &str, key: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
