//! From names to addresses, without those that may not be reached.

use super::address::{class, is_within};
use super::refused::Refused;
use async_trait::async_trait;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Finds the addresses of a name.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// All addresses of this name, now.
    ///
    /// # Errors
    /// When there are none, or nobody could be asked.
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the system.
pub(super) struct System;

#[async_trait]
impl Lookup for System {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// Lets through what is public and what the operator allows. The connection is made to what comes out
/// of here and the name is not looked up again, so there is nothing between check and use.
#[derive(Clone)]
pub(super) struct Guarded {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) allowed: Arc<[IpNet]>,
}

impl Guarded {
    /// Whether this address may be reached.
    pub(super) fn check(&self, ip: IpAddr) -> Result<(), Refused> {
        match class(ip) {
            Some(class) if !is_within(&self.allowed, ip) => Err(Refused::Address { ip, class }),
            _ => Ok(()),
        }
    }

    async fn addresses(
        self,
        name: Name,
    ) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
        let mut found = self.lookup.lookup(name.as_str()).await?;
        if found.is_empty() {
            return Err(io::Error::from(io::ErrorKind::NotFound).into());
        }
        found.retain(|ip| self.check(*ip).is_ok());
        if found.is_empty() {
            let name = name.as_str().to_owned();
            return Err(Refused::Name { name }.into());
        }
        // The port is taken from the URL.
        Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))))
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(self.clone().addresses(name))
    }
}
