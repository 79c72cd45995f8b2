//! `serve`: load, listen, answer; SIGHUP loads again, SIGTERM and SIGINT end it.

mod afterwards;
mod attend;
mod banner;
mod behind;
mod control;
mod cookies;
mod handed;
mod health;
mod images;
mod large_pages;
mod listed;
mod log;
mod memory;
mod notify;
mod open_files;
mod orders;
mod privileges;
mod reload;
mod seen;
mod shelf;
mod shelved;
mod signing;
mod state;
mod status;
mod watch;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::Context;

use super::args::Serve;
use super::config::{Checked, Config, Named};
use super::exit::{Exit, UsageError};
use crate::clock::UnixTime;
use crate::server::{Certificates, OpenSockets, RateLimits, Server, ServerBuilder, Transport};
use attend::Signals;
use control::{ControlSocket, SocketFile};
use cookies::Secrets;
use images::Images;
use log::Log;
use orders::Desk;
use privileges::Privileges;
use reload::Reloading;
use shelf::{Reason, Shelf};
use state::StateFolder;
use status::{Listening, Status};
use watch::Watch;

pub(super) fn run(args: &Serve, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Checked { config, findings } = Config::told(args, Named::ZonesMayBeGone);
    for finding in &findings {
        complain!("{finding}");
    }
    let Some(config) = config else {
        complain!("mimi-dns: nothing is served: the configuration has {}", counted(findings.len()));
        return Ok(Exit::Failed);
    };
    if config.zones.is_empty() {
        return Err(
            UsageError("the configuration names no zones, the command line neither".to_owned()).into()
        );
    }
    let log = Log::start(config.log_level, config.log_format);
    memory::keep_little();
    // Before there are threads: what is taken from one now none of them has.
    privileges::never_more();
    let open = handed::take()?;
    let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
    let ended = runtime.block_on(serve(args, config, log, open, out));
    // Zones that are being loaded at the end are not waited for.
    runtime.shutdown_background();
    ended
}

async fn serve(
    args: &Serve,
    config: Config,
    log: Log,
    mut open: OpenSockets,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    // Before anything is answered: whoever sees the server answer may send signals.
    let status = Arc::new(Status::new(config.log_level));
    let (desk, mut orders, stop) = Desk::new(Arc::clone(&status), log.clone());
    let mut signals = Signals::take(stop)?;
    open_files::raise_limit(config.connections.connections);
    let watch = bind_watch(&config).await?;
    if let Some(privileges) = Privileges::wanted(&config)? {
        open = builder(&config, None).open_early(open)?;
        privileges.take_on(&config)?;
    }
    // Only now: nothing that comes from outside is read as root.
    let watched = watch.map(|watch| start_watch(watch, &status)).transpose()?;
    let state = config.state.as_deref().map(StateFolder::open).transpose()?;
    let secrets = Secrets::open(&config.cookies, state.as_ref(), UnixTime::now())?;
    let certificates = config.certificate.as_ref().map(|files| Certificates::load(&files.chain, &files.key));
    let certificates = certificates.transpose()?.map(Arc::new);
    let _socket = config.control.as_deref().map(|path| take_orders(path, desk)).transpose()?;
    let images = config.images.as_deref().and_then(open_images);
    let loading = first_load(&config, images, args.config.is_some());
    let Some(shelf) = signals.unless_ended(loading).await else {
        return Ok(Exit::Done);
    };
    let Some(mut shelf) = shelf? else { return Ok(Exit::Failed) };
    status.set_files(shelf.status());
    let settings = config.settings(secrets.as_ref().map(|secrets| secrets.get().clone()));
    let server = builder(&config, certificates.clone())
        .sockets(open)
        .catalog(shelf.catalog().clone())
        .settings(settings)
        .rate_limits(config.rates.clone())
        .connection_limits(config.connections)
        .bind()
        .await?;
    warn_of_reach(&config, server.local_addrs());
    let handle = server.handle();
    // Before anything is said: whoever reads it may ask at once.
    let addresses = banner::addresses(&server);
    status.listening(Listening { handle: handle.clone(), certificates, addresses });
    banner::print(&config.zones, &server, watched, &shelf, out)?;
    shelf.published(UnixTime::now());
    status.set_files(shelf.status());
    tracing::info!(zones = shelf.catalog().len(), "serving");
    afterwards::begin(&status);
    notify::ready(shelf.catalog().len());
    notify::keep_watchdog(Arc::clone(&status));
    let mut answering = tokio::spawn(server.run());
    let (ending, shared) = (handle.clone(), Arc::clone(&status));
    let started = config.clone();
    let shelf = Arc::new(Mutex::new(shelf));
    let mut reloading = Reloading { args, config, started, state, secrets, shelf, handle, status, log };
    tokio::select! {
        () = signals.attend(&mut orders, &mut reloading) => {}
        ended = &mut answering => {
            ended.context("the server's loops panicked")?;
            anyhow::bail!("the server ended by itself");
        }
    }
    tracing::info!("ending");
    // Who tells it something from now on is told that it ends.
    shared.end();
    drop(orders);
    notify::stopping();
    // A second signal ends it at once.
    signals.unless_ended(tokio::time::sleep(reloading.config.lame_duck)).await;
    ending.shutdown();
    answering.await.context("the server's loops panicked")?;
    tracing::info!(answered = ending.counts().total(), "ended");
    Ok(Exit::Done)
}

