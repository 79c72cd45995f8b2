//! `serve`: load, listen, answer; SIGHUP loads again, SIGTERM and SIGINT end it.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::args::Serve;
use super::config::{Checked, Config};
use super::exit::{Exit, UsageError};
use super::stock::{self, Stocked};
use crate::clock::UnixTime;
use crate::record::Name;
use crate::server::{Handle, Server};
use crate::zone::{Catalog, Finding, Severity};

/// How often drafts in sources are signed anew, far more often than a mapping's ten days run out.
const SIGN_ANEW: Duration = Duration::from_secs(6 * 60 * 60);

pub(super) fn run(args: &Serve, out: &mut dyn Write) -> anyhow::Result<Exit> {
    log_to_stderr();
    let Checked { config, findings } = Config::told(args);
    for finding in &findings {
        complain!("{finding}");
    }
    let Some(config) = config else {
        complain!("mimi-dns: nothing is served: the configuration has {} errors", findings.len());
        return Ok(Exit::Failed);
    };
    if config.zones.is_empty() {
        return Err(
            UsageError("the configuration names no zones, the command line neither".to_owned()).into()
        );
    }
    let stock = stock::load(&config.zones, config.allow_outside, UnixTime::now())?;
    let (errors, _) = tell(&stock);
    if errors > 0 {
        complain!("mimi-dns: {errors} errors: nothing is served; `mimi-dns zone check` says what is wrong");
        return Ok(Exit::Failed);
    }
    let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
    let ended = runtime.block_on(serve(&config, stock, out));
    // Zones that are being loaded at the end are not waited for.
    runtime.shutdown_background();
    ended
}

async fn serve(config: &Config, stock: Vec<Stocked>, out: &mut dyn Write) -> anyhow::Result<Exit> {
    // Before anything is answered: whoever sees the server answer may send signals.
    let mut hangup = signal(SignalKind::hangup())?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let example = stock::example(&stock).map(|identifier| identifier.as_str().to_owned());
    let drafts = stock.iter().any(|stocked| stocked.loaded.drafts > 0);
    let lines = describe(&stock);
    let mut served = Served::default();
    let catalog = served.take(stock, Catalog::new());
    let server = config
        .dns
        .iter()
        .fold(Server::builder(), |builder, &address| builder.listen(address))
        .catalog(catalog)
        .connection_limits(config.connections)
        .bind()
        .await?;
    for address in server.local_addrs().iter().filter(|address| !address.ip().is_loopback()) {
        tracing::warn!(
            %address,
            "listening beyond loopback without rate limiting: this server can be used to amplify attacks"
        );
    }
    banner(config, server.local_addrs(), &lines, example.as_deref(), out)?;
    let handle = server.handle();
    let mut answering = tokio::spawn(server.run());
    let mut sign_anew = drafts.then(|| Instant::now() + SIGN_ANEW);
    let reloading = async {
        loop {
            tokio::select! {
                () = received(&mut hangup) => {}
                () = sleep_until(sign_anew.unwrap_or_else(Instant::now)), if sign_anew.is_some() => {}
            }
            let drafts = served.reload(config, &handle).await;
            sign_anew = drafts.then(|| Instant::now() + SIGN_ANEW);
        }
    };
    tokio::select! {
        () = reloading => {}
        () = received(&mut terminate) => {}
        () = received(&mut interrupt) => {}
        ended = &mut answering => {
            ended.context("the server's loops panicked")?;
            anyhow::bail!("the server ended by itself");
        }
    }
    tracing::info!("ending");
    handle.shutdown();
    answering.await.context("the server's loops panicked")?;
    tracing::info!(answered = handle.counts().total(), "ended");
    Ok(Exit::Done)
}

/// The zones that are served, by the file each came from.
#[derive(Default)]
struct Served {
    apexes: BTreeMap<PathBuf, Name>,
}

impl Served {
    /// Derives the catalog that serves what was loaded. A zone that is broken now stays as it was; one
    /// whose file is gone is no longer served.
    fn take(&mut self, stock: Vec<Stocked>, mut catalog: Catalog) -> Catalog {
        let mut apexes = BTreeMap::new();
        for stocked in stock {
            match (stocked.loaded.zone, self.apexes.get(&stocked.file)) {
                (Some(zone), _) => {
                    apexes.insert(stocked.file, zone.apex().clone());
                    catalog = catalog.with(zone);
                }
                (None, Some(apex)) => {
                    tracing::error!(%apex, file = %stocked.file.display(), "the zone is broken: still serving what was there before");
                    apexes.insert(stocked.file, apex.clone());
                }
                (None, None) => {
                    tracing::error!(file = %stocked.file.display(), "the zone is broken: not served");
                }
            }
        }
        for apex in self.apexes.values().filter(|apex| !apexes.values().any(|kept| kept == *apex)) {
            tracing::info!(%apex, "no longer served: its file is gone");
            catalog = catalog.without(apex);
        }
        self.apexes = apexes;
        catalog
    }

