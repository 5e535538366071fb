//! From where a request comes.

use crate::AppState;
use axum::extract::{ConnectInfo, FromRequestParts};
use http::{HeaderMap, HeaderName, header, request::Parts};
use ipnet::IpNet;
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// What proxies add. Who comes by one is not on this machine, although the proxy may be.
const BY_PROXY: [HeaderName; 4] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    header::FORWARDED,
    header::VIA,
];

/// The address of the client: the other end of the connection, or, behind trusted proxies, the one
/// that they name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// Whether a program on the server's own machine asks, and not through a proxy.
    pub fn is_on_this_machine(self, headers: &HeaderMap) -> bool {
        self.0.is_loopback() && !BY_PROXY.iter().any(|name| headers.contains_key(name))
    }

    /// The key under which this client's requests are counted. A client with IPv6 has a whole /64 to
    /// choose addresses from, so that is what counts.
    pub fn key(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let prefix = u128::from(address) >> 64 << 64;
                format!("{}/64", Ipv6Addr::from(prefix))
            }
        }
    }
}

impl FromRequestParts<AppState> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        // Without a connection, as in tests, all clients are one.
        let direct = connection.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        Ok(Self(client(
            direct.to_canonical(),
            &parts.headers,
            &state.http.trusted_proxies,
        )))
    }
}

/// Walks from the connection towards the client for as long as who speaks is trusted.
fn client(direct: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let named = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = named
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let mut client = direct;
    for hop in hops.iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        // What is no address was not written by a proxy; who passed it on is the last one known.
        let Some(address) = address(hop) else { break };
        client = address;
    }
    client
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok();
    let address = bare.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn seen(direct: &str, forwarded: &[&'static str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client(direct.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_who_comes_straight_from_this_machine_is_on_it() {
        let seen = |address: &str, header: Option<&'static str>| {
            let header = header.map(|name| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static("127.0.0.1"))
            });
            Peer(address.parse().unwrap()).is_on_this_machine(&header.into_iter().collect())
        };
        assert!(seen("127.0.0.1", None) && seen("::1", None));
        assert!(!seen("192.0.2.1", None) && !seen("0.0.0.0", None));
        assert!(!seen("127.0.0.1", Some("x-forwarded-for")));
        assert!(!seen("127.0.0.1", Some("via")));
    }

    #[test]
    fn nobody_unknown_is_believed() {
        assert_eq!(seen("203.0.113.9", &["1.1.1.1"], &[]), "203.0.113.9");
        assert_eq!(
            seen("203.0.113.9", &["1.1.1.1"], &["10.0.0.0/8"]),
            "203.0.113.9"
        );
    }

    #[test]
    fn behind_proxies_the_nearest_unknown_address_counts() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(
            seen("10.0.0.1", &["6.6.6.6, 198.51.100.7"], &trusted),
            "198.51.100.7"
        );
        assert_eq!(
            seen("10.0.0.1", &["198.51.100.7", "10.2.2.2"], &trusted),
            "198.51.100.7"
        );
        assert_eq!(
            seen("10.0.0.1", &["198.51.100.7:4711"], &trusted),
            "198.51.100.7"
        );
        assert_eq!(
            seen("10.0.0.1", &["[2001:db8::1]:80"], &trusted),
            "2001:db8::1"
        );
    }

    #[test]
    fn nonsense_ends_the_walk() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(
            seen("10.0.0.1", &["6.6.6.6, unknown"], &trusted),
            "10.0.0.1"
        );
        assert_eq!(seen("10.0.0.1", &[], &trusted), "10.0.0.1");
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let key = |text: &str| Peer(text.parse().unwrap()).key();
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), key("2001:db8:1:2::9"));
        assert_ne!(key("2001:db8:1:2::9"), key("2001:db8:1:3::9"));
        assert_eq!(key("192.0.2.1"), "192.0.2.1");
    }
}
