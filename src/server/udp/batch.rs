//! Datagrams by the dozen: `recvmmsg` and `sendmmsg`, which std does not offer. Where the system refuses them, an old
//! one or a filter of its calls, one by one by `recvmsg` and `sendmsg` with the same headers.
//!
//! Invariants, which every `unsafe` here rests on:
//! - A header of `incoming` points at the buffer, the address, the part and the note of its own place in `memory`,
//!   `peers`, `parts` and `notes`, with their true lengths. These are allocated once and never grow, so the pointers stay good for as long
//!   as the [`Batch`] lives, wherever it is moved to.
//! - Between two calls of the system nothing but this module reads or writes them, and only by those pointers' owners.
//! - The first `received` places hold what the system wrote: it says how many octets of each.
#![expect(unsafe_code, reason = "two calls of the system that take pointers to pointers")]

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;

use super::mail::{LONGEST, MOST, Mail};

/// From one buffer to the next: not a multiple of what a cache's sets repeat after, or the first octets of all of them
/// would share one set.
const STRIDE: usize = LONGEST.next_multiple_of(4096) + 5 * 64;

/// Datagrams that came, and the headers of those that leave.
pub(super) struct Batch {
    memory: Vec<u8>,
    peers: Vec<libc::sockaddr_storage>,
    parts: Vec<libc::iovec>,
    incoming: Vec<libc::mmsghdr>,
    outgoing: Vec<libc::mmsghdr>,
    outgoing_parts: Vec<libc::iovec>,
    /// Where each datagram was sent to, on sockets of all addresses; else empty.
    notes: Vec<Note>,
    received: usize,
    /// Calls for many at once that were refused, and are tried no more.
    refused: Refused,
}

#[derive(Default)]
struct Refused {
    receiving: bool,
    sending: bool,
}

/// Room for what the system says of one datagram beside its octets: one `in_pktinfo` or `in6_pktinfo` and its head,
/// aligned as heads are.
type Note = [u64; 8];
const NOTE: usize = size_of::<Note>();

// SAFETY: all that the pointers lead to is owned by the same value, and moves to the other thread with it.
unsafe impl Send for Batch {}

impl Batch {
    /// For this socket. Replies of one that listens at all addresses leave from the one that was asked, as far as the
    /// system tells which that is.
    pub(super) fn new(socket: &UdpSocket) -> Self {
        let notes = if tell_destinations(socket) { MOST } else { 0 };
        // SAFETY: for all of these C types zeros are a value.
        let (header, part, peer) = unsafe { (zeroed(), zeroed(), zeroed()) };
        let mut batch = Self {
            memory: vec![0; STRIDE * MOST],
            peers: vec![peer; MOST],
            parts: vec![part; MOST],
            incoming: vec![header; MOST],
            outgoing: vec![header; MOST],
            outgoing_parts: vec![part; MOST],
            notes: vec![Note::default(); notes],
            received: 0,
            refused: Refused::default(),
        };
        let (memory, peers) = (batch.memory.as_mut_ptr(), batch.peers.as_mut_ptr());
        let (parts, notes) = (batch.parts.as_mut_ptr(), batch.notes.as_mut_ptr());
        for (at, header) in batch.incoming.iter_mut().enumerate() {
            // SAFETY: `at` is within all of them.
            unsafe {
                parts
                    .add(at)
                    .write(libc::iovec { iov_base: memory.add(STRIDE * at).cast(), iov_len: LONGEST });
                header.msg_hdr.msg_iov = parts.add(at);
                header.msg_hdr.msg_iovlen = 1;
                header.msg_hdr.msg_name = peers.add(at).cast();
                if at < batch.notes.len() {
                    header.msg_hdr.msg_control = notes.add(at).cast();
                }
            }
        }
        batch.received = MOST;
        batch
    }
}

