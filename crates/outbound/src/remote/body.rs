//! What is sent to an agent: always the same members, whatever is in them.

use crate::mapping;
use secrecy::ExposeSecret;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use switchboard_domain::Timestamp;
use switchboard_domain::nouns::{Call, GrantedCredential, Object, Received, Why};

/// The body of `register`.
pub(super) const REGISTER: &[u8] = br#"{"method":"register","params":{}}"#;

#[derive(Serialize)]
struct Request<'a> {
    method: &'static str,
    params: Params<'a>,
}

#[derive(Serialize)]
struct Params<'a> {
    message: Option<Record<'a>>,
    options: &'a Object,
    memory: &'a Object,
    credentials: Vec<Credential<'a>>,
}

/// A message as agents see it. What somebody says in a chat is no record, so it has no ids.
#[derive(Serialize)]
struct Record<'a> {
    id: Option<i64>,
    agent_id: Option<i64>,
    user_id: Option<i64>,
    payload: Cow<'a, Object>,
    created_at: Time,
    updated_at: Time,
    expires_at: Option<Time>,
}

#[derive(Serialize)]
struct Credential<'a> {
    name: &'a str,
    value: &'a str,
}

/// RFC 3339 in UTC.
struct Time(Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Record<'_> {
    /// What is no stored message.
    fn new(payload: Object, now: Timestamp) -> Self {
        Self {
            id: None,
            agent_id: None,
            user_id: None,
            payload: Cow::Owned(payload),
            created_at: Time(now),
            updated_at: Time(now),
            expires_at: None,
        }
    }
}

impl<'a> From<&'a Received> for Record<'a> {
    fn from(received: &'a Received) -> Self {
        Self {
            id: Some(received.id),
            agent_id: Some(received.agent.0),
            user_id: Some(received.user),
            payload: Cow::Borrowed(&received.payload),
            created_at: Time(received.created_at),
            updated_at: Time(received.created_at),
            expires_at: received.expires_at.map(Time),
        }
    }
}

impl<'a> From<&'a GrantedCredential> for Credential<'a> {
    fn from(granted: &'a GrantedCredential) -> Self {
        Self {
            name: &granted.name,
            value: granted.value.expose_secret(),
        }
    }
}

/// The body of `receive` or `check`.
pub(super) fn of(call: &Call, now: Timestamp) -> Result<Vec<u8>, serde_json::Error> {
    let message = match &call.why {
        Why::Receive(received) => Some(received.into()),
        Why::Message(said) => Some(Record::new(mapping::payload(said), now)),
        Why::Step(step) => Some(Record::new(mapping::step_payload(step), now)),
        Why::Check => None,
    };
    serde_json::to_vec(&Request {
        method: if message.is_some() {
            "receive"
        } else {
            "check"
        },
        params: Params {
            message,
            options: &call.options,
            memory: &call.memory,
            credentials: call.credentials.iter().map(Credential::from).collect(),
        },
    })
}
