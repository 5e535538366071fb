//! Requests to addresses that were given to the server: by its operator, who is trusted, or by a user,
//! who must not reach what only the server can reach.
//!
//! A user's address is checked twice, since neither check sees all. The host of the URL is checked as it
//! was parsed, which has made one number of all its spellings (decimal, octal, hexadecimal, short,
//! percent-encoded): a number skips the resolver. What the resolver finds for a name is checked where
//! the connection is made. Redirects are answers here, so an address cannot change behind the checks.

mod address;
mod read;
mod refused;
mod resolve;

pub use address::Class;
pub(crate) use read::{Unread, read};
pub use refused::Refused;
pub use resolve::Lookup;

use crate::http;
use ipnet::IpNet;
use reqwest::{Method, RequestBuilder, Url};
use resolve::{Guarded, System};
use std::net::IpAddr;
use std::sync::Arc;

/// Who gave an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The operator: it may lead anywhere.
    Operator,
    /// A user: it leads to the public internet, and where the operator allows.
    User,
}

/// The clients for all such requests. Connections are kept and used again, apart for the two kinds of
/// trust. Cheap to clone.
#[derive(Clone)]
pub struct Outgoing {
    trusted: reqwest::Client,
    guarded: reqwest::Client,
    guard: Guarded,
}

/// No HTTP client could be made, e.g. for want of root certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no HTTP client could be made: {0}")]
pub struct NoClient(String);

impl Outgoing {
    /// Clients that ask the system for the addresses of names. Users may reach these networks, too.
    ///
    /// # Errors
    /// [`NoClient`].
    pub fn new(allowed: Vec<IpNet>) -> Result<Self, NoClient> {
        Self::with_lookup(allowed, Arc::new(System))
    }

    /// The same with another way from names to addresses, for users' addresses.
    ///
    /// # Errors
    /// [`NoClient`].
    pub fn with_lookup(allowed: Vec<IpNet>, lookup: Arc<dyn Lookup>) -> Result<Self, NoClient> {
        let guard = Guarded {
            lookup,
            allowed: allowed.into(),
        };
        let unmade = |error: reqwest::Error| NoClient(switchboard_domain::innermost_cause(&error));
        Ok(Self {
            trusted: http::agents(None).map_err(unmade)?,
            guarded: http::agents(Some(Arc::new(guard.clone()))).map_err(unmade)?,
            guard,
        })
    }

    /// Whether a request might go to this address, as far as the address alone tells: where a name
    /// leads is seen only by the request itself. For whoever saves an address.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn check(&self, address: &str, trust: Trust) -> Result<Url, Refused> {
        let url = Url::parse(address.trim()).map_err(|_| Refused::NotUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Userinfo);
        }
        if let (Trust::User, Some(ip)) = (trust, literal(&url)) {
            self.guard.check(ip)?;
        }
        Ok(url)
    }

    /// Begins a request to this address.
    ///
    /// # Errors
    /// [`Refused`]. What the resolver refuses comes to light when the request is sent.
    pub(crate) fn request(
        &self,
        method: Method,
        address: &str,
        trust: Trust,
    ) -> Result<RequestBuilder, Refused> {
        let url = self.check(address, trust)?;
        let client = match trust {
            Trust::Operator => &self.trusted,
            Trust::User => &self.guarded,
        };
        Ok(client.request(method, url))
    }
}

/// The address that a URL names by number. The parser writes numbers in one form only.
fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let host = host.strip_prefix('[').unwrap_or(host);
    host.strip_suffix(']').unwrap_or(host).parse().ok()
}

/// Whether a request stays on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str() == Some("localhost") || literal(url).is_some_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests;
