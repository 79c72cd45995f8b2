//! The one road of every request, whatever it came by: answered, limited, counted.

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use super::answer::{Begun, Request, TOGETHER, cut_short};
use super::latency::Latencies;
use super::limit::{LimitKind, Limiter, RateLimits, Rules, Ruling, Subject};
use super::outcome::{Counts, Outcome};
use super::query_log::QueryLog;
use super::settings::{Settings, UdpPayload};
use super::sheets::SheetNumber;
use super::transport::Transport;
use crate::clock::UnixTime;
use crate::zone::Catalog;

/// What all transports share.
pub(super) struct Responder {
    pub(super) catalog: ArcSwap<Catalog>,
    pub(super) settings: ArcSwap<Settings>,
    pub(super) counts: Counts,
    pub(super) latencies: Latencies,
    pub(super) limiter: Limiter,
    query_log: QueryLog,
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

/// A reply over UDP, or none.
pub(super) struct Reply {
    pub(super) octets: Vec<u8>,
    pub(super) verdict: Verdict,
}

/// What requests that are answered at one time are answered by.
struct Terms<'t> {
    settings: &'t Settings,
    rules: &'t Rules,
    uptime: u64,
    sheet: SheetNumber,
    /// When they were read, where that is timed.
    begun: Option<Instant>,
}

/// When requests are answered, by the calendar and in milliseconds since the start.
#[derive(Clone, Copy)]
struct Moment {
    now: UnixTime,
    uptime: u64,
    /// Where it is timed how long the answer takes.
    begun: Option<Instant>,
}

impl Reply {
    /// Room for the largest, so that none is made later; and some more, so that the first octets of many replies do not
    /// share those few places of a cache that stand a page apart.
    pub(super) fn new() -> Self {
        let room = usize::from(UdpPayload::MOST.octets()) + 5 * 64;
        Self { octets: Vec::with_capacity(room), verdict: Verdict::Silence }
    }
}

impl Responder {
    /// Connections may be idle for `idle`, and clients that ask are told so. `threads` count on their own.
    pub(super) fn new(
        catalog: Catalog,
        mut settings: Settings,
        limits: RateLimits,
        idle: Duration,
        threads: usize,
    ) -> Self {
        settings.stream_idle = idle;
        Self {
            catalog: ArcSwap::from_pointee(catalog),
            settings: ArcSwap::from_pointee(settings),
            counts: Counts::new(threads),
            latencies: Latencies::new(threads),
            limiter: Limiter::new(limits).with_sheets(threads),
            query_log: QueryLog::new(),
            started: Instant::now(),
        }
    }

    pub(super) fn set_settings(&self, mut settings: Settings) {
        settings.stream_idle = self.settings.load().stream_idle;
        self.settings.store(Arc::new(settings));
    }

    /// Writes to `out` what is to be sent for a message from `peer`.
    #[cfg(feature = "encrypted")]
    pub(super) fn respond(
        &self,
        octets: &[u8],
        transport: Transport,
        peer: IpAddr,
        out: &mut Vec<u8>,
    ) -> Verdict {
        self.respond_at(self.moment(), (octets, transport, peer), out)
    }

    #[cfg(any(feature = "encrypted", test))]
    fn respond_at(
        &self,
        Moment { now, uptime, begun }: Moment,
        (octets, transport, peer): (&[u8], Transport, IpAddr),
        out: &mut Vec<u8>,
    ) -> Verdict {
        let (catalog, settings, rules) = (self.catalog.load(), self.settings.load(), self.limiter.rules());
        let terms =
            Terms { settings: &settings, rules: &rules, uptime, sheet: SheetNumber::default(), begun };
        let request = Begun::new(&catalog, Request { octets, transport, peer, now });
        self.finish(&terms, &request, &catalog, out)
    }

    /// Writes what is to be sent for datagrams that came together, each one's to the reply of its number. Not
    /// all of `replies` need have one.
    ///
    /// They are answered as if one after the other, but what they need of the zones is on its
    /// way from memory together.
    pub(super) fn respond_to_all<'m>(
        &self,
        datagram: impl Fn(usize) -> Option<(&'m [u8], IpAddr)>,
        replies: &mut [Reply],
        sheet: SheetNumber,
    ) {
        self.respond_to_all_at(self.moment(), datagram, replies, sheet);
    }

