//! Records: the nouns as rows, under one key each.

use crate::nouns::{
    Activity, Agent, AgentUrl, ApiToken, DueCheck, Lane, Links, Lockout, Memory, Meter, Revocation,
    Secret, Session, Stream, User, Wallet, Workflow, WorkflowAgent,
};
use serde::Serialize;

/// The kinds of record. Their order is the order in which rows are locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// [`User`].
    User,
    /// [`ApiToken`].
    ApiToken,
    /// [`Lockout`].
    Lockout,
    /// [`Revocation`].
    Revocation,
    /// [`Secret`].
    Secret,
    /// [`Agent`].
    Agent,
    /// [`Session`].
    Session,
    /// [`WorkflowAgent`].
    WorkflowAgent,
    /// [`Links`].
    Links,
    /// [`DueCheck`].
    DueCheck,
    /// [`Workflow`].
    Workflow,
    /// [`Wallet`].
    Wallet,
    /// [`AgentUrl`].
    AgentUrl,
    /// [`Lane`].
    Lane,
    /// [`Activity`].
    Activity,
    /// [`Memory`].
    Memory,
    /// [`Meter`].
    Meter,
    /// [`Stream`].
    Stream,
}

/// The key of a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Of which kind.
    pub kind: Kind,
    /// Its id in text; for agents the bare number.
    pub id: String,
}

impl Key {
    /// The key of the `T` with this id.
    pub fn of<T: Noun>(id: impl Into<String>) -> Self {
        Self {
            kind: T::KIND,
            id: id.into(),
        }
    }
}

/// A noun that is stored as a row of its own.
pub trait Noun: Into<Record> + TryFrom<Record> + Send {
    /// Its kind.
    const KIND: Kind;
}

macro_rules! records {
    ($($name:ident by $key:expr;)*) => {
        /// A row of any kind. It serializes as its noun does.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        #[allow(clippy::large_enum_variant)]
        pub enum Record {$(
            #[doc = concat!("A [`", stringify!($name), "`].")]
            $name($name),
        )*}

        impl Record {
            /// Its key.
            pub fn key(&self) -> Key {
                match self {$(
                    Self::$name(noun) => {
                        let id: fn(&$name) -> String = $key;
                        Key { kind: Kind::$name, id: id(noun) }
                    }
                )*}
            }

            /// Reads a row of this kind from JSON.
            ///
            /// # Errors
            /// When the text is no such row.
            pub fn parse(kind: Kind, json: &str) -> Result<Self, serde_json::Error> {
                match kind {$(
                    Kind::$name => serde_json::from_str(json).map(Self::$name),
                )*}
            }
        }

        $(
            impl From<$name> for Record {
                fn from(noun: $name) -> Self {
                    Self::$name(noun)
                }
            }

            impl TryFrom<Record> for $name {
                type Error = Record;

                fn try_from(record: Record) -> Result<Self, Record> {
                    match record {
                        Record::$name(noun) => Ok(noun),
                        other => Err(other),
                    }
                }
            }

            impl Noun for $name {
                const KIND: Kind = Kind::$name;
            }
        )*
    };
}

records! {
    User by |user| user.id.to_string();
    ApiToken by |token| token.id.to_string();
    Lockout by |lockout| lockout.id.clone();
    Revocation by |revocation| revocation.id.to_string();
    Secret by |secret| secret.id.clone();
    Agent by |agent| agent.id.0.to_string();
    Session by |session| session.id.to_string();
    WorkflowAgent by |agent| agent.id.0.to_string();
    Links by |links| links.id.0.to_string();
    DueCheck by |due| due.id.0.to_string();
    Workflow by |workflow| workflow.id.0.to_string();
    Wallet by |wallet| wallet.id.to_string();
    AgentUrl by |url| url.id.clone();
    Lane by |lane| lane.id.to_string();
    Activity by |activity| activity.id.0.to_string();
    Memory by |memory| memory.id.clone();
    Meter by |meter| meter.id.clone();
    Stream by |stream| stream.id.to_string();
}
