//! Who asks all the time, and what is secure: Unbound, and our validator and resolver with the same anchor.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::validate::TrustAnchor;
use mimi_dns::identifier::Identifier;
use mimi_dns::record::Rtype;
use mimi_dns::resolver::{
    Clock, DiscoveryResult, DnsTransport, Dnssec, Policy, Proof, Resolver, Transport as _, Validation,
};

use super::files::POLICY;
use super::followers::ANCHORS;
use super::world::World;
use super::{QUESTIONS, SERVER, UNBOUND};
use crate::wire;

pub(super) const AD: u16 = 0x0020;
const RD: u8 = 1;
const BETWEEN: Duration = Duration::from_millis(30);
/// Extended errors that mean bogus, whatever else goes on. Source: RFC 8914 §4.
const BOGUS: [u16; 5] = [6, 7, 8, 10, 12];

/// What the askers share.
pub(super) struct Watch<'a> {
    /// Set by others: the server is down, so that there may be no answer.
    pub(super) is_down: &'a AtomicBool,
    /// Set by others: what is not signed is as good as what is secure.
    may_be_insecure: &'a AtomicBool,
    /// The zone that is rolled.
    zone: &'a str,
    /// A file of trust anchors, which others may replace.
    anchors: PathBuf,
    over: AtomicBool,
    /// Secure answers: of Unbound, of our validator, of our resolver.
    secure: [AtomicUsize; 3],
    /// Answers that nothing proves, where they may be had.
    insecure: [AtomicUsize; 3],
    /// What else there was.
    faults: Mutex<Vec<String>>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        Self {
            is_down: &world.is_down,
            may_be_insecure: &world.may_be_insecure,
            zone: world.how.zone,
            anchors: world.path(ANCHORS),
            over: AtomicBool::default(),
            secure: Default::default(),
            insecure: Default::default(),
            faults: Mutex::default(),
        }
    }

    pub(super) fn may_be_insecure(&self) -> bool {
        self.may_be_insecure.load(Ordering::SeqCst)
    }

    /// How many insecure answers each had while that was allowed.
    pub(super) fn insecure(&self) -> [usize; 3] {
        self.insecure.each_ref().map(|count| count.load(Ordering::Relaxed))
    }

    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// How many answers each had; all were secure.
    pub(super) fn secure(&self, log: impl Fn() -> String) -> [usize; 3] {
        let (faults, secure) = (self.faults.lock().unwrap(), &self.secure);
        let first = &faults[..faults.len().min(5)];
        assert!(faults.is_empty(), "{} beside {secure:?}: {first:#?}\n{}", faults.len(), log());
        secure.each_ref().map(|count| count.load(Ordering::Relaxed))
    }

    /// Asks Unbound until the end; and the server whether its serial goes back.
    pub(super) fn ask_unbound(&self) {
        let mut serial = 0;
        while !self.over.load(Ordering::Relaxed) {
            for (name, rtype) in QUESTIONS {
                self.count(0, name, rtype, || match ask(UNBOUND, name, rtype) {
                    Some(reply) if reply.flags & AD != 0 && [0, 3].contains(&(reply.flags & 0xf)) => {
                        Said::Secure
                    }
                    Some(reply) if reply.flags & 0xf == 2 && !says_bogus(&reply) => {
                        Said::Nothing(format!("{reply:?}"))
                    }
                    None => Said::Nothing("no reply".to_owned()),
                    Some(reply) if [0, 3].contains(&(reply.flags & 0xf)) => {
                        Said::Insecure(format!("{reply:?}"))
                    }
                    Some(reply) => Said::Otherwise(format!("{reply:?}")),
                });
            }
            if let Some(mut reply) = ask(SERVER, self.zone, Rtype::SOA).filter(|reply| reply.rcode() == 0) {
                let now: u32 = reply.answer.remove(0).split(' ').nth(5).unwrap().parse().unwrap();
                assert!(now >= serial, "the serial went back from {serial} to {now}");
                serial = now;
            }
            std::thread::sleep(BETWEEN);
        }
    }

    /// Asks our validator until the end, one that keeps what it has learnt until its anchors are others.
    pub(super) fn ask_ours(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let clock: Clock = Arc::new(UnixTime::now);
        let begin = |anchors: &str| {
            let anchors = TrustAnchor::parse(anchors).unwrap();
            let policy = Dnssec::default().with_validation(Validation::Anchors(anchors));
            let transport = DnsTransport::builder().server(SERVER.parse().unwrap()).build().unwrap();
            transport.validating(&policy, &clock).unwrap()
        };
        let mut anchors = self.anchors();
        let mut transport = begin(&anchors);
        while !self.over.load(Ordering::Relaxed) {
            for (name, rtype) in QUESTIONS {
                let owner = name.parse().unwrap();
                self.count(1, name, rtype, || match runtime.block_on(transport.ask(&owner, rtype)) {
                    Ok(answer) if answer.proof == Proof::Secure => Said::Secure,
                    Ok(answer) if answer.proof == Proof::Indeterminate => {
                        Said::Nothing(format!("{answer:?}"))
                    }
                    Ok(answer) if answer.proof == Proof::Insecure => Said::Insecure(format!("{answer:?}")),
                    Ok(answer) => Said::Otherwise(format!("{answer:?}")),
                    Err(error) => Said::Nothing(error.to_string()),
                });
            }
            if anchors != self.anchors() {
                anchors = self.anchors();
                transport = begin(&anchors);
            }
            std::thread::sleep(BETWEEN);
        }
    }

    /// Looks up a number that is there and one that is not until the end, with a policy that asks for proofs of all.
    pub(super) fn look_up(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let begin = |anchors: &str| {
            let anchors: Vec<_> = anchors.lines().map(|anchor| format!("'{anchor}'")).collect();
            let policy = Policy::from_toml(&POLICY.replace("ANCHORS", &anchors.join(","))).unwrap();
            let transport = DnsTransport::builder().server(SERVER.parse().unwrap()).build().unwrap();
            Resolver::builder().policy(policy).transport(transport).build().unwrap()
        };
        let mut anchors = self.anchors();
        let mut resolver = begin(&anchors);
        while !self.over.load(Ordering::Relaxed) {
            for (number, is_there) in [("tel:+442079460148", true), ("tel:+442079460149", false)] {
                let identifier = Identifier::parse(number).unwrap();
                self.count(2, number, Rtype::MIMISIG, || {
                    let discovery = runtime.block_on(async { resolver.resolve(&identifier).await }).unwrap();
                    match (&discovery.result, is_there) {
                        (DiscoveryResult::Mapped(_), true) | (DiscoveryResult::NoMapping, false) => {
                            Said::Secure
                        }
                        (DiscoveryResult::Unreachable, _) => Said::Nothing(format!("{discovery:?}")),
                        (DiscoveryResult::NotBelieved, _) => Said::Insecure(format!("{discovery:?}")),
                        _ => Said::Otherwise(format!("{discovery:?}")),
                    }
                });
            }
            if anchors != self.anchors() {
                anchors = self.anchors();
                resolver = begin(&anchors);
            }
            std::thread::sleep(BETWEEN);
        }
    }

    fn anchors(&self) -> String {
        fs::read_to_string(&self.anchors).unwrap()
    }

    fn count(&self, who: usize, name: &str, rtype: Rtype, ask: impl FnOnce() -> Said) {
        let was_down = self.is_down.load(Ordering::SeqCst);
        let said = ask();
        match said {
            Said::Secure => _ = self.secure[who].fetch_add(1, Ordering::Relaxed),
            Said::Nothing(_) if was_down || self.is_down.load(Ordering::SeqCst) => {}
            Said::Insecure(_) if self.may_be_insecure() => {
                _ = self.insecure[who].fetch_add(1, Ordering::Relaxed);
            }
            Said::Nothing(what) | Said::Insecure(what) | Said::Otherwise(what) => {
                let who = ["Unbound", "our validator", "our resolver"][who];
                self.faults.lock().unwrap().push(format!("{who}: {name} {rtype}: {what}"));
            }
        }
    }
}

/// What came of a question.
enum Said {
    Secure,
    /// Nothing at all: neither an answer nor that it is bogus.
    Nothing(String),
    /// An answer that nothing proves.
    Insecure(String),
    /// Bogus, or odd.
    Otherwise(String),
}

fn says_bogus(reply: &wire::Message) -> bool {
    let codes = reply.options.iter().filter(|(code, data)| *code == 15 && data.len() >= 2);
    codes.into_iter().any(|(_, data)| BOGUS.contains(&u16::from_be_bytes([data[0], data[1]])))
}

pub(super) fn ask(server: &str, name: &str, rtype: Rtype) -> Option<wire::Message> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // Connected, it is told at once where nobody listens.
    socket.connect(server.parse::<SocketAddr>().unwrap()).unwrap();
    let mut query = wire::with_opt(wire::query(name, rtype), 4000, true);
    query[2] |= RD;
    socket.send(&query).ok()?;
    let mut reply = [0; 4096];
    let len = socket.recv(&mut reply).ok()?;
    Some(wire::Message::read(&reply[..len]))
}
