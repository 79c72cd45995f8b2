//! What is done once zones are served, behind the threads that answer: nobody waits for it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use super::behind::behind;
use super::status::Status;
use super::{large_pages, memory};
use crate::clock::UnixTime;
use crate::dnssec::sign::{ZonemdFault, check_zonemd};
use crate::zone::{SignatureTimes, Zone};

/// How often it was wanted and is not done.
static WANTED: AtomicUsize = AtomicUsize::new(0);

/// When what a zone holds ends.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    pub(super) signatures: Option<SignatureTimes>,
    /// The first statement that held when the zone was loaded.
    pub(super) statements: Option<UnixTime>,
    /// Which zone that is, without keeping it.
    of: Weak<Zone>,
}

impl Ends {
    fn of(zone: &Arc<Zone>, now: UnixTime) -> Self {
        Self {
            signatures: zone.signature_times(now),
            statements: zone.first_statement_end(now),
            of: Arc::downgrade(zone),
        }
    }
}

/// Looks through the zones that are new since the last time, and puts all into large pages.
pub(super) fn begin(status: &Arc<Status>) {
    if WANTED.fetch_add(1, Ordering::Relaxed) > 0 {
        return;
    }
    let status = Arc::clone(status);
    tokio::task::spawn_blocking(move || {
        let mut wanted = 1;
        while wanted > 0 {
            // Nothing is worse for a look that panicked; the next one is to come.
            let _ = catch_unwind(AssertUnwindSafe(|| behind(|| look_through(&status))));
            wanted = WANTED.fetch_sub(wanted, Ordering::Relaxed) - wanted;
            if wanted > 0 {
                // Others are served by now, and these were kept until here.
                memory::give_back();
            }
        }
    });
}

fn look_through(status: &Status) {
    let Some(handle) = status.handle() else { return };
    let (catalog, before, now) = (handle.catalog(), status.ends(), UnixTime::now());
    let mut ends = BTreeMap::new();
    for zone in catalog.zones() {
        let known = before.get(zone.apex()).filter(|ends| ends.of.as_ptr() == Arc::as_ptr(zone));
        if known.is_none() {
            warn_of_digest(zone);
        }
        ends.insert(zone.apex().clone(), known.cloned().unwrap_or_else(|| Ends::of(zone, now)));
    }
    status.set_ends(ends);
    catalog.zones().for_each(|zone| large_pages::put(zone));
}

/// Whether to serve a zone whose digest is another is the operator's to say. Source: RFC 8976 §4.
fn warn_of_digest(zone: &Zone) {
    if let Err(fault) = check_zonemd(zone)
        && fault != ZonemdFault::Absent
    {
        tracing::warn!(zone = %zone.apex(), serial = zone.serial(), "ZONEMD: {fault}");
    }
}
