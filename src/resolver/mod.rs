//! Find, verify and order the mappings of an identifier.

mod budget;
mod transport;

pub use budget::{Budget, Exhausted, Limits, Resource};
pub use transport::{
    Answer, AskError, Asking, Outcome, Proof, Transport, TransportError, Unreachable, ask_within,
};
