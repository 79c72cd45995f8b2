//! Octets that pages share: one allocation for many pages, so that none costs more than it holds.

use std::ops::Deref;
use std::sync::Arc;

/// A run of octets in a slab. A clone shares them.
#[derive(Clone)]
pub(super) struct Octets {
    slab: Arc<Slab>,
    at: u32,
    len: u32,
}

/// Boxed, so that what each page holds of it is a thin pointer.
struct Slab(Box<[u8]>);

/// More octets than a slab can hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct SlabFull;

impl Octets {
    /// Runs that stand one after the other, each up to its end.
    pub(super) fn divide(octets: &[u8], ends: &[usize]) -> Result<Vec<Self>, SlabFull> {
        u32::try_from(octets.len()).map_err(|_| SlabFull)?;
        let number = |number: usize| u32::try_from(number).map_err(|_| SlabFull);
        let slab = Arc::new(Slab(octets.into()));
        let mut at = 0;
        let mut run = |&end: &usize| {
            let run = Self { slab: Arc::clone(&slab), at: number(at)?, len: number(end - at)? };
            at = end;
            Ok(run)
        };
        ends.iter().map(&mut run).collect()
    }

    /// Whether nothing else stands in its slab.
    pub(super) fn is_alone(&self) -> bool {
        self.slab.0.len() == self.len as usize
    }
}

impl Deref for Octets {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.slab.0[self.at as usize..self.at as usize + self.len as usize]
    }
}