/// Opens the control socket: before the zones are loaded, which may take minutes.
fn take_orders(path: &Path, desk: Desk) -> anyhow::Result<SocketFile> {
    let (socket, file) = ControlSocket::bind(path)
        .with_context(|| format!("the control socket {} can't be opened", path.display()))?;
    tokio::spawn(socket.run(Arc::new(desk)));
    Ok(file)
}

/// Text does what images do, if not as fast: what is wrong with their folder is told, and keeps nobody from being
/// served.
fn open_images(path: &Path) -> Option<Images> {
    Images::open(path).inspect_err(|error| tracing::error!("no images of zones are kept: {error}")).ok()
}

/// Where it listens.
fn builder(config: &Config, certificates: Option<Arc<Certificates>>) -> ServerBuilder {
    let mut builder = Server::builder();
    for &address in &config.dns {
        builder = builder.listen(address);
    }
    if let Some(threads) = config.udp_threads {
        builder = builder.udp_threads(threads);
    }
    for &(transport, address) in &config.encrypted {
        builder = match transport {
            Transport::Udp | Transport::Tcp => builder.listen(address),
            Transport::Tls => builder.listen_tls(address),
            Transport::Https => builder.listen_https(address),
            Transport::Quic => builder.listen_quic(address),
        };
    }
    match certificates {
        Some(certificates) => builder.certificates(certificates),
        None => builder,
    }
}

/// Beyond loopback somebody may forge the addresses that replies go to.
fn warn_of_reach(config: &Config, addresses: &[SocketAddr]) {
    let RateLimits { answers, no_data, nxdomain, referrals, errors, .. } = config.rates;
    if [answers, no_data, nxdomain, referrals, errors].iter().all(|&rate| rate > 0) {
        return;
    }
    for address in addresses.iter().filter(|address| !address.ip().is_loopback()) {
        tracing::warn!(
            %address,
            "listening beyond loopback without rate limiting: this server can be used to amplify attacks"
        );
    }
}

/// Opens the socket for those who watch, if there is to be one.
async fn bind_watch(config: &Config) -> anyhow::Result<Option<Watch>> {
    let Some(address) = config.metrics else { return Ok(None) };
    let watch = Watch::bind(address).await.with_context(|| format!("can't listen at {address}"))?;
    Ok(Some(watch))
}

/// Answers those who watch, and says where: before the zones are loaded, which may take minutes.
fn start_watch(watch: Watch, status: &Arc<Status>) -> anyhow::Result<SocketAddr> {
    let address = watch.local_addr()?;
    tokio::spawn(watch.run(Arc::clone(status)));
    Ok(address)
}

/// Loads all zones and tells what is wrong with them. A server that is `configured` starts with what there is: after a
/// restart one broken zone or missing folder keeps nobody else's zone from being served. What is asked of a broken
/// zone fails (RFC 8914 §4.15). None where paths on the command line lead nowhere, or to no zone that can be served:
/// that is a slip of whoever types.
async fn first_load(
    config: &Config,
    images: Option<Images>,
    configured: bool,
) -> anyhow::Result<Option<Shelf>> {
    let sources = config.zones.clone();
    let (signing, keys) = (config.signing.clone(), config.keys.clone());
    let loading = tokio::task::spawn_blocking(move || {
        let mut shelf = Shelf::default();
        shelf.images = images;
        shelf.signing.configure(signing, keys);
        let outcome = shelf.load(&sources, Reason::Told, UnixTime::now());
        memory::give_back();
        (shelf, outcome)
    });
    let (shelf, outcome) = loading.await.context("loading failed")?;
    let errors = counted(outcome.errors);
    let says = "`mimi-dns zone check` says what is wrong with zones, `mimi-dns control zones` what could not be signed";
    match (shelf.catalog().is_empty(), outcome.errors) {
        (true, 0) if !configured => {
            let empty = config.zones.iter().map(|source| source.path.display().to_string());
            let empty = empty.collect::<Vec<_>>().join(", ");
            complain!("mimi-dns: nothing is served: there is no file in {empty} whose name ends in .zone");
            return Ok(None);
        }
        (empty, _) if !configured && (empty || outcome.unfound > 0) => {
            complain!("mimi-dns: {errors}: nothing is served; {says}");
            return Ok(None);
        }
        (_, 0) => {}
        (true, _) => tracing::error!("{errors}: no zone is served until that is mended; {says}"),
        (false, _) if configured => tracing::error!("{errors}: the other zones are served; {says}"),
        (false, _) => complain!("mimi-dns: {errors}: the other zones are served; {says}"),
    }
    Ok(Some(shelf))
}

fn counted(errors: usize) -> String {
    if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") }
}
