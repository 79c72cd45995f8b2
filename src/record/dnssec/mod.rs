//! DNSSEC's record data in parts, and the octets that its digests and signatures are made over. No signing,
//! no judgement. Source: RFC 4034, 5155 and 9824.

mod algorithm;
mod bitmap;
mod canonical;
mod dnskey;
mod ds;
mod nsec;
mod nsec3;
mod rrsig;

pub use algorithm::{Algorithm, DigestType};
pub use bitmap::TypeBitmap;
pub use canonical::canonical_rdata;
pub use dnskey::Dnskey;
pub use ds::Ds;
pub use nsec::Nsec;
pub use nsec3::{Nsec3, Nsec3Hash, Nsec3Params, nsec3_hash};
pub use rrsig::{Rrsig, RrsigHead, is_after, signed_data};