impl Mail for Batch {
    fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        let note = if self.notes.is_empty() { 0 } else { NOTE };
        for header in &mut self.incoming[..self.received] {
            header.msg_hdr.msg_namelen = length_of::<libc::sockaddr_storage>();
            header.msg_hdr.msg_controllen = note as _;
        }
        self.received = 0;
        self.received = match self.receive_some(socket) {
            Err(error) if is_refusal(&error) && !self.refused.receiving => {
                self.refused.receiving = true;
                tracing::warn!(%error, "the system takes datagrams one by one only");
                self.receive_some(socket)?
            }
            received => received?,
        };
        if note > 0 {
            self.incoming[..self.received].iter_mut().for_each(turn_round);
        }
        Ok(self.received)
    }

    fn request(&self, at: usize) -> Option<(&[u8], IpAddr)> {
        assert!(at < self.received);
        let header = &self.incoming[at];
        let len = (header.msg_len as usize).min(LONGEST);
        // SAFETY: the system has written this many octets there, and the buffer is zeroed at first anyway.
        let octets = unsafe { std::slice::from_raw_parts(self.memory.as_ptr().add(STRIDE * at), len) };
        let (ip, _) = address(&self.peers[at], header.msg_hdr.msg_namelen)?;
        Some((octets, ip))
    }

    fn send<'r>(&mut self, socket: &UdpSocket, replies: impl Iterator<Item = (usize, &'r [u8])>) {
        let mut count = 0;
        let (peers, incoming) = (&self.peers, &self.incoming);
        let has_port = |at: usize| {
            address(&peers[at], incoming[at].msg_hdr.msg_namelen).is_some_and(|(_, port)| port != 0)
        };
        let replies = replies.filter(|&(at, _)| has_port(at));
        for ((at, octets), (part, header)) in
            replies.zip(self.outgoing_parts.iter_mut().zip(&mut self.outgoing))
        {
            let to = &incoming[at].msg_hdr;
            // The system only reads it.
            *part = libc::iovec { iov_base: octets.as_ptr().cast_mut().cast(), iov_len: octets.len() };
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
            (header.msg_hdr.msg_name, header.msg_hdr.msg_namelen) = (to.msg_name, to.msg_namelen);
            (header.msg_hdr.msg_control, header.msg_hdr.msg_controllen) = (to.msg_control, to.msg_controllen);
            count += 1;
        }
        let mut left = &mut self.outgoing[..count];
        while !left.is_empty() {
            // Each header points at a part, the part at a reply, which is borrowed for as long as this runs, and at
            // an address in `peers`.
            let gone = send_some(socket, left, &mut self.refused.sending).unwrap_or_else(|error| {
                tracing::debug!(%error, "sending over UDP failed");
                0
            });
            // Where none is gone the first is what failed.
            left = &mut left[gone.max(1)..];
        }
    }
}

impl Batch {
    /// Waits for the first, and takes what else is there where that is not refused.
    fn receive_some(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        let (socket, headers) = (socket.as_raw_fd(), self.incoming.as_mut_ptr());
        if self.refused.receiving {
            let header = &mut self.incoming[0];
            // SAFETY: the header is as the invariant says.
            let len = unsafe { libc::recvmsg(socket, &raw mut header.msg_hdr, 0) };
            header.msg_len = libc::c_uint::try_from(len).map_err(|_| io::Error::last_os_error())?;
            return Ok(1);
        }
        let (most, wait) = (MOST as libc::c_uint, libc::MSG_WAITFORONE);
        // SAFETY: the headers are as the invariant says, and there are `MOST` of them.
        let received = unsafe { libc::recvmmsg(socket, headers, most, wait, ptr::null_mut()) };
        usize::try_from(received).map_err(|_| io::Error::last_os_error())
    }
}

