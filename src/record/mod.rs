//! Names, types and record data: wire form and presentation form, both directions, exact.

pub(crate) mod calendar;
pub mod digits;
pub mod dnssec;
pub mod hashed;
pub mod mimisig;
mod name;
mod naptr;
pub mod parameters;
pub mod rdata;
#[expect(clippy::module_inception, reason = "the record of the records' floor")]
mod record;
mod rrset;
mod rtype;
pub mod scan;
pub(crate) mod seek;
pub(crate) mod tags;
mod text;
mod uri;

pub use naptr::Naptr;
pub use record::Record;
pub(crate) use text::is_unseen;
pub use text::{CharString, CharStringError, MAX_CHAR_STRING, decode, parse_period, print_quoted};
pub use uri::Uri;

pub use name::{Labels, MAX_LABEL, MAX_NAME, Name, NameError, RelativeName};
pub use rrset::{Rdata, Rrset};
pub use rtype::{Class, MnemonicError, Rtype, Ttl};
