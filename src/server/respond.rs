//! The one road of every request, whatever it came by: answered, limited, counted.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::answer::{Request, answer};
use super::outcome::Counts;
use super::settings::Settings;
use super::transport::Transport;
use crate::clock::UnixTime;
use crate::zone::Catalog;

/// What all transports share.
pub(super) struct Responder {
    pub(super) catalog: ArcSwap<Catalog>,
    pub(super) settings: ArcSwap<Settings>,
    pub(super) counts: Counts,
}

/// What to do with a reply that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Send,
    /// Sent no sooner than after this time; never over datagrams.
    #[expect(dead_code, reason = "the limiter's, which is being built")]
    SendAfter(Duration),
    /// Nothing is sent. Over QUIC the connection ends, with DOQ_PROTOCOL_ERROR: such messages are
    /// errors there. Source: RFC 9250 §4.3.3.
    Silence,
}

impl Responder {
    /// Connections may be idle for `idle`, and clients that ask are told so.
    pub(super) fn new(catalog: Catalog, mut settings: Settings, idle: Duration) -> Self {
        settings.stream_idle = idle;
        Self {
            catalog: ArcSwap::from_pointee(catalog),
            settings: ArcSwap::from_pointee(settings),
            counts: Counts::new(),
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
        let answer = answer(&self.catalog.load(), &self.settings.load(), &request, out);
        self.counts.count(transport, answer.outcome);
        if answer.outcome.is_replied() { Verdict::Send } else { Verdict::Silence }
    }
}
