//! The configuration: a file of version 1, the environment and the command line on top of it, read as a whole with
//! every fault told; and `config`.

mod check;
mod definition;
mod example;
mod fault;
mod kinds;
mod layers;
pub(super) mod secrets;
mod section;
mod show;
mod signing;
mod socket;
#[cfg(test)]
mod tests;
mod value;
mod zones;

use std::io::Read;
use std::net::{SocketAddr, UdpSocket};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::{DeTable, DeValue};

pub(super) use check::run;
pub(super) use definition::{LogFormat, LogLevel};
pub(super) use signing::SigningPolicy;
pub(super) use socket::control_socket;
pub(super) use value::At;
pub(super) use zones::ZoneSource;

use super::args::{Options, Serve};
use crate::server::{
    Access, ConnectionLimits, CookieSecrets, Cookies, Networks, Nsid, QueryLogging, RateLimits, Settings,
    Transport, UdpPayload,
};
use crate::zone::Finding;
use definition::{Certificate, File};
use fault::Faults;
use kinds::Network;
use layers::{Layers, Places};
use section::Table;

/// The only version of the file.
const VERSION: &str = "1";
/// What a server has been told that was given no file.
const NO_FILE: &str = "version = 1";
/// Larger files are no configuration.
const LARGEST: u64 = 1 << 20;

/// What a server is told, from wherever it was told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Config {
    /// The folder for what must outlive the server.
    pub(super) state: Option<PathBuf>,
    /// The folder for images of zones.
    pub(super) images: Option<PathBuf>,
    /// The socket by which it is asked and told; none where there is nowhere to put it.
    pub(super) control: Option<PathBuf>,
    /// Who a server becomes that root has started.
    pub(super) user: Option<String>,
    /// And in which group.
    pub(super) group: Option<String>,
    /// UDP and TCP.
    pub(super) dns: Vec<SocketAddr>,
    /// The encrypted transports.
    pub(super) encrypted: Vec<(Transport, SocketAddr)>,
    /// There where there are encrypted transports.
    pub(super) certificate: Option<CertificateFiles>,
    /// How many threads answer over UDP at each address, where it is said.
    pub(super) udp_threads: Option<NonZeroUsize>,
    /// Zone files and folders of them.
    pub(super) zones: Vec<ZoneSource>,
    /// Whether files of zones are looked at all the time.
    pub(super) watch: bool,
    /// How zones are signed.
    pub(super) signing: Vec<SigningPolicy>,
    /// Where keys of zones are; there where zones are signed.
    pub(super) keys: Option<PathBuf>,
    /// All but the cookies, whose secrets are not in the file.
    pub(super) answers: Answers,
    pub(super) cookies: CookieConfig,
    pub(super) rates: RateLimits,
    pub(super) connections: ConnectionLimits,
    /// Measures and health.
    pub(super) metrics: Option<SocketAddr>,
    /// How long it goes on answering once it is told to end.
    pub(super) lame_duck: Duration,
    pub(super) log_level: LogLevel,
    pub(super) log_format: LogFormat,
}

/// The files that clients of the encrypted transports are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CertificateFiles {
    pub(super) chain: PathBuf,
    pub(super) key: PathBuf,
}

/// How requests are answered, and to whom.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answers {
    pub(super) additional: bool,
    pub(super) udp_payload: UdpPayload,
    pub(super) nsid: Option<Nsid>,
    pub(super) access: Access,
    pub(super) query_log: Option<QueryLogging>,
}

/// Whether there are cookies, and where their secrets come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CookieConfig {
    pub(super) enabled: bool,
    pub(super) require: bool,
    /// None where the server makes its own.
    pub(super) secrets: Option<PathBuf>,
}

/// Whether the zones that a configuration names must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Before the start: what is not there is a fault.
    IsThere,
    /// At the start: that of the zones is served that is there.
    ZonesMayBeGone,
    /// While the server runs: what was served from there stays.
    MayBeGone,
}

/// All that is written, wherever it is, and what is wrong with it.
struct Gathered {
    layers: Layers,
    /// With where each key is set; none where there are findings.
    file: Option<(File, Places)>,
    /// In the order of the text.
    findings: Vec<Finding>,
}

/// What came of reading a file.
pub(super) struct Checked {
    /// None where there are findings.
    pub(super) config: Option<Config>,
    /// What is wrong, in the order of the text.
    pub(super) findings: Vec<Finding>,
}

impl Default for Config {
    fn default() -> Self {
        Self::of(&File::default())
    }
}

impl Config {
    /// Reads the file at `path`, and the environment on top of it.
    pub(super) fn load(path: &Path, named: Named) -> Checked {
        Gathered::new(Some(path), &[], &Options::default(), named).checked()
    }

    /// What `serve` was told: the file, where one is named, the environment, and what the command line says instead
    /// of them, or besides.
    pub(super) fn told(args: &Serve, named: Named) -> Checked {
        Gathered::new(args.config.as_deref(), &args.paths, &args.options, named).checked()
    }

