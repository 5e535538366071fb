//! Records: the nouns as rows, under one key each.

use crate::nouns::{
    Account, Action, Activity, Agent, AgentUrl, ApiToken, Artifact, Blob, Challenge, DueCheck,
    Grant, Hidden, Lane, Links, Lockout, Memory, Meter, Policy, Revocation, Secret, Session, Step,
    Stream, Task, TrailHead, User, Wallet, Workflow, WorkflowAgent,
};
use serde::Serialize;
use std::sync::Arc;

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
    /// [`Account`].
    Account,
    /// [`Challenge`].
    Challenge,
    /// [`Task`].
    Task,
    /// [`Step`].
    Step,
    /// [`Artifact`].
    Artifact,
    /// [`Blob`].
    Blob,
    /// [`Policy`].
    Policy,
    /// [`Grant`].
    Grant,
    /// [`Action`].
    Action,
    /// [`TrailHead`].
    TrailHead,
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
    pub id: Arc<str>,
}

impl Key {
    /// The key of the `T` with this id.
    pub fn of<T: Noun>(id: impl Into<Arc<str>>) -> Self {
        Self {
            kind: T::KIND,
            id: id.into(),
        }
    }
}

impl Kind {
    /// The kinds of which records may have a value that is sealed under a master key.
    pub const SEALED: [Self; 5] = [
        Self::Secret,
        Self::Wallet,
        Self::AgentUrl,
        Self::Account,
        Self::Challenge,
    ];
}

impl Record {
    /// The name under which its value is sealed, and the sealed value, if it has one.
    pub fn sealed(&self) -> Option<(String, &Hidden)> {
        match self {
            Self::Secret(secret) => Some((secret.id.clone(), &secret.sealed)),
            Self::Wallet(wallet) => Some((Wallet::seal(&wallet.id), &wallet.sealed)),
            Self::AgentUrl(url) => {
                let sealed = url.secret.as_ref()?;
                Some((AgentUrl::seal(&url.id), sealed))
            }
            Self::Account(account) => Some((Account::seal(&account.id), &account.sealed)),
            Self::Challenge(challenge) => {
                let sealed = challenge.sealed.as_ref()?;
                Some((Challenge::seal(&challenge.id), sealed))
            }
            _ => None,
        }
    }

    /// The same record with its value sealed anew.
    #[must_use]
    pub fn with_sealed(mut self, sealed: Hidden) -> Self {
        match &mut self {
            Self::Secret(secret) => secret.sealed = sealed,
            Self::Wallet(wallet) => wallet.sealed = sealed,
            Self::AgentUrl(url) => url.secret = Some(sealed),
            Self::Account(account) => account.sealed = sealed,
            Self::Challenge(challenge) => challenge.sealed = Some(sealed),
            _ => {}
        }
        self
    }
}

/// A noun that is stored as a row of its own.
pub trait Noun: Into<Record> + TryFrom<Record> + Clone + Send {
    /// Its kind.
    const KIND: Kind;

    /// It, if the record is one.
    fn of(record: &Record) -> Option<&Self>;
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
                        let id: fn(&$name) -> Arc<str> = $key;
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

                fn of(record: &Record) -> Option<&Self> {
                    match record {
                        Record::$name(noun) => Some(noun),
                        _ => None,
                    }
                }
            }
        )*
    };
}

records! {
    User by |user| user.id.key();
    ApiToken by |token| token.id.key();
    Lockout by |lockout| lockout.id.as_str().into();
    Revocation by |revocation| revocation.id.key();
    Secret by |secret| secret.id.as_str().into();
    Agent by |agent| agent.id.0.to_string().into();
    Session by |session| session.id.key();
    WorkflowAgent by |agent| agent.id.0.to_string().into();
    Links by |links| links.id.0.to_string().into();
    DueCheck by |due| due.id.0.to_string().into();
    Workflow by |workflow| workflow.id.0.to_string().into();
    Wallet by |wallet| wallet.id.key();
    AgentUrl by |url| url.id.as_str().into();
    Account by |account| account.id.as_str().into();
    Challenge by |challenge| challenge.id.key();
    Task by |task| task.id.key();
    Step by |step| step.id.to_string().into();
    Artifact by |artifact| artifact.id.key();
    Blob by |blob| blob.id.as_str().into();
    Policy by |policy| policy.id.as_str().into();
    Grant by |grant| grant.id.key();
    Action by |action| action.id.key();
    TrailHead by |head| head.id.key();
    Lane by |lane| lane.id.key();
    Activity by |activity| activity.id.0.to_string().into();
    Memory by |memory| memory.id.as_str().into();
    Meter by |meter| meter.id.as_str().into();
    Stream by |stream| stream.id.key();
}
