//! `lookup`: find the endpoints of an identifier; for people, for scripts, and as JSON.

use std::io::{self, Write};

use super::args::Lookup;
use super::exit::Exit;
use super::words::{basis, until};
use super::{lookup_all, network};
use crate::record::is_unseen;
use crate::resolver::{Discovery, DiscoveryResult, MustAct, Outlook, Verdict};

pub(super) fn run(args: &Lookup, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if let Some(file) = &args.file {
        return lookup_all::run(args, file, out);
    }
    let typed = args.identifier.as_deref().unwrap_or_default();
    let identifier = super::identifier(typed, args.ask.region.as_deref())?;
    let discovery = network::resolve(&args.ask, &identifier)?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &discovery).map_err(io::Error::from)?;
        writeln!(out)?;
    } else if args.short {
        for mapping in discovery.mappings() {
            writeln!(out, "{}", printable(&mapping.uri))?;
        }
    } else {
        people(&discovery, out)?;
    }
    Ok(exit(&discovery.result))
}

/// The exit code of each result.
pub(super) fn exit(result: &DiscoveryResult) -> Exit {
    match result {
        DiscoveryResult::Mapped(_) => Exit::Done,
        DiscoveryResult::NoMapping => Exit::NoMapping,
        DiscoveryResult::OptedOut => Exit::OptedOut,
        DiscoveryResult::NotBelieved => Exit::NotBelieved,
        DiscoveryResult::Unreachable => Exit::Unreachable,
    }
}

/// The result in words.
pub(super) fn headline(discovery: &Discovery) -> String {
    let until = until(discovery.valid_until, discovery.judged_at);
    match &discovery.result {
        DiscoveryResult::Mapped(mappings) if mappings.len() == 1 => format!("mapped: 1 endpoint{until}"),
        DiscoveryResult::Mapped(mappings) => format!("mapped: {} endpoints{until}", mappings.len()),
        DiscoveryResult::NoMapping => format!("no mapping{until}"),
        DiscoveryResult::OptedOut => format!("opted out: the holder wants to be found nowhere{until}"),
        DiscoveryResult::NotBelieved => match discovery.must_act() {
            Some(MustAct::PublisherMustMend) => {
                "not to be believed: whoever published it must mend it".to_owned()
            }
            Some(MustAct::NotSupported) => {
                "not to be believed: the zone uses what is not supported here".to_owned()
            }
            _ => "not to be believed".to_owned(),
        },
        DiscoveryResult::Unreachable => "could not be reached: try again later".to_owned(),
    }
}

fn people(discovery: &Discovery, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", headline(discovery))?;
    endpoints(discovery, out)?;
    if discovery.contradiction.len() > 1 {
        let claims: Vec<_> = discovery.contradiction.iter().map(|claim| claim.issuer.to_string()).collect();
        writeln!(out, "contradiction: {} name different holders; the first one wins", claims.join(" and "))?;
    }
    if let DiscoveryResult::Mapped(_) = discovery.result {
        return Ok(());
    }
    for statement in &discovery.statements {
        if let (Verdict::Rejected { .. }, Some(reason)) = (&statement.verdict, &statement.reason) {
            let kind = statement.kind.as_deref().unwrap_or("statement");
            writeln!(out, "  {kind}{}: rejected: {reason}", super::words::signed_by(statement))?;
        }
    }
    for provider in &discovery.providers {
        outlook(&format!("provider {}", provider.apex), &provider.outlook, &discovery.result, out)?;
    }
    for tree in &discovery.enum_trees {
        outlook(&format!("ENUM tree {}", tree.suffix), &tree.outlook, &discovery.result, out)?;
        if let Some(reason) = &tree.ignored {
            writeln!(out, "  ENUM tree {}: {reason}", tree.suffix)?;
        }
    }
    Ok(())
}

/// The mappings, one a line, in order.
pub(super) fn endpoints(discovery: &Discovery, out: &mut dyn Write) -> io::Result<()> {
    let uris: Vec<_> = discovery.mappings().iter().map(|mapping| printable(&mapping.uri)).collect();
    let width = uris.iter().map(|uri| uri.chars().count()).max().unwrap_or(0).min(72);
    for (number, (mapping, uri)) in discovery.mappings().iter().zip(&uris).enumerate() {
        writeln!(out, "{:3}  {uri:width$}  {}", number + 1, basis(mapping))?;
    }
    Ok(())
}

fn outlook(who: &str, outlook: &Outlook, result: &DiscoveryResult, out: &mut dyn Write) -> io::Result<()> {
    match outlook {
        Outlook::Unreachable { reason } => writeln!(out, "  {who} could not be reached: {reason}"),
        Outlook::NotBelieved { reason } => writeln!(out, "  {who} is not to be believed: {reason}"),
        Outlook::Answered { absence_believed: false } if *result == DiscoveryResult::NotBelieved => {
            writeln!(out, "  {who} does not prove by DNSSEC what it does not have, and the policy wants that")
        }
        Outlook::Answered { .. } => Ok(()),
    }
}

/// What a zone says goes to a terminal: characters that do more than to be seen do not.
pub(super) fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if is_unseen(c) { c.escape_default().collect() } else { vec![c] }).collect()
}
