//! What is done once zones are served, behind the threads that answer: nobody waits for it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
    /// The first statement that held when the zone was loaded.
    pub(super) statements: Option<UnixTime>,
}

impl Ends {
    fn of(zone: &Zone, loaded: UnixTime, now: UnixTime) -> Self {
        Self { signatures: zone.signature_times(now), statements: zone.first_statement_end(loaded) }
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
    let (catalog, files, now) = (handle.catalog(), status.files(), UnixTime::now());
    let zones = files.iter().filter_map(|file| file.zone.as_ref());
    let loaded: BTreeMap<&Name, UnixTime> = zones.map(|zone| (&zone.apex, zone.loaded_at)).collect();
    let ends = |zone: &Arc<Zone>| {
        let loaded = loaded.get(zone.apex()).copied().unwrap_or(now);
        (zone.apex().clone(), Ends::of(zone, loaded, now))
    };
    let ends: BTreeMap<Name, Ends> = catalog.zones().map(ends).collect();
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