    fn respond_to_all_at<'m>(
        &self,
        Moment { now, uptime, begun }: Moment,
        datagram: impl Fn(usize) -> Option<(&'m [u8], IpAddr)>,
        replies: &mut [Reply],
        sheet: SheetNumber,
    ) {
        let (catalog, settings, rules) = (self.catalog.load(), self.settings.load(), self.limiter.rules());
        let terms = Terms { settings: &settings, rules: &rules, uptime, sheet, begun };
        let mut begun = [const { None }; TOGETHER];
        for (round, replies) in replies.chunks_mut(TOGETHER).enumerate() {
            let request = |at| {
                let (octets, peer) = (at < replies.len()).then(|| datagram(TOGETHER * round + at))??;
                Some(Request { octets, transport: Transport::Udp, peer, now })
            };
            Begun::together(&catalog, request, &mut begun);
            for (begun, reply) in begun.iter().zip(replies) {
                reply.verdict = match begun {
                    Some(begun) => self.finish(&terms, begun, &catalog, &mut reply.octets),
                    None => Verdict::Silence,
                };
            }
        }
    }

    /// Writes to `out` what is to be sent for each of the first [`TOGETHER`] of these messages, which came over one
    /// connection, and hands it to `take` before the next is answered; `take` says whether there shall be a next.
    ///
    /// They are answered as if one after the other, but what all of them need of the zones is on its way from memory
    /// together.
    pub(super) fn respond_in_turn<'m>(
        &self,
        messages: impl Iterator<Item = &'m [u8]>,
        from: (Transport, IpAddr),
        out: &mut Vec<u8>,
        take: impl FnMut(Verdict, &[u8]) -> bool,
    ) {
        self.respond_in_turn_at(self.moment(), messages, from, out, take);
    }

    fn respond_in_turn_at<'m>(
        &self,
        Moment { now, uptime, begun }: Moment,
        mut messages: impl Iterator<Item = &'m [u8]>,
        (transport, peer): (Transport, IpAddr),
        out: &mut Vec<u8>,
        mut take: impl FnMut(Verdict, &[u8]) -> bool,
    ) {
        let (catalog, settings, rules) = (self.catalog.load(), self.settings.load(), self.limiter.rules());
        let terms =
            Terms { settings: &settings, rules: &rules, uptime, sheet: SheetNumber::default(), begun };
        let request = |_| Some(Request { octets: messages.next()?, transport, peer, now });
        let mut begun = [const { None }; TOGETHER];
        Begun::together(&catalog, request, &mut begun);
        for begun in begun.iter().flatten() {
            let verdict = self.finish(&terms, begun, &catalog, out);
            if !take(verdict, out) {
                return;
            }
        }
    }

    fn finish<'c>(
        &self,
        terms: &Terms<'_>,
        begun: &Begun<'_, 'c>,
        catalog: &'c Catalog,
        out: &mut Vec<u8>,
    ) -> Verdict {
        let request = &begun.request;
        let answer = begun.answer(catalog, terms.settings, out);
        let mut outcome = answer.outcome;
        let Request { peer, transport, .. } = *request;
        let subject = Subject { peer, datagram: transport.is_datagram(), answer };
        let verdict = match self.limiter.rule(terms.rules, &subject, terms.uptime, terms.sheet) {
            Ruling::Send if !outcome.is_replied() => Verdict::Silence,
            Ruling::Send => Verdict::Send,
            Ruling::Drop => Verdict::Silence,
            Ruling::Slip => {
                // What was found, or not, is not told: who walks would learn it at full speed.
                let faulty = LimitKind::of(outcome) == Some(LimitKind::Error);
                let told = if faulty { outcome } else { Outcome::Truncated };
                cut_short(terms.settings, request, told, true, out);
                Verdict::Send
            }
            Ruling::Delay(time) => Verdict::SendAfter(time),
            Ruling::Refuse => {
                outcome = Outcome::Slowed;
                cut_short(terms.settings, request, outcome, false, out);
                Verdict::Send
            }
        };
        self.counts.count(terms.sheet, transport, outcome);
        if let Some(begun) = terms.begun {
            self.latencies.count(terms.sheet, transport, outcome, begun);
        }
        if let Some(logging) = terms.settings.query_log {
            self.query_log.note(logging, catalog, request, outcome, out);
        }
        verdict
    }

    fn moment(&self) -> Moment {
        Moment { now: UnixTime::now(), uptime: self.uptime(), begun: Latencies::begin() }
    }

    /// Milliseconds since the start.
    pub(super) fn uptime(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
