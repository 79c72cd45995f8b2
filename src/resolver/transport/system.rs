//! The system's own resolvers.

use std::io;
use std::net::{IpAddr, SocketAddr};

/// Where the system names its resolvers. Source: resolv.conf(5).
const FILE: &str = "/etc/resolv.conf";

/// The addresses in the order of the file.
///
/// # Errors
/// The file can't be read, or names nobody.
pub(super) fn resolvers() -> io::Result<Vec<SocketAddr>> {
    let text = std::fs::read_to_string(FILE)
        .map_err(|error| io::Error::new(error.kind(), format!("{FILE}: {error}")))?;
    let found = read(&text);
    if found.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("{FILE} names no server")));
    }
    Ok(found)
}

fn read(text: &str) -> Vec<SocketAddr> {
    let address = |line: &str| -> Option<SocketAddr> {
        let mut words = line.split_ascii_whitespace();
        let word = words.next().filter(|&word| word == "nameserver").and(words.next())?;
        // An address with a zone (`fe80::1%eth0`) is read with its number only.
        let whole = format!("[{word}]:53").parse();
        word.parse().map(|ip: IpAddr| SocketAddr::new(ip, 53)).or(whole).ok()
    };
    text.lines().filter_map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_and_everything_else_is_passed_over() {
        let text = "# a comment\nsearch example\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 # one\n\
                    nameserver fe80::1%3\nnameserver nonsense\nnameserver\noptions edns0\n";
        let found: Vec<String> = read(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["192.0.2.1:53", "[2001:db8::1]:53", "[fe80::1%3]:53"]);
    }
}
