//! Why a request may not be sent, in words that tell what to do.

use super::address::Class;

/// Why a request may not go to an address. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no URL at all.
    #[error("the address is not a URL; write it as in https://example.com/path")]
    NotUrl,
    /// Another protocol.
    #[error("the address must begin with http:// or https://")]
    Scheme,
    /// It holds a user or a password, and addresses are shown.
    #[error("the address must not hold a user or a password; send them in a header instead")]
    Userinfo,
    /// It names a place that is not public, by number.
    #[error(
        "{ip} is {class}, which requests may not reach; use a public address, or ask the operator \
         to allow its network (setting agents.allowed_networks)"
    )]
    Address {
        /// The address as it was understood.
        ip: std::net::IpAddr,
        /// What it is.
        class: Class,
    },
    /// It names a place that is not public, by name. Where the name leads to is not told.
    #[error(
        "{name} does not lead to a public address, and requests may not reach others; use a public \
         address, or ask the operator to allow its network (setting agents.allowed_networks)"
    )]
    Name {
        /// The name.
        name: String,
    },
}

impl Refused {
    /// The refusal that is the cause of this failed request, if one is.
    pub(crate) fn behind(error: &reqwest::Error) -> Option<Self> {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(refused) = error.downcast_ref::<Self>() {
                return Some(refused.clone());
            }
            cause = error.source();
        }
        None
    }
}
