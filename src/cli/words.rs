//! What `lookup` and `explain` say in words.

use crate::clock::UnixTime;
use crate::record::calendar;
use crate::record::mimisig::Basis;
use crate::resolver::{Mapping, MappingBasis, RecordRank, StatementEvidence, StatementSigner};

/// Until when an answer may be kept, as the end of a line.
pub(super) fn until(valid_until: UnixTime, judged_at: UnixTime) -> String {
    match valid_until.0.saturating_sub(judged_at.0) {
        0 => String::new(),
        seconds => format!(", to be kept for {} at most", span(seconds)),
    }
}

/// A span of time in its largest fitting unit.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", (seconds + 30) / 60),
        7200..=172_799 => format!("{} h", (seconds + 1800) / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Why a mapping is believed and how it ranks, in one line.
pub(super) fn basis(mapping: &Mapping) -> String {
    let rank = match mapping.record {
        RecordRank::Naptr { preference, .. } => format!("NAPTR {preference}"),
        RecordRank::Uri { priority, weight } => format!("URI {priority} {weight}"),
    };
    let tags = match mapping.tags.as_slice() {
        [] => String::new(),
        tags => format!(" tags {}", tags.join(",")),
    };
    let who = mapping.msp.as_ref().map(ToString::to_string).unwrap_or_default();
    match &mapping.basis {
        MappingBasis::Wishes { proof, .. } => {
            format!("{who} rank {}{tags}, {rank}, wished by the holder, possession by {proof}", mapping.rank)
        }
        MappingBasis::Legacy { proof, .. } => {
            format!("{who} {rank}, legacy: the provider vouches for possession by {proof}")
        }
        MappingBasis::Enum { suffix, .. } => {
            format!("{rank}, {}, ENUM under {suffix}: unsigned", mapping.service)
        }
    }
}

/// `, signed by …`, where the statement says it.
pub(super) fn signed_by(statement: &StatementEvidence) -> String {
    match &statement.signer {
        Some(StatementSigner::Domain(name)) => format!(" of {name}"),
        Some(StatementSigner::Holder(hash)) => format!(" of holder {}", hash.key_id()),
        None => String::new(),
    }
}

/// A time as people read it: `2026-11-22 03:07:13 UTC`.
pub(super) fn time(time: UnixTime) -> String {
    match calendar::print(time).as_deref().map(str::as_bytes) {
        Some([y @ .., m1, m2, d1, d2, h1, h2, min1, min2, s1, s2]) => {
            let text = [
                y,
                b"-",
                &[*m1, *m2],
                b"-",
                &[*d1, *d2],
                b" ",
                &[*h1, *h2],
                b":",
                &[*min1, *min2],
                b":",
                &[*s1, *s2],
            ];
            format!("{} UTC", String::from_utf8_lossy(&text.concat()))
        }
        _ => format!("{} seconds after 1970", time.0),
    }
}

/// On what a mapping statement rests.
pub(super) fn statement_basis(basis: &Basis) -> String {
    match basis {
        Basis::Holder { holder, consent } => {
            format!("holder {holder}, on wishes not older than {}", time(*consent))
        }
        Basis::Legacy(proof) => {
            format!("legacy: the provider vouches for possession by {} at {}", proof.method, time(proof.time))
        }
    }
}
