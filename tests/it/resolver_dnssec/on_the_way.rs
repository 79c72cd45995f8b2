//! Somebody on the way to the server, who keeps back, fails or strips what he likes.

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use mimi_dns::dnssec::sign::Denial;
use mimi_dns::record::Rtype;
use mimi_dns::resolver::DiscoveryResult;

use super::{HERE, NOT_HERE, World, look_up, look_up_by};
use crate::running::Running;

/// What is done to one question.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Passes,
    /// The server is asked without DO, and so gives no signatures.
    Strips,
    /// The answer is this RCODE.
    Fails(u8),
}

/// An address from which the server's answers come as the deeds leave them, by type and number of labels.
fn way_to(server: SocketAddr, deed: impl Fn(Rtype, usize) -> Deed + Send + 'static) -> SocketAddr {
    let here = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = here.local_addr().unwrap();
    let there = UdpSocket::bind("127.0.0.1:0").unwrap();
    there.connect(server).unwrap();
    there.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // It waits for questions as long as the tests run.
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((len, client)) = here.recv_from(&mut buffer) {
            let mut question = buffer[..len].to_vec();
            let (rtype, labels, opt) = asked(&question);
            match deed(rtype, labels) {
                Deed::Fails(rcode) => {
                    question[2] |= 0x80;
                    question[3] = rcode;
                    here.send_to(&question, client).unwrap();
                    continue;
                }
                // Behind the root as owner, the type, the size and two octets. Source: RFC 3225 §3.
                Deed::Strips => question[opt + 7] &= 0x7F,
                Deed::Passes => {}
            }
            there.send(&question).unwrap();
            let len = there.recv(&mut buffer).unwrap();
            here.send_to(&buffer[..len], client).unwrap();
        }
    });
    addr
}

/// The type and the number of labels of a question, and where what follows it begins.
fn asked(message: &[u8]) -> (Rtype, usize, usize) {
    let (mut at, mut labels) = (12, 0);
    while message[at] != 0 {
        at += 1 + usize::from(message[at]);
        labels += 1;
    }
    (Rtype(u16::from_be_bytes([message[at + 1], message[at + 2]])), labels, at + 5)
}

#[test]
fn who_strips_statements_gains_nothing_by_failing_the_chain() {
    let world = World::build(&Denial::Nsec);
    let ours = Running::start(world.catalog());
    // A statement's owner is below the apex, which has two labels.
    let failing = |deed: Deed| {
        move |rtype: Rtype, labels: usize| match rtype {
            Rtype::MIMISIG => Deed::Strips,
            Rtype::DS if labels > 2 => deed,
            _ => Deed::Passes,
        }
    };
    let honest = look_up(way_to(ours.addr(), |_, _| Deed::Passes), world.policy(), &[HERE]);
    assert_eq!(honest[0].mappings().len(), 1, "{honest:?}");
    for (deed, expected) in [
        (Deed::Passes, DiscoveryResult::NotBelieved),
        (Deed::Fails(2), DiscoveryResult::Unreachable),
        (Deed::Fails(5), DiscoveryResult::NotBelieved),
    ] {
        let found = look_up(way_to(ours.addr(), failing(deed)), world.policy(), &[HERE]);
        assert_eq!(found[0].result, expected, "{deed:?}: {found:?}");
        assert!(found[0].statements.is_empty(), "{deed:?}");
    }
}

#[test]
fn a_server_that_strips_is_not_the_last_word() {
    let world = World::build(&Denial::Nsec);
    let ours = Running::start(world.catalog());
    for only in [None, Some(Rtype::MIMISIG), Some(Rtype::DNSKEY)] {
        let strips = way_to(ours.addr(), move |rtype, _| match only {
            Some(only) if rtype != only => Deed::Passes,
            _ => Deed::Strips,
        });
        for servers in [[strips, ours.addr()], [ours.addr(), strips]] {
            let found = look_up_by(&servers, world.policy(), &[HERE, NOT_HERE]);
            assert_eq!(found[0].mappings().len(), 1, "{only:?}: {found:?}");
            assert_eq!(found[1].result, DiscoveryResult::NoMapping, "{only:?}: {found:?}");
        }
        let alone = look_up(strips, world.policy(), &[HERE]);
        assert_eq!(alone[0].result, DiscoveryResult::NotBelieved);
    }
}
