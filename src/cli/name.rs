//! `name`: the owner name of an identifier, alone on a line, for `dig $(mimi-dns name …)`.

use std::io::Write;

use anyhow::Context;

use super::args::NameOf;
use super::exit::{Exit, UsageError};
use super::network;
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::parameters::{HashCeiling, Parameters, in_force};
use crate::record::{Name, digits};

pub(super) fn run(args: &NameOf, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let identifier = super::identifier(&args.identifier, args.region.as_deref())?;
    let name = match (&args.apex, &args.r#enum) {
        (Some(apex), _) => hashed(args, &identifier, apex)?,
        (None, Some(suffix)) => match &identifier {
            Identifier::Telephone(number) => digits::enum_name(number, suffix)?,
            _ => return Err(UsageError("ENUM names are made of telephone numbers only".into()).into()),
        },
        (None, None) => unreachable!("clap asks for one of the two"),
    };
    writeln!(out, "{name}")?;
    Ok(Exit::Done)
}

fn hashed(args: &NameOf, identifier: &Identifier, apex: &Name) -> anyhow::Result<Name> {
    let candidates = match (&args.parameters, &args.policy) {
        (Some(text), _) => {
            vec![Parameters::parse(text.as_bytes()).map_err(|error| UsageError(error.to_string()))?]
        }
        (None, Some(path)) => network::policy(path)?.pinned_parameters(apex).to_vec(),
        (None, None) => Vec::new(),
    };
    let candidates =
        if candidates.is_empty() { network::parameters(&args.server, apex)? } else { candidates };
    let parameters = in_force(&candidates, UnixTime::now())
        .with_context(|| format!("{apex} has no parameters in force; give them with --parameters"))?;
    anyhow::ensure!(
        parameters.hash().is_within(&HashCeiling::default()),
        "the hash of {apex} costs more than this command is willing to pay"
    );
    Ok(parameters.owner_name(identifier, apex)?)
}
