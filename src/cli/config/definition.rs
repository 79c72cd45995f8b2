//! Version 1 of the configuration file: every section and key, once.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use super::fault::Faults;
use super::kinds::Network;
use super::section::{Key, Section, Table, section};
use super::signing::Signing;
use super::value::{At, Bounds, Period, Value, must_be, text, words};
use super::zones::{Template, Zone};
use crate::server::{ConnectionLimits, Nsid, RateLimits, Settings, UdpPayload};
use crate::zone::{nearest, quote};
use toml::Spanned;
use toml::de::DeValue;

/// The port of a server that was told none: 53 is for those who may.
const PORT: u16 = 5300;
/// What a limited rate may be.
const RATE: Bounds = 0..=1_000_000;

section! {
    /// What stands before the first table.
    Top = "" {
        /// Where the server keeps what must outlive it. Made with mode 0700 where it is not there; one server at
        /// a time.
        state: Option<At<PathBuf>> = None, such as r#""/var/lib/mimi-dns""#;
        /// Where images of zones are kept, from which the next start has them in a fraction of the time that their text
        /// takes: as much as the zones fill in memory. Made with mode 0700 where it is not there; one server at a time.
        /// Without it: zones are loaded from text at each start.
        images: Option<At<PathBuf>> = None, such as r#""/var/cache/mimi-dns""#;
        /// Where the keys of zones that are signed here are kept, each zone's in a folder of its own. Without it: in
        /// the folder `keys` of the state folder.
        keys: Option<At<PathBuf>> = None, such as r#""/var/lib/mimi-dns-keys""#;
        /// The Unix socket over which `mimi-dns control` asks and tells the server; for its own user and root only.
        /// Without it: `control` in the state folder.
        control: Option<At<PathBuf>> = None, such as r#""/run/mimi-dns/control""#;
        /// The user, by name or number, that a server becomes which is started as root, once its sockets are open: all
        /// that is read and written is read and written as this user, at reloads too.
        user: Option<String> = None, such as r#""mimi-dns""#;
        /// And the group, of a server that has a `user`. Without it: that of the user.
        group: Option<At<String>> = None, such as r#""mimi-dns""#;
    }
}

section! {
    /// Where requests are taken.
    Listen = "listen" {
        /// Addresses for DNS over UDP and TCP. At 0.0.0.0 or [::] a UDP reply leaves from the address that was asked,
        /// on Linux; elsewhere the system chooses, so name each address of the machine there.
        dns: Vec<At<SocketAddr>> = loopback();
        /// Threads that answer over UDP at each address, each with a socket of its own. Without it: one for each core.
        udp_threads: Option<usize> = None, within 1..=1024, such as "4";
        /// Addresses for DNS over TLS (RFC 7858), usually with port 853.
        tls: Vec<At<SocketAddr>> = Vec::new(), such as r#"["192.0.2.53:853", "[2001:db8::53]:853"]"#;
        /// Addresses for DNS over HTTPS (RFC 8484), usually with port 443; the path is /dns-query.
        https: Vec<At<SocketAddr>> = Vec::new(), such as r#"["192.0.2.53:443", "[2001:db8::53]:443"]"#;
        /// Addresses for DNS over QUIC (RFC 9250), usually with port 853.
        quic: Vec<At<SocketAddr>> = Vec::new(), such as r#"["192.0.2.53:853", "[2001:db8::53]:853"]"#;
    }
}

section! {
    /// What clients of TLS, HTTPS and QUIC are shown. Both files are looked at each minute: a renewal needs no
    /// reload.
    Certificate = "certificate" {
        /// A PEM file of the server's certificate, and after it those that lead to one that clients know.
        chain: Option<At<PathBuf>> = None, such as r#""/etc/letsencrypt/live/ns1.example.net/fullchain.pem""#;
        /// A PEM file of that certificate's private key.
        key: Option<At<PathBuf>> = None, such as r#""/etc/letsencrypt/live/ns1.example.net/privkey.pem""#;
    }
}