    /// Loads everything again while the server goes on answering. Says whether there are drafts to
    /// be signed anew later.
    async fn reload(&mut self, config: &Config, handle: &Handle) -> bool {
        let (paths, allow_outside) = (config.zones.clone(), config.allow_outside);
        let loading =
            tokio::task::spawn_blocking(move || stock::load(&paths, allow_outside, UnixTime::now()));
        let stock = match loading.await {
            Ok(Ok(stock)) => stock,
            Ok(Err(error)) => {
                tracing::error!("{error:#}: still serving what was there before");
                return true;
            }
            Err(error) => {
                tracing::error!(%error, "loading failed: still serving what was there before");
                return true;
            }
        };
        tell(&stock);
        if !stock::twice(&stock).is_empty() {
            tracing::error!("one zone stands in two files: still serving what was there before");
            return true;
        }
        let drafts = stock.iter().any(|stocked| stocked.loaded.drafts > 0);
        let catalog = self.take(stock, (*handle.catalog()).clone());
        tracing::info!(zones = catalog.len(), "loaded again");
        handle.replace(catalog);
        drafts
    }
}

/// A signal, or never where the system sends no more of them.
async fn received(signal: &mut Signal) {
    if signal.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Tells every finding, in full at a terminal only: it quotes what the zone's author wrote. Returns
/// how many errors and warnings.
fn tell(stock: &[Stocked]) -> (usize, usize) {
    let twice = stock::twice(stock);
    let findings: Vec<&Finding> =
        stock.iter().flat_map(|stocked| &stocked.loaded.findings).chain(&twice).collect();
    let terminal = io::stderr().is_terminal();
    for finding in &findings {
        match (terminal, finding.severity) {
            (true, _) => complain!("{finding}"),
            (false, Severity::Error) => tracing::error!("{}", finding.for_log()),
            (false, Severity::Warning) => tracing::warn!("{}", finding.for_log()),
        }
    }
    stock::count(findings)
}

fn describe(stock: &[Stocked]) -> Vec<(String, String)> {
    let zones = stock.iter().filter_map(|stocked| Some((stocked.loaded.zone.as_ref()?, &stocked.file)));
    zones
        .map(|(zone, file)| {
            let line =
                format!("serial {}, {} names, from {}", zone.serial(), zone.name_count(), file.display());
            (zone.apex().to_string(), line)
        })
        .collect()
}

/// What is served, and commands to try. An identifier only at a terminal: elsewhere this is a log.
fn banner(
    config: &Config,
    addresses: &[SocketAddr],
    zones: &[(String, String)],
    example: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let listening: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    writeln!(out, "serving {} zones at {}, UDP and TCP", zones.len(), listening.join(" and "))?;
    let width = zones.iter().map(|(apex, _)| apex.len()).max().unwrap_or(0);
    for (apex, line) in zones {
        writeln!(out, "  {apex:width$}  {line}")?;
    }
    let (Some(address), Some((apex, _))) = (addresses.first(), zones.first()) else { return out.flush() };
    writeln!(out, "try")?;
    writeln!(out, "  dig @{} -p {} {apex} SOA", address.ip(), address.port())?;
    if let Some(example) = example {
        let example = if io::stdout().is_terminal() { example } else { "IDENTIFIER" };
        writeln!(out, "  dig @{} -p {} _mimi.{apex} TXT", address.ip(), address.port())?;
        let policy = config.zones.iter().map(|path| path.join("policy.toml")).find(|path| path.is_file());
        let policy = policy.map_or("FILE".into(), |path| path.display().to_string());
        writeln!(out, "  mimi-dns lookup {example} --server {address} --policy {policy}")?;
    }
    out.flush()
}

fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(tracing::Level::INFO.into())
        .from_env_lossy();
    let logging = tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter);
    // Whoever read the log may be gone: the server goes on, and panics over no line of it.
    let logging = logging.log_internal_errors(false);
    // A second subscriber in one process is a test's own: it stays.
    let _ = logging.with_ansi(io::stderr().is_terminal()).try_init();
}
