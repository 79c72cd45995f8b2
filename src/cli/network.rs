//! The command line's way to the network: policy, servers, one resolution.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::Ask;
use super::exit::UsageError;
use crate::dnssec::validate::TrustAnchor;
use crate::identifier::Identifier;
use crate::record::parameters::Parameters;
use crate::record::{Name, Rtype};
use crate::resolver::{
    Authorities, Discovery, DnsTransport, DnsTransportBuilder, Outcome, Policy, ResolveError, Resolver,
    Transport, Upstream, Validation,
};

/// Reads a policy file.
pub(super) fn policy(path: &Path) -> anyhow::Result<Policy> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    Policy::from_toml(&text).with_context(|| path.display().to_string())
}

/// Resolves as the command line says.
pub(super) fn resolve(ask: &Ask, identifier: &Identifier) -> anyhow::Result<Discovery> {
    resolve_with(ask, identifier, false)
}

/// The same; with `records_beside` also the NAPTR and URI records beside the statements are asked for.
pub(super) fn resolve_with(
    ask: &Ask,
    identifier: &Identifier,
    records_beside: bool,
) -> anyhow::Result<Discovery> {
    let (policy, servers) = narrowed(ask, Some(identifier))?;
    runtime()?.block_on(async {
        let transport = transport(servers)?;
        let resolver = Resolver::builder().policy(policy).transport(transport).build()?;
        let mut request = resolver.resolve(identifier);
        for service in &ask.service {
            request = request.service(service);
        }
        if let Some(tag) = &ask.tag {
            request = request.tag(tag);
        }
        if records_beside {
            request = request.records_beside();
        }
        Ok(request.await.map_err(|error| UsageError(error.to_string()))?)
    })
}

/// Resolves all of these as the command line says, and tells each in turn.
pub(super) fn resolve_all(
    ask: &Ask,
    identifiers: impl Iterator<Item = Identifier>,
    tell: &mut dyn FnMut(Result<Discovery, ResolveError>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (policy, servers) = narrowed(ask, None)?;
    runtime()?.block_on(async {
        let transport = transport(servers)?;
        let resolver = Resolver::builder().policy(policy).transport(transport).build()?;
        let mut all = resolver.resolve_all(identifiers);
        for service in &ask.service {
            all = all.service(service);
        }
        if let Some(tag) = &ask.tag {
            all = all.tag(tag);
        }
        while let Some(answer) = all.next().await {
            tell(answer)?;
        }
        Ok(())
    })
}

/// The policy of the file, narrowed to what the command line asks for; and whom to ask.
fn narrowed(ask: &Ask, identifier: Option<&Identifier>) -> anyhow::Result<(Policy, Vec<Upstream>)> {
    let named = !(ask.apex.is_empty() && ask.r#enum.is_empty());
    let policy = match &ask.policy {
        Some(path) => policy(path)?,
        None if named => Policy::builder().build()?,
        None => {
            return Err(UsageError(
                "whom to ask? --policy names whom to ask and whom to believe; --enum asks one ENUM tree, \
                 --apex one discovery zone"
                    .into(),
            )
            .into());
        }
    };
    let policy = match identifier {
        Some(identifier) if named => policy.asking_only(identifier, &ask.apex, &ask.r#enum),
        _ => policy,
    };
    // Before anchors take the place of who was believed: they say how to validate, not whom to ask.
    let servers = upstreams(ask, policy.dnssec().validation());
    let policy = anchored(policy, &ask.trust_anchor)?;
    let policy = if ask.dangerous_insecure { policy.dangerous_insecure() } else { policy };
    Ok((policy, servers))
}

/// The policy with the trust anchors of these files; without any as it is.
fn anchored(policy: Policy, files: &[PathBuf]) -> anyhow::Result<Policy> {
    if files.is_empty() {
        return Ok(policy);
    }
    let mut anchors = Vec::new();
    for path in files {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
        let read = TrustAnchor::parse(&text).with_context(|| path.display().to_string())?;
        if read.is_empty() {
            return Err(UsageError(format!("{} has no DS and no DNSKEY records", path.display())).into());
        }
        anchors.extend(read);
    }
    Ok(policy.validating(Validation::Anchors(anchors)))
}

/// The parameters that the zone at `apex` publishes.
pub(super) fn parameters(servers: &[SocketAddr], apex: &Name) -> anyhow::Result<Vec<Parameters>> {
    let owner = Parameters::owner(apex)?;
    let answer = runtime()?
        .block_on(async { anyhow::Ok(transport(plain(servers))?.ask(&owner, Rtype::TXT).await?) })
        .with_context(|| format!("{owner} TXT"))?;
    let Outcome::Records(rrset) = answer.outcome else { return Ok(Vec::new()) };
    Ok(rrset.rdatas.iter().filter_map(|rdata| Parameters::from_rdata(rdata).ok()).collect())
}

/// What the DNS knows of a name.
pub(super) enum Found {
    /// Records of one of the types.
    Records,
    NoData,
    Absent,
    /// Why nothing is known.
    Failed(String),
}

/// Asks for each name and its types in turn until there are records; some names at a time.
pub(super) fn ask_each(
    servers: &[SocketAddr],
    questions: &[(Name, &'static [Rtype])],
) -> anyhow::Result<Vec<Found>> {
    /// So many names at a time.
    const AT_ONCE: usize = 16;
    runtime()?.block_on(async {
        let transport = transport(plain(servers))?;
        let mut all = Vec::with_capacity(questions.len());
        for some in questions.chunks(AT_ONCE) {
            let asking = some.iter().map(|(name, rtypes)| found(&transport, name, rtypes));
            all.extend(futures_util::future::join_all(asking).await);
        }
        Ok(all)
    })
}

async fn found(transport: &DnsTransport, name: &Name, rtypes: &[Rtype]) -> Found {
    let mut found = Found::NoData;
    for &rtype in rtypes {
        match transport.ask(name, rtype).await.map(|answer| answer.outcome) {
            Ok(Outcome::Records(_)) => return Found::Records,
            Ok(Outcome::NoData) => {}
            Ok(Outcome::NxDomain) => return Found::Absent,
            Err(error) => found = Found::Failed(error.to_string()),
        }
    }
    found
}

/// The servers that the command line names, or those that the policy believes.
fn upstreams(ask: &Ask, validation: &Validation) -> Vec<Upstream> {
    let believed: &[Upstream] = match validation {
        Validation::TrustAd(servers) => servers,
        _ => &[],
    };
    let authorities = ask.authorities.clone().map(Authorities::File);
    let by_policy = |server: &Upstream| {
        let same = believed.iter().find(|other| other.to_string() == server.to_string());
        same.unwrap_or(server).clone()
    };
    let servers: Vec<Upstream> = match &ask.server[..] {
        [] => believed.to_vec(),
        servers => servers.iter().map(by_policy).collect(),
    };
    match authorities {
        Some(authorities) => servers.into_iter().map(|server| server.by(&authorities)).collect(),
        None => servers,
    }
}

fn plain(servers: &[SocketAddr]) -> Vec<Upstream> {
    servers.iter().copied().map(Upstream::Plain).collect()
}

/// These servers, or the system's resolvers.
fn transport(servers: Vec<Upstream>) -> anyhow::Result<DnsTransport> {
    let builder = DnsTransport::builder();
    let builder = if servers.is_empty() {
        builder.system()?
    } else {
        servers.into_iter().fold(builder, DnsTransportBuilder::upstream)
    };
    Ok(builder.build()?)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")
}
