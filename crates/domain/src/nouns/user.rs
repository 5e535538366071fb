//! Users, their tokens, and the small records that identity and the streams need.

use crate::{
    Timestamp,
    ids::{AccessTokenId, ApiTokenId, LaneId, StreamId, Username},
    nouns::{Object, Scope},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A stored text that must never be printed: hashes and sealed keys.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// Hides this text from `Debug`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// What a user may do beyond their own things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the server: sees and changes what is everyone's.
    Admin,
    /// Uses the server: sees and changes what is their own.
    User,
}

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The name, which is the key.
    pub id: Username,
    /// What they may do beyond their own things.
    pub role: Role,
    /// The password as an argon2id PHC string.
    pub password_hash: Hidden,
    /// When the user was added.
    pub created_at: Timestamp,
    /// Access tokens issued before this moment are void (a new password moves it).
    pub tokens_from: Timestamp,
    /// Since when the user may not do anything.
    pub disabled_at: Option<Timestamp>,
}

/// Failed logins in a row for a name, whether or not a user has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockout {
    /// What is counted: a name, or a name from an address.
    pub id: String,
    /// How often in a row.
    pub failures: i64,
    /// Until when further tries are refused.
    pub locked_until: Option<Timestamp>,
    /// When it was last tried.
    pub last_at: Timestamp,
}

/// A long-lived token for programs: named, scoped, revocable. Only its hash is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// The token's id, which may be shown.
    pub id: ApiTokenId,
    /// What the owner calls it.
    pub name: String,
    /// On whose behalf it acts.
    pub owner: Username,
    /// SHA-256 of the token, in hex.
    pub hash: Hidden,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiToken {
    /// Whether it works at this time.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// An access token that was ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The token's `jti`.
    pub id: AccessTokenId,
    /// When the token expires anyway, and this record may go.
    pub until: Timestamp,
}

/// A key of the server's own, sealed under the master key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its name, which is also bound into the seal.
    pub id: String,
    /// The sealed value.
    pub sealed: Hidden,
}

/// What an agent remembers in one lane. It has one writer: whoever holds the lane's lease.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The key: see [`Memory::key`].
    pub id: String,
    /// The agent, in the text form of its id.
    pub agent: String,
    /// The lane.
    pub lane: LaneId,
    /// The memory itself.
    pub value: Object,
}

impl Memory {
    /// The key of the pair of agent and lane.
    pub fn key(agent: &str, lane: &LaneId) -> String {
        format!("{agent}|{lane}")
    }
}

/// The head of a stream: who holds this row hands out the next number and time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// The stream.
    pub id: StreamId,
    /// The number of the newest event; 0 when there is none.
    pub last_no: i64,
    /// The time of the newest event.
    pub last_at: Timestamp,
    /// Events up to this number are gone.
    #[serde(default)]
    pub purged_no: i64,
}

impl Stream {
    /// A stream in which nothing happened yet.
    pub fn empty(id: StreamId) -> Self {
        Self {
            id,
            last_no: 0,
            last_at: Timestamp::from_micros(0),
            purged_no: 0,
        }
    }

    /// How many events there are.
    pub const fn count(&self) -> i64 {
        self.last_no - self.purged_no
    }

    /// Lets the events up to this number go. Those that will come keep their numbers.
    pub fn purge(&mut self, up_to: i64) {
        self.purged_no = self.purged_no.max(up_to.min(self.last_no));
    }

    /// Lets all but the newest go, once there are a quarter more than are to be kept: so not every
    /// event costs a removal.
    pub fn trim(&mut self, keep: i64) {
        if self.count() > keep.saturating_add(keep / 4) {
            self.purge(self.last_no - keep);
        }
    }

    /// Takes the next number, and a time that is later than every earlier one:
    /// `max(now, last + 1 µs)`.
    pub fn advance(&mut self, now: Timestamp) -> (i64, Timestamp) {
        self.last_no += 1;
        self.last_at = now.max(self.last_at.plus_micros(1));
        (self.last_no, self.last_at)
    }
}
