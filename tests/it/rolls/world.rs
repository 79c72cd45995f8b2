//! The server that signs, which may crash, the parent that polls, Unbound.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mimi_dns::record::Rtype;
use tempfile::TempDir;

use super::asking::{AD, ask};
use super::files::{EXAMPLE, ROOT, SIGNERS, UNBOUND_CONF, ZONE, configuration};
use super::{SERVER, UNBOUND};

const PATIENCE: Duration = Duration::from_secs(60);
const AFTER_CRASH: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(200);

/// The server, Unbound, and a folder with all that they read and write.
pub(super) struct World {
    folder: TempDir,
    pub(super) how: How,
    server: Mutex<Child>,
    /// Whether a crash keeps others from their answers.
    pub(super) is_down: AtomicBool,
    /// Whether the zone is on its way to be signed no more.
    pub(super) may_be_insecure: AtomicBool,
    pub(super) unbound: Option<Child>,
}

/// Which zone is rolled, and how it is signed.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) zone: &'static str,
    pub(super) denial: &'static str,
    /// As the configuration says it: roles with a hyphen between.
    pub(super) keys: &'static str,
}

impl Drop for World {
    fn drop(&mut self) {
        for child in [self.server.get_mut().ok(), self.unbound.as_mut()].into_iter().flatten() {
            // One that has ended is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl World {
    pub(super) fn start(how: How) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir(path.join("zones")).unwrap();
        fs::write(path.join("zones/zone.zone"), ZONE).unwrap();
        fs::write(path.join("zones/example.zone"), format!("{EXAMPLE}{}", put_signers(path))).unwrap();
        fs::write(path.join("zones/root.zone"), ROOT).unwrap();
        fs::write(path.join("config.toml"), configuration(how, "ed25519")).unwrap();
        let server = Mutex::new(serve(path));
        let [is_down, may_be_insecure] = [false; 2].map(AtomicBool::new);
        let world = Self { folder, how, server, is_down, may_be_insecure, unbound: None };
        world.wait_for_server();
        world
    }

    fn wait_for_server(&self) {
        self.wait("the server answers", || {
            ask(SERVER, "zone.example.", Rtype::DNSKEY).is_some_and(|reply| reply.rcode() == 0)
        });
    }

    /// The server ends as by a power cut, and is started again.
    fn crash(&self) {
        let mut server = self.server.lock().unwrap();
        self.is_down.store(true, Ordering::SeqCst);
        // SIGKILL.
        server.kill().unwrap();
        server.wait().unwrap();
        *server = serve(self.folder.path());
        self.wait_for_server();
        drop(server);
        // Unbound asks one that was silent again after a while only.
        std::thread::sleep(AFTER_CRASH);
        self.is_down.store(false, Ordering::SeqCst);
    }

    /// Another algorithm in the configuration, which is read again.
    pub(super) fn configure(&self, algorithm: &str) {
        fs::write(self.path("config.toml"), configuration(self.how, algorithm)).unwrap();
        self.reload();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.path(name)).unwrap_or_default();
        format!("{}\n{}\n{}", read("log"), read("unbound.log"), self.key(&["list"]))
    }

