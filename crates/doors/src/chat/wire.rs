//! Values that several endpoints read or write, as they are on the wire.

use serde::{Deserialize, Serialize, Serializer};
use switchboard_domain::nouns::{InteractionMode, Object};
use utoipa::ToSchema;

/// The longest name, in characters.
pub const NAME_MAX: usize = 200;
/// The longest personality, in characters.
pub const PERSONALITY_MAX: usize = 20_000;
/// The most capabilities.
pub const CAPABILITIES_MAX: usize = 100;
/// The largest metadata, in bytes of JSON.
const METADATA_MAX: usize = 64 * 1024;

/// Where an agent may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InteractionMode)]
pub enum Mode {
    /// In conversations with people.
    HumanToAgent,
    /// In conversations with other agents.
    AgentToAgent,
}

impl From<Mode> for InteractionMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::HumanToAgent => Self::HumanToAgent,
            Mode::AgentToAgent => Self::AgentToAgent,
        }
    }
}

impl From<InteractionMode> for Mode {
    fn from(mode: InteractionMode) -> Self {
        match mode {
            InteractionMode::HumanToAgent => Self::HumanToAgent,
            InteractionMode::AgentToAgent => Self::AgentToAgent,
        }
    }
}

/// The modes that a client named; none is as good as an empty list.
pub fn modes(given: Option<Vec<Mode>>) -> Vec<InteractionMode> {
    given
        .unwrap_or_default()
        .into_iter()
        .map(InteractionMode::from)
        .collect()
}

/// What a registered agent can do.
#[derive(ToSchema)]
#[schema(min_length = 1, max_length = 200, example = "maths")]
#[allow(dead_code, reason = "describes what is read as a text")]
pub struct Capability(String);

/// What an agent of a session is said to be able to do.
#[derive(ToSchema)]
#[schema(max_length = 200, example = "conversation")]
#[allow(dead_code, reason = "describes what is read as a text")]
pub struct Skill(String);

/// A map that keeps the order in which it was made.
#[derive(Debug)]
pub struct ByKey<T>(pub Vec<(String, T)>);

impl<T: Serialize> Serialize for ByKey<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// The rule about metadata: an object that is not too large.
pub fn small<C>(object: &Object, _: &C) -> garde::Result {
    let size = serde_json::to_vec(object).map_or(usize::MAX, |json| json.len());
    if size <= METADATA_MAX {
        return Ok(());
    }
    Err(garde::Error::new(format!(
        "may have at most {METADATA_MAX} bytes of JSON, not {size}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn maps_keep_their_order() {
        let map = ByKey(vec![("b".to_owned(), 1), ("a".to_owned(), 2)]);
        assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"b":1,"a":2}"#);
    }

    #[test]
    fn metadata_is_limited() {
        let object = |size: usize| Object::from_iter([("a".to_owned(), json!("x".repeat(size)))]);
        assert!(small(&object(60_000), &()).is_ok());
        assert!(small(&object(66_000), &()).is_err());
    }
}
