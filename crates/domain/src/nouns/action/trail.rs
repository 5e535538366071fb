//! The trail: what was done to a user's actions, policies and grants, each entry chained to the one before.

use super::{ActionState, json};
use crate::{
    Timestamp,
    ids::{ActionId, Username},
    nouns::Object,
};
use serde::{Deserialize, Serialize};

/// An entry of the trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrailEntry {
    /// Whose trail.
    pub owner: Username,
    /// Its number, which is also that of its event.
    pub no: i64,
    /// When it was written.
    pub at: Timestamp,
    /// What happened, e.g. `approved`.
    pub what: String,
    /// Who did it.
    pub by: String,
    /// The action that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionId>,
    /// Where the action stands since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ActionState>,
    /// The action's digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What else is to be known.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub details: Object,
    /// The seal of the entry before; empty for the first.
    pub previous: String,
    /// The keyed hash (HMAC-SHA-256, RFC 2104) of all that stands above, in hexadecimal digits.
    #[serde(default)]
    pub seal: String,
}

impl TrailEntry {
    /// What is sealed: the canonical JSON of the entry without its seal.
    ///
    /// # Errors
    /// In words, when it cannot be written.
    pub fn sealed_text(&self) -> Result<Vec<u8>, String> {
        let bare = Self {
            seal: String::new(),
            ..self.clone()
        };
        json::canonical(&bare)
    }
}

/// The newest entry of a trail. Who writes on holds this row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailHead {
    /// Whose trail.
    pub id: Username,
    /// The number of the newest entry.
    pub no: i64,
    /// Its seal.
    pub seal: String,
}
