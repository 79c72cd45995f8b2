//! From octets to octets: reads a request, refuses what is refused, has the engine answer the rest.
//!
//! No I/O, no clock, no state between requests.

use std::net::IpAddr;

use super::cookie::{Judged, Sent, Standing};
use super::edns::{Edns, ReplyOpt};
use super::engine;
use super::outcome::{Outcome, Sought};
use super::reply::Reply;
use super::request::{Query, Unanswerable};
use super::settings::{Settings, UdpPayload};
use super::transport::Transport;
use crate::clock::UnixTime;
use crate::zone::{Approach, Asked, Catalog};

/// The largest message. Source: RFC 1035 §4.2.2.
pub const MAX_MESSAGE: usize = 65_535;

/// A request and what is known of it. Has no `Debug`: a question may tell whom somebody looks up.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The message, without length octets.
    pub octets: &'a [u8],
    /// How it came.
    pub transport: Transport,
    /// Who sent it, or seems to have.
    pub peer: IpAddr,
    /// When it came.
    pub now: UnixTime,
}

/// What became of a request, and what limits on its sender go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// What became of it.
    pub outcome: Outcome,
    /// Whether the sender's address is no forgery: it has a connection, or a cookie of ours.
    pub proved: bool,
    /// What was asked for, in a zone that tells who is registered; `None` in others.
    pub sought: Option<Sought>,
}

/// Answers a request from the zones of `catalog`, as `settings` say.
///
/// Where [`Outcome::is_replied`], `out` holds the one message to send; else it is empty. Over UDP
/// that message is no larger than the requestor's payload size, 512 octets without EDNS, and never
/// larger than [`Settings::udp_payload`]. Nothing is allocated where `out` has room for that.
pub fn answer(catalog: &Catalog, settings: &Settings, request: &Request<'_>, out: &mut Vec<u8>) -> Answer {
    Begun::new(catalog, *request).answer(catalog, settings, out)
}

