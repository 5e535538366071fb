//! Accounts that users connected, and the ways to connect them.

use crate::{
    Timestamp,
    ids::{AccountId, ChallengeId, Username},
    nouns::Hidden,
};
use serde::{Deserialize, Serialize};

/// A user's account with a provider of OAuth, which actions may use. One for each user and provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The key: see [`Account::key`].
    pub id: String,
    /// Which connection it is: another one may be another person's account there.
    pub connection: AccountId,
    /// Whose it is.
    pub owner: Username,
    /// The provider, as the operator calls it.
    pub provider: String,
    /// What it may be used for, as the provider granted it.
    pub scopes: Vec<String>,
    /// The tokens as JSON, sealed: see [`Account::seal`].
    pub sealed: Hidden,
    /// When the access token ends; none if the provider does not say.
    pub expires_at: Option<Timestamp>,
    /// Whether there is a refresh token.
    pub can_renew: bool,
    /// Until when somebody is renewing the access token.
    pub renewing_until: Option<Timestamp>,
    /// Why it has to be connected anew, if it has to.
    pub broken: Option<String>,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// When its tokens were last renewed.
    pub renewed_at: Option<Timestamp>,
}

impl Account {
    /// The key of a user's account with a provider.
    pub fn key(owner: &Username, provider: &str) -> String {
        format!("{owner}|{provider}")
    }

    /// The name under which its tokens are sealed: so they open for nobody else.
    pub fn seal(id: &str) -> String {
        format!("account:{id}")
    }

    /// Whether it may be used for all of this.
    pub fn covers(&self, scopes: &[String]) -> bool {
        self.broken.is_none() && scopes.iter().all(|scope| self.scopes.contains(scope))
    }
}

/// A way for a user to connect an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The id.
    pub id: ChallengeId,
    /// Whose account it is to become. Nobody else may go this way.
    pub owner: Username,
    /// The provider, as the operator calls it.
    pub provider: String,
    /// What the account is to be used for.
    pub scopes: Vec<String>,
    /// How far it is.
    pub flow: Flow,
    /// What only this server may know of it, sealed: see [`Challenge::seal`].
    pub sealed: Option<Hidden>,
    /// When somebody has to look at it next.
    pub due_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it can no longer be gone.
    pub expires_at: Timestamp,
}

/// How far a challenge is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Flow {
    /// Nobody has begun.
    Open,
    /// The owner was sent to the provider (RFC 6749 §4.1).
    Browser {
        /// SHA-256 of the `state`, in hex.
        state: Hidden,
        /// SHA-256 of the cookie of the browser that was sent there, in hex.
        cookie: Hidden,
    },
    /// The provider sent the owner back; the `state` is used up.
    Exchanging,
    /// The owner enters a code on another device (RFC 8628).
    Device {
        /// The code.
        user_code: String,
        /// Where.
        verification_uri: String,
        /// The same with the code in it.
        verification_uri_complete: Option<String>,
        /// How many seconds lie between two questions whether it was done.
        interval_s: i64,
    },
    /// The account is connected.
    Connected {
        /// Whether what waited for it was told.
        is_told: bool,
    },
    /// It came to nothing.
    Failed {
        /// Why, and what to do, in words.
        why: String,
    },
}

impl Challenge {
    /// The name under which its secret is sealed.
    pub fn seal(id: &ChallengeId) -> String {
        format!("challenge:{id}")
    }

    /// Whether something may still come of it.
    pub const fn is_open(&self) -> bool {
        !matches!(self.flow, Flow::Connected { .. } | Flow::Failed { .. })
    }
}
