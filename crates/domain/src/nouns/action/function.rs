//! Functions that agents may propose to call.

use super::schema;
use crate::{
    nouns::{AuthKind, Capability, HttpTemplate, Need, Object, Offer, Place, Risk},
    text::clip,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The longest name, in bytes.
const LONGEST_NAME: usize = 64;
/// The longest description, in bytes; what is longer is cut.
const LONGEST_DESCRIPTION: usize = 4096;
/// The longest time to run, in seconds.
const LONGEST_RUN_S: u32 = 3600;
/// The longest time to decide, in seconds.
const LONGEST_WAIT_S: u32 = 30 * 86_400;
/// The members of a definition.
const MEMBERS: [&str; 14] = [
    "name",
    "description",
    "parameters",
    "at",
    "risk",
    "approve",
    "capability",
    "need",
    "idempotent",
    "timeout_s",
    "expires_s",
    "auth",
    "http",
    "returns",
];

/// When a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approve {
    /// Never, unless a rule says so.
    Never,
    /// Unless the run is continuous.
    #[default]
    Manual,
    /// Each time.
    Always,
}

/// Who defined a function: what it says about itself is trusted accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefinedBy {
    /// The user whose actions these are, in the configuration of an agent.
    Owner,
    /// The agent itself, or somebody else's configuration of it.
    #[default]
    Agent,
    /// The client that gave the task or opened the session.
    Client,
}

impl DefinedBy {
    /// Whether what it says about risk is believed.
    pub const fn is_trusted(self) -> bool {
        matches!(self, Self::Owner)
    }
}

/// On whose behalf a function is run, by what it needs for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FunctionAuth {
    /// An account that the user connected.
    Account {
        /// The provider, as the operator calls it.
        provider: String,
        /// What is asked of it (RFC 6749 §3.3).
        #[serde(default)]
        scopes: Vec<String>,
    },
    /// A credential that the user stored.
    Credential {
        /// Its name.
        credential: String,
        /// The header that it is sent in; `Authorization` with `Bearer` unless it is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<String>,
    },
}

/// A function that an agent may propose to call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Function {
    /// Its name, without dots.
    pub name: String,
    /// What it does.
    pub description: String,
    /// A JSON Schema (2020-12) of its arguments.
    pub parameters: Value,
    /// Where it is run.
    pub at: Place,
    /// How much harm it may do.
    pub risk: Risk,
    /// When a person is asked.
    pub approve: Approve,
    /// What headers, claims and grants know it by; the name unless it says otherwise.
    pub capability: Option<Capability>,
    /// How much the server wants it to run where `at` says.
    pub need: Need,
    /// Whether running it twice does no more than running it once.
    pub idempotent: bool,
    /// How long it may run, in seconds.
    pub timeout_s: u32,
    /// How long it may wait for a decision and for somebody to run it, in seconds.
    pub expires_s: u32,
    /// What it needs to act for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<FunctionAuth>,
    /// The HTTP call that the server makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpTemplate>,
    /// A JSON Schema of its result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns: Option<Value>,
    /// Who defined it.
    pub defined_by: DefinedBy,
}

impl Default for Function {
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            parameters: json!({"type": "object"}),
            at: Place::Client,
            risk: Risk::High,
            approve: Approve::Manual,
            capability: None,
            need: Need::Can,
            idempotent: false,
            timeout_s: 30,
            expires_s: 86_400,
            auth: None,
            http: None,
            returns: None,
            defined_by: DefinedBy::Agent,
        }
    }
}

/// What is wrong with the definition of a function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{member}` {why}")]
pub struct BadFunction {
    /// The member.
    pub member: String,
    /// Why, in words.
    pub why: String,
}

fn bad(member: &str, why: impl Into<String>) -> BadFunction {
    BadFunction {
        member: member.to_owned(),
        why: why.into(),
    }
}

