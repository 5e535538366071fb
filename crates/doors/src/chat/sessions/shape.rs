//! What the kind of a session asks of the rest of the request, as the description says it: how many
//! agents there are, under which keys, and in which mode.

use serde_json::{Value, json};
use switchboard_domain::nouns::SessionKind;
use utoipa::openapi::{OpenApi, RefOr, Schema, extensions::Extensions};

/// The schema that is refined.
const REQUEST: &str = "CreateSessionRequest";

/// Adds to the description of a session to create what cannot be derived from its type.
pub fn describe(api: &mut OpenApi) {
    let schemas = api.components.as_mut().map(|all| &mut all.schemas);
    let request = schemas.and_then(|schemas| schemas.get_mut(REQUEST));
    if let Some(RefOr::T(Schema::Object(request))) = request {
        let person = json!({
            "properties": {"session_type": {"const": "human_agent"}},
            "required": ["session_type"],
        });
        // utoipa has no member for conditions; those of an object are written as they stand.
        request.extensions = Some(Extensions::from_iter([
            ("if", person),
            ("then", needs(SessionKind::HumanAgent)),
            ("else", needs(SessionKind::AgentAgent)),
        ]));
    }
}

fn needs(kind: SessionKind) -> Value {
    json!({"properties": {
        "agents": {
            "minProperties": kind.agents(),
            "maxProperties": kind.agents(),
            "propertyNames": {"minLength": 1, "maxLength": 200},
        },
        // None, or the one that this kind needs among them.
        "interaction_modes": {"anyOf": [
            {"type": "null"},
            {"type": "array", "maxItems": 0},
            {"type": "array", "contains": {"const": kind.mode().as_str()}},
        ]},
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_says_how_many_agents_it_has() {
        let api = json!(crate::openapi());
        let request = &api["components"]["schemas"][REQUEST];
        let agents = |branch: &str| {
            let agents = &request[branch]["properties"]["agents"];
            (
                agents["minProperties"].clone(),
                agents["maxProperties"].clone(),
            )
        };
        assert_eq!(
            request["if"]["properties"]["session_type"]["const"],
            "human_agent"
        );
        assert_eq!(agents("then"), (json!(1), json!(1)));
        assert_eq!(agents("else"), (json!(2), json!(2)));
    }
}
