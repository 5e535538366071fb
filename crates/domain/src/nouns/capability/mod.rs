//! What both sides of a call can, prefer or demand to do, and where a function is run in the end.
//!
//! A client says it with each request, the server with each function that an agent has. Neither has to.

mod name;
mod placement;
#[cfg(test)]
mod tests;

pub use name::{BadCapability, Capability, Pattern};
pub use placement::{Misplaced, place, place_all};

use serde::{Deserialize, Serialize};
use std::fmt;

/// How much somebody wants to do something.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// It is able to.
    #[default]
    Can,
    /// It would rather do it than leave it to the other side.
    Prefer,
    /// It goes no other way.
    Demand,
}

/// Where a function is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// By whoever called.
    Client,
    /// By a worker that claims it.
    Executor,
    /// By the server: one HTTP call.
    Server,
    /// By the agent itself; it is only announced.
    Internal,
}

/// How much harm a function may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// None that matters.
    Low,
    /// Some.
    High,
    /// So much that a person is asked each time.
    Critical,
}

/// How a function proves on whose behalf it is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthKind {
    /// By an account that the user connected (RFC 6749).
    Oauth2,
    /// By a credential that the user stored.
    Credential,
}

/// Names that are no function's: what a side can do for the person behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reserved {
    /// It can ask a person whether an action may be done.
    #[serde(rename = "approve")]
    Approve,
    /// It can send a person to a page that connects an account (RFC 6749 §4.1).
    #[serde(rename = "auth.browser")]
    Browser,
    /// It can show a person a code to connect an account with (RFC 8628).
    #[serde(rename = "auth.device")]
    Device,
}

impl Reserved {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Approve, Self::Browser, Self::Device];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Browser => "auth.browser",
            Self::Device => "auth.device",
        }
    }
}

/// One thing that a client can, prefers or demands to have done somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Which capabilities it is about.
    pub name: Pattern,
    /// How much it wants that.
    #[serde(default)]
    pub need: Need,
    /// Where: by itself unless it says otherwise.
    #[serde(default = "by_the_client")]
    pub at: Place,
}

const fn by_the_client() -> Place {
    Place::Client
}

/// What a client says (`X-Client-Capabilities`). A client that says nothing has an empty list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientCapabilities(pub Vec<Wish>);

impl ClientCapabilities {
    /// What it says about a capability. A name counts before a pattern, and a longer pattern before a
    /// shorter one; of two that are equal, the first.
    pub fn about(&self, capability: &Capability) -> Option<&Wish> {
        let about = self.0.iter().rev();
        about
            .filter(|wish| wish.name.matches(capability.as_str()))
            .max_by_key(|wish| wish.name.weight())
    }

    /// Whether it can do this for the person behind it. Only the name itself says so.
    pub fn can(&self, reserved: Reserved) -> bool {
        self.0
            .iter()
            .any(|wish| wish.name.as_str() == reserved.name())
    }
}

/// A function, as the server offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its capability.
    pub name: Capability,
    /// Where it is run if the client does not mind.
    pub at: Place,
    /// How much the server wants that.
    pub need: Need,
    /// Whether the server could make the call itself.
    pub has_http: bool,
    /// How much harm it may do.
    pub risk: Risk,
    /// How it proves on whose behalf it is run.
    pub auth: Option<AuthKind>,
}

impl Offer {
    /// Whether it can be run there. What the agent does itself nobody else can do.
    pub const fn can_be_at(&self, place: Place) -> bool {
        match (self.at, place) {
            (Place::Internal, place) => matches!(place, Place::Internal),
            (_, Place::Client | Place::Executor) => true,
            (at, Place::Server) => matches!(at, Place::Server) || self.has_http,
            (_, Place::Internal) => false,
        }
    }
}

/// What the server offers (`X-Server-Capabilities`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerCapabilities {
    /// The functions.
    pub offers: Vec<Offer>,
    /// What it can do for the person behind a client.
    pub reserved: Vec<Reserved>,
}

/// Where each capability is run (`X-Capabilities-Applied`), in the order in which the server offers them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Applied(pub Vec<(Capability, Place)>);

impl Applied {
    /// Where this one is run.
    pub fn at(&self, capability: &Capability) -> Option<Place> {
        let found = self.0.iter().find(|(name, _)| name == capability);
        found.map(|(_, place)| *place)
    }
}

/// Whether a run asks before it does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It asks.
    #[default]
    Manual,
    /// It goes on, as far as a standing grant lets it.
    Continuous,
}

/// What a run may do without asking (`Agent-Autonomy`). It never allows anything: it narrows what a
/// standing grant allows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Autonomy {
    /// Whether it asks.
    #[serde(default)]
    pub mode: Mode,
    /// The capabilities for which it does not; none for all that the grants allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto: Option<Vec<Pattern>>,
    /// For how many seconds from the request on; none for as long as the grants allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// How many actions; none for as many as the grants allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

impl Autonomy {
    /// Whether this capability may go on without asking, as far as the run says.
    pub fn covers(&self, capability: &Capability) -> bool {
        let names = self.auto.as_ref();
        self.mode == Mode::Continuous
            && names.is_none_or(|names| {
                names
                    .iter()
                    .any(|pattern| pattern.matches(capability.as_str()))
            })
    }
}

macro_rules! said_in_a_word {
    ($($kind:ident { $($value:ident = $word:literal),* })*) => {$(
        impl $kind {
            /// All of them.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word for it in headers and in JSON.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }

            /// What a word means; none if it is no such word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$value),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    )*};
}

said_in_a_word! {
    Need { Can = "can", Prefer = "prefer", Demand = "demand" }
    Place { Client = "client", Executor = "executor", Server = "server", Internal = "internal" }
    Risk { Low = "low", High = "high", Critical = "critical" }
    AuthKind { Oauth2 = "oauth2", Credential = "credential" }
    Mode { Manual = "manual", Continuous = "continuous" }
}
