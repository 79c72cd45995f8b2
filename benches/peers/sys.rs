//! What the standard library has no call for: many datagrams in one call, and which cores a thread runs on.
#![allow(unsafe_code)]

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::ptr;
use std::time::Duration;

/// The most datagrams in one call.
pub const MOST: usize = 64;
/// Octets that one datagram may have.
pub const ROOM: usize = 4096;

/// Datagrams that were received or are to be sent, and from or to whom.
pub struct Datagrams {
    octets: Box<[[u8; ROOM]]>,
    lens: [usize; MOST],
    peers: [libc::sockaddr_in; MOST],
    count: usize,
}

/// Where datagrams go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Towards {
    /// To whom the socket is connected.
    Connected,
    /// Back to where each came from.
    Senders,
}

/// Whether to wait where there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Return 0.
    Never,
    /// Until one comes, or the socket's time is over.
    ForOne,
}

impl Datagrams {
    pub fn new() -> Self {
        // SAFETY: an address of zeros is a valid one, of no family.
        let peers = unsafe { zeroed() };
        Self { octets: vec![[0; ROOM]; MOST].into(), lens: [0; MOST], peers, count: 0 }
    }

    pub fn clear(&mut self) {
        self.count = 0;
    }

    /// Adds a datagram of these octets and returns it to be changed.
    pub fn push(&mut self, octets: &[u8]) -> &mut [u8] {
        let (at, len) = (self.count, octets.len());
        self.octets[at][..len].copy_from_slice(octets);
        self.lens[at] = len;
        self.count += 1;
        &mut self.octets[at][..len]
    }

    pub fn get(&self, at: usize) -> &[u8] {
        assert!(at < self.count);
        &self.octets[at][..self.lens[at]]
    }

    /// Makes a datagram longer by what stands in its room, or shorter.
    pub fn set_len(&mut self, at: usize, len: usize) {
        assert!(at < self.count && len <= ROOM);
        self.lens[at] = len;
    }

    /// Takes what has come in place of what was held, and returns how many.
    pub fn receive(&mut self, socket: &UdpSocket, wait: Wait) -> io::Result<usize> {
        self.lens = [ROOM; MOST];
        self.count = 0;
        let flags = match wait {
            Wait::Never => libc::MSG_DONTWAIT,
            Wait::ForOne => libc::MSG_WAITFORONE,
        };
        let got = self.call(MOST, Towards::Senders, |headers| {
            // SAFETY: `headers` points at MOST headers, whose buffers outlive the call; see `call`.
            unsafe { libc::recvmmsg(socket.as_raw_fd(), headers, MOST as u32, flags, ptr::null_mut()) }
        });
        match got {
            Ok(count) => {
                self.count = count;
                Ok(count)
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Ok(0)
            }
            // A port that was closed has said so: a server that ended, or has not begun.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Sends all that are held; returns how many the system took.
    pub fn send(&mut self, socket: &UdpSocket, towards: Towards) -> io::Result<usize> {
        let count = self.count;
        self.call(count, towards, |headers| {
            // SAFETY: `headers` points at `count` headers, whose buffers outlive the call; see `call`.
            unsafe { libc::sendmmsg(socket.as_raw_fd(), headers, count as u32, 0) }
        })
    }

    /// Calls with headers for the first `count` datagrams; afterwards `lens` is what the system wrote.
    fn call(
        &mut self,
        count: usize,
        towards: Towards,
        system: impl FnOnce(*mut libc::mmsghdr) -> libc::c_int,
    ) -> io::Result<usize> {
        // SAFETY: headers and vectors of zeros are valid: null pointers with lengths of 0.
        let (mut headers, mut vectors): ([libc::mmsghdr; MOST], [libc::iovec; MOST]) = unsafe { zeroed() };
        for at in 0..count {
            vectors[at] =
                libc::iovec { iov_base: self.octets[at].as_mut_ptr().cast(), iov_len: self.lens[at] };
            let header = &mut headers[at].msg_hdr;
            // Pointers into `self.octets`, `self.peers` and `vectors`, none of which move before the call returns.
            header.msg_iov = &raw mut vectors[at];
            header.msg_iovlen = 1;
            if towards == Towards::Senders {
                header.msg_name = (&raw mut self.peers[at]).cast();
                header.msg_namelen = size_of::<libc::sockaddr_in>() as u32;
            }
        }
        let done = system(headers.as_mut_ptr());
        let done = usize::try_from(done).map_err(|_| io::Error::last_os_error())?;
        for (len, header) in self.lens.iter_mut().zip(&headers[..done]) {
            *len = header.msg_len as usize;
        }
        Ok(done)
    }
}

/// Has this thread, and the processes that it starts from now on, run on these cores alone.
pub fn pin(cores: &[usize]) -> io::Result<()> {
    pin_thread(0, cores)
}

/// Has the thread of this number run on these cores alone; 0 is this thread.
pub fn pin_thread(thread: u32, cores: &[usize]) -> io::Result<()> {
    // SAFETY: a set of zeros is the empty set, and CPU_SET checks its bounds; the call reads the set.
    let failed = unsafe {
        let mut set: libc::cpu_set_t = zeroed();
        for &core in cores {
            libc::CPU_SET(core, &mut set);
        }
        libc::sched_setaffinity(thread.cast_signed(), size_of::<libc::cpu_set_t>(), &set)
    };
    if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Has this thread, and the processes that it starts from now on, run before all others.
pub fn go_first() -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: 1 };
    // SAFETY: the call reads the parameters.
    let failed = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &parameters) };
    if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Whether this thread does.
pub fn is_first() -> bool {
    // SAFETY: it takes a number.
    unsafe { libc::sched_getscheduler(0) == libc::SCHED_FIFO }
}

/// Waits until something has come to one of these sockets, or for so long.
pub fn wait<'s>(sockets: impl Iterator<Item = &'s UdpSocket>, time: Duration) {
    let socket =
        |socket: &UdpSocket| libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut sockets: Vec<_> = sockets.map(socket).collect();
    let time = libc::timespec { tv_sec: time.as_secs() as _, tv_nsec: time.subsec_nanos() as _ };
    // SAFETY: there are as many entries as it is told; they and the time outlive the call.
    unsafe { libc::ppoll(sockets.as_mut_ptr(), sockets.len() as _, &raw const time, ptr::null()) };
}

/// Has what was received acknowledged now, and what is received next without delay. The system goes back to delays by
/// itself.
pub fn acknowledge_at_once(stream: &TcpStream) -> io::Result<()> {
    set_option(stream.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_QUICKACK, 1)
}

/// Has what is sent on this socket cut into datagrams of so many octets by the system.
pub fn cut_into(socket: &UdpSocket, octets: usize) -> io::Result<()> {
    set_option(socket.as_raw_fd(), libc::SOL_UDP, libc::UDP_SEGMENT, octets as libc::c_int)
}

fn set_option(socket: RawFd, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    // SAFETY: the value is an int that outlives the call, and its length is told.
    let failed = unsafe {
        libc::setsockopt(socket, level, option, (&raw const value).cast(), size_of::<libc::c_int>() as u32)
    };
    if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The number by which the system knows this thread.
pub fn thread_id() -> u32 {
    // SAFETY: it takes nothing and can't fail.
    unsafe { libc::gettid() }.cast_unsigned()
}
