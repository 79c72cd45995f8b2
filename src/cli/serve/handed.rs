//! Sockets that whoever starts the server has opened for it: systemd's socket activation. Source: sd_listen_fds(3).

use anyhow::Context;
use listenfd::ListenFd;

use crate::server::OpenSockets;

/// Takes all of them. Before there are other threads: what says so is taken from the environment.
///
/// # Errors
/// One is neither a UDP socket nor a TCP listener.
pub(super) fn take() -> anyhow::Result<OpenSockets> {
    let mut handed = ListenFd::from_env();
    let (mut udp, mut tcp) = (Vec::new(), Vec::new());
    for at in 0..handed.len() {
        if let Ok(Some(socket)) = handed.take_udp_socket(at) {
            udp.push(socket);
            continue;
        }
        let listener = handed.take_tcp_listener(at);
        let listener = listener.with_context(|| {
            format!("of the sockets that were handed over, number {} is neither for UDP nor for TCP", at + 1)
        })?;
        tcp.extend(listener);
    }
    Ok(OpenSockets::handed_over(udp, tcp))
}