/// Answers requests that came together, each as [`answer`] does, to the place of its number in `outs`; what became of
/// it is handed to `done`. There are no more of them than of `outs`.
///
/// What they need of the zones is asked of memory before any is answered, so that they wait for it together. That
/// changes no answer.
pub fn answer_together(
    catalog: &Catalog,
    settings: &Settings,
    requests: &[Request<'_>],
    outs: &mut [Vec<u8>],
    mut done: impl FnMut(usize, Answer),
) {
    for (round, (requests, outs)) in requests.chunks(TOGETHER).zip(outs.chunks_mut(TOGETHER)).enumerate() {
        let mut begun = [const { None }; TOGETHER];
        Begun::together(catalog, |at| requests.get(at).copied(), &mut begun);
        for (at, (begun, out)) in begun.iter().flatten().zip(outs).enumerate() {
            done(TOGETHER * round + at, begun.answer(catalog, settings, out));
        }
    }
}

/// Requests whose places in the zones are fetched at the same time: so many that the first has come when the last was
/// asked for.
pub(super) const TOGETHER: usize = 32;

/// A request that was read, and whose name is being sought.
pub(super) struct Begun<'m, 'c> {
    pub(super) request: Request<'m>,
    parsed: Result<(Query<'m>, Approach<'c>), Unanswerable<'m>>,
}

impl<'m, 'c> Begun<'m, 'c> {
    /// Some requests, with everything asked for that their answers need: put where they stay, since moving them costs
    /// more than reading them. `request` is asked for each number in turn.
    pub(super) fn together(
        catalog: &'c Catalog,
        mut request: impl FnMut(usize) -> Option<Request<'m>>,
        begun: &mut [Option<Self>; TOGETHER],
    ) {
        for (at, place) in begun.iter_mut().enumerate() {
            *place = request(at).map(|request| Self::new(catalog, request));
        }
        // As many rounds as the one that takes most steps.
        while begun.iter_mut().flatten().fold(false, |more, begun| begun.fetch() | more) {}
    }

    pub(super) fn new(catalog: &'c Catalog, request: Request<'m>) -> Self {
        let parsed = Query::parse(request.octets).map(|query| {
            let approach = catalog.approach(&query.name, query.rtype, query.class);
            (query, approach)
        });
        Self { request, parsed }
    }

    /// Asks memory for more of what the answer needs; whether there is more. Changes no answer.
    fn fetch(&mut self) -> bool {
        let Ok((query, approach)) = &mut self.parsed else { return false };
        approach.fetch(&query.name, Asked { rtype: query.rtype, signed: query.wants_signatures() })
    }

    /// As [`answer`], from the catalog that it was begun with.
    pub(super) fn answer(&self, catalog: &'c Catalog, settings: &Settings, out: &mut Vec<u8>) -> Answer {
        let Self { request, parsed } = self;
        out.clear();
        let (head, edns, fault) = match parsed {
            Ok((query, _)) => (Some(query.head), query.edns, None),
            Err(unanswerable) => (unanswerable.head, unanswerable.edns, Some(unanswerable.outcome)),
        };
        let terms = Terms::of(settings, request, edns);
        let mut sought = None;
        let outcome = match (refusal(settings, request, &terms, fault), parsed, head) {
            (None, Ok((query, approach)), _) => {
                let outcome;
                (outcome, sought) = answer_query((catalog, approach), settings, request, query, &terms, out);
                outcome
            }
            (Some(outcome), parsed, Some(head)) if outcome.is_replied() => {
                terms.begin(head, out).finish(outcome);
                if let Err(Unanswerable { tsig: Some(tsig), .. }) = parsed
                    && outcome == Outcome::UnknownKey
                {
                    tsig.refuse(out, terms.limit);
                }
                outcome
            }
            (Some(outcome), ..) => outcome,
            (None, Err(unanswerable), _) => unanswerable.outcome,
        };
        Answer { outcome, proved: terms.proved, sought }
    }
}

/// Why the request is not answered from a zone, where it is not. `fault` is what its reader found.
fn refusal(
    settings: &Settings,
    request: &Request<'_>,
    terms: &Terms<'_>,
    fault: Option<Outcome>,
) -> Option<Outcome> {
    if fault.is_some_and(|fault| !fault.is_replied()) {
        return fault;
    }
    if !settings.access.admits(request.peer) {
        return Some(Outcome::Prohibited);
    }
    let standing = terms.cookie.map(|cookie| cookie.standing);
    let required = settings.cookies.as_ref().is_some_and(|cookies| cookies.require);
    match (terms.fault.or(fault), standing) {
        // A request without a question that has a cookie asks for one. Source: RFC 7873 §5.4.
        (Some(Outcome::NotOneQuestion), Some(Standing::First | Standing::Valid)) => {
            Some(Outcome::CookieGiven)
        }
        (Some(Outcome::NotOneQuestion), Some(Standing::Invalid)) => Some(Outcome::CookieRequired),
        (Some(fault), _) => Some(fault),
        // A connection proves an address as well as a cookie does. Source: RFC 7873 §5.2.3.
        (None, Some(_)) if required && !terms.proved => Some(Outcome::CookieRequired),
        (None, _) => None,
    }
}

fn answer_query<'c>(
    (catalog, approach): (&'c Catalog, &Approach<'c>),
    settings: &Settings,
    request: &Request<'_>,
    query: &Query<'_>,
    terms: &Terms<'_>,
    out: &mut Vec<u8>,
) -> (Outcome, Option<Sought>) {
    let datagram = request.transport.is_datagram();
    let mut reply = terms.begin(query.head, out);
    let (outcome, sought) =
        engine::fill((catalog, approach), settings, query, (datagram, request.now), &mut reply);
    let outcome = match (reply.is_truncated(), datagram) {
        (false, _) => outcome,
        (true, true) => Outcome::Truncated,
        (true, false) => {
            reply = terms.begin(query.head, out);
            Outcome::TooLarge
        }
    };
    reply.finish(outcome);
    (outcome, sought)
}

