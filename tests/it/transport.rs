//! The transport over UDP and TCP, against a server made here that answers with chosen octets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mimi_dns::record::{Name, Naptr, Rtype, Ttl, Uri};
use mimi_dns::resolver::{
    DnsTransport, DnsTransportBuilder, Outcome, Proof, Transport, TransportBuildError, TransportError,
    Unreachable,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

/// What was asked: the whole message, and over what.
#[derive(Clone)]
struct Asked {
    message: Vec<u8>,
    tcp: bool,
}

impl Asked {
    /// The question's name in wire form, as it was sent.
    fn wire_name(&self) -> &[u8] {
        &self.message[12..12 + Name::wire_len(&self.message[12..]).expect("a question")]
    }

    fn name(&self) -> Name {
        Name::from_wire(self.wire_name()).expect("a question")
    }

    fn question(&self) -> &[u8] {
        &self.message[12..12 + self.wire_name().len() + 4]
    }

    /// A response: `flags` holds TC, RA and RCODE, the sections are counted and concatenated.
    fn respond(&self, flags: u16, answers: &[Vec<u8>], authority: &[Vec<u8>]) -> Vec<u8> {
        let mut response = self.message[..2].to_vec();
        response.extend((0x8000 | (self.message_flags() & 0x0100) | flags).to_be_bytes());
        for count in [1, answers.len(), authority.len(), 0] {
            response.extend(u16::try_from(count).expect("few").to_be_bytes());
        }
        response.extend(self.question());
        answers.iter().chain(authority).for_each(|record| response.extend(record));
        response
    }

    fn message_flags(&self) -> u16 {
        u16::from_be_bytes([self.message[2], self.message[3]])
    }
}

const SERVFAIL: u16 = 2;
const NXDOMAIN: u16 = 3;
const REFUSED: u16 = 5;
const TRUNCATED: u16 = 0x0200;

fn name(text: &str) -> Name {
    text.parse().expect(text)
}

fn record(owner: &str, rtype: Rtype, ttl: u32, rdata: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rdata.len()).expect("short");
    let fixed = [&rtype.0.to_be_bytes()[..], &1u16.to_be_bytes(), &ttl.to_be_bytes(), &length.to_be_bytes()];
    [name(owner).as_wire(), &fixed.concat(), rdata].concat()
}

fn soa(apex: &str, ttl: u32, minimum: u32) -> Vec<u8> {
    let numbers = [1, 2, 3, 4, minimum].map(u32::to_be_bytes).concat();
    record(
        apex,
        Rtype::SOA,
        ttl,
        &[name("ns.example").as_wire(), name("h.example").as_wire(), &numbers].concat(),
    )
}

/// A server at a port of its own, and what it was asked.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    async fn start(answer: impl Fn(&Asked) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let socket = UdpSocket::bind(address).await.expect("the same port over UDP");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
        let reply = move |message: &[u8], tcp| {
            let one = Asked { message: message.to_vec(), tcp };
            log.lock().expect("not poisoned").push(one.clone());
            answer(&one)
        };
        let over_udp = reply.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((len, peer)) = socket.recv_from(&mut buffer).await {
                if let Some(response) = over_udp(&buffer[..len], false) {
                    let _ = socket.send_to(&response, peer).await;
                }
            }
        });
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let reply = reply.clone();
                tokio::spawn(async move {
                    while let Ok(len) = stream.read_u16().await {
                        let mut message = vec![0; len.into()];
                        if stream.read_exact(&mut message).await.is_err() {
                            return;
                        }
                        let Some(response) = reply(&message, true) else { continue };
                        let len = u16::try_from(response.len()).expect("short");
                        let _ = stream.write_all(&[&len.to_be_bytes()[..], &response].concat()).await;
                    }
                });
            }
        });
        Self { address, asked }
    }

    fn transport(&self) -> DnsTransport {
        quick().server(self.address).build().expect("one server")
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("not poisoned").clone()
    }
}

fn quick() -> DnsTransportBuilder {
    DnsTransport::builder().timeout(Duration::from_millis(1500)).patience(Duration::from_millis(150))
}

