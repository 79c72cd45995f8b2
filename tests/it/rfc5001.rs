//! RFC 5001: the identifier of a server.

use mimi_dns::record::Rtype;
use mimi_dns::server::{Settings, Transport};

use crate::served::{example, send_with};
use crate::wire::{Message, query, with_options};

const NSID: u16 = 3;

fn reply(settings: &Settings, options: &[(u16, &[u8])]) -> Message {
    let octets = with_options(query("www.example.", Rtype::A), options);
    Message::read(&send_with(&example("www A 192.0.2.1"), settings, &octets, Transport::Udp).1)
}

#[test]
fn told_to_those_who_ask_and_only_where_there_is_one() {
    let mut settings = Settings::default();
    assert_eq!(reply(&settings, &[(NSID, b"")]).option(NSID), None);
    settings.nsid = Some("ns1.lon".parse().unwrap());
    assert_eq!(reply(&settings, &[(NSID, b"")]).option(NSID), Some(b"ns1.lon".as_slice()));
    assert_eq!(reply(&settings, &[]).option(NSID), None);
    assert_eq!(reply(&settings, &[(8, b"\0\x01\0\0")]).options, []);
}
