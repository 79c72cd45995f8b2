//! The integration tests: a module for each RFC or face.
#![allow(missing_docs)]

mod vectors;
