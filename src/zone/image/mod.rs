//! Images: a zone as one file, in the form in which it stands in memory, so that a start need not read its text.
//!
//! ```text
//! image      magic 16 octets, the last of which is the version | section × n | directory | tail
//! section    length of a run u32 × runs | run × runs
//! directory  apex length u8 | apex in wire form | class u16 | discovery u8 | key of the names' hash u64 | names u64
//!            | bits u8 | chain × count u8 | has an order u8 | notes length u32 | notes
//!            | (runs u32 | octets u64 | sum u64) × sections u32
//! chain      iterations u16 | salt length u8 | salt | hashes u64 | bits u8
//! tail       place of the directory u64 | its octets u64 | sum of magic and directory u64
//! ```
//!
//! A section is a branch of a spine: of the one of names, then of those of the chains, then of the order; its runs are
//! pages or leaves as [`page`](super::page), [`hash_page`](super::denial::HashPage) and [`order`](super::denial::Order)
//! have them. `bits` say how many pages a spine has and, with that, how many branches. Numbers are in little-endian
//! order whatever the machine. Sums are XXH3 with 64 bits: they find damage, and are no defence against who writes
//! images. What the SOA and NSEC3PARAM records tell is not in the directory. The notes are the affair of who has the
//! image written.
//!
//! Nothing of an image is used before all of it has been looked at: its sums, and that each number in it leads to where
//! it should, so that no octets whatever, sums made to fit or not, make a reader of the zone panic. That goes at the
//! speed of memory, on all cores; to do it branch by branch when they are asked for would cost each answer a look, and
//! leave open for hours whether the image is whole.

mod check;
mod map;
mod read;
#[cfg(test)]
pub(crate) mod tests;
mod write;

use std::io;

use bytes::Bytes;

pub(super) use check::{Checked, Frame, Octet, records};

/// The last octet is the version of the format, which changes with that of pages, leaves and nodes.
const MAGIC: &[u8; 16] = b"mimi-dns image\n\x01";
/// Octets of the tail.
const TAIL: usize = 24;
/// Octets of what the directory tells of a section.
const ENTRY: usize = 20;

/// An image whose directory is whole. Its zone is looked at when [`Image::zone`] is called.
pub struct Image {
    octets: Bytes,
    directory: read::Directory,
}

/// Why there is no zone in an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The file can't be read.
    #[error("it can't be read")]
    Unreadable(#[from] io::Error),
    /// It does not begin as an image of this version does.
    #[error("it is no image of this version")]
    Foreign,
    /// It is cut, or something in it is not what was written.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
}
