//! Pages that somebody else may have written.

use super::super::image::{Checked, Frame};
use super::super::node::take_node;
use super::{COUNT, Page, TAG, WIDE};

impl Checked for Page {
    fn check(octets: &[u8], frame: Frame) -> Option<usize> {
        let head = u16::from_le_bytes(*octets.first_chunk::<COUNT>()?);
        let count = usize::from(head & !WIDE);
        let width = if head & WIDE == 0 { 2 } else { 4 };
        let (index, mut nodes) = octets.split_at_checked(COUNT + (TAG + width) * count)?;
        for offset in index[COUNT + TAG * count..].chunks_exact(width) {
            // Nodes stand one after the other: a hostile page costs no more than its octets.
            let at = octets.len() - nodes.len();
            let is_here =
                offset.iter().rev().fold(0, |number, &octet| number << 8 | usize::from(octet)) == at;
            take_node(&mut nodes, frame).filter(|()| is_here)?;
        }
        nodes.is_empty().then_some(count)
    }
}
