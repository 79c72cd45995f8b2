//! Counters that many threads write and none of them shares: each has a sheet of its own, summed when read.

use std::sync::atomic::{AtomicU64, Ordering};

/// `N` counters on as many sheets as there are writers.
#[derive(Debug)]
pub(super) struct Sheets<const N: usize>(Box<[Sheet<N>]>);

/// Which sheet is written: that of everybody who has none of their own, or of one thread, which alone uses the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct SheetNumber(pub(super) usize);

/// As far from the next as no cache fetches at a time.
#[derive(Debug)]
#[repr(align(128))]
struct Sheet<const N: usize>([AtomicU64; N]);

impl<const N: usize> Sheets<N> {
    /// The shared sheet and `own` others.
    pub(super) fn new(own: usize) -> Self {
        let sheet = || Sheet([const { AtomicU64::new(0) }; N]);
        Self(std::iter::repeat_with(sheet).take(own + 1).collect())
    }

    /// Counts one. A number that has no sheet writes on the shared one.
    pub(super) fn count(&self, sheet: SheetNumber, counter: usize) {
        match self.0.get(sheet.0) {
            // Nobody else writes there, so nothing is lost between reading and writing.
            Some(Sheet(own)) if sheet != SheetNumber::default() => {
                let counter = &own[counter];
                counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            }
            _ => drop(self.0[0].0[counter].fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// Counts so many.
    pub(super) fn add(&self, sheet: SheetNumber, counter: usize, many: u64) {
        let sheet = self.0.get(sheet.0).unwrap_or(&self.0[0]);
        sheet.0[counter].fetch_add(many, Ordering::Relaxed);
    }

    /// What all have counted.
    pub(super) fn sum(&self, counter: usize) -> u64 {
        self.0.iter().map(|sheet| sheet.0[counter].load(Ordering::Relaxed)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_are_summed() {
        let sheets = Sheets::<2>::new(2);
        for sheet in 0..5 {
            sheets.count(SheetNumber(sheet), 1);
        }
        assert_eq!((sheets.sum(0), sheets.sum(1)), (0, 5));
        assert_eq!(sheets.0[0].0[1].load(Ordering::Relaxed), 3, "its own, and two that have none");
    }
}