    /// The keys in which this differs from `started` in a way that counts only when the server starts.
    pub(super) fn needs_restart(&self, started: &Self) -> Vec<&'static str> {
        let kept = [
            ("state", self.state == started.state),
            ("images", self.images == started.images),
            ("keys", self.keys == started.keys),
            ("control", self.control == started.control),
            ("user", self.user == started.user),
            ("group", self.group == started.group),
            ("listen", (&self.dns, &self.encrypted) == (&started.dns, &started.encrypted)),
            ("listen.udp_threads", self.udp_threads == started.udp_threads),
            ("certificate", self.certificate == started.certificate),
            ("connections", self.connections == started.connections),
            ("metrics.listen", self.metrics == started.metrics),
            ("log.format", self.log_format == started.log_format),
        ];
        kept.into_iter().filter(|(_, same)| !same).map(|(key, _)| key).collect()
    }

    /// How requests are answered, with these secrets of cookies.
    pub(super) fn settings(&self, secrets: Option<CookieSecrets>) -> Settings {
        let mut settings = Settings::default();
        let Answers { additional, udp_payload, nsid, access, query_log } = self.answers.clone();
        (settings.additional, settings.udp_payload) = (additional, udp_payload);
        (settings.nsid, settings.access, settings.query_log) = (nsid, access, query_log);
        settings.cookies = secrets.map(|secrets| {
            let mut cookies = Cookies::new(secrets);
            cookies.require = self.cookies.require;
            cookies
        });
        settings
    }

    /// The one way from what is written to what is done.
    fn of(file: &File) -> Self {
        let addresses =
            |listed: &[At<SocketAddr>]| listed.iter().map(|address| address.value).collect::<Vec<_>>();
        let networks = |listed: &[Network]| listed.iter().map(|network| network.0).collect::<Networks>();
        let mut dns = addresses(&file.listen.dns);
        if file.listen.dns == definition::loopback() {
            // A machine without IPv6 is served over IPv4 alone.
            dns.retain(|address| address.is_ipv4() || UdpSocket::bind((address.ip(), 0)).is_ok());
        }
        let listen = &file.listen;
        let over = [
            (Transport::Tls, &listen.tls),
            (Transport::Https, &listen.https),
            (Transport::Quic, &listen.quic),
        ];
        let encrypted = over
            .into_iter()
            .flat_map(|(transport, listed)| listed.iter().map(move |address| (transport, address.value)));
        let encrypted = encrypted.collect();
        let Certificate { chain, key } = &file.certificate;
        let certificate = chain
            .as_ref()
            .zip(key.as_ref())
            .map(|(chain, key)| CertificateFiles { chain: chain.value.clone(), key: key.value.clone() });
        let keys = file.top.keys.as_ref().map(|keys| keys.value.clone());
        let state = file.top.state.as_ref().map(|state| state.value.clone());
        let beside = |name| state.as_ref().map(|state| state.join(name));
        let control = file.top.control.as_ref().map(|control| control.value.clone());
        Self {
            control: control.or_else(|| beside(socket::IN_STATE)),
            images: file.top.images.as_ref().map(|images| images.value.clone()),
            user: file.top.user.clone(),
            group: file.top.group.as_ref().map(|group| group.value.clone()),
            dns,
            encrypted,
            certificate,
            udp_threads: listen.udp_threads.and_then(NonZeroUsize::new),
            zones: zones::sources(file),
            watch: file.zones.watch,
            signing: signing::policies(file),
            keys: keys.or_else(|| beside("keys")),
            state,
            answers: Answers {
                additional: file.answers.additional,
                udp_payload: UdpPayload::new(file.answers.udp_payload).unwrap_or_default(),
                nsid: file.answers.nsid.clone(),
                access: Access {
                    refused: networks(&file.access.refuse),
                    only: file.access.only.as_deref().map(networks),
                },
                query_log: file
                    .log
                    .queries
                    .and_then(NonZeroU32::new)
                    .map(|one_in| QueryLogging { one_in, sources: file.log.query_sources }),
            },
            cookies: CookieConfig {
                enabled: file.cookies.enabled,
                require: file.cookies.require.value,
                secrets: file.cookies.secrets.as_ref().map(|path| path.value.clone()),
            },
            rates: rates(file, networks(&file.rates.exempt)),
            connections: ConnectionLimits {
                connections: file.connections.most,
                connections_per_peer: file.connections.most_per_peer,
                idle: Duration::from_secs(file.connections.idle_seconds),
            },
            metrics: file.metrics.listen.map(|listen| listen.value),
            lame_duck: Duration::from_secs(file.metrics.lame_duck.0),
            log_level: file.log.level,
            log_format: file.log.format,
        }
    }
}

