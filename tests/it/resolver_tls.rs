//! The resolver's way to its servers over TLS. Source: RFC 7858, RFC 8310 (strict), RFC 8467.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::SigningKey;
use mimi_dns::dnssec::sign::{SigningOptions, ZoneKey, ZoneKeys, sign_zone};
use mimi_dns::record::dnssec::Algorithm;
use mimi_dns::record::rdata::Presentation;
use mimi_dns::record::{Name, Rtype};
use mimi_dns::resolver::{
    Authorities, Clock, DnsTransport, Dnssec, Outcome, Proof, TlsUpstream, Transport as _,
    TransportBuildError, TransportError, Unreachable, Upstream, Validation,
};
use mimi_dns::server::Transport;
use mimi_dns::zone::Catalog;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::peers::Peer;
use crate::running::Running;
use crate::secured::authority::{Authority, SERVER_NAME};
use crate::secured::{Secured, framed, receive_framed};
use crate::served::{TOP, example, zone};

fn upstream(address: SocketAddr, name: &str, ca: PathBuf) -> Upstream {
    Upstream::Tls(TlsUpstream::new(address, name).unwrap().by(Authorities::File(ca)))
}

fn transport(upstream: Upstream) -> DnsTransport {
    DnsTransport::builder().upstream(upstream).build().unwrap()
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

#[tokio::test]
async fn our_own_listener_is_asked_over_tls_alone() {
    let secured = Secured::start(example("www A 192.0.2.1"));
    let addr = secured.addr(Transport::Tls);
    let transport = transport(upstream(addr, "DNS.example.", secured.authority.ca()));
    let found = transport.ask(&name("www.example."), Rtype::A).await.unwrap();
    assert!(matches!(found.outcome, Outcome::Records(_)), "{found:?}");
    let absent = transport.ask(&name("nothing.example."), Rtype::A).await.unwrap();
    assert_eq!(absent.outcome, Outcome::NxDomain);
    let counts = secured.handle.counts();
    assert_eq!(counts.total(), 2);
    assert_eq!(counts.over(Transport::Tls, mimi_dns::server::Outcome::Answered), 1);
    assert_eq!(counts.over(Transport::Tls, mimi_dns::server::Outcome::NxDomain), 1);
}

#[tokio::test]
async fn who_does_not_show_the_name_is_asked_nothing() {
    let secured = Secured::start(example("www A 192.0.2.1"));
    let addr = secured.addr(Transport::Tls);
    let stranger = Authority::new();
    for (name_there, ca) in [
        ("other.example", secured.authority.ca()),
        ("127.0.0.1", secured.authority.ca()),
        (SERVER_NAME, stranger.ca()),
    ] {
        let transport = transport(upstream(addr, name_there, ca));
        let error = transport.ask(&name("www.example."), Rtype::A).await.unwrap_err();
        assert_eq!(error, TransportError::Unreachable(Unreachable::Certificate), "{name_there}");
    }
    // The host answers in the clear too; nobody asks there.
    assert_eq!(secured.handle.counts().total(), 0);
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });
    let authority = Authority::new();
    let transport = transport(upstream(addr, SERVER_NAME, authority.ca()));
    let error = transport.ask(&name("www.example."), Rtype::A).await.unwrap_err();
    assert_eq!(error, TransportError::Unreachable(Unreachable::NoTls));
}

#[test]
fn authorities_that_cannot_be_read_are_told_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let [empty, gone] = ["empty", "gone"].map(|file| folder.path().join(file));
    std::fs::write(&empty, "no certificate\n").unwrap();
    for ca in [empty, gone] {
        let server = upstream((Ipv4Addr::LOCALHOST, 853).into(), SERVER_NAME, ca.clone());
        let error = DnsTransport::builder().upstream(server).build().unwrap_err();
        assert!(matches!(&error, TransportBuildError::Authorities { path, .. } if *path == ca), "{error}");
    }
}

/// How many questions the server waits for before it answers, the last one first.
const TOGETHER: usize = 8;

/// Says that nothing exists, to so many questions at a time, in their reverse order; then closes.
async fn answer_in_reverse(listener: TcpListener, acceptor: TlsAcceptor, connections: Arc<AtomicUsize>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.fetch_add(1, Ordering::Relaxed);
        let mut stream = acceptor.accept(stream).await.unwrap();
        let mut replies = Vec::new();
        for _ in 0..TOGETHER {
            let mut message = receive_framed(&mut stream).await;
            assert_eq!(message.len() % 128, 0, "padded");
            // The question ends with type and class; what is behind it is OPT.
            let end = 12 + message[12..].iter().position(|&octet| octet == 0).unwrap() + 5;
            message.truncate(end);
            (message[2], message[3], message[11]) = (0x81, 0x83, 0);
            replies.push(message);
        }
        for reply in replies.iter().rev() {
            stream.write_all(&framed(reply)).await.unwrap();
        }
        stream.flush().await.unwrap();
        stream.shutdown().await.unwrap();
    }
}

