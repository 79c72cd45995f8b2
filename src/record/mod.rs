//! Names, types and record data: wire form and presentation form, both directions, exact.

pub(crate) mod calendar;
pub mod mimisig;
mod name;
mod rrset;
mod rtype;

pub use name::{Labels, MAX_LABEL, MAX_NAME, Name, NameError, RelativeName};
pub use rrset::{Rdata, Rrset};
pub use rtype::{Class, MnemonicError, Rtype, Ttl};
