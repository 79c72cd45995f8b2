//! RFC 7766: TCP; and the loops around the engine, UDP's too.

use std::net::SocketAddr;
use std::time::Duration;

use mimi_dns::record::Rtype;
use mimi_dns::server::{ConnectionLimits, Handle, Outcome, Server};
use mimi_dns::zone::Catalog;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::served::example;
use crate::wire::{Message, query, with_opt};

const PATIENCE: Duration = Duration::from_secs(10);

struct Running {
    addrs: Vec<SocketAddr>,
    handle: Handle,
    task: JoinHandle<()>,
}

async fn start(limits: ConnectionLimits) -> Running {
    let text = "x".repeat(250);
    let big: String = (0..200).map(|number| format!("big TXT {number:03}{text}\n")).collect();
    let server = Server::builder()
        .listen("127.0.0.1:0".parse().unwrap())
        .listen("[::1]:0".parse().unwrap())
        .catalog(example(&format!("www A 192.0.2.1\n{big}")))
        .connection_limits(limits)
        .drain(Duration::from_secs(2))
        .bind()
        .await
        .unwrap();
    let (addrs, handle) = (server.local_addrs().to_vec(), server.handle());
    Running { addrs, handle, task: tokio::spawn(server.run()) }
}

fn framed(octets: &[u8]) -> Vec<u8> {
    [&u16::try_from(octets.len()).unwrap().to_be_bytes(), octets].concat()
}

async fn receive(stream: &mut TcpStream) -> Vec<u8> {
    let len = timeout(PATIENCE, stream.read_u16()).await.unwrap().unwrap();
    let mut reply = vec![0; len.into()];
    timeout(PATIENCE, stream.read_exact(&mut reply)).await.unwrap().unwrap();
    reply
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    matches!(timeout(PATIENCE, stream.read(&mut [0; 16])).await, Ok(Ok(0) | Err(_)))
}

fn www() -> Vec<u8> {
    query("www.example.", Rtype::A)
}

#[tokio::test]
async fn both_transports_and_both_families_answer() {
    let running = start(ConnectionLimits::default()).await;
    for &addr in &running.addrs {
        let socket = UdpSocket::bind((addr.ip(), 0)).await.unwrap();
        socket.send_to(&www(), addr).await.unwrap();
        let mut reply = [0; 512];
        let (len, from) = timeout(PATIENCE, socket.recv_from(&mut reply)).await.unwrap().unwrap();
        assert_eq!((from, Message::read(&reply[..len]).answer.len()), (addr, 1));

        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(&framed(&www())).await.unwrap();
        assert_eq!(Message::read(&receive(&mut stream).await).answer.len(), 1);
    }
    assert_eq!(running.handle.counts().of(Outcome::Answered), 4);
    assert_eq!(running.handle.counts().total(), 4);
}

#[tokio::test]
async fn what_is_truncated_is_whole_over_tcp() {
    let running = start(ConnectionLimits::default()).await;
    let addr = running.addrs[0];
    let octets = with_opt(query("big.example.", Rtype::TXT), 1232, false);
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(&octets, addr).await.unwrap();
    let mut reply = [0; 1500];
    let len = timeout(PATIENCE, socket.recv(&mut reply)).await.unwrap().unwrap();
    assert!(Message::read(&reply[..len]).is_truncated());

    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(&framed(&octets)).await.unwrap();
    let reply = Message::read(&receive(&mut stream).await);
    assert!(!reply.is_truncated());
    assert_eq!(reply.answer.len(), 200);
}

#[tokio::test]
async fn section_6_2_1_1_pipelined_requests_are_all_answered() {
    let running = start(ConnectionLimits::default()).await;
    let mut stream = TcpStream::connect(running.addrs[0]).await.unwrap();
    let mut requests = Vec::new();
    for id in 0..200_u16 {
        let mut octets = query(if id % 10 == 0 { "big.example." } else { "www.example." }, Rtype::TXT);
        octets[..2].copy_from_slice(&id.to_be_bytes());
        requests.extend(framed(&octets));
    }
    let (mut read, mut write) = stream.split();
    let sending = async { write.write_all(&requests).await.unwrap() };
    let receiving = async {
        for id in 0..200 {
            let len = timeout(PATIENCE, read.read_u16()).await.unwrap().unwrap();
            let mut reply = vec![0; len.into()];
            timeout(PATIENCE, read.read_exact(&mut reply)).await.unwrap().unwrap();
            assert_eq!(u16::from_be_bytes([reply[0], reply[1]]), id);
        }
    };
    tokio::join!(sending, receiving);
}

