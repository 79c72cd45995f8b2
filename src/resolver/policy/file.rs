//! The policy file's form, version 1, and the way from it to a [`Policy`].

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::fault::{PolicyFault, PolicyFaultKind, PolicyFaults};
use super::{
    Dnssec, EnumTree, Grant, GrantKind, HashFloor, Limits, Policy, Provider, Scope, Validation, dnssec,
};
use crate::record::Name;
use crate::record::mimisig::{KeyId, ProofMethod};
use crate::record::parameters::{HashCeiling, Parameters};
use crate::resolver::upstream::Authorities;
use crate::statement::{Lifetimes, PublicKey};

const DAY: u64 = 24 * 60 * 60;

/// Read before all else, so that a file of another version is told so and nothing else.
#[derive(Deserialize)]
struct VersionFile {
    version: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    #[serde(rename = "version")]
    _version: i64,
    deadline_ms: Option<u64>,
    #[serde(default)]
    revoked_key_ids: Vec<Spanned<String>>,
    #[serde(default)]
    dnssec: DnssecFile,
    #[serde(default)]
    hash: HashFile,
    #[serde(default)]
    lifetimes: LifetimesFile,
    #[serde(default)]
    limits: Limits,
    #[serde(default, rename = "grant")]
    grants: Vec<GrantFile>,
    #[serde(default, rename = "provider")]
    providers: Vec<ProviderFile>,
    #[serde(default, rename = "enum")]
    enum_trees: Vec<EnumFile>,
    #[serde(default, rename = "key")]
    keys: Vec<KeyFile>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct DnssecFile {
    #[serde(default)]
    validation: ValidationFile,
    anchors: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    servers: Vec<Spanned<String>>,
    authorities: Option<std::path::PathBuf>,
    #[serde(default)]
    parameters: SourceFile,
    #[serde(default)]
    keys: SourceFile,
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum ValidationFile {
    #[default]
    Anchors,
    TrustAd,
    Off,
}

/// What counts beside what the policy pins.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum SourceFile {
    #[default]
    Secure,
    Pinned,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct HashFile {
    #[serde(default)]
    floor: FloorFile,
    ceiling: Option<CeilingFile>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum FloorFile {
    #[default]
    Sha256,
    Argon2id,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CeilingFile {
    m_kib: u32,
    t: u32,
    p: u32,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct LifetimesFile {
    possession_days: Option<u32>,
    mapping_days: Option<u32>,
    wishes_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantFile {
    domain: Spanned<String>,
    kind: GrantKindFile,
    scope: Vec<Spanned<String>>,
    strongest: MethodFile,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum GrantKindFile {
    Possession,
    LegacyMapping,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum MethodFile {
    Legacy,
    Sms,
    Voice,
    Email,
    Carrier,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderFile {
    apex: Spanned<String>,
    scope: Vec<Spanned<String>>,
    #[serde(default)]
    parameters: Vec<Spanned<String>>,
    #[serde(default)]
    dangerous_insecure_absence: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnumFile {
    suffix: Spanned<String>,
    scope: Vec<Spanned<String>>,
    #[serde(default)]
    dangerous_insecure: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    domain: Spanned<String>,
    key: Spanned<String>,
}

/// Reads a policy file.
pub(super) fn read(text: &str) -> Result<Policy, PolicyFaults> {
    let form = |error: toml::de::Error| {
        let line = error.span().map(|span| line_at(text, span.start));
        one(line, PolicyFaultKind::Form(error.message().to_owned()))
    };
    let version = toml::from_str::<VersionFile>(text).map_err(form)?.version;
    match version.as_ref().map(Spanned::get_ref) {
        Some(1) => {}
        Some(&other) => {
            let line = version.as_ref().map(|version| line_at(text, version.span().start));
            return Err(one(line, PolicyFaultKind::Version(other)));
        }
        None => return Err(one(None, PolicyFaultKind::NoVersion)),
    }
    let file = toml::from_str::<PolicyFile>(text).map_err(form)?;
    Reader { text, faults: Vec::new() }.policy(file)
}

fn one(line: Option<usize>, kind: PolicyFaultKind) -> PolicyFaults {
    PolicyFaults::new(vec![PolicyFault { line, kind }])
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|&&octet| octet == b'\n').count()
}

/// Turns texts into values and remembers every text that has none.
struct Reader<'a> {
    text: &'a str,
    faults: Vec<PolicyFault>,
}

impl Reader<'_> {
    fn policy(mut self, file: PolicyFile) -> Result<Policy, PolicyFaults> {
        let mut builder = Policy::builder()
            .hash_floor(file.hash.floor.into())
            .lifetimes(file.lifetimes.into())
            .limits(file.limits)
            .deadline(file.deadline_ms.map_or(Policy::DEFAULT_DEADLINE, Duration::from_millis));
        if let Some(ceiling) = file.hash.ceiling {
            builder = builder.hash_ceiling(ceiling.into());
        }
        builder = builder.dnssec(self.dnssec(&file.dnssec));
        for id in &file.revoked_key_ids {
            if let Some(id) = self.value(id, key_id) {
                builder = builder.revoke(id);
            }
        }
        for grant in file.grants {
            let (domain, scope) = (self.domain(&grant.domain), self.scope(&grant.scope));
            if let (Some(domain), Some(scope)) = (domain, scope) {
                let (kind, strongest) = (grant.kind.into(), grant.strongest.into());
                builder = builder.grant(Grant { domain, kind, scope, strongest });
            }
        }
        for entry in file.providers {
            let (apex, scope) = (self.domain(&entry.apex), self.scope(&entry.scope));
            let pinned: Vec<_> =
                entry.parameters.iter().filter_map(|text| self.value(text, parameters)).collect();
            if let (Some(apex), Some(scope)) = (apex, scope) {
                let mut provider = Provider::new(apex, scope).pinned(pinned);
                provider.dangerous_insecure_absence = entry.dangerous_insecure_absence;
                builder = builder.provider(provider);
            }
        }
        for entry in file.enum_trees {
            let (suffix, scope) = (self.domain(&entry.suffix), self.scope(&entry.scope));
            if let (Some(suffix), Some(scope)) = (suffix, scope) {
                let mut tree = EnumTree::new(suffix, scope);
                tree.dangerous_insecure = entry.dangerous_insecure;
                builder = builder.enum_tree(tree);
            }
        }
        for entry in file.keys {
            let (domain, key) = (self.domain(&entry.domain), self.value(&entry.key, public_key));
            if let (Some(domain), Some(key)) = (domain, key) {
                builder = builder.key(domain, key);
            }
        }
        if self.faults.is_empty() {
            return builder.build();
        }
        self.faults.extend(builder.contradictions());
        self.faults.sort_by_key(|fault| fault.line.unwrap_or(usize::MAX));
        Err(PolicyFaults::new(self.faults))
    }

    fn dnssec(&mut self, file: &DnssecFile) -> Dnssec {
        let mut wrong = |yes: bool, what: &'static str| {
            if yes {
                self.faults.push(PolicyFault::new(PolicyFaultKind::Dnssec(what)));
            }
        };
        let by_anchors = file.validation == ValidationFile::Anchors;
        let by_word = file.validation == ValidationFile::TrustAd;
        let anchors = file.anchors.as_deref();
        wrong(anchors.is_some() && !by_anchors, "`anchors` are for `validation = \"anchors\"` only");
        wrong(
            by_anchors && anchors.is_some_and(<[_]>::is_empty),
            "`anchors` is empty, so nothing could ever be proven; without it the root's are used",
        );
        wrong(!by_word && !file.servers.is_empty(), "`servers` are for `validation = \"trust-ad\"` only");
        wrong(
            by_word && file.servers.is_empty(),
            "`validation = \"trust-ad\"` needs `servers`: those whose AD bit is believed",
        );
        wrong(
            file.authorities.is_some()
                && !file.servers.iter().any(|text| text.get_ref().starts_with("tls://")),
            "`authorities` are for `servers` that are asked over TLS only: `tls://…`",
        );
        let default = Dnssec::default();
        let validation = match file.validation {
            ValidationFile::Off => Validation::Off,
            ValidationFile::Anchors => anchors.map_or(default.validation, |texts| {
                let read = texts.iter().filter_map(|text| self.value(text, dnssec::anchors));
                Validation::Anchors(read.flatten().collect())
            }),
            ValidationFile::TrustAd => {
                let servers = file.servers.iter().filter_map(|text| self.value(text, dnssec::trusted_server));
                let authorities = file.authorities.clone().map_or(Authorities::System, Authorities::File);
                Validation::TrustAd(servers.map(|server| server.by(&authorities)).collect())
            }
        };
        Dnssec {
            validation,
            served_parameters: matches!(file.parameters, SourceFile::Secure),
            served_keys: matches!(file.keys, SourceFile::Secure),
        }
    }

    fn value<T>(
        &mut self,
        text: &Spanned<String>,
        read: fn(&str) -> Result<T, PolicyFaultKind>,
    ) -> Option<T> {
        read(text.get_ref())
            .map_err(|kind| {
                let line = Some(line_at(self.text, text.span().start));
                self.faults.push(PolicyFault { line, kind });
            })
            .ok()
    }

    fn domain(&mut self, text: &Spanned<String>) -> Option<Name> {
        self.value(text, domain)
    }

    /// The scopes, or `None` where one of them is wrong.
    fn scope(&mut self, texts: &[Spanned<String>]) -> Option<Vec<Scope>> {
        let scopes: Vec<_> = texts.iter().filter_map(|text| self.value(text, scope)).collect();
        (scopes.len() == texts.len()).then_some(scopes)
    }
}

fn domain(text: &str) -> Result<Name, PolicyFaultKind> {
    let name: Result<Name, _> = text.parse();
    name.map(|name| name.to_lowercase())
        .map_err(|error| PolicyFaultKind::Domain { text: text.to_owned(), error })
}

fn scope(text: &str) -> Result<Scope, PolicyFaultKind> {
    text.parse().map_err(|error| PolicyFaultKind::Scope { text: text.to_owned(), error })
}

fn parameters(text: &str) -> Result<Parameters, PolicyFaultKind> {
    Parameters::parse(text.as_bytes())
        .map_err(|error| PolicyFaultKind::Parameters { text: text.to_owned(), error })
}

fn public_key(text: &str) -> Result<PublicKey, PolicyFaultKind> {
    PublicKey::parse_txt(text.as_bytes())
        .map_err(|error| PolicyFaultKind::Key { text: text.to_owned(), error })
}

fn key_id(text: &str) -> Result<KeyId, PolicyFaultKind> {
    data_encoding::HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .ok()
        .and_then(|octets| octets.try_into().ok())
        .map(KeyId)
        .ok_or_else(|| PolicyFaultKind::KeyId(text.to_owned()))
}

impl From<FloorFile> for HashFloor {
    fn from(floor: FloorFile) -> Self {
        match floor {
            FloorFile::Sha256 => Self::Sha256,
            FloorFile::Argon2id => Self::Argon2id,
        }
    }
}

impl From<CeilingFile> for HashCeiling {
    fn from(CeilingFile { m_kib, t, p }: CeilingFile) -> Self {
        Self { m_kib, t, p }
    }
}

impl From<LifetimesFile> for Lifetimes {
    fn from(file: LifetimesFile) -> Self {
        let seconds = |days: Option<u32>, default: u64| days.map_or(default, |days| u64::from(days) * DAY);
        let default = Self::default();
        Self {
            possession: seconds(file.possession_days, default.possession),
            mapping: seconds(file.mapping_days, default.mapping),
            wishes: seconds(file.wishes_days, default.wishes),
        }
    }
}

impl From<GrantKindFile> for GrantKind {
    fn from(kind: GrantKindFile) -> Self {
        match kind {
            GrantKindFile::Possession => Self::Possession,
            GrantKindFile::LegacyMapping => Self::LegacyMapping,
        }
    }
}

impl From<MethodFile> for ProofMethod {
    fn from(method: MethodFile) -> Self {
        match method {
            MethodFile::Legacy => Self::Legacy,
            MethodFile::Sms => Self::Sms,
            MethodFile::Voice => Self::Voice,
            MethodFile::Email => Self::Email,
            MethodFile::Carrier => Self::Carrier,
        }
    }
}
