//! Leaves that somebody else may have written.

use super::super::super::image::{Checked, Frame, Octet};
use super::{Leaf, NUMBER};

impl Checked for Leaf {
    fn check(mut octets: &[u8], frame: Frame) -> Option<usize> {
        let len = octets.take_octet()?;
        let first = octets.take_some(len.into())?;
        let (count, rest) = (octets.len() / (2 * NUMBER), octets.len() % (2 * NUMBER));
        (count > 0 && rest == 0 && frame.is_below(first)).then_some(count)
    }
}