#[tokio::test]
async fn one_octet_at_a_time() {
    let running = start(ConnectionLimits::default()).await;
    let mut stream = TcpStream::connect(running.addrs[0]).await.unwrap();
    stream.set_nodelay(true).unwrap();
    for octet in framed(&www()) {
        stream.write_all(&[octet]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(Message::read(&receive(&mut stream).await).answer.len(), 1);
}

#[tokio::test]
async fn garbage_is_dropped_and_the_connection_goes_on() {
    let running = start(ConnectionLimits::default()).await;
    let mut stream = TcpStream::connect(running.addrs[0]).await.unwrap();
    let mut octets = framed(b"");
    octets.extend(framed(b"short"));
    octets.extend(framed(&[0xff; 60_000]));
    octets.extend(framed(&www()));
    stream.write_all(&octets).await.unwrap();
    assert_eq!(Message::read(&receive(&mut stream).await).answer.len(), 1);
    assert_eq!(running.handle.counts().of(Outcome::DroppedShort), 2);
    assert_eq!(running.handle.counts().of(Outcome::DroppedResponse), 1);
}

fn limits(change: impl FnOnce(&mut ConnectionLimits)) -> ConnectionLimits {
    let mut limits = ConnectionLimits::default();
    change(&mut limits);
    limits
}

#[tokio::test]
async fn section_6_2_3_idle_connections_are_closed() {
    let running = start(limits(|limits| limits.idle = Duration::from_millis(100))).await;
    let mut silent = TcpStream::connect(running.addrs[0]).await.unwrap();
    assert!(is_closed(&mut silent).await);
    // Part of a request does not keep it open either.
    let mut slow = TcpStream::connect(running.addrs[0]).await.unwrap();
    slow.write_all(&framed(&www())[..5]).await.unwrap();
    assert!(is_closed(&mut slow).await);
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut_and_others_are_answered() {
    let running = start(limits(|limits| limits.idle = Duration::from_millis(300))).await;
    let mut deaf = TcpStream::connect(running.addrs[0]).await.unwrap();
    let requests = framed(&query("big.example.", Rtype::TXT)).repeat(2_000);
    let writing = tokio::spawn(async move {
        // Ends with an error once the server gives up.
        timeout(PATIENCE, deaf.write_all(&requests)).await.ok();
        is_closed_for_writing(&mut deaf).await
    });
    let mut other = TcpStream::connect(running.addrs[0]).await.unwrap();
    other.write_all(&framed(&www())).await.unwrap();
    assert_eq!(Message::read(&receive(&mut other).await).answer.len(), 1);
    assert!(writing.await.unwrap());
}

async fn is_closed_for_writing(stream: &mut TcpStream) -> bool {
    for _ in 0..100 {
        if stream.write_all(&[0; 64]).await.is_err() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn connections_are_limited_by_address() {
    let running = start(limits(|limits| limits.connections_per_peer = 2)).await;
    let mut first = TcpStream::connect(running.addrs[0]).await.unwrap();
    let mut second = TcpStream::connect(running.addrs[0]).await.unwrap();
    for stream in [&mut first, &mut second] {
        stream.write_all(&framed(&www())).await.unwrap();
        receive(stream).await;
    }
    // One more takes the place of the one that is idle for longest.
    let mut third = TcpStream::connect(running.addrs[0]).await.unwrap();
    third.write_all(&framed(&www())).await.unwrap();
    receive(&mut third).await;
    assert!(is_closed(&mut first).await);
    second.write_all(&framed(&www())).await.unwrap();
    receive(&mut second).await;
    // Another address has its own count.
    let mut other = TcpStream::connect(running.addrs[1]).await.unwrap();
    other.write_all(&framed(&www())).await.unwrap();
    receive(&mut other).await;
}

#[tokio::test]
async fn a_catalog_is_replaced_while_connections_stay() {
    let running = start(ConnectionLimits::default()).await;
    let mut stream = TcpStream::connect(running.addrs[0]).await.unwrap();
    for expected in [0, 5] {
        stream.write_all(&framed(&www())).await.unwrap();
        assert_eq!(Message::read(&receive(&mut stream).await).rcode(), expected);
        running.handle.replace(Catalog::new());
    }
}

#[tokio::test]
async fn shutdown_answers_what_was_asked_and_ends() {
    let running = start(ConnectionLimits::default()).await;
    let mut stream = TcpStream::connect(running.addrs[0]).await.unwrap();
    stream.write_all(&framed(&www())).await.unwrap();
    receive(&mut stream).await;
    running.handle.shutdown();
    timeout(PATIENCE, running.task).await.unwrap().unwrap();
    assert!(is_closed(&mut stream).await);
    assert!(TcpStream::connect(running.addrs[0]).await.is_err());
}

#[tokio::test]
async fn section_10_a_crowd_of_idle_connections_keeps_nobody_out() {
    let running = start(limits(|limits| {
        limits.connections = 20;
        limits.connections_per_peer = 20;
    }))
    .await;
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(TcpStream::connect(running.addrs[0]).await.unwrap());
    }
    // Another peer finds a place and keeps it, whatever the crowd goes on doing.
    let mut other = TcpStream::connect(running.addrs[1]).await.unwrap();
    for _ in 0..5 {
        other.write_all(&framed(&www())).await.unwrap();
        assert_eq!(Message::read(&receive(&mut other).await).answer.len(), 1);
        for _ in 0..20 {
            crowd.push(TcpStream::connect(running.addrs[0]).await.unwrap());
        }
    }
    let mut newest = crowd.pop().unwrap();
    newest.write_all(&framed(&www())).await.unwrap();
    receive(&mut newest).await;
    for mut stream in crowd.drain(..150) {
        assert!(is_closed(&mut stream).await);
    }
}
