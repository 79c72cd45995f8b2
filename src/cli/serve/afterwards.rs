//! What is done once zones are served, behind the threads that answer: nobody waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::behind::behind;
use super::status::Status;
use super::{large_pages, memory};
use crate::clock::UnixTime;
use crate::dnssec::sign::{ZonemdFault, check_zonemd};
use crate::record::Name;
use crate::zone::{SignatureTimes, Zone};

/// How often it was wanted and is not done.
static WANTED: AtomicUsize = AtomicUsize::new(0);

/// When what a zone holds ends.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    pub(super) signatures: Option<SignatureTimes>,
    /// The first statement that held when it was looked at.
    pub(super) statements: Option<UnixTime>,
}

impl Ends {
    fn of(zone: &Zone, now: UnixTime) -> Self {
        Self { signatures: zone.signature_times(now), statements: zone.first_statement_end(now) }
    }
}

/// Looks through all zones that are served now, and puts them into large pages.
pub(super) fn begin(status: &Arc<Status>) {
    if WANTED.fetch_add(1, Ordering::Relaxed) > 0 {
        return;
    }
    let status = Arc::clone(status);
    tokio::task::spawn_blocking(move || {
        let mut wanted = 1;
        while wanted > 0 {
            behind(|| look_through(&status));
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
    let (catalog, now) = (handle.catalog(), UnixTime::now());
    let ends: BTreeMap<Name, Ends> =
        catalog.zones().map(|zone| (zone.apex().clone(), Ends::of(zone, now))).collect();
    status.set_ends(ends);
    for zone in catalog.zones() {
        if let Err(fault) = check_zonemd(zone)
            && fault != ZonemdFault::Absent
        {
            // Whether to serve it is the operator's to say. Source: RFC 8976 §4.
            tracing::warn!(zone = %zone.apex(), serial = zone.serial(), "ZONEMD: {fault}");
        }
    }
    catalog.zones().for_each(|zone| large_pages::put(zone));
}
