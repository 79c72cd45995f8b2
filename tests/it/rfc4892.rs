//! RFC 4892: a server is asked who it is.

use mimi_dns::record::{Name, Rtype};
use mimi_dns::server::{Outcome, Settings, Transport};

use crate::served::{example, send_with};
use crate::wire::{Message, question};

const CH: u16 = 3;

fn asked(nsid: Option<&str>, name: &str, rtype: Rtype, class: u16) -> (Outcome, Message) {
    let mut settings = Settings::default();
    settings.nsid = nsid.map(|nsid| nsid.parse().unwrap());
    let octets = question(name.parse::<Name>().unwrap().as_wire(), rtype.0, class);
    let (outcome, reply) = send_with(&example(""), &settings, &octets, Transport::Udp);
    (outcome, Message::read(&reply))
}

#[test]
fn the_identifier_is_told_where_there_is_one() {
    for name in ["id.server.", "HostName.BIND."] {
        let (outcome, reply) = asked(Some("ns1.lon"), name, Rtype::TXT, CH);
        assert_eq!((outcome, reply.rcode(), reply.is_authoritative()), (Outcome::Answered, 0, false));
        assert_eq!(reply.answer, [format!("{name} 0 TXT \"ns1.lon\"")]);
        assert_eq!(asked(None, name, Rtype::TXT, CH).0, Outcome::NotServed);
    }
}

#[test]
fn nothing_else_is() {
    for (name, rtype, class) in [
        ("version.bind.", Rtype::TXT, CH),
        ("version.server.", Rtype::TXT, CH),
        ("x.id.server.", Rtype::TXT, CH),
        ("id.server.", Rtype::A, CH),
        ("id.server.", Rtype::TXT, 1),
    ] {
        assert_eq!(
            asked(Some("ns1.lon"), name, rtype, class).0,
            Outcome::NotServed,
            "{name} {rtype} {class}"
        );
    }
}
