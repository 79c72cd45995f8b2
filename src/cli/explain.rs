//! `explain`: each step of a look-up and why it went as it did.

use std::io::{self, Write};

use super::args::Explain;
use super::exit::Exit;
use super::lookup::{endpoints, exit, headline, printable};
use super::{network, words};
use crate::identifier::Identifier;
use crate::resolver::{
    AnswerEvidence, Discovery, EnumEvidence, Outlook, ParametersTrust, Proof, ProviderEvidence,
    QuestionEvidence, RrsetState, StatementEvidence, Verdict,
};

pub(super) fn run(args: &Explain, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let identifier = super::identifier(&args.identifier, args.ask.region.as_deref())?;
    let discovery = network::resolve_with(&args.ask, &identifier, true)?;
    normalisation(&args.identifier, &identifier, out)?;
    for evidence in &discovery.providers {
        provider(evidence, out)?;
    }
    for evidence in &discovery.enum_trees {
        tree(evidence, out)?;
    }
    for evidence in &discovery.keys {
        writeln!(out, "keys of {}", evidence.domain)?;
        writeln!(out, "  asked       {}", asked(&evidence.question))?;
        writeln!(out, "  believed    {} keys", evidence.keys)?;
    }
    statements(&discovery, out)?;
    choice(&discovery, out)?;
    Ok(exit(&discovery.result))
}

fn normalisation(typed: &str, identifier: &Identifier, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "identifier")?;
    writeln!(out, "  typed       {}", printable(typed))?;
    writeln!(out, "  canonical   {} ({})", identifier.as_str(), identifier.kind())
}

fn provider(evidence: &ProviderEvidence, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "provider {}", evidence.apex)?;
    if let Some(parameters) = &evidence.parameters {
        let text = parameters.text.as_deref().unwrap_or("none in force");
        let trust = match parameters.trust {
            ParametersTrust::Pinned => "pinned in the policy".to_owned(),
            ParametersTrust::Secure => "proven by DNSSEC".to_owned(),
            ParametersTrust::Refused(fault) => format!("not believed: {fault}"),
        };
        writeln!(out, "  parameters  {text}")?;
        writeln!(out, "              {trust}")?;
    }
    if let Some(owner) = &evidence.owner {
        writeln!(out, "  owner name  {owner}")?;
    }
    for question in &evidence.questions {
        writeln!(out, "  asked       {}", asked(question))?;
        // One is told in the line itself.
        for state in question.rrsets.iter().filter(|_| question.rrsets.len() > 1) {
            writeln!(out, "    DNSSEC    {} {}: {}", state.owner, state.rtype, proven(state))?;
        }
    }
    for record in &evidence.unsigned_records {
        writeln!(out, "  unsigned    {} {}: no believed statement holds it", record.rtype, record.data)?;
    }
    outlook(&evidence.outlook, out)
}

fn tree(evidence: &EnumEvidence, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "ENUM tree {}", evidence.suffix)?;
    for question in &evidence.questions {
        let step = match question.depth {
            0 => "the number's own name".to_owned(),
            depth => format!("after {depth} non-terminal rules"),
        };
        let proof = question.dnssec.map(|proof| format!(", {proof}")).unwrap_or_default();
        let why = question.why.as_ref().filter(|_| !matches!(question.dnssec, Some(Proof::Bogus(_))));
        let why = why.map(|why| format!(" ({})", why.words)).unwrap_or_default();
        writeln!(out, "  asked       {step} NAPTR: {}{proof}{why}", answer(question.answer))?;
    }
    for rule in &evidence.rules {
        let verdict = if rule.used { "used" } else { "not used" };
        let reason = rule.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        writeln!(out, "  rule        {verdict}{reason}")?;
    }
    if let Some(proof) = evidence.dnssec {
        writeln!(out, "  DNSSEC      {proof}")?;
    }
    if let Some(reason) = &evidence.ignored {
        writeln!(out, "  ignored     {reason}")?;
    }
    outlook(&evidence.outlook, out)
}

