//! `serve` over TLS, HTTPS and QUIC: where it says that it listens, what kdig gets there, renewal, faults.

use std::path::Path;
use std::process::Command;

use super::{Serving, run, zones_folder};
use crate::peers::installed;
use crate::secured::authority::{Authority, SERVER_NAME};

/// Options that make a server listen for each transport on ports that the system picks.
fn options(authority: &Authority) -> Vec<String> {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let mut options = Vec::new();
    for name in ["--listen-tls", "--listen-https", "--listen-quic"] {
        options.extend([name.to_owned(), "127.0.0.1:0".to_owned()]);
    }
    options.extend(["--certificate".to_owned(), text(&authority.chain())]);
    options.extend(["--key".to_owned(), text(&authority.key())]);
    options
}

fn start(options: &[String]) -> Serving {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    Serving::start_with(&options, &[&zones_folder()])
}

/// The port for a transport in `… at ADDR, UDP and TCP; ADDR, TLS; …`.
fn port<'a>(serving: &'a Serving, transport: &str) -> &'a str {
    let listed = serving.banner[0].split("; ").find_map(|listed| listed.strip_suffix(transport));
    listed.and_then(|address| address.strip_suffix(", ")?.strip_prefix("127.0.0.1:")).expect(transport)
}

#[test]
fn each_transport_answers_where_the_banner_says() {
    let authority = Authority::new();
    authority.renew();
    let serving = start(&options(&authority));
    let ports = [
        ("+tls", port(&serving, "TLS")),
        ("+https", port(&serving, "HTTPS")),
        ("+quic", port(&serving, "QUIC")),
    ];
    let Some(kdig) = installed(&["kdig"]) else { return };
    let ask = |transport: &str, port: &str, authority: &Authority| {
        let output = Command::new(&kdig)
            .args(["@127.0.0.1", "-p", port, "+short"])
            .arg(format!("+tls-ca={}", authority.ca().display()))
            .arg(format!("+tls-hostname={SERVER_NAME}"))
            // Behind the authority: that alone means TLS over TCP.
            .args([transport, "discover.example.", "NS"])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for (transport, port) in ports {
        assert_eq!(
            ask(transport, port, &authority),
            "ns1.discover.example.\nns2.discover.example.\n",
            "{transport}"
        );
    }
    // Somebody else is not believed.
    let other = Authority::new();
    assert_eq!(ask("+tls", ports[0].1, &other), "");
}

#[test]
fn sighup_shows_a_renewed_certificate() {
    use std::net::TcpStream;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    let authority = Authority::new();
    let first = authority.renew();
    let serving = start(&options(&authority));
    let shown = || {
        let config = Arc::new(authority.client(&[b"dot"]));
        let mut session = rustls::ClientConnection::new(config, SERVER_NAME.try_into().unwrap()).unwrap();
        let address = format!("127.0.0.1:{}", port(&serving, "TLS"));
        let mut stream = TcpStream::connect(address).unwrap();
        while session.is_handshaking() {
            session.complete_io(&mut stream).unwrap();
        }
        session.peer_certificates().unwrap()[0].clone().into_owned()
    };
    assert_eq!(shown(), first);
    let second = authority.renew();
    assert_eq!(shown(), first, "not without a signal, within a minute");
    serving.signal("-HUP");
    let end = Instant::now() + Duration::from_secs(20);
    while shown() != second {
        assert!(Instant::now() < end, "the renewed one is not shown");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_can_not_be_shown_is_told_before_anything_is_served() {
    let authority = Authority::new();
    authority.renew();
    let zones = zones_folder();
    let zones = zones.to_str().unwrap();
    let ca = authority.ca();
    let key = authority.key();
    let (ca, key) = (ca.to_str().unwrap(), key.to_str().unwrap());
    let serve = ["serve", zones, "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"];

    let ran = run(&serve);
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("--listen-tls:1:2: error[no-certificate]: "), "{}", ran.err);
    assert!(ran.err.contains("--certificate and --key"), "{}", ran.err);

    let ran = run(&[&serve[..], &["--certificate", ca]].concat());
    assert_eq!(ran.code, 2);

    let ran = run(&[&serve[..], &["--certificate", ca, "--key", key]].concat());
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(&format!("{key}: not the key of the first certificate in {ca}")), "{}", ran.err);
}

#[test]
fn the_configuration_is_checked_with_its_certificate() {
    let authority = Authority::new();
    authority.renew();
    let (chain, key) = (authority.chain(), authority.key());
    let file = authority.ca().with_file_name("mimi-dns.toml");
    let check = |certificate: &str| {
        let text = format!("version = 1\n[listen]\ntls = [\"127.0.0.1:0\"]\n[certificate]\n{certificate}");
        std::fs::write(&file, text).unwrap();
        run(&["config", "check", file.to_str().unwrap()])
    };
    assert_eq!(check(&format!("chain = {chain:?}\nkey = {key:?}\n")).code, 0);
    // Paths are taken from the file's folder.
    assert_eq!(check("chain = \"chain.pem\"\nkey = \"key.pem\"\n").code, 0);
    for (certificate, fault) in [
        ("", ":3:8: error[no-certificate]: "),
        ("key = \"key.pem\"\n", ":5:7: error[no-certificate]: "),
        ("chain = \"ca.pem\"\nkey = \"key.pem\"\n", ":5:9: error[bad-certificate]: "),
        ("chain = \"gone.pem\"\nkey = \"key.pem\"\n", ":5:9: error[bad-certificate]: "),
    ] {
        let ran = check(certificate);
        assert_eq!(ran.code, 1);
        assert!(ran.out.contains(fault), "{fault} is not in {}", ran.out);
    }
}