section! {
    /// What is served.
    Zones = "zones" {
        /// Zone files, and folders whose *.zone files are served; with * and ? all files and folders that such a path
        /// stands for. Zones that want something of their own stand under [[zone]].
        paths: Vec<At<PathBuf>> = Vec::new(), such as r#"["zones", "/srv/more/example.net.zone", "customers/*/*.zone"]"#;
        /// Let $INCLUDE and key files stand outside of the zone's own folder.
        allow_outside: bool = false;
        /// Look every two seconds whether a file that a zone was read from has changed, includes and keys too, and
        /// load it again once nobody writes to it any more. Without it: on SIGHUP and `mimi-dns control reload`.
        watch: bool = false;
    }
}

section! {
    /// How requests are answered.
    Answers = "answers" {
        /// Answers carry what a client will ask next: addresses of the targets of NS, MX and SRV records, and
        /// what NAPTR records lead to. Referrals carry their glue in any case.
        additional: bool = Settings::default().additional;
        /// Octets of a UDP reply at most, however much a client can take. Up to 1232 no reply is sent in
        /// fragments.
        udp_payload: u16 = UdpPayload::default().octets(),
            within u64::from(UdpPayload::LEAST.octets())..=u64::from(UdpPayload::MOST.octets());
        /// What this server calls itself to those who ask which of several it is (NSID, RFC 5001).
        nsid: Option<Nsid> = None, such as r#""ns1.example.net""#;
    }
}

section! {
    /// DNS cookies (RFC 7873 and 9018): clients that show one don't forge their address.
    Cookies = "cookies" {
        /// Give cookies to those who ask for them.
        enabled: bool = true;
        /// Give those who come over UDP with a client's cookie alone the server's part of it, and no answer yet.
        /// Who sends no cookie at all is answered.
        require: At<bool> = At::from(false);
        /// A file of the secrets that cookies are made with, one of 32 hexadecimal digits a line, the current one
        /// first. All servers behind one address need the same. Without it the server makes its own, changes them
        /// each day, and keeps them in its state folder, if it has one: else cookies end with it.
        secrets: Option<At<PathBuf>> = None, such as r#""cookie-secrets""#;
    }
}

section! {
    /// Limits on the rates of replies over UDP to one network: a request's address may be forged, and the replies go
    /// to a victim. Rates are replies a second; 0 is no limit. Valid cookies and connections prove an address, and
    /// are not limited here.
    Rates = "rate_limit" {
        /// Replies with data.
        answers: u32 = RateLimits::default().answers, within RATE;
        /// Replies that a name has no such type.
        no_data: u32 = RateLimits::default().no_data, within RATE;
        /// Replies that a name does not exist.
        nxdomain: u32 = RateLimits::default().nxdomain, within RATE;
        /// Replies that lead to the servers of a zone below.
        referrals: u32 = RateLimits::default().referrals, within RATE;
        /// Replies that refuse a request or find fault with it.
        errors: u32 = RateLimits::default().errors, within RATE;
        /// How many seconds' worth of replies may come at once, after a pause.
        window_seconds: u32 = RateLimits::default().window, within 1..=60;
        /// Every how many limited replies one is sent, empty, so that an honest client asks again over TCP: 1 for
        /// all, 0 for none.
        slip: u8 = RateLimits::default().slip, within 0..=15;
        /// How many leading bits of IPv4 addresses make one network.
        ipv4_prefix: u8 = RateLimits::default().ipv4_prefix, within 8..=32;
        /// How many leading bits of IPv6 addresses make one network.
        ipv6_prefix: u8 = RateLimits::default().ipv6_prefix, within 16..=128;
        /// Whom nothing limits, here and under [enumeration].
        exempt: Vec<Network> = own_machine();
        /// Networks that are remembered at a time, rounded up to a power of two. Each takes 16 octets, from the
        /// start.
        buckets: usize = RateLimits::default().buckets, within 1024..=1 << 26;
    }
}

