//! Accounts of users with providers of OAuth: connected, used by actions, and taken away.
//!
//! A user goes one of two ways: with a browser to the provider and back ([`start`], [`finish`]), or by
//! a code that they enter elsewhere, while the server asks whether they have. Tokens lie sealed in the
//! store and leave it only as [`Token`], for an action that runs.

mod browser;
mod challenge;
mod device;
mod keep;
mod list;
mod token;

pub use browser::{Returned, Started, finish, start};
pub use challenge::{Wanted, begin, begin_for, challenge, page_of};
pub use list::{Disconnected, accounts, disconnect};
pub use token::{NoToken, Token, connection, token};

pub(crate) use device::work;

use crate::app::Switchboard;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    nouns::{Principal, Scope},
    ports::{OAuth, OAuthFailed, OAuthProvider},
    text::hex,
};

/// The providers that the operator set.
pub fn providers(app: &Switchboard) -> &[OAuthProvider] {
    app.oauth.as_ref().map_or(&[], |oauth| oauth.providers())
}

fn oauth(app: &Switchboard) -> Result<&Arc<dyn OAuth>> {
    app.oauth.as_ref().ok_or(Error::NotFound("OAuth provider"))
}

fn provider<'a>(app: &'a Switchboard, name: &str) -> Result<&'a OAuthProvider> {
    let found = providers(app).iter().find(|provider| provider.name == name);
    found.ok_or(Error::NotFound("OAuth provider"))
}

/// Accounts are used without asking, so what handles them has to be given the right by name.
fn require(caller: &Principal) -> Result<()> {
    if caller.has(Scope::Approve) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "Accounts are for their owner: sign in, or use an API token with the scope `approve`"
            .to_owned(),
    ))
}

/// SHA-256, in hex: what is kept of a secret that comes back.
fn digest(secret: &str) -> String {
    hex(Sha256::digest(secret))
}

fn failed(failed: OAuthFailed) -> Error {
    match failed {
        OAuthFailed::Unknown(_) => Error::NotFound("OAuth provider"),
        OAuthFailed::Unsupported(why) | OAuthFailed::Refused(why) | OAuthFailed::Untrusted(why) => {
            Error::Invalid(why)
        }
        OAuthFailed::Unreachable(why) => {
            tracing::warn!(why, "a provider of OAuth does not answer");
            Error::Unavailable
        }
    }
}
