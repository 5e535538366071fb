//! What is denied, asked or allowed.

use super::{Action, ActionState};
use crate::{
    Timestamp,
    ids::{GrantId, Username},
    nouns::{Capability, Pattern, Risk},
};
use serde::{Deserialize, Serialize};

/// What a rule says, from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It may be done without asking.
    Allow,
    /// A person is asked.
    Ask,
    /// It may not be done.
    Deny,
}

/// A rule. It is about the actions that fit all that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it says.
    pub effect: Effect,
    /// About this agent alone, by the text form of its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// About these capabilities alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<Pattern>,
    /// About this risk alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// From this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Up to this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Rule {
    fn is_about(&self, action: &Action, now: Timestamp) -> bool {
        let agent = self.agent.as_ref();
        let capability = self.capability.as_ref();
        agent.is_none_or(|agent| *agent == action.agent)
            && capability.is_none_or(|pattern| pattern.matches(&action.capability))
            && self.risk.is_none_or(|risk| risk == action.function.risk)
            && self.from.is_none_or(|from| from <= now)
            && self.until.is_none_or(|until| now < until)
    }
}

/// Rules, of which the first that is about an action counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Policy {
    /// Whose: a user's name, or [`Policy::ADMIN`].
    pub id: String,
    /// The rules.
    pub rules: Vec<Rule>,
    /// When they were set.
    pub updated_at: Timestamp,
}

impl Policy {
    /// The id of the rules that hold for everybody. No user is called so.
    pub const ADMIN: &str = "*";
    /// How many rules there may be.
    pub const MOST: usize = 200;

    /// No rules.
    pub fn none(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            ..Self::default()
        }
    }

    /// What these rules say.
    pub fn effect(&self, action: &Action, now: Timestamp) -> Option<Effect> {
        let mut rules = self.rules.iter();
        let first = rules.find(|rule| rule.is_about(action, now));
        first.map(|rule| rule.effect)
    }
}

/// A standing permission, for a while and for so many actions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The id.
    pub id: GrantId,
    /// Who gave it, and for whose actions.
    pub owner: Username,
    /// For these capabilities.
    pub capabilities: Vec<Pattern>,
    /// For this agent alone, by the text form of its id.
    pub agent: Option<String>,
    /// For so many actions.
    pub max: i64,
    /// For how many it was used.
    pub used: i64,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Grant {
    /// Whether it stands at this time, used up or not.
    pub fn stands(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// Whether it is for such an action.
    pub fn is_for(&self, action: &Action) -> bool {
        let covers = |pattern: &Pattern| pattern.matches(&action.capability);
        self.owner == action.owner
            && self
                .agent
                .as_ref()
                .is_none_or(|agent| *agent == action.agent)
            && self.capabilities.iter().any(covers)
    }

    /// Whether it lets one more such action through.
    pub fn lets_through(&self, action: &Action, now: Timestamp) -> bool {
        self.stands(now) && self.used < self.max && self.is_for(action)
    }
}

impl Action {
    /// Its capability, parsed.
    pub fn capability(&self) -> Option<Capability> {
        self.capability.parse().ok()
    }

    /// Whether it is over.
    pub fn is_final(&self) -> bool {
        self.state.is_final()
    }

    /// Whether nobody gave its result yet.
    pub fn is_open(&self) -> bool {
        !self.is_final() && self.state != ActionState::Proposed
    }
}