section! {
    /// Limits on those who walk through numbers in discovery zones, over every transport: who asks for many names
    /// that are not there is slowed.
    Enumeration = "enumeration" {
        /// Names a second that are not there, which a network may ask for without end; and replies a second that
        /// one is slowed to. 0 is no limit.
        rate: u32 = RateLimits::default().enumeration.rate, within RATE;
        /// How many names that are not there a network may ask for at once, after a pause; no more count than a
        /// day drains.
        burst: u32 = RateLimits::default().enumeration.burst, within 1..=u64::from(u32::MAX);
        /// Up to which share of names that are not there, in percent, a network is never slowed.
        harmless_share: u8 = RateLimits::default().enumeration.harmless_share, within 0..=99;
        /// How long a reply is held back over a connection, in milliseconds; what would come later is refused.
        longest_delay_ms: u64 = RateLimits::default().enumeration.longest_delay.as_millis() as u64,
            within 0..=30_000;
    }
}

section! {
    /// Who is answered, over every transport. All others are refused.
    Access = "access" {
        /// These are refused.
        refuse: Vec<Network> = Vec::new(), such as r#"["192.0.2.0/24", "2001:db8:bad::/48"]"#;
        /// Where it is set, all but these are refused.
        only: Option<Vec<Network>> = None, such as r#"["198.51.100.0/24", "::1"]"#;
    }
}

section! {
    /// What clients that hold connections can take, of all listeners together.
    Connections = "connections" {
        /// Connections at a time.
        most: usize = ConnectionLimits::default().connections, within 1..=1_000_000;
        /// Connections at a time from one address (one /64 of IPv6).
        most_per_peer: usize = ConnectionLimits::default().connections_per_peer, within 1..=1_000_000;
        /// How long a connection may go without a whole request, or without taking a whole reply.
        idle_seconds: u64 = ConnectionLimits::default().idle.as_secs(), within 1..=3600;
    }
}

section! {
    /// Measures and health over HTTP, for those who watch the server.
    Metrics = "metrics" {
        /// Address for /metrics, /health and /ready. Plain HTTP without any login: keep it on loopback or in a
        /// network of your own.
        listen: Option<At<SocketAddr>> = None, such as r#""127.0.0.1:9530""#;
        /// How long the server goes on answering once it is told to end, while /ready says 503: as long as whoever
        /// sends clients here takes to notice.
        lame_duck: Period = Period(0), within 0..=3600;
    }
}

section! {
    /// What is written to standard error.
    Log = "log" {
        /// What is worth a line. RUST_LOG, where it is set, is taken instead.
        level: LogLevel = LogLevel::Info;
        /// How a line looks.
        format: LogFormat = LogFormat::Text;
        /// One query in so many is logged, by chance, at the level "info": its zone, type, transport, and what became
        /// of it. What stands below the apex is hashed with a key that only this run of the server knows, so that it can't
        /// be found out; equal names look equal until the day ends (UTC), or the run.
        queries: Option<u32> = None, within 1..=1_000_000_000, such as "1000";
        /// With each of them the network that it came from, an IPv4 /24 or an IPv6 /56, hashed likewise.
        query_sources: bool = false;
    }
}