fn asked(question: &QuestionEvidence) -> String {
    let proof = match &question.rrsets[..] {
        [state] => format!(", {}", proven(state)),
        _ => question.dnssec.map(|proof| format!(", {proof}")).unwrap_or_default(),
    };
    let ttl = question.ttl.map(|ttl| format!(", for {ttl} s")).unwrap_or_default();
    format!("{} {}: {}{proof}{ttl}", question.name, question.rtype, answer(question.answer))
}

fn proven(state: &RrsetState) -> String {
    match (state.dnssec, &state.zone, &state.why) {
        (Proof::Secure, Some(zone), _) => format!("secure by {zone}"),
        // A fault is told by the state itself.
        (Proof::Bogus(_), ..) | (_, _, None) => state.dnssec.to_string(),
        (_, _, Some(why)) => format!("{} ({})", state.dnssec, why.words),
    }
}

fn answer(answer: AnswerEvidence) -> String {
    match answer {
        AnswerEvidence::Records { count: 1 } => "1 record".to_owned(),
        AnswerEvidence::Records { count } => format!("{count} records"),
        AnswerEvidence::NoData => "NODATA: the name exists, the type does not".to_owned(),
        AnswerEvidence::NxDomain => "NXDOMAIN: there is no such name".to_owned(),
        AnswerEvidence::Failed { error } => format!("no answer: {error}"),
        AnswerEvidence::OverLimit { resource } => {
            format!("not looked at: the budget of {resource} is used up")
        }
        AnswerEvidence::Late => "no answer before the deadline".to_owned(),
    }
}

fn outlook(outlook: &Outlook, out: &mut dyn Write) -> io::Result<()> {
    match outlook {
        Outlook::Answered { absence_believed: true } => {
            writeln!(out, "  absence     believed: what it did not deliver does not exist")
        }
        Outlook::Answered { absence_believed: false } => {
            writeln!(out, "  absence     not believed: DNSSEC does not prove it, and the policy wants that")
        }
        Outlook::Unreachable { reason } => writeln!(out, "  unreachable {reason}"),
        Outlook::NotBelieved { reason } => writeln!(out, "  not believed: {reason}"),
    }
}

fn statements(discovery: &Discovery, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "statements")?;
    if discovery.statements.is_empty() {
        writeln!(out, "  none")?;
    }
    for evidence in &discovery.statements {
        writeln!(out, "  {}", statement(evidence))?;
        if let (Some(from), Some(until)) = (evidence.inception, evidence.expiration) {
            writeln!(
                out,
                "    {} to {}, from {}",
                words::time(from),
                words::time(until),
                evidence.providers.join(" and ")
            )?;
        }
    }
    Ok(())
}

fn statement(evidence: &StatementEvidence) -> String {
    let kind = evidence.kind.as_deref().unwrap_or("record that can't be read");
    let key = evidence.key_id.map(|id| format!(", key {id}")).unwrap_or_default();
    let reason = evidence.reason.as_deref().unwrap_or_default();
    let verdict = match evidence.verdict {
        Verdict::Believed => "believed".to_owned(),
        Verdict::Ignored { .. } => format!("ignored: {reason}"),
        Verdict::Rejected { .. } => format!("rejected: {reason}"),
    };
    format!("{kind}{}{key}: {verdict}", words::signed_by(evidence))
}

fn choice(discovery: &Discovery, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "choice")?;
    for (place, claim) in discovery.contradiction.iter().enumerate() {
        let holder =
            claim.holder.map_or_else(|| "nobody".to_owned(), |hash| format!("holder {}", hash.key_id()));
        let verdict = if place == 0 { "wins" } else { "loses" };
        writeln!(out, "  contradiction: {} says {holder} by {}: {verdict}", claim.issuer, claim.proof)?;
    }
    writeln!(out, "  {}", headline(discovery))?;
    endpoints(discovery, out)?;
    for mapping in &discovery.set_aside {
        writeln!(out, "  not asked for: {}", printable(&mapping.uri))?;
    }
    let spent = &discovery.spent;
    writeln!(
        out,
        "  spent {} queries, {} signatures, {} rules, {} octets",
        spent.queries, spent.signatures, spent.rules, spent.octets
    )
}