    pub(super) fn wait(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < end, "{what}: not within a minute\n{}", self.log());
            std::thread::sleep(PAUSE);
        }
    }

    /// What `mimi-dns key …` prints.
    pub(super) fn key(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mimi-dns"));
        command.arg("key").args(arguments).arg("--config").arg(self.path("config.toml"));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    fn reload(&self) {
        let server = self.server.lock().unwrap();
        let kill = Command::new("kill").args(["-HUP", &server.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }

    /// Puts these DS records into a zone, in place of those of a name that were there.
    fn put_ds(&self, file: &str, name: &str, records: &[String]) {
        let path = self.path(file);
        let start = format!("{name} 2 DS ");
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<String> =
            text.lines().filter(|line| !line.starts_with(&start)).map(str::to_owned).collect();
        lines.extend(records.iter().map(|record| format!("{start}{record}")));
        fs::write(path, lines.join("\n") + "\n").unwrap();
        self.reload();
    }

    /// DS records of the zones that are not rolled.
    pub(super) fn link_the_others(&self) {
        for zone in ["example.", "zone.example."].into_iter().filter(|zone| *zone != self.how.zone) {
            self.wait("a zone is for its parent", || {
                let ds = self.key(&["ds", "--zone", zone]);
                let data = ds.trim().split_once(" DS ").map(|(_, data)| data.to_owned());
                let (file, name) = at_parent(zone);
                data.inspect(|data| self.put_ds(file, name, std::slice::from_ref(data))).is_some()
            });
        }
    }

    /// What a parent does that polls for CDS records. Source: RFC 7344 §6.
    fn be_a_parent(&self, has: &mut Vec<String>) {
        let zone = self.how.zone;
        let Some(reply) = ask(SERVER, zone, Rtype::CDS) else { return };
        let start = format!("{zone} 2 CDS ");
        let mut wanted: Vec<String> =
            reply.answer.iter().filter_map(|record| Some(record.strip_prefix(&start)?.to_owned())).collect();
        wanted.sort();
        let is_asked = !wanted.is_empty();
        // Source: RFC 8078 §4.
        wanted.retain(|wanted| wanted != "0 0 0 00");
        if zone == "." {
            self.follow(&wanted, has);
        } else if is_asked && wanted != *has {
            let (file, name) = at_parent(zone);
            self.put_ds(file, name, &wanted);
            *has = wanted;
        }
    }

    pub(super) fn start_unbound(&mut self, program: &Path) {
        fs::write(self.path("hints"), ". 60 NS ns.example.\nns.example. 60 A 127.0.0.1\n").unwrap();
        let path = self.folder.path().display().to_string();
        let conf = UNBOUND_CONF.replace("ANCHORS", self.anchors_of_unbound());
        fs::write(self.path("unbound.conf"), conf.replace("PATH", &path)).unwrap();
        let output = fs::File::create(self.path("unbound.out")).unwrap();
        let unbound = Command::new(program)
            .args(["-d", "-c"])
            .arg(self.path("unbound.conf"))
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        self.unbound = Some(unbound);
        self.wait("Unbound answers, and finds it secure", || {
            ask(UNBOUND, "www.zone.example.", Rtype::A).is_some_and(|reply| reply.flags & (AD | 0xf) == AD)
        });
    }

    /// From now on answers may be insecure too.
    pub(super) fn let_it_be_insecure(&self) {
        self.may_be_insecure.store(true, Ordering::SeqCst);
    }

    /// Waits until the zone is signed no more and all keys are removed, and is the parent meanwhile. The server crashes
    /// so many times, each time that the state of a key has changed.
    pub(super) fn end_signing(&self, ds: &mut Vec<String>, crashes: usize) {
        let (mut seen, mut crashed) = (self.list(), 0);
        self.wait("the zone is signed no more", || {
            self.be_a_parent(ds);
            let list = self.list();
            if list != seen && crashed < crashes {
                crashed += 1;
                self.crash();
            }
            seen.clone_from(&list);
            let keys = ask(SERVER, self.how.zone, Rtype::DNSKEY);
            let unsigned = keys.is_some_and(|reply| reply.rcode() == 0 && reply.answer.is_empty());
            unsigned && list.lines().count() > 0 && list.lines().all(|line| line.ends_with(" removed"))
        });
        assert_eq!(crashed, crashes, "fewer states than that");
    }

    /// Waits for the end of a roll, and is the parent meanwhile that has these DS records.
    pub(super) fn settle(&self, roll: &Roll, ds: &mut Vec<String>) {
        let end = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !end.load(Ordering::Relaxed) {
                    self.be_a_parent(ds);
                    std::thread::sleep(PAUSE);
                }
            });
            let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.wait_for(roll)));
            end.store(true, Ordering::Relaxed);
            waited.unwrap();
        });
    }

    /// Until there is one key of each role, active, and the former are removed.
    fn wait_for(&self, roll: &Roll) {
        let (mut seen, mut crashes) = (self.list(), 0);
        self.wait(roll.what, || {
            let list = self.list();
            if list != seen && crashes < roll.crashes {
                crashes += 1;
                self.crash();
            }
            seen.clone_from(&list);
            let count = |state: &str| list.lines().filter(|line| line.ends_with(state)).count();
            let mut roles = self.how.keys.split('-');
            roles.clone().all(|role| count(&format!("{} {role} active", roll.algorithm)) == 1)
                && count("removed") == roll.removed
                && list.lines().count() == roles.by_ref().count() + roll.removed
        });
        assert_eq!(crashes, roll.crashes, "{}: fewer states than that", roll.what);
    }

    /// The zone's keys and their states.
    pub(super) fn list(&self) -> String {
        self.key(&["list", "--zone", self.how.zone])
    }
}

/// The file of a zone's parent, and the name that its DS records have there.
fn at_parent(zone: &str) -> (&'static str, &'static str) {
    match zone {
        "example." => ("zones/root.zone", "example."),
        _ => ("zones/example.zone", "zone"),
    }
}

/// What a roll ends with.
pub(super) struct Roll {
    pub(super) what: &'static str,
    /// Of the keys in the end.
    pub(super) algorithm: &'static str,
    /// Former keys.
    pub(super) removed: usize,
    /// How often the server crashes: each time that the state of a key has changed.
    pub(super) crashes: usize,
}

/// Copies the keys of those who sign statements, and says under which names the TLD has them.
fn put_signers(folder: &Path) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("zones");
    fs::create_dir(folder.join("zones/keys")).unwrap();
    for signer in SIGNERS {
        let from = examples.join("test-keys").join(signer);
        fs::copy(&from, folder.join("zones/keys").join(from.file_name().unwrap())).unwrap();
    }
    let text = fs::read_to_string(examples.join("example.zone")).unwrap();
    let keys = text.lines().filter_map(|line| line.strip_prefix("_mimikey."));
    let wanted = keys.filter(|line| line.starts_with("ap-north ") || line.starts_with("amber "));
    wanted.map(|line| format!("_mimikey.{}\n", line.replacen("TXT", "2 TXT", 1))).collect()
}

/// The server in this folder, whose log goes on.
fn serve(folder: &Path) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_mimi-dns"))
        .args(["serve", "--config"])
        .arg(folder.join("config.toml"))
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}