impl Function {
    /// Reads a definition. What is not trusted is made as strict as it counts.
    ///
    /// # Errors
    /// [`BadFunction`] for what no function may be, or not one of theirs.
    pub fn read(definition: &Object, by: DefinedBy) -> Result<Self, BadFunction> {
        if by.is_trusted()
            && let Some(other) = definition.keys().find(|name| !MEMBERS.contains(&&***name))
        {
            return Err(bad(other, "is no member of a function"));
        }
        let mut definition = definition.clone();
        definition.retain(|name, value| MEMBERS.contains(&&**name) && !value.is_null());
        let mut function = members(&definition)?;
        function.defined_by = by;
        function.description = clip(function.description, LONGEST_DESCRIPTION);
        function.check()?;
        Ok(function.into_trusted())
    }

    fn check(&self) -> Result<(), BadFunction> {
        let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let named = (1..=LONGEST_NAME).contains(&self.name.len()) && self.name.bytes().all(letter);
        if !named {
            return Err(bad("name", "must be 1 to 64 letters, digits, _ and -"));
        }
        if !self.parameters.is_object() {
            return Err(bad("parameters", "must be a JSON Schema: an object"));
        }
        schema::check(&self.parameters).map_err(|why| bad("parameters", why))?;
        if let Some(returns) = &self.returns {
            schema::check(returns).map_err(|why| bad("returns", why))?;
        }
        if !(1..=LONGEST_RUN_S).contains(&self.timeout_s) {
            return Err(bad("timeout_s", format!("must be 1 to {LONGEST_RUN_S}")));
        }
        if !(1..=LONGEST_WAIT_S).contains(&self.expires_s) {
            return Err(bad("expires_s", format!("must be 1 to {LONGEST_WAIT_S}")));
        }
        let by_server = self.at == Place::Server;
        let theirs = !self.defined_by.is_trusted();
        if theirs && (by_server || self.http.is_some()) {
            let why = "`server` works only in functions that the owner of an agent configured";
            return Err(bad("at", why));
        }
        if theirs && self.auth.is_some() {
            let why = "works only in functions that the owner of an agent configured";
            return Err(bad("auth", why));
        }
        if by_server && self.http.is_none() {
            return Err(bad(
                "http",
                "is missing: it says what the server is to call",
            ));
        }
        if self.auth.is_some() && self.http.is_none() {
            return Err(bad("auth", "needs `http`: only the server puts it in"));
        }
        Ok(())
    }

    /// With risk and approval as strict as they count.
    fn into_trusted(mut self) -> Self {
        if !self.defined_by.is_trusted() {
            self.risk = self.risk.max(Risk::High);
            if self.approve == Approve::Never {
                self.approve = Approve::Manual;
            }
        }
        self
    }

    /// What headers, claims and grants know it by.
    pub fn capability(&self) -> Option<Capability> {
        let own = self.capability.clone();
        own.or_else(|| self.name.parse().ok())
    }

    /// The same, as the server offers it.
    pub fn offer(&self) -> Option<Offer> {
        Some(Offer {
            name: self.capability()?,
            at: self.at,
            need: self.need,
            has_http: self.http.is_some(),
            risk: self.risk,
            auth: self.auth.as_ref().map(|auth| match auth {
                FunctionAuth::Account { .. } => AuthKind::Oauth2,
                FunctionAuth::Credential { .. } => AuthKind::Credential,
            }),
        })
    }

    /// Whether it does no more than read, as far as HTTP says.
    pub fn only_reads(&self) -> bool {
        let http = self.http.as_ref();
        http.is_none_or(|http| http.method().is_safe())
    }

    /// Whether these are arguments for it.
    ///
    /// # Errors
    /// In words, why not.
    pub fn takes(&self, arguments: &Object) -> Result<(), String> {
        schema::fits(&self.parameters, &Value::Object(arguments.clone()))
    }

    /// Whether this may be its result.
    ///
    /// # Errors
    /// In words, why not.
    pub fn gives(&self, output: &Value) -> Result<(), String> {
        let returns = self.returns.as_ref();
        returns.map_or(Ok(()), |returns| schema::fits(returns, output))
    }
}

/// Reads a definition, and says which member is at fault.
fn members(definition: &Object) -> Result<Function, BadFunction> {
    let read = |members| serde_json::from_value::<Function>(Value::Object(members));
    for (name, value) in definition {
        let alone = Object::from_iter([(name.clone(), value.clone())]);
        read(alone).map_err(|error| bad(name, error.to_string()))?;
    }
    read(definition.clone()).map_err(|error| bad("function", error.to_string()))
}