async fn ask(
    transport: &DnsTransport,
    owner: &str,
    rtype: Rtype,
) -> Result<mimi_dns::resolver::Answer, TransportError> {
    transport.ask(&name(owner), rtype).await
}

#[tokio::test]
async fn records_of_every_type_come_through_unchanged() {
    let naptr =
        r#"100 10 "u" "E2U+sip" "!^\\+44(.*)$!sip:\\1@\;a.example!" ."#.parse::<Naptr>().expect("valid");
    let uri = r#"10 1 "https://msp.example/""#.parse::<Uri>().expect("valid");
    let cases = [
        (Rtype::NAPTR, naptr.to_wire()),
        (Rtype::URI, uri.to_wire()),
        (Rtype::MIMISIG, Box::from(*b"\x01\x02opaque\0\xff")),
        (Rtype::TXT, Box::from(*b"\x03\0\xff\"")),
    ];
    for (rtype, rdata) in cases {
        let sent = rdata.clone();
        let server = Server::start(move |asked| {
            Some(asked.respond(
                0,
                &[record("a.example", rtype, 60, &sent), record("a.example", rtype, 60, &sent)],
                &[],
            ))
        })
        .await;
        let answer = ask(&server.transport(), "a.example", rtype).await.expect("an answer");
        let Outcome::Records(rrset) = &answer.outcome else { panic!("{answer:?}") };
        assert_eq!((rrset.rtype, &rrset.rdatas), (rtype, &vec![rdata]), "{rtype}");
        assert_eq!((answer.ttl, answer.proof), (Ttl::from_secs(60), Proof::Insecure));
    }
}

#[tokio::test]
async fn rfc_6891_questions_offer_1232_octets_and_ask_for_recursion() {
    let server = Server::start(|asked| Some(asked.respond(NXDOMAIN, &[], &[soa("example", 60, 60)]))).await;
    let _ = ask(&server.transport(), "a.example", Rtype::TXT).await;
    let asked = &server.asked()[0];
    let additional = &asked.message[12 + asked.question().len()..];
    assert_eq!(additional[..5], [0, 0, 41, 4, 208], "OPT at the root, class 1232");
    assert_eq!(asked.message_flags() & 0x0100, 0x0100);
}

#[tokio::test]
async fn rfc_2308_absences_are_told_apart_and_kept_for_their_soas_time() {
    let server = Server::start(|asked| {
        let code = if asked.name() == name("none.example") { NXDOMAIN } else { 0 };
        Some(asked.respond(code, &[], &[soa("example", 3600, 7)]))
    })
    .await;
    let transport = server.transport();
    let none = ask(&transport, "none.example", Rtype::TXT).await.expect("an answer");
    assert_eq!((none.outcome, none.ttl), (Outcome::NxDomain, Ttl::from_secs(7)));
    let empty = ask(&transport, "empty.example", Rtype::TXT).await.expect("an answer");
    assert_eq!((empty.outcome, empty.ttl), (Outcome::NoData, Ttl::from_secs(7)));
    let again = ask(&transport, "NONE.example", Rtype::TXT).await.expect("an answer");
    assert_eq!(again.outcome, Outcome::NxDomain);
    assert_eq!(server.asked().len(), 2, "the third question was answered from the cache");
}

