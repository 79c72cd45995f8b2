//! Values that are the server's own: networks, and a server's identifier.

use std::net::IpAddr;

use ipnet::IpNet;
use toml::Spanned;
use toml::de::DeValue;

use super::fault::Faults;
use super::value::{Bounds, Value, must_be, text};
use crate::server::Nsid;
use crate::zone::quote;

/// A network, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network(pub(super) IpNet);

impl Value for Network {
    fn form(_: Option<&Bounds>) -> String {
        "a network or an address, as \"192.0.2.0/24\" or \"2001:db8::1\"".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
        let text = text::<Self>(value, bounds, faults)?;
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        if let Ok(network) = network {
            return Some(Self(network));
        }
        let message = format!("{} can't be read", quote(text.as_bytes()));
        faults.error(value.span().start, "bad-value", message, must_be::<Self>(bounds));
        None
    }

    fn write(&self) -> Option<String> {
        self.0.to_string().write()
    }
}

impl Value for Nsid {
    fn form(_: Option<&Bounds>) -> String {
        format!("text of 1 to {} octets in quotation marks", Self::MOST)
    }

    fn read(value: &Spanned<DeValue<'_>>, bounds: Option<&Bounds>, faults: &mut Faults) -> Option<Self> {
        let text = text::<Self>(value, bounds, faults)?;
        match text.parse() {
            Ok(nsid) => Some(nsid),
            Err(error) => {
                let message = format!("{} can't be used: {error}", quote(text.as_bytes()));
                faults.error(value.span().start, "bad-value", message, must_be::<Self>(bounds));
                None
            }
        }
    }

    fn write(&self) -> Option<String> {
        String::from_utf8_lossy(self.as_octets()).into_owned().write()
    }
}
