//! Octets that pages share: one allocation for many pages, so that none costs more than it holds.

use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;

/// A run of octets in a slab. A clone shares them.
#[derive(Clone)]
pub(super) struct Octets {
    slab: Arc<Slab>,
    at: u32,
    len: u32,
}

/// In memory of its own, or a part of a file that is mapped. Apart, so that what each page holds of it is a thin pointer.
struct Slab(Bytes);

/// More octets than a slab can hold, or than it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct SlabFull;

impl Octets {
    /// A run in a slab of its own.
    pub(super) fn alone(octets: &[u8]) -> Result<Self, SlabFull> {
        let len = u32::try_from(octets.len()).map_err(|_| SlabFull)?;
        Ok(Self { slab: Arc::new(Slab(Bytes::copy_from_slice(octets))), at: 0, len })
    }

    /// Runs that stand one after the other, each up to its end.
    pub(super) fn divide(octets: &[u8], ends: &[usize]) -> Result<Vec<Self>, SlabFull> {
        Self::divide_shared(Bytes::copy_from_slice(octets), ends.iter().copied())
    }

    /// The same of octets that somebody keeps already.
    pub(super) fn divide_shared(
        octets: Bytes,
        ends: impl Iterator<Item = usize>,
    ) -> Result<Vec<Self>, SlabFull> {
        let number = |number: usize| u32::try_from(number).map_err(|_| SlabFull);
        let all = number(octets.len())?;
        let slab = Arc::new(Slab(octets));
        let mut at = 0;
        let run = |end| {
            let end = number(end)?;
            let len = end.checked_sub(at).filter(|_| end <= all).ok_or(SlabFull)?;
            let run = Self { slab: Arc::clone(&slab), at, len };
            at = end;
            Ok(run)
        };
        ends.map(run).collect()
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
