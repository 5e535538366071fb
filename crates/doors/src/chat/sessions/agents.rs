//! The agents of a session to create.

use crate::{
    chat::wire::{self, CAPABILITIES_MAX, NAME_MAX, PERSONALITY_MAX},
    kit::members::Members,
};
use garde::{Path, Report, Validate};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use std::fmt;
use switchboard_core::sessions::NewSessionAgent;
use switchboard_domain::nouns::Object;
use utoipa::ToSchema;

/// The most agents that are read. How many there must be depends on the kind of session.
const AGENTS_MAX: usize = 16;

/// An agent's place in a session to create.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct AgentRequest {
    /// A provider of models, or `agent` for a registered agent.
    #[garde(length(chars, max = NAME_MAX))]
    #[schema(max_length = 200, example = "demo")]
    provider: String,
    /// A model of the provider, or the id of the registered agent.
    #[garde(length(chars, max = NAME_MAX))]
    #[schema(max_length = 200, example = "echo")]
    model: Option<String>,
    /// What it is said to be able to do.
    #[garde(length(max = CAPABILITIES_MAX), inner(inner(length(chars, max = NAME_MAX))))]
    #[schema(max_items = 100, value_type = Option<Vec<wire::Skill>>)]
    capabilities: Option<Vec<String>>,
    /// Its instructions.
    #[garde(length(chars, max = PERSONALITY_MAX))]
    #[schema(max_length = 20_000)]
    personality: Option<String>,
    /// Whatever the client wants to keep with it.
    #[garde(inner(custom(wire::small)))]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Object>,
}

/// Agents by key, in the order in which the client wrote them: it is the order of their turns.
#[derive(Debug, Default)]
pub struct Agents(Vec<(String, AgentRequest)>);

impl From<Agents> for Vec<NewSessionAgent> {
    fn from(agents: Agents) -> Self {
        let agent = |(key, agent): (String, AgentRequest)| NewSessionAgent {
            key,
            provider: agent.provider,
            model: agent.model,
            capabilities: agent.capabilities.unwrap_or_default(),
            personality: agent.personality,
            metadata: agent.metadata.unwrap_or_default(),
        };
        agents.0.into_iter().map(agent).collect()
    }
}

impl Validate for Agents {
    type Context = ();

    fn validate_into(&self, context: &(), parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        for (key, agent) in &self.0 {
            let mut path = || parent().join(key.as_str());
            if key.is_empty() || key.chars().count() > NAME_MAX {
                let rule = format!("a key has 1 to {NAME_MAX} characters");
                report.append(path(), garde::Error::new(rule));
            }
            agent.validate_into(context, &mut path, report);
        }
    }
}

impl<'de> Deserialize<'de> for Agents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Agents;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Agents, A::Error> {
        let mut agents: Vec<(String, AgentRequest)> = Vec::new();
        while let Some((key, Members(agent))) = map.next_entry::<String, Members<_>>()? {
            if agents.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom(format_args!(
                    "the key `{key}` is there twice"
                )));
            }
            if agents.len() == AGENTS_MAX {
                return Err(A::Error::custom("there are too many agents"));
            }
            agents.push((key, agent));
        }
        Ok(Agents(agents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_there_once_and_not_empty() {
        let twice = r#"{"a": {"provider": "x"}, "a": {"provider": "y"}}"#;
        assert!(serde_json::from_str::<Agents>(twice).is_err());
        let empty: Agents = serde_json::from_str(r#"{"": {"provider": "x"}}"#).unwrap();
        assert!(empty.validate().is_err());
    }

    #[test]
    fn an_agent_is_an_object() {
        for other in [r#"["demo"]"#, r#"["demo", "echo", null, null, null]"#] {
            assert!(serde_json::from_str::<Agents>(&format!(r#"{{"a": {other}}}"#)).is_err());
        }
    }

    #[test]
    fn the_way_to_a_wrong_value_has_the_key() {
        let long = "x".repeat(201);
        let text = format!(r#"{{"a.b": {{"provider": "x", "capabilities": ["ok", "{long}"]}}}}"#);
        let agents: Agents = serde_json::from_str(&text).unwrap();
        let report = agents.validate().unwrap_err();
        let paths: Vec<_> = report.iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(paths, ["a.b.capabilities[1]"]);
    }
}
