//! What became of a request: one variant for each outcome, each counted.

use super::sheets::{SheetNumber, Sheets};
use super::transport::Transport;

macro_rules! outcomes {
    ($($(#[$doc:meta])* $name:ident = $label:literal),* $(,)?) => {
        /// What became of a request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Outcome { $($(#[$doc])* $name),* }

        impl Outcome {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Words joined by `_`; stable, for metrics.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label),* }
            }
        }
    };
}

outcomes! {
    /// Replied with the data that was asked for.
    Answered = "answered",
    /// Replied with an alias that leads to a name which this server does not serve, in a loop, or too far.
    Alias = "alias",
    /// Replied that the name exists and has no such type.
    NoData = "no_data",
    /// Replied that the name does not exist.
    NxDomain = "nxdomain",
    /// Replied with a record which proves that the name does not exist, made when it was asked for (RFC 9824).
    NxName = "nxname",
    /// Replied with a referral to a zone below.
    Delegation = "delegation",
    /// Replied that a DNAME leads to a name that would be too long.
    NameTooLong = "name_too_long",
    /// Replied with less than was due, so that the client asks again over TCP.
    Truncated = "truncated",
    /// Refused: no zone here for that name or class.
    NotServed = "not_served",
    /// Refused: the sender's address is not served.
    Prohibited = "prohibited",
    /// Refused: the sender asks too fast for names that are not there.
    Slowed = "slowed",
    /// Refused: zone transfers are not offered.
    TransferRefused = "transfer_refused",
    /// Replied that the opcode is not implemented.
    UnknownOpcode = "unknown_opcode",
    /// Replied that the EDNS version is not.
    BadEdnsVersion = "bad_edns_version",
    /// Replied that the message has other than one question.
    NotOneQuestion = "not_one_question",
    /// Replied that the question can't be read, or asks for what can't be asked.
    BadQuestion = "bad_question",
    /// Replied that counts and contents of the message differ, or records in it can't be read.
    BadRecords = "bad_records",
    /// Replied that the key which the request is signed with is not known.
    UnknownKey = "unknown_key",
    /// Replied that the OPT record is ill formed or there twice.
    BadOpt = "bad_opt",
    /// Replied with a cookie, which was all that was asked for.
    CookieGiven = "cookie_given",
    /// Replied with a cookie to be sent with the question again.
    CookieRequired = "cookie_required",
    /// Replied with a failure: the zone should be served and could not be loaded.
    NotLoaded = "not_loaded",
    /// Replied with a failure: the answer does not fit the largest message.
    TooLarge = "too_large",
    /// No reply: shorter than a header.
    DroppedShort = "dropped_short",
    /// No reply: it is a response itself; to reply could go on for ever.
    DroppedResponse = "dropped_response",
    /// No reply: it has an edns-tcp-keepalive option, which over QUIC ends the connection. Source:
    /// RFC 9250 §5.5.2.
    DroppedKeepalive = "dropped_keepalive",
}

/// What a request in a discovery zone asked for: a zone that tells who is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// A mapping, and there is one.
    Present,
    /// A name that is not there.
    Absent,
    /// Something else, such as the zone's SOA record.
    Other,
}

impl Outcome {
    /// Whether there is a reply.
    #[must_use]
    pub fn is_replied(self) -> bool {
        !matches!(self, Self::DroppedShort | Self::DroppedResponse | Self::DroppedKeepalive)
    }
}

/// How often each outcome came up since the start, over each transport.
#[derive(Debug)]
pub struct Counts(Sheets<COUNTERS>);

const COUNTERS: usize = Outcome::ALL.len() * Transport::ALL.len();

impl Counts {
    /// For so many threads with a sheet of their own.
    pub(super) fn new(own_sheets: usize) -> Self {
        Self(Sheets::new(own_sheets))
    }

    pub(super) fn count(&self, sheet: SheetNumber, transport: Transport, outcome: Outcome) {
        self.0.count(sheet, counter(transport, outcome));
    }

    /// How often this one did over this transport.
    #[must_use]
    pub fn over(&self, transport: Transport, outcome: Outcome) -> u64 {
        self.0.sum(counter(transport, outcome))
    }

    /// How often this one did.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        Transport::ALL.iter().map(|&transport| self.over(transport, outcome)).sum()
    }

    /// Requests of every outcome.
    #[must_use]
    pub fn total(&self) -> u64 {
        (0..COUNTERS).map(|counter| self.0.sum(counter)).sum()
    }
}

const fn counter(transport: Transport, outcome: Outcome) -> usize {
    transport as usize * Outcome::ALL.len() + outcome as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_a_counter_of_its_own_for_each_transport() {
        let counts = Counts::new(1);
        for &transport in Transport::ALL {
            for &outcome in Outcome::ALL {
                counts.count(SheetNumber(1), transport, outcome);
                assert_eq!(counts.over(transport, outcome), 1, "{} {}", transport.label(), outcome.label());
            }
        }
        assert_eq!(counts.of(Outcome::Answered), Transport::ALL.len() as u64);
        assert_eq!(counts.total(), (Transport::ALL.len() * Outcome::ALL.len()) as u64);
    }
}
