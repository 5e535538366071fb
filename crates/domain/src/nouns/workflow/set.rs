//! Workflows, credentials, and the addresses of remote agents.

use super::RetryPolicy;
use crate::{
    Timestamp,
    ids::{AgentId, Username, WorkflowId},
    nouns::Hidden,
};
use serde::{Deserialize, Serialize};

/// A named set of agents. An agent can be in several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// The id.
    pub id: WorkflowId,
    /// Whose it is; so are its agents.
    pub owner: Username,
    /// What the owner calls it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// By what workflow files know it.
    pub guid: String,
    /// The colour of its tag's text.
    pub tag_fg_color: Option<String>,
    /// The colour of its tag.
    pub tag_bg_color: Option<String>,
    /// The name of its picture.
    pub icon: Option<String>,
    /// Its agents.
    pub agents: Vec<AgentId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A user's credentials: their names, and their values sealed together. So a call looks at one thing,
/// however many it is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wallet {
    /// Whose they are.
    pub id: Username,
    /// The credentials, by name.
    pub credentials: Vec<Credential>,
    /// The values by their names, as a JSON object, sealed: see [`Wallet::seal`].
    pub sealed: Hidden,
}

/// A user's secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its name.
    pub name: String,
    /// When it was last set.
    pub updated_at: Timestamp,
}

impl Wallet {
    /// The name under which a user's credentials are sealed: so they open for nobody else.
    pub fn seal(owner: &Username) -> String {
        format!("credentials:{owner}")
    }
}

/// The address of a remote agent that was added at run time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentUrl {
    /// The address.
    pub id: String,
    /// Who added it.
    pub added_by: Username,
    /// The secret that both sides know, sealed, if they share one.
    pub secret: Option<Hidden>,
    /// How long a call may take, in milliseconds; none for what is usual.
    pub timeout_ms: Option<i64>,
    /// How failed calls are tried again; none for what is usual.
    pub retry: Option<RetryPolicy>,
    /// When it was added.
    pub created_at: Timestamp,
}

impl AgentUrl {
    /// The name under which the secret of this address is sealed.
    pub fn seal(url: &str) -> String {
        format!("agent:{url}")
    }
}