words! {
    /// What is worth a line of the log.
    pub(in crate::cli) enum LogLevel {
        /// What somebody must mend.
        Error = "error",
        /// And what looks wrong.
        Warn = "warn",
        /// And start, reload and end.
        Info = "info",
        /// And each connection that failed.
        Debug = "debug",
    }

    /// How a line of the log looks.
    pub(in crate::cli) enum LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct File {
    pub(super) top: Top,
    pub(super) listen: Listen,
    pub(super) certificate: Certificate,
    pub(super) zones: Zones,
    pub(super) template: Vec<At<Template>>,
    pub(super) zone: Vec<At<Zone>>,
    pub(super) signing: Vec<Signing>,
    pub(super) answers: Answers,
    pub(super) cookies: Cookies,
    pub(super) access: Access,
    pub(super) rates: Rates,
    pub(super) enumeration: Enumeration,
    pub(super) connections: Connections,
    pub(super) metrics: Metrics,
    pub(super) log: Log,
}

impl File {
    /// Reads everything after `version`.
    pub(super) fn read(mut table: Table<'_, '_>) -> Self {
        let file = Self {
            top: Top::read(&mut table),
            listen: table.section(),
            certificate: table.section(),
            zones: table.section(),
            template: table.sections(),
            zone: table.sections(),
            signing: table.sections().into_iter().map(|policy| policy.value).collect(),
            answers: table.section(),
            cookies: table.section(),
            access: table.section(),
            rates: table.section(),
            enumeration: table.section(),
            connections: table.section(),
            metrics: table.section(),
            log: table.section(),
        };
        table.refuse_rest();
        file
    }
}

impl File {
    /// Every section with its values as TOML, in the order of [`sections`]; of those of which there may be several,
    /// each.
    pub(super) fn written(&self) -> Vec<Vec<Written>> {
        fn one<S: Section>(section: &S) -> Vec<Written> {
            vec![section.written()]
        }
        vec![
            one(&self.top),
            one(&self.listen),
            one(&self.certificate),
            one(&self.zones),
            self.template.iter().map(|template| template.value.written()).collect(),
            self.zone.iter().map(|zone| zone.value.written()).collect(),
            self.signing.iter().map(Section::written).collect(),
            one(&self.answers),
            one(&self.cookies),
            one(&self.access),
            one(&self.rates),
            one(&self.enumeration),
            one(&self.connections),
            one(&self.metrics),
            one(&self.log),
        ]
    }

    /// Every path that it names.
    pub(super) fn paths_mut(&mut self) -> impl Iterator<Item = &mut At<PathBuf>> {
        let Top { state, images, keys, control, .. } = &mut self.top;
        let Certificate { chain, key } = &mut self.certificate;
        let one = [state, images, keys, control, chain, key, &mut self.cookies.secrets];
        let templates = self.template.iter_mut().filter_map(|template| template.value.file.as_mut());
        let zones = self.zone.iter_mut().filter_map(|zone| zone.value.file.as_mut());
        one.into_iter().flatten().chain(&mut self.zones.paths).chain(templates).chain(zones)
    }
}

/// The keys of a section with their values as TOML, where they have one.
pub(super) type Written = Vec<(&'static str, Option<String>)>;

/// A section as it is described.
pub(super) struct Described {
    /// Empty for what stands before the first table.
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) keys: Vec<Key>,
    /// Whether there may be several, and there is none by default.
    pub(super) several: bool,
}

/// Every section in the order of the example.
pub(super) fn sections() -> Vec<Described> {
    fn section<S: Section>() -> Described {
        Described { name: S::NAME, about: S::ABOUT, keys: S::keys(), several: false }
    }
    vec![
        section::<Top>(),
        section::<Listen>(),
        section::<Certificate>(),
        section::<Zones>(),
        Described { several: true, ..section::<Template>() },
        Described { several: true, ..section::<Zone>() },
        Described { several: true, ..section::<Signing>() },
        section::<Answers>(),
        section::<Cookies>(),
        section::<Access>(),
        section::<Rates>(),
        section::<Enumeration>(),
        section::<Connections>(),
        section::<Metrics>(),
        section::<Log>(),
    ]
}

/// Where a server listens that was told nothing.
pub(super) fn loopback() -> Vec<At<SocketAddr>> {
    let addresses: [SocketAddr; 2] = [(Ipv4Addr::LOCALHOST, PORT).into(), (Ipv6Addr::LOCALHOST, PORT).into()];
    addresses.map(At::from).into()
}

/// Who is not limited by default, as in [`RateLimits::default`].
fn own_machine() -> Vec<Network> {
    ["127.0.0.0/8", "::1/128"].into_iter().filter_map(|network| network.parse().ok().map(Network)).collect()
}