#[tokio::test]
async fn an_absence_without_soa_or_with_time_zero_is_asked_again() {
    let server = Server::start(|asked| {
        let authority =
            if asked.name() == name("bare.example") { vec![] } else { vec![soa("example", 0, 60)] };
        Some(asked.respond(NXDOMAIN, &[], &authority))
    })
    .await;
    let transport = server.transport();
    for owner in ["bare.example", "bare.example", "zero.example", "zero.example"] {
        let answer = ask(&transport, owner, Rtype::TXT).await.expect("an answer");
        assert_eq!((answer.outcome, answer.ttl), (Outcome::NxDomain, Ttl::ZERO));
    }
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn what_expires_is_asked_again() {
    let server =
        Server::start(|asked| Some(asked.respond(0, &[record("a.example", Rtype::TXT, 1, b"\x01a")], &[])))
            .await;
    let transport = server.transport();
    for expected in [1, 1] {
        ask(&transport, "a.example", Rtype::TXT).await.expect("an answer");
        assert_eq!(server.asked().len(), expected);
    }
    tokio::time::sleep(Duration::from_millis(1100)).await;
    ask(&transport, "a.example", Rtype::TXT).await.expect("an answer");
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn errors_are_no_absences_are_told_apart_and_never_kept() {
    for (code, error) in [
        (SERVFAIL, TransportError::ServFail { extended_error: None }),
        (REFUSED, TransportError::Refused { extended_error: None }),
        (1, TransportError::Rcode(1)),
        (4, TransportError::Rcode(4)),
    ] {
        let server = Server::start(move |asked| Some(asked.respond(code, &[], &[]))).await;
        let transport = server.transport();
        for _ in 0..2 {
            assert_eq!(ask(&transport, "a.example", Rtype::TXT).await, Err(error));
        }
        assert!(server.asked().len() >= 2, "{error}");
    }
}

#[tokio::test]
async fn rfc_8914_a_servers_own_reason_is_told() {
    let opt = [&[0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 6][..], &[0, 15, 0, 2, 0, 7]].concat();
    let server = Server::start(move |asked| {
        let mut response = asked.respond(SERVFAIL, &[], &[]);
        response[11] = 1;
        response.extend(&opt);
        Some(response)
    })
    .await;
    let error = ask(&server.transport(), "a.example", Rtype::TXT).await.expect_err("SERVFAIL");
    assert_eq!(error, TransportError::ServFail { extended_error: Some(7) });
    assert!(error.is_bogus_upstream());
}

#[tokio::test]
async fn rfc_6891_a_server_that_knows_no_edns_is_asked_without() {
    let server = Server::start(|asked| {
        let edns = asked.message.len() > 12 + asked.question().len();
        Some(match edns {
            true => [&asked.message[..2], &[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]].concat(),
            false => asked.respond(0, &[record("a.example", Rtype::TXT, 9, b"\x01a")], &[]),
        })
    })
    .await;
    ask(&server.transport(), "a.example", Rtype::TXT).await.expect("an answer");
}

#[tokio::test]
async fn a_record_that_breaks_its_types_form_does_not_hide_the_others() {
    let odd = b"\0\x64\0\x0a\x01!\0\0\0";
    let good =
        r#"100 10 "u" "E2U+sip" "!^.*$!sip:a@a.example!" ."#.parse::<Naptr>().expect("valid").to_wire();
    let server = Server::start(move |asked| {
        let answers =
            [&odd[..], b"\0\x64\0\x0a\x09!", &good].map(|data| record("a.example", Rtype::NAPTR, 9, data));
        Some(asked.respond(0, &answers, &[]))
    })
    .await;
    let answer = ask(&server.transport(), "a.example", Rtype::NAPTR).await.expect("an answer");
    let Outcome::Records(rrset) = answer.outcome else { panic!("no records") };
    assert_eq!(rrset.rdatas.len(), 3);
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let server = Server::start(|_| None).await;
    let start = Instant::now();
    assert_eq!(ask(&server.transport(), "a.example", Rtype::TXT).await, Err(TransportError::Timeout));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test]
async fn where_nothing_listens_nothing_is_known() {
    let unused = UdpSocket::bind("127.0.0.1:0").await.expect("loopback").local_addr().expect("bound");
    let transport = quick().server(unused).build().expect("one server");
    let start = Instant::now();
    let error = ask(&transport, "a.example", Rtype::TXT).await.expect_err("no server");
    assert_eq!(error, TransportError::Unreachable(Unreachable::ConnectionRefused));
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn rfc_7766_a_cut_answer_is_asked_for_over_tcp() {
    let long = [b"\xff".as_slice(), &[b'x'; 255]].concat().repeat(12);
    let server = Server::start(move |asked| {
        let whole = asked.respond(0, &[record("a.example", Rtype::TXT, 60, &long)], &[]);
        Some(if asked.tcp { whole } else { asked.respond(TRUNCATED, &[], &[]) })
    })
    .await;
    let answer = ask(&server.transport(), "a.example", Rtype::TXT).await.expect("an answer");
    assert_eq!(answer.octets(), 12 * 256);
    assert_eq!(server.asked().iter().map(|asked| asked.tcp).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn a_dead_server_costs_the_patience_and_no_more() {
    let dead = Server::start(|_| None).await;
    let alive = Server::start(|asked| Some(asked.respond(NXDOMAIN, &[], &[soa("example", 60, 60)]))).await;
    let transport = quick().server(dead.address).server(alive.address).build().expect("two servers");
    let start = Instant::now();
    let answer = ask(&transport, "a.example", Rtype::TXT).await.expect("an answer");
    assert_eq!(answer.outcome, Outcome::NxDomain);
    assert!(start.elapsed() < Duration::from_millis(1000), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_dead_server_costs_its_patience_once() {
    let dead = Server::start(|_| None).await;
    let alive = Server::start(|asked| Some(asked.respond(NXDOMAIN, &[], &[soa("example", 60, 60)]))).await;
    let transport = quick().server(dead.address).server(alive.address).build().expect("two servers");
    for number in 0..5 {
        ask(&transport, &format!("{number}.example"), Rtype::TXT).await.expect("an answer");
    }
    assert_eq!(dead.asked().len(), 1);
}

#[tokio::test]
async fn a_server_that_fails_is_not_the_last_word() {
    let failing = Server::start(|asked| Some(asked.respond(SERVFAIL, &[], &[]))).await;
    let refusing = Server::start(|asked| Some(asked.respond(REFUSED, &[], &[]))).await;
    let good =
        Server::start(|asked| Some(asked.respond(0, &[record("a.example", Rtype::TXT, 9, b"\x01a")], &[])))
            .await;
    let both = quick().server(failing.address).server(refusing.address);
    let transport = both.clone().server(good.address).build().expect("three servers");
    assert!(matches!(
        ask(&transport, "a.example", Rtype::TXT).await.expect("an answer").outcome,
        Outcome::Records(_)
    ));
    let error = ask(&both.build().expect("two"), "a.example", Rtype::TXT).await.expect_err("both fail");
    assert_eq!(error, TransportError::ServFail { extended_error: None });
}

#[tokio::test]
async fn aliases_are_followed_to_the_end_even_if_the_server_does_not() {
    let server = Server::start(|asked| {
        let answers = if asked.name() == name("a.example") {
            vec![record("a.example", Rtype::CNAME, 30, name("b.example").as_wire())]
        } else {
            vec![record("b.example", Rtype::TXT, 60, b"\x01b")]
        };
        Some(asked.respond(0, &answers, &[]))
    })
    .await;
    let answer = ask(&server.transport(), "a.example", Rtype::TXT).await.expect("an answer");
    assert_eq!((answer.aliases.len(), answer.ttl), (1, Ttl::from_secs(30)));
    let Outcome::Records(rrset) = answer.outcome else { panic!("no records") };
    assert_eq!(rrset.owner, name("b.example"));
}

#[tokio::test]
async fn rfc_6604_behind_an_alias_the_rcode_is_about_its_target() {
    let server = Server::start(|asked| {
        let alias = record("a.example", Rtype::CNAME, 30, name("b.example").as_wire());
        Some(asked.respond(NXDOMAIN, &[alias], &[soa("example", 60, 60)]))
    })
    .await;
    let answer = ask(&server.transport(), "a.example", Rtype::TXT).await.expect("an answer");
    assert_eq!(
        (answer.outcome, answer.ttl, answer.aliases.len()),
        (Outcome::NxDomain, Ttl::from_secs(30), 1)
    );
}

#[tokio::test]
async fn aliases_that_loop_are_an_error() {
    let server = Server::start(|asked| {
        let (owner, target) = if asked.name() == name("a.example") {
            ("a.example", "b.example")
        } else {
            ("b.example", "a.example")
        };
        Some(asked.respond(0, &[record(owner, Rtype::CNAME, 30, name(target).as_wire())], &[]))
    })
    .await;
    assert_eq!(ask(&server.transport(), "a.example", Rtype::TXT).await, Err(TransportError::AliasLoop));
}

#[tokio::test]
async fn a_referral_is_no_absence() {
    let server = Server::start(|asked| {
        let servers = record("sub.example", Rtype::NS, 60, name("ns.sub.example").as_wire());
        Some(asked.respond(0, &[], &[servers]))
    })
    .await;
    assert_eq!(ask(&server.transport(), "a.sub.example", Rtype::TXT).await, Err(TransportError::Referral));
}

#[tokio::test]
async fn answers_to_other_questions_are_not_taken() {
    let wrong_id = Server::start(|asked| {
        let mut response = asked.respond(0, &[record("a.example", Rtype::TXT, 60, b"\x01x")], &[]);
        response[0] ^= 0xff;
        Some(response)
    })
    .await;
    assert!(ask(&wrong_id.transport(), "a.example", Rtype::TXT).await.is_err());

    let wrong_name = Server::start(|asked| {
        let other = Asked {
            message: [&asked.message[..12], name("b.example").as_wire(), &[0, 16, 0, 1]].concat(),
            tcp: asked.tcp,
        };
        Some(other.respond(0, &[record("a.example", Rtype::TXT, 60, b"\x01x")], &[]))
    })
    .await;
    assert!(ask(&wrong_name.transport(), "a.example", Rtype::TXT).await.is_err());
}

#[tokio::test]
async fn an_answer_that_loses_the_questions_case_is_not_taken_over_udp() {
    let server = Server::start(|asked| {
        let mut echoed = asked.clone();
        if !asked.tcp {
            echoed.message.make_ascii_lowercase();
            echoed.message[..12].copy_from_slice(&asked.message[..12]);
        }
        let found = record("abcdefghijklmnopqrstuvwxyz.example", Rtype::TXT, 60, b"\x01a");
        Some(echoed.respond(0, &[found], &[]))
    })
    .await;
    let answer = ask(&server.transport(), "abcdefghijklmnopqrstuvwxyz.example", Rtype::TXT).await;
    assert!(matches!(answer.expect("an answer").outcome, Outcome::Records(_)));
    assert!(server.asked().last().expect("asked").tcp);
}

#[tokio::test]
async fn octets_that_are_no_message_are_an_error_and_no_panic() {
    for octets in [&b""[..], b"\0", b"\x12\x34\x81\x80", &[0xff; 300]] {
        let server = Server::start(move |asked| {
            let mut response = octets.to_vec();
            let known = response.len().min(2);
            response[..known].copy_from_slice(&asked.message[..known]);
            Some(response)
        })
        .await;
        assert!(ask(&server.transport(), "a.example", Rtype::TXT).await.is_err());
    }
    let cut_rdata = Server::start(|asked| {
        let mut response =
            asked.respond(0, &[record("a.example", Rtype::NAPTR, 60, b"\0\x01\0\x01\x09u")], &[]);
        response.truncate(response.len() - 1);
        Some(response)
    })
    .await;
    assert!(ask(&cut_rdata.transport(), "a.example", Rtype::NAPTR).await.is_err());
}

#[tokio::test]
async fn many_questions_at_once_are_all_answered() {
    let server = Server::start(|asked| {
        Some(asked.respond(0, &[record(&asked.name().to_string(), Rtype::TXT, 60, b"\x01a")], &[]))
    })
    .await;
    let transport = server.transport();
    let asking = (0..200).map(|index| {
        let transport = transport.clone();
        tokio::spawn(async move { ask(&transport, &format!("n{index}.example"), Rtype::TXT).await })
    });
    for answer in asking.collect::<Vec<_>>() {
        let answer = answer.await.expect("no panic").expect("an answer");
        assert!(matches!(answer.outcome, Outcome::Records(_)));
    }
}

#[test]
fn a_transport_needs_a_server() {
    let error = DnsTransport::builder().build().expect_err("none given");
    assert!(matches!(error, TransportBuildError::NoServer));
}
