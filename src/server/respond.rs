//! The one road of every request, whatever it came by: answered, limited, counted.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use super::answer::{Request, answer, cut_short};
use super::limit::{LimitKind, Limiter, RateLimits, Ruling, Subject};
use super::outcome::{Counts, Outcome};
use super::settings::Settings;
use super::transport::Transport;
use crate::clock::UnixTime;
use crate::zone::Catalog;

/// What all transports share.
pub(super) struct Responder {
    pub(super) catalog: ArcSwap<Catalog>,
    pub(super) settings: ArcSwap<Settings>,
    pub(super) counts: Counts,
    pub(super) limiter: Limiter,
    started: Instant,
}

/// What to do with a reply that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Send,
    /// Sent no sooner than after this time; never over datagrams.
    SendAfter(Duration),
    /// Nothing is sent. Over QUIC the connection ends, with DOQ_PROTOCOL_ERROR: such messages are
    /// errors there. Source: RFC 9250 §4.3.3.
    Silence,
}

impl Responder {
    /// Connections may be idle for `idle`, and clients that ask are told so.
    pub(super) fn new(catalog: Catalog, mut settings: Settings, limits: RateLimits, idle: Duration) -> Self {
        settings.stream_idle = idle;
        Self {
            catalog: ArcSwap::from_pointee(catalog),
            settings: ArcSwap::from_pointee(settings),
            counts: Counts::new(),
            limiter: Limiter::new(limits),
            started: Instant::now(),
        }
    }

    pub(super) fn set_settings(&self, mut settings: Settings) {
        settings.stream_idle = self.settings.load().stream_idle;
        self.settings.store(Arc::new(settings));
    }

    /// Writes to `out` what is to be sent for a message from `peer`.
    pub(super) fn respond(
        &self,
        octets: &[u8],
        transport: Transport,
        peer: IpAddr,
        out: &mut Vec<u8>,
    ) -> Verdict {
        let request = Request { octets, transport, peer, now: UnixTime::now() };
        let settings = self.settings.load();
        let answer = answer(&self.catalog.load(), &settings, &request, out);
        let mut outcome = answer.outcome;
        let subject = Subject { peer, datagram: transport.is_datagram(), answer };
        let verdict = match self.limiter.rule(&subject, self.uptime()) {
            Ruling::Send if !outcome.is_replied() => Verdict::Silence,
            Ruling::Send => Verdict::Send,
            Ruling::Drop => Verdict::Silence,
            Ruling::Slip => {
                // What was found, or not, is not told: who walks would learn it at full speed.
                let faulty = LimitKind::of(outcome) == Some(LimitKind::Error);
                let told = if faulty { outcome } else { Outcome::Truncated };
                cut_short(&settings, &request, told, true, out);
                Verdict::Send
            }
            Ruling::Delay(time) => Verdict::SendAfter(time),
            Ruling::Refuse => {
                outcome = Outcome::Slowed;
                cut_short(&settings, &request, outcome, false, out);
                Verdict::Send
            }
        };
        self.counts.count(transport, outcome);
        verdict
    }

    /// Milliseconds since the start.
    pub(super) fn uptime(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
