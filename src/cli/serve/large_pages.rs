//! Zones in large pages of memory. Names that are asked for lie all over a zone, and with pages of 4 KiB much of a look-up is
//! waiting for the processor to find where they are.
//!
//! They are put there once they are served: asking for large pages while loading costs more than it brings.
#![cfg_attr(target_os = "linux", expect(unsafe_code, reason = "there is no other way to it"))]

use std::collections::HashMap;

use crate::zone::Zone;

/// Octets of a large page, on most processors.
const LARGE: usize = 2 << 20;
/// Octets of a zone for which one is worth it: the system fills up what is between with memory that nobody uses.
const WORTH_IT: usize = LARGE / 8 * 7;

/// Puts a zone into large pages, as far as the system has them.
pub(super) fn put(zone: &Zone) {
    take(&large_pages(zone.runs().map(place)));
}

fn place(run: &[u8]) -> (usize, usize) {
    (run.as_ptr().addr(), run.len())
}

/// Where large pages are worth it, given where octets are and how many: in the order of their places.
fn large_pages(runs: impl Iterator<Item = (usize, usize)>) -> Vec<usize> {
    let mut filled: HashMap<usize, usize> = HashMap::new();
    for (mut start, len) in runs {
        let end = start + len;
        while start < end {
            let next = (start / LARGE + 1) * LARGE;
            *filled.entry(start / LARGE * LARGE).or_default() += end.min(next) - start;
            start = next;
        }
    }
    let mut pages: Vec<_> =
        filled.into_iter().filter(|&(_, filled)| filled >= WORTH_IT).map(|(page, _)| page).collect();
    pages.sort_unstable();
    pages
}

/// Asks the system for each.
#[cfg(target_os = "linux")]
fn take(pages: &[usize]) {
    /// The C library's headers lack it here and there.
    const MADV_COLLAPSE: libc::c_int = 25;
    let mut taken = 0;
    for &page in pages {
        let page = std::ptr::without_provenance_mut::<libc::c_void>(page);
        // SAFETY: the advice changes neither what memory holds nor who may use it, wherever it is (madvise(2)); what
        // somebody has given back meanwhile is refused, as by a system without large pages.
        taken += usize::from(unsafe { libc::madvise(page, LARGE, MADV_COLLAPSE) } == 0);
    }
    if !pages.is_empty() {
        tracing::debug!(taken, refused = pages.len() - taken, "large pages");
    }
}

/// Elsewhere the system decides by itself.
#[cfg(not(target_os = "linux"))]
fn take(_: &[usize]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_are_nearly_full_are_worth_it() {
        let full = (4 * LARGE, LARGE);
        let across = (7 * LARGE - WORTH_IT, 2 * WORTH_IT);
        let short = (9 * LARGE, WORTH_IT - 1);
        assert_eq!(large_pages([across, full, short].into_iter()), [4, 6, 7].map(|page| page * LARGE));
        let halves = [(0, LARGE / 2), (LARGE / 2, LARGE / 2)];
        assert_eq!(large_pages(halves.into_iter()), [0]);
        assert!(large_pages([(0, LARGE / 2), (LARGE, LARGE / 2)].into_iter()).is_empty());
    }

    #[test]
    fn memory_holds_what_it_held() {
        let octets: Vec<u8> = (0..3 * LARGE).map(|at| at.to_le_bytes()[at % 3]).collect();
        let before = octets.clone();
        let pages = large_pages([place(&octets)].into_iter());
        assert!(pages.len() >= 2);
        take(&pages);
        assert!(octets == before);
    }
}
