//! `statement sign`, `statement show` and `statement verify`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::{Statement, StatementSign, StatementVerify};
use super::exit::{Exit, UsageError};
use super::input::read;
use super::output::Replacement;
use super::verifying::{Checked, KeyRing};
use super::{key, network, progress, signing, statement_text};
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::mimisig::{Body, Fault, Mimisig};
use crate::statement::PublicKey;
use statement_text::Found;

pub(super) fn run(command: &Statement, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Statement::Sign(args) => sign(args, out),
        Statement::Show { input } => show(input, out),
        Statement::Verify(args) => verify(args, out),
    }
}

fn sign(args: &StatementSign, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (text, mut progress) = progress::open(&args.drafts, "statements signed")?;
    let mut signed = match &args.output {
        Some(path) if path != Path::new("-") => {
            let read = [args.drafts.clone(), args.key.clone()];
            Signed::File(path, Replacement::begin(path, &read).with_context(cannot(path))?)
        }
        // What fails later is to leave nothing there.
        _ => Signed::Standard(Vec::new()),
    };
    let count = signing::sign(text, args, UnixTime::now(), &mut progress, signed.writer());
    progress.end();
    let count = count?;
    anyhow::ensure!(
        count > 0,
        "{} holds no draft that names {} in sign=: nothing was signed, nothing written",
        args.drafts.display(),
        args.key.display()
    );
    match signed {
        Signed::File(path, replacement) => replacement.finish().with_context(cannot(path))?,
        Signed::Standard(text) => out.write_all(&text)?,
    }
    complain!("{count} statements signed");
    Ok(Exit::Done)
}

/// Where what is signed goes.
enum Signed<'a> {
    File(&'a Path, Replacement),
    Standard(Vec<u8>),
}

impl Signed<'_> {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::File(_, replacement) => replacement,
            Self::Standard(text) => text,
        }
    }
}

fn cannot(path: &Path) -> impl Fn() -> String + '_ {
    move || format!("{} can't be written", path.display())
}

fn show(input: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let text = read(input)?;
    let found = statement_text::find(&text)?;
    if found.is_empty() {
        anyhow::bail!("no MIMISIG record in the input; `dig … TYPE65400` prints them");
    }
    for Found { owner, rdata, .. } in &found {
        if let Some(owner) = owner {
            writeln!(out, "{}", super::lookup::printable(owner))?;
        }
        match Mimisig::parse(rdata) {
            Ok(statement) => describe(&statement, out)?,
            Err(Fault::Ignored(reason)) => writeln!(out, "  not understood: {reason}")?,
            Err(Fault::Rejected(reason)) => writeln!(out, "  malformed: {reason}")?,
        }
    }
    Ok(Exit::Done)
}

fn describe(statement: &Mimisig, out: &mut dyn Write) -> io::Result<()> {
    let time = super::words::time;
    writeln!(out, "  {} by key {}", statement.kind(), statement.key_id())?;
    writeln!(out, "    from        {}", time(statement.inception()))?;
    writeln!(out, "    until       {}", time(statement.expiration()))?;
    match statement.body() {
        Body::Possession(possession) => {
            writeln!(out, "    issuer      {}", possession.issuer)?;
            match &possession.holder_key {
                Some(key) => writeln!(out, "    holder key  {key}")?,
                None => writeln!(out, "    holder key  none: the identifier has no holder now")?,
            }
            writeln!(out, "    proof       {} at {}", possession.proof.method, time(possession.proof.time))?;
        }
        Body::Mapping(mapping) => {
            writeln!(out, "    issuer      {}", mapping.issuer)?;
            for endpoint in &mapping.endpoints {
                writeln!(out, "    endpoint    {endpoint}")?;
            }
            writeln!(out, "    basis       {}", super::words::statement_basis(&mapping.basis))?;
        }
        Body::Wishes(wishes) => {
            writeln!(out, "    holder      {}", wishes.holder)?;
            if wishes.at.is_empty() {
                writeln!(out, "    at          nowhere: opted out")?;
            }
            for at in &wishes.at {
                writeln!(out, "    at          {at}")?;
            }
        }
    }
    writeln!(out, "    text        {statement}")
}

fn verify(args: &StatementVerify, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let text = read(&args.input)?;
    let found = statement_text::find(&text)?;
    anyhow::ensure!(!found.is_empty(), "no MIMISIG record in the input");
    let named = args.identifier.as_deref().map(|text| super::identifier(text, None)).transpose()?;
    let policy = args.policy.as_deref().map(network::policy).transpose()?;
    let mut ring = KeyRing::of(policy.as_ref());
    for text in &args.key {
        ring.given.push(public_key(text)?);
    }
    let now = UnixTime::now();
    let mut bad = 0;
    for group in found.chunk_by(|a, b| a.identifier == b.identifier) {
        let identifier: &Identifier = group[0].identifier.as_ref().or(named.as_ref()).ok_or_else(|| {
            UsageError("whose statements are these? Say it with --identifier, or by $IDENTIFIER lines".into())
        })?;
        let rdatas: Vec<&[u8]> = group.iter().map(|found| &*found.rdata).collect();
        for (rdata, checked) in rdatas.iter().zip(ring.check(identifier, &rdatas, now)) {
            let what = Mimisig::parse(rdata).map_or_else(
                |_| "statement".to_owned(),
                |statement| format!("{} by key {}", statement.kind(), statement.key_id()),
            );
            bad += u32::from(!matches!(checked, Checked::Good));
            match checked {
                Checked::Good => writeln!(out, "{what}: verified")?,
                Checked::Opaque(why) => writeln!(out, "{what}: not understood: {why}")?,
                Checked::NoKey => writeln!(out, "{what}: not verified: no key given with this key id")?,
                Checked::Bad(why) => writeln!(out, "{what}: not verified: {why}")?,
            }
        }
    }
    Ok(if bad > 0 { Exit::Failed } else { Exit::Done })
}

/// A key as the TXT that `key show` prints, or a file of one.
fn public_key(text: &str) -> anyhow::Result<PublicKey> {
    if text.trim_start().starts_with("v=") {
        return Ok(
            PublicKey::parse_txt(text.trim().as_bytes()).map_err(|error| UsageError(error.to_string()))?
        );
    }
    key::read_public(&PathBuf::from(text))
}