fn acceptor(authority: &Authority) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_file(authority.chain()).unwrap()];
    let key = PrivateKeyDer::from_pem_file(authority.key()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap()))
}

#[tokio::test]
async fn questions_share_a_connection_and_another_follows_one_that_was_closed() {
    let authority = Authority::new();
    authority.renew();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    tokio::spawn(answer_in_reverse(listener, acceptor(&authority), Arc::clone(&connections)));
    let transport = transport(upstream(addr, SERVER_NAME, authority.ca()));
    for round in 1..=3 {
        let names: Vec<Name> =
            (0..TOGETHER).map(|number| name(&format!("n{number}.r{round}.example."))).collect();
        let asking = names.iter().map(|name| transport.ask(name, Rtype::A));
        for answer in futures_util::future::join_all(asking).await {
            assert_eq!(answer.unwrap().outcome, Outcome::NxDomain);
        }
        assert_eq!(connections.load(Ordering::Relaxed), round);
    }
}

/// Unbound validates, and its AD bit is believed on the road that the policy names and on no other.
#[test]
fn the_word_of_a_validating_resolver_counts_on_the_road_that_is_named() {
    let plain = zone("example.", &format!("{TOP}www A 192.0.2.1"));
    let key = Arc::new(SigningKey::generate(Algorithm::ED25519).unwrap());
    let keys = ZoneKeys { keys: vec![ZoneKey::csk(key)], ..ZoneKeys::default() };
    let options = SigningOptions::default();
    let (signed, _) = sign_zone(&plain, &keys, &options, None, UnixTime::now()).unwrap();
    let anchor = Presentation::new(Rtype::DNSKEY, &keys.keys[0].dnskey()).to_string();
    let ours = Running::start(Catalog::new().with(signed));
    let authority = Authority::new();
    authority.renew();
    let anchor = format!("example. 300 IN DNSKEY {anchor}\n");
    let files = [authority.chain(), authority.key()];
    let Some((_unbound, addr)) = Peer::start_validating_over_tls(ours.addr(), "example.", &anchor, &files)
    else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = upstream(addr, SERVER_NAME, authority.ca());
    let other = Upstream::Tls(TlsUpstream::new(addr, SERVER_NAME).unwrap());
    let clock: Clock = Arc::new(UnixTime::now);
    for (believed, proof) in [(server.clone(), Proof::Secure), (other, Proof::Indeterminate)] {
        let policy = Dnssec::default().with_validation(Validation::TrustAd(vec![believed]));
        let transport = transport(server.clone()).validating(&policy, &clock).unwrap();
        let answer = runtime.block_on(transport.ask(&name("www.example."), Rtype::A)).unwrap();
        assert!(matches!(answer.outcome, Outcome::Records(_)));
        assert_eq!(answer.proof, proof);
    }
}

#[test]
fn the_command_line_asks_over_tls() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let zones = Path::new(env!("CARGO_MANIFEST_DIR")).join("zones/e164.example.zone");
    let loaded = mimi_dns::zone::load_file(&zones, false, &mimi_dns::zone::LoadOptions::default());
    let secured = Secured::start(Catalog::new().with(loaded.zone.unwrap()));
    let look_up = |server: String, more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_mimi-dns"))
            .args([
                "lookup",
                "--short",
                "--enum",
                "e164.example",
                "--dangerous-insecure",
                "--server",
                &server,
            ])
            .args(more)
            .arg("+442079460148")
            .env_remove("MIMI_DNS_POLICY")
            .output()
            .unwrap();
        let [out, said] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), out, said)
    };
    let plain = look_up(secured.addr(Transport::Tcp).to_string(), &[]);
    let (addr, ca) = (secured.addr(Transport::Tls), secured.authority.ca().display().to_string());
    let server = format!("tls://{addr}#{SERVER_NAME}");
    let by_tls = look_up(server.clone(), &["--authorities", &ca]);
    assert_eq!(by_tls, plain);
    assert!(!by_tls.1.is_empty(), "{by_tls:?}");
    // The system's authorities did not sign it.
    let (code, out, _) = look_up(server, &[]);
    assert!(code != plain.0 && out.is_empty(), "{code:?} {out}");
    let (code, _, said) = look_up("tls://192.0.2.1".to_owned(), &[]);
    assert!(code == Some(2) && said.contains("lacks the name"), "{code:?} {said}");
}
