//! `enum apply`: the substitution of a NAPTR record alone, to try a rule before it is published.

use std::io::Write;

use anyhow::Context;

use super::args::Enum;
use super::exit::{Exit, UsageError};
use crate::resolver::Rule;

pub(super) fn run(command: &Enum, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Enum::Apply { regexp, string } = command;
    let rule = Rule::parse(regexp.as_bytes()).map_err(|error| UsageError(error.to_string()))?;
    let result = rule.apply(string.as_bytes()).context("the rule gives nothing")?;
    out.write_all(&result)?;
    writeln!(out)?;
    Ok(Exit::Done)
}
