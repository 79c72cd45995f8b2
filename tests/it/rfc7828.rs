//! RFC 7828: edns-tcp-keepalive.

use mimi_dns::record::Rtype;
use mimi_dns::server::{Outcome, Settings, Transport};

use crate::served::{example, send_with};
use crate::wire::{Message, query, with_options};

const KEEPALIVE: u16 = 11;

fn reply(transport: Transport, data: &[u8]) -> (Outcome, Option<Message>) {
    let octets = with_options(query("www.example.", Rtype::A), &[(KEEPALIVE, data)]);
    let catalog = example("www A 192.0.2.1");
    let (outcome, reply) = send_with(&catalog, &Settings::default(), &octets, transport);
    (outcome, (!reply.is_empty()).then(|| Message::read(&reply)))
}

#[test]
fn the_idle_timeout_is_told_over_tcp_and_tls_in_tenths_of_a_second() {
    for transport in [Transport::Tcp, Transport::Tls] {
        let (outcome, message) = reply(transport, b"");
        assert_eq!(outcome, Outcome::Answered);
        assert_eq!(message.unwrap().option(KEEPALIVE), Some([0, 100].as_slice()));
    }
    let octets = with_options(query("www.example.", Rtype::A), &[]);
    let (_, reply) = send_with(&example("www A 192.0.2.1"), &Settings::default(), &octets, Transport::Tcp);
    assert_eq!(Message::read(&reply).options, []);
}

#[test]
fn section_3_2_1_a_clients_has_no_timeout() {
    for transport in [Transport::Tcp, Transport::Tls] {
        let (outcome, message) = reply(transport, b"\0\x64");
        assert_eq!((outcome, message.unwrap().rcode()), (Outcome::BadOpt, 1));
    }
}

#[test]
fn section_3_2_1_ignored_over_udp() {
    for (transport, data) in
        [(Transport::Udp, [].as_slice()), (Transport::Udp, &[0, 100]), (Transport::Https, &[])]
    {
        let (outcome, message) = reply(transport, data);
        assert_eq!(outcome, Outcome::Answered, "{}", transport.label());
        assert_eq!(message.unwrap().option(KEEPALIVE), None);
    }
}

#[test]
fn rfc_9250_section_5_5_2_an_error_over_quic() {
    let (outcome, message) = reply(Transport::Quic, b"");
    assert!(outcome == Outcome::DroppedKeepalive && message.is_none());
}
