//! The host that a URI names, as a domain name.

use crate::record::{MAX_LABEL, MAX_NAME};

/// The host of a URI as it is written, without a dot at its end; `None` for a URI without authority.
/// `scheme://[user@]HOST[:port][/…]`. Source: RFC 3986 §3.2.
pub(super) fn of(uri: &[u8]) -> Option<&[u8]> {
    let colon = uri.iter().position(|&octet| octet == b':')?;
    let rest = uri[colon + 1..].strip_prefix(b"//")?;
    let end = rest.iter().position(|octet| matches!(octet, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = authority.rsplit(|&octet| octet == b'@').next()?;
    let host = host.split(|&octet| octet == b':').next()?;
    Some(host.strip_suffix(b".").unwrap_or(host))
}

/// A host in wire form, in `wire`; `None` for an address, or what is no host name.
pub(super) fn name<'w>(host: &[u8], wire: &'w mut [u8; MAX_NAME]) -> Option<&'w [u8]> {
    // RFC 3986 §3.2.2: what ends in a number is an address.
    if host.rsplit(|&octet| octet == b'.').next()?.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut len = 0;
    for label in host.split(|&octet| octet == b'.') {
        let is_name = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
        if label.is_empty() || label.len() > MAX_LABEL || !label.iter().all(is_name) {
            return None;
        }
        // One octet is kept for the root.
        let space = wire.get_mut(len..len + 1 + label.len()).filter(|_| len + 1 + label.len() < MAX_NAME)?;
        space[0] = u8::try_from(label.len()).ok()?;
        space[1..].copy_from_slice(label);
        len += 1 + label.len();
    }
    wire[len] = 0;
    wire.get(..=len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Name;

    fn read(uri: &str) -> Option<String> {
        let mut wire = [0xff; MAX_NAME];
        name(of(uri.as_bytes())?, &mut wire).map(|name| Name::from_wire(name).unwrap().to_string())
    }

    #[test]
    fn hosts() {
        for uri in [
            "https://a.example",
            "https://a.example/",
            "mimi://a.example/u/alice",
            "https://user:word@a.example:8443/p?q#f",
            "https://a.example.:443",
            "https://a.example?q@b.example",
        ] {
            assert_eq!(read(uri).as_deref(), Some("a.example."), "{uri}");
        }
    }

    #[test]
    fn no_hosts() {
        for uri in [
            "",
            "https:",
            "https://",
            "https:///path",
            "mailto:alice@a.example",
            "tel:+442079460148",
            "https://192.0.2.1/",
            "https://[2001:db8::1]/",
            "https://a..example/",
            "https://a%2eexample/",
            "//a.example/",
        ] {
            assert_eq!(read(uri), None, "{uri}");
        }
    }

    #[test]
    fn lengths() {
        let label = "a".repeat(63);
        assert!(read(&format!("x://{label}.b/")).is_some());
        assert_eq!(read(&format!("x://{label}a.b/")), None);
        let longest = [label.as_str(), &label, &label, &"a".repeat(61)].join(".");
        assert!(read(&format!("x://{longest}")).is_some());
        assert_eq!(read(&format!("x://{longest}a")), None);
    }
}