/// Sends as many of these as the system takes, from the first on; how many. The pointers of each header lead to what
/// lives for as long as this runs.
fn send_some(socket: &UdpSocket, headers: &mut [libc::mmsghdr], refused: &mut bool) -> io::Result<usize> {
    if *refused {
        return send_one(socket, &headers[0]);
    }
    let count = headers.len() as libc::c_uint;
    // SAFETY: there are as many headers, each of which points at what is there; the system writes their lengths.
    let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, 0) };
    let error = match usize::try_from(sent) {
        Ok(sent) => return Ok(sent),
        Err(_) => io::Error::last_os_error(),
    };
    if !is_refusal(&error) {
        return Err(error);
    }
    // A filter of calls refuses even to send nothing, in which a filter of packets has nothing to refuse.
    // SAFETY: no header is read.
    if unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), 0, 0) } == 0 {
        return Err(error);
    }
    *refused = true;
    tracing::warn!(%error, "the system sends datagrams one by one only");
    send_one(socket, &headers[0])
}

fn send_one(socket: &UdpSocket, header: &libc::mmsghdr) -> io::Result<usize> {
    // SAFETY: the header points at what is there, as in `send_some`.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header.msg_hdr, 0) };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(1) }
}

/// Whether the system has no such call, or a filter lets it not be used.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM))
}

/// Where a datagram came from: its address and port.
fn address(peer: &libc::sockaddr_storage, len: libc::socklen_t) -> Option<(IpAddr, u16)> {
    let peer = ptr::from_ref(peer);
    if len >= length_of::<libc::sockaddr_in>() {
        // SAFETY: a `sockaddr_storage` is as large and as aligned as any address; its family says which it is.
        match i32::from(unsafe { (*peer).ss_family }) {
            libc::AF_INET => {
                let v4 = unsafe { &*peer.cast::<libc::sockaddr_in>() };
                let ip = Ipv4Addr::from_bits(u32::from_be(v4.sin_addr.s_addr));
                return Some((ip.into(), u16::from_be(v4.sin_port)));
            }
            libc::AF_INET6 if len >= length_of::<libc::sockaddr_in6>() => {
                let v6 = unsafe { &*peer.cast::<libc::sockaddr_in6>() };
                return Some((Ipv6Addr::from(v6.sin6_addr.s6_addr).into(), u16::from_be(v6.sin6_port)));
            }
            _ => {}
        }
    }
    None
}

/// Has the system tell where each datagram was sent to, where a socket listens at all addresses; whether it will.
fn tell_destinations(socket: &UdpSocket) -> bool {
    let Ok(address) = socket.local_addr() else { return false };
    let (level, option) = match address.ip() {
        ip if !ip.is_unspecified() => return false,
        IpAddr::V4(_) => (libc::IPPROTO_IP, libc::IP_PKTINFO),
        IpAddr::V6(_) => (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO),
    };
    let on: libc::c_int = 1;
    // SAFETY: the option's value is a `c_int`, which is read during the call.
    unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            ptr::from_ref(&on).cast(),
            length_of::<libc::c_int>(),
        ) == 0
    }
}

/// Makes of where a datagram was sent to where its reply leaves from: by whichever interface leads to the peer, but for
/// addresses that mean something on one link only.
fn turn_round(header: &mut libc::mmsghdr) {
    // SAFETY: the note of this header is as long as it says, and the system has written whole heads into it.
    unsafe {
        let head = libc::CMSG_FIRSTHDR(&raw const header.msg_hdr);
        if head.is_null() {
            header.msg_hdr.msg_controllen = 0;
            return;
        }
        match ((*head).cmsg_level, (*head).cmsg_type) {
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                (*libc::CMSG_DATA(head).cast::<libc::in_pktinfo>()).ipi_ifindex = 0;
            }
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                let info = libc::CMSG_DATA(head).cast::<libc::in6_pktinfo>();
                if !Ipv6Addr::from((*info).ipi6_addr.s6_addr).is_unicast_link_local() {
                    (*info).ipi6_ifindex = 0;
                }
            }
            _ => header.msg_hdr.msg_controllen = 0,
        }
    }
}

const fn length_of<T>() -> libc::socklen_t {
    size_of::<T>() as libc::socklen_t
}
