//! Tests that need port 53 on several addresses, since a delegation carries no port: each runs once more, alone,
//! in a network namespace of its own, where every address of 127.0.0.0/8 is free.
//!
//! A machine that allows none leaves the test out and says so; where nothing may be left out, it fails.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Command, Stdio};

use crate::peers::leave_out;

/// Set in the process that runs inside.
const INSIDE: &str = "MIMI_DNS_TEST_INSIDE";
/// The loopback interface is down in a new namespace; what comes after is run with it up.
const UP: &str = "ip link set lo up && exec \"$@\"";

/// Whether the test is to go on: it is inside. Else it has been run inside, and its failure is this one's, or it
/// is left out.
///
/// `test` is its path within this binary, as in `module::name`.
pub(crate) fn is_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some_and(|value| value == test) {
        return true;
    }
    if let Some(why) = refusal() {
        leave_out(&format!("no network namespace: {why}"));
        return false;
    }
    let program = std::env::current_exe().unwrap();
    let output = Command::new("unshare")
        .args(["-rn", "sh", "-c", UP, "sh"])
        .arg(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, test)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    for line in said[1].lines().filter(|line| line.starts_with("LEFT OUT")) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
    assert!(said[0].contains("running 1 test"), "{test} is no test's path\n{}", said.concat());
    assert!(output.status.success(), "{test}, in a network namespace:\n{}", said.concat());
    false
}

/// Why there can be none here.
pub(crate) fn refusal() -> Option<String> {
    match Command::new("unshare").args(["-rn", "sh", "-c", UP, "sh", "true"]).output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(format!("unshare: {error}")),
    }
}

#[test]
fn port_53_is_free_on_every_loopback_address() {
    if !is_inside("namespace::port_53_is_free_on_every_loopback_address") {
        return;
    }
    let [one, two] = [1, 2].map(|host| {
        let addr = SocketAddr::from((Ipv4Addr::new(127, 0, 5, host), 53));
        UdpSocket::bind(addr).unwrap()
    });
    one.send_to(b"x", two.local_addr().unwrap()).unwrap();
    let (len, from) = two.recv_from(&mut [0; 9]).unwrap();
    assert_eq!((len, from), (1, one.local_addr().unwrap()));
}
