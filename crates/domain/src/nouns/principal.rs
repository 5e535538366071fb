//! Who is calling.

use crate::{
    Timestamp,
    ids::{AccessTokenId, ApiTokenId, Username},
    nouns::Role,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What an API token may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Sessions and agents: the chat door.
    Chat,
    /// The Agent Protocol.
    Tasks,
    /// Workflows.
    Workflows,
    /// Running actions as an executor.
    Act,
    /// Decisions, grants and autonomy. Never given unless asked for by name.
    Approve,
    /// What only administrators do.
    Admin,
}

impl Scope {
    /// All scopes, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::Chat,
        Self::Tasks,
        Self::Workflows,
        Self::Act,
        Self::Approve,
        Self::Admin,
    ];

    /// The scope's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Tasks => "tasks",
            Self::Workflows => "workflows",
            Self::Act => "act",
            Self::Approve => "approve",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| {
                format!(
                    "unknown scope `{text}`; there are {}",
                    Self::ALL.map(Self::as_str).join(", ")
                )
            })
    }
}

/// Who is calling, as proved by what they showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A user who signed in.
    User {
        /// Who.
        name: Username,
        /// With which role.
        role: Role,
        /// By which access token, so that logging out can end it.
        token: AccessTokenId,
        /// When the access token was issued.
        issued_at: Timestamp,
        /// When the access token expires.
        expires_at: Timestamp,
    },
    /// Somebody on the server's own machine who shows no token, and acts as the user that the operator
    /// named for that.
    Local {
        /// Who.
        name: Username,
    },
    /// A program with an API token, acting for the token's owner within its scopes.
    ApiToken {
        /// Which token.
        id: ApiTokenId,
        /// For whom it acts.
        owner: Username,
        /// What it may be used for.
        scopes: Vec<Scope>,
    },
}

impl Principal {
    /// The user whose things these are: credentials, budgets and limits are counted for them.
    pub fn user(&self) -> &Username {
        match self {
            Self::User { name, .. } | Self::Local { name } => name,
            Self::ApiToken { owner, .. } => owner,
        }
    }

    /// Whether this caller may use what the scope covers.
    ///
    /// A signed-in user may use every door; `admin` needs the role.
    pub fn has(&self, scope: Scope) -> bool {
        match self {
            Self::User { role, .. } => scope != Scope::Admin || *role == Role::Admin,
            Self::Local { .. } => scope == Scope::Tasks,
            Self::ApiToken { scopes, .. } => scopes.contains(&scope),
        }
    }
}
