//! The octets of record data, taken one field after the other.

use std::ops::Range;

use super::{RdataError, RdataFault};
use crate::record::Name;

/// Record data and how far it has been read.
#[derive(Clone)]
pub(crate) struct Wire<'a> {
    rdata: &'a [u8],
    at: usize,
    /// The name of the field, for errors.
    pub(crate) what: &'static str,
}

impl<'a> Wire<'a> {
    pub(crate) fn new(rdata: &'a [u8]) -> Self {
        Self { rdata, at: 0, what: "record data" }
    }

    /// Record data that has been read up to `at`, which lies in it.
    pub(super) fn read_up_to(rdata: &'a [u8], at: usize) -> Self {
        Self { at, ..Self::new(rdata) }
    }

    /// The offset of the next octet.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The octets before the next one.
    pub(super) fn before(&self) -> &'a [u8] {
        &self.rdata[..self.at]
    }

    /// The octets that are left, which stay unread.
    pub(super) fn left(&self) -> &'a [u8] {
        &self.rdata[self.at..]
    }

    /// This fault of the field that is being read, which began at `offset`.
    pub(super) fn fault(&self, offset: usize, fault: RdataFault) -> RdataError {
        fault.at(self.what, offset)
    }

    pub(super) fn rule(&self, offset: usize, rule: &'static str) -> RdataError {
        self.fault(offset, RdataFault::Rule(rule))
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], RdataError> {
        let taken = self.left().get(..count).ok_or_else(|| self.fault(self.rdata.len(), RdataFault::Cut))?;
        self.at += count;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], RdataError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, RdataError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, RdataError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, RdataError> {
        self.array().map(u32::from_be_bytes)
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let rest = self.left();
        self.at = self.rdata.len();
        rest
    }

    /// One octet of length and as many octets, without the length.
    pub(crate) fn char_string(&mut self) -> Result<&'a [u8], RdataError> {
        let len = usize::from(self.u8()?);
        self.take(len)
    }

    /// Where the next name stands.
    pub(super) fn name_range(&mut self) -> Result<Range<usize>, RdataError> {
        let start = self.at;
        let len = Name::wire_len(self.left()).map_err(|error| self.fault(start, error.into()))?;
        self.at += len;
        Ok(start..self.at)
    }

    /// The next name.
    pub(crate) fn name(&mut self) -> Result<Name, RdataError> {
        let range = self.name_range()?;
        Name::from_wire(&self.rdata[range.clone()]).map_err(|error| self.fault(range.start, error.into()))
    }

    /// Nothing may be left.
    pub(crate) fn end(&self) -> Result<(), RdataError> {
        match self.left() {
            [] => Ok(()),
            _ => Err(RdataFault::Leftover.at("record data", self.at)),
        }
    }
}