/// Replaces an answer by a reply without records: with TC, so that an honest client asks again over
/// TCP, or else saying what `outcome` is.
pub(super) fn cut_short(
    settings: &Settings,
    request: &Request<'_>,
    outcome: Outcome,
    truncated: bool,
    out: &mut Vec<u8>,
) {
    let (head, edns) = match Query::parse(request.octets) {
        Ok(query) => (Some(query.head), query.edns),
        Err(unanswerable) => (unanswerable.head, unanswerable.edns),
    };
    let Some(head) = head else { return out.clear() };
    let mut reply = Terms::of(settings, request, edns).begin(head, out);
    if truncated {
        reply.set_truncated();
    }
    reply.finish(outcome);
}

/// What the request's OPT record and transport mean for the reply.
struct Terms<'s> {
    /// What is wrong with an option.
    fault: Option<Outcome>,
    cookie: Option<Judged>,
    proved: bool,
    /// Octets of the reply at most.
    limit: usize,
    opt: Option<ReplyOpt<'s>>,
}

impl<'s> Terms<'s> {
    fn of(settings: &'s Settings, request: &Request<'_>, edns: Option<Edns<'_>>) -> Self {
        let transport = request.transport;
        let mut terms = Self {
            fault: None,
            cookie: None,
            proved: !transport.is_datagram(),
            limit: MAX_MESSAGE,
            opt: None,
        };
        if transport.is_datagram() {
            let payload = edns.map_or(UdpPayload::LEAST.octets(), |edns| edns.payload);
            terms.limit = payload.min(settings.udp_payload.octets()).into();
        }
        let Some(edns) = edns else { return terms };
        let mut opt = ReplyOpt {
            payload: settings.udp_payload.octets(),
            dnssec_ok: edns.dnssec_ok,
            nsid: None,
            cookie: None,
            keepalive: None,
            padded: false,
        };
        // What options mean is known for version 0 only.
        if edns.version == 0 {
            terms.take_cookie(settings, request, &edns);
            opt.nsid = settings.nsid.as_ref().filter(|_| edns.nsid);
            opt.cookie = terms.cookie.map(|cookie| cookie.reply);
            opt.keepalive = terms.take_keepalive(settings, transport, &edns);
            opt.padded = edns.padded && transport.is_encrypted();
        }
        terms.opt = Some(opt);
        terms
    }

    fn take_cookie(&mut self, settings: &Settings, request: &Request<'_>, edns: &Edns<'_>) {
        let (Some(cookies), Some(data)) = (&settings.cookies, edns.cookie) else { return };
        let Some(sent) = Sent::parse(data) else {
            self.fault = Some(Outcome::BadOpt);
            return;
        };
        let judged = sent.judge(&cookies.secrets, request.peer, request.now);
        self.proved |= judged.standing == Standing::Valid;
        self.cookie = Some(judged);
    }

    /// What a reply says of how long connections may be idle. Source: RFC 7828 §3.
    fn take_keepalive(&mut self, settings: &Settings, transport: Transport, edns: &Edns<'_>) -> Option<u16> {
        let data = edns.keepalive?;
        match transport {
            // Ignored over UDP (RFC 7828 §3.2.1); HTTP has its own way.
            Transport::Udp | Transport::Https => None,
            Transport::Quic => {
                self.fault = Some(Outcome::DroppedKeepalive);
                None
            }
            Transport::Tcp | Transport::Tls => {
                // Only a server's has a value. Source: RFC 7828 §3.2.1.
                if !data.is_empty() {
                    self.fault = Some(Outcome::BadOpt);
                }
                Some(u16::try_from(settings.stream_idle.as_millis() / 100).unwrap_or(u16::MAX))
            }
        }
    }

    fn begin<'o>(&self, head: &[u8], out: &'o mut Vec<u8>) -> Reply<'o, 's> {
        Reply::new(out, head, self.limit, self.opt)
    }
}
