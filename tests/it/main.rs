//! The integration tests: a module for each RFC or face.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod peers;
mod running;
mod secured;
mod served;
mod wire;

mod cli;
mod conformance;
mod differential;
mod dig;
mod discovery;
mod fuzz_seeds;
mod hostile;
mod limits;
mod pages;
mod peers_zones;
mod presentation;
mod resolver_peers;
mod rfc1034;
mod rfc1035;
mod rfc2308;
mod rfc3402;
mod rfc4035;
mod rfc4592;
mod rfc4892;
mod rfc5001;
mod rfc6116;
mod rfc6672;
mod rfc6891;
mod rfc7766;
mod rfc7828;
mod rfc7830;
mod rfc7858;
mod rfc7873;
mod rfc8020;
mod rfc8482;
mod rfc8484;
mod rfc8914;
mod rfc9018;
mod rfc9250;
mod stuck_clients;
mod transport;
mod vectors;
mod zone_text;
mod zones;
