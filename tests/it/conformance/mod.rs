//! What is promised of answers, shown: cases that the engine must meet exactly and that its peers are
//! asked too, and the page that tells of both.

#[allow(dead_code, reason = "until each section has its test")]
mod page;

#[allow(unused_imports, reason = "until each section has its test")]
pub(crate) use page::section;