impl Gathered {
    /// The file at `path`, where there is one, the environment and the command line, with what is to be served besides.
    fn new(path: Option<&Path>, zones: &[PathBuf], options: &Options, named: Named) -> Self {
        let mut overrides = layers::of_environment(std::env::vars_os());
        overrides.extend(layers::of_command_line(&options.set));
        overrides.extend(layers::of_options(options));
        let shown = path.unwrap_or(Path::new(""));
        match path.map_or_else(|| Ok(NO_FILE.to_owned()), text_of) {
            Ok(text) => Self::read(Layers::new(shown, &text, overrides).with_paths(zones), named),
            Err(why) => {
                let (layers, mut faults) = (Layers::new(shown, "", Vec::new()), Faults::default());
                let message = format!("the configuration can't be read: {why}");
                faults.error(None, "unreadable-file", message, "");
                let findings = faults.locate(&layers);
                Self { layers, file: None, findings }
            }
        }
    }

    fn read(layers: Layers, named: Named) -> Self {
        let mut faults = Faults::default();
        let file = read(&layers, named, &mut faults);
        let findings = faults.locate(&layers);
        Self { file: file.filter(|_| findings.is_empty()), layers, findings }
    }

    fn checked(self) -> Checked {
        Checked { config: self.file.map(|(file, _)| Config::of(&file)), findings: self.findings }
    }
}

fn rates(file: &File, exempt: Networks) -> RateLimits {
    let (File { rates, enumeration, .. }, mut limits) = (file, RateLimits::default());
    (limits.answers, limits.no_data, limits.nxdomain) = (rates.answers, rates.no_data, rates.nxdomain);
    (limits.referrals, limits.errors) = (rates.referrals, rates.errors);
    (limits.window, limits.slip, limits.buckets) = (rates.window_seconds, rates.slip, rates.buckets);
    (limits.ipv4_prefix, limits.ipv6_prefix, limits.exempt) = (rates.ipv4_prefix, rates.ipv6_prefix, exempt);
    limits.enumeration.rate = enumeration.rate;
    limits.enumeration.burst = enumeration.burst;
    limits.enumeration.harmless_share = enumeration.harmless_share;
    limits.enumeration.longest_delay = Duration::from_millis(enumeration.longest_delay_ms);
    limits
}

/// Reads what is written, checks it as a whole, and makes paths what they mean. With it comes where each key is set.
fn read(layers: &Layers, named: Named, faults: &mut Faults) -> Option<(File, Places)> {
    let lines = layers.lines();
    let (mut file, mut places) = read_document(layers, &lines, faults)?;
    zones::settle(&mut file, &mut places);
    check::whole(&file, faults);
    zones::check(&file, layers, faults);
    if named != Named::MayBeGone {
        check::files(&file, named, |path| layers.path(path), faults);
    }
    // Whether they are there is told when they are loaded.
    file.zones.paths.extend_from_slice(layers.paths());
    layers.resolve(&mut file);
    Some((file, places))
}

/// Reads the texts; nothing where the version is none that is known.
fn read_document<'i>(layers: &'i Layers, lines: &'i [String], faults: &mut Faults) -> Option<(File, Places)> {
    let text = layers.all().first().map_or("", |file| file.text.as_str());
    let (document, broken) = DeTable::parse_recoverable(text);
    for error in broken {
        faults.error(error.span().map(|span| span.start), "no-toml", error.message().to_owned(), "");
    }
    let document = document.get_ref();
    let mut further = Faults::default();
    let version = document.get_key_value("version");
    let known = version.is_some_and(|(_, value)| {
        value.get_ref().as_integer().is_some_and(|number| number.to_string() == VERSION)
    });
    let file = if known {
        let mut rest: DeTable<'i> =
            document.iter().filter(|(key, _)| key.get_ref() != "version").map(cloned).collect();
        layers.put(lines, &mut rest, &mut further);
        let places = layers::places(&rest);
        Some((File::read(Table::new(&rest, &mut further)), places))
    } else {
        let offset = version.map(|(_, value)| value.span().start);
        let message = match version {
            Some(_) => "not a version that is known",
            None => "the file does not say which version of its form it has",
        };
        further.error(offset, "unknown-version", message.to_owned(), "write `version = 1` in its first line");
        None
    };
    faults.add_unless_shadowed(further, text);
    file
}

fn cloned<'i>(
    (key, value): (&toml::Spanned<toml::de::DeString<'i>>, &toml::Spanned<DeValue<'i>>),
) -> (toml::Spanned<toml::de::DeString<'i>>, toml::Spanned<DeValue<'i>>) {
    (key.clone(), value.clone())
}

fn text_of(path: &Path) -> Result<String, String> {
    let why = |error: std::io::Error| error.to_string();
    // Asked before it is opened: opening a pipe would wait for its other end.
    if !path.metadata().map_err(why)?.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut octets = Vec::new();
    std::fs::File::open(path).map_err(why)?.take(LARGEST + 1).read_to_end(&mut octets).map_err(why)?;
    if octets.len() as u64 > LARGEST {
        return Err("it is larger than 1 MiB".to_owned());
    }
    String::from_utf8(octets).map_err(|_| "it is not UTF-8 text".to_owned())
}
