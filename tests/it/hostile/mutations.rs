//! Damaged queries: whatever is heard of one over TCP is heard over every other transport.

use mimi_dns::server::Transport;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Builder;

use super::any_octets::near_query;
use super::attacked::catalog;
use super::clients::{Clients, Heard};
use super::reply::options;
use crate::secured::Secured;

const CASES: u32 = 400;
const ANY: [u8; 2] = [0, 255];
/// The one option that means something else on each transport. Source: RFC 7828 §3, RFC 9250 §5.5.2.
const TCP_KEEPALIVE: [u8; 2] = [0, 11];

#[test]
fn every_transport_sends_the_same_octets() {
    let secured = Secured::start(catalog());
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut clients = runtime.block_on(Clients::connect(&secured));
    let clients = std::cell::RefCell::new(&mut clients);
    let mut runner = TestRunner::new(Config { cases: CASES, ..Config::default() });
    let compared = runner.run(&near_query(), |message| {
        // Everything over TCP, one RRset over UDP: RFC 8482 §4.1.
        prop_assume!(!message.windows(2).any(|window| window == ANY || window == TCP_KEEPALIVE));
        let mut clients = clients.borrow_mut();
        let mut send = |transport| runtime.block_on(clients.send(transport, &message));
        let over_tcp = send(Transport::Tcp);
        prop_assert_eq!(&send(Transport::Tls), &over_tcp);
        let over_udp = send(Transport::Udp);
        let is_cut = matches!(&over_udp, Heard::Reply(reply) if reply[2] & 0x02 != 0);
        prop_assert!(is_cut || over_udp == over_tcp, "{over_udp:?}\n{over_tcp:?}");
        let silent = over_tcp == Heard::Silence;
        let over_https = send(Transport::Https);
        prop_assert_eq!(&over_https, if silent { &Heard::Status(400) } else { &over_tcp });
        let over_quic = send(Transport::Quic);
        prop_assert_eq!(&over_quic, if silent { &Heard::Closed(2) } else { &over_tcp });
        if let Heard::Reply(reply) = over_tcp {
            prop_assert!(options(&reply).iter().all(|(code, _)| *code == 15), "no option but an error");
        }
        Ok(())
    });
    compared.unwrap();
}
