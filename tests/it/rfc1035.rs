//! RFC 1035 §4.1.4: names in data become pointers where a reply does not fit otherwise.

use mimi_dns::record::Rtype;
use mimi_dns::server::Transport;

use crate::served::{example, send};
use crate::wire::{Message, query, with_opt};

/// Mail exchanges that share ends with each other, with their owner and with nothing, one of them in
/// other case, and their signature.
fn lines() -> String {
    let shared = (0..12).map(|number| format!("mail MX {number} mx{number}.hosts.provider.test.\n"));
    let own = (0..4).map(|number| format!("mail MX {number} in{number}.mail\n"));
    let signature = "mail RRSIG MX 15 2 300 20300101000000 20260101000000 1 example. AAAA\n";
    let others = "mail MX 50 mail\nmail MX 60 X.HOSTS.provider.test.\nmail MX 70 test.\nmail MX 80 .\n";
    shared.chain(own).chain([others.to_owned(), signature.to_owned()]).collect()
}

#[test]
fn what_fits_compressed_is_what_tcp_has() {
    let catalog = example(&lines());
    let plain = |size| with_opt(query("mail.example.", Rtype::MX), size, true);
    let (_, whole) = send(&catalog, &plain(1232), Transport::Tcp);
    let whole_len = whole.len();
    let whole = Message::read(&whole);
    assert_eq!(whole.answer.len(), 21);
    let mut smallest = usize::MAX;
    for size in 512..1232 {
        let (_, reply) = send(&catalog, &plain(size), Transport::Udp);
        assert!(reply.len() <= size.into(), "{size}");
        let message = Message::read(&reply);
        if message.is_truncated() {
            assert!(message.answer.is_empty() && smallest == usize::MAX, "{size}");
        } else {
            // The end of a name is spelled as where it points to.
            let is_same = |(one, other): (&String, &String)| one.eq_ignore_ascii_case(other);
            assert!(message.answer.iter().zip(&whole.answer).all(is_same), "{size}");
            assert_eq!(message.answer.len(), whole.answer.len(), "{size}");
            smallest = smallest.min(reply.len());
        }
    }
    // Fits 512 octets compressed; uncompressed it needs twice as many.
    assert!(smallest < 520 && whole_len > 750, "{smallest} of {whole_len}");
}

#[test]
fn glue_is_owned_by_names_in_compressed_data() {
    let servers =
        (0..11).map(|number| format!("cut NS a{number}.servers.cut\na{number}.servers.cut A 192.0.2.1\n"));
    let catalog = example(&servers.collect::<String>());
    let octets = query("www.cut.example.", Rtype::A);
    let [udp, tcp] = [Transport::Udp, Transport::Tcp].map(|transport| send(&catalog, &octets, transport).1);
    assert!(udp.len() <= 512 && tcp.len() > 512, "{} {}", udp.len(), tcp.len());
    let [udp, tcp] = [udp, tcp].map(|reply| Message::read(&reply));
    assert_eq!(
        (udp.is_truncated(), &udp.authority, &udp.additional),
        (false, &tcp.authority, &tcp.additional)
    );
    assert_eq!(udp.additional.len(), 11);
}
