//! What is denied, asked or allowed.

use crate::{
    AppState,
    kit::{
        body,
        caller::Caller,
        describe::{Authorized, Common, Conflicting, WithBody},
        error::ApiError,
    },
};
use axum::{Json, extract::State};
use garde::Validate;
use serde::{Deserialize, Serialize};
use switchboard_core::actions::{self, PolicyView};
use switchboard_domain::{
    Timestamp,
    nouns::{
        Pattern, Risk,
        action::{Effect, Rule},
    },
};
use utoipa::ToSchema;

/// How many rules there may be.
const MOST: usize = 200;

/// A rule: it is about the actions that fit all that it names, and the first that fits counts.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rule)]
pub struct RuleBody {
    /// `deny`, `ask` or `allow`.
    #[garde(skip)]
    #[schema(value_type = String, pattern = "^(deny|ask|allow)$", example = "ask")]
    effect: Effect,
    /// About this agent alone.
    #[serde(default)]
    #[garde(inner(length(max = 200)))]
    agent: Option<String>,
    /// About these capabilities alone; a `*` at the end stands for any rest.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "mail.*", pattern = r"^([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?)?\*?$")]
    capability: Option<Pattern>,
    /// About this risk alone: `low`, `high` or `critical`.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<String>, pattern = "^(low|high|critical)$")]
    risk: Option<Risk>,
    /// From this time on.
    #[serde(default, with = "time")]
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Up to this time.
    #[serde(default, with = "time")]
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// Times as text.
mod time {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use switchboard_domain::Timestamp;

    #[expect(clippy::ref_option, reason = "as serde calls it")]
    pub fn serialize<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        at.map(|at| at.to_string()).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let read = |text: String| text.parse().map_err(D::Error::custom);
        text.map(read).transpose()
    }
}

impl From<RuleBody> for Rule {
    fn from(body: RuleBody) -> Self {
        Self {
            effect: body.effect,
            agent: body.agent,
            capability: body.capability,
            risk: body.risk,
            from: body.from,
            until: body.until,
        }
    }
}

impl From<Rule> for RuleBody {
    fn from(rule: Rule) -> Self {
        Self {
            effect: rule.effect,
            agent: rule.agent,
            capability: rule.capability,
            risk: rule.risk,
            from: rule.from,
            until: rule.until,
        }
    }
}

/// The rules for the caller. What no rule names asks.
#[derive(Serialize, ToSchema)]
pub struct PolicyResponse {
    /// The rules for everybody, which come first.
    admin: Vec<RuleBody>,
    /// The caller's own, which only tighten them.
    owner: Vec<RuleBody>,
}

impl From<PolicyView> for PolicyResponse {
    fn from(view: PolicyView) -> Self {
        let bodies = |rules: Vec<Rule>| rules.into_iter().map(RuleBody::from).collect();
        Self {
            admin: bodies(view.admin),
            owner: bodies(view.owner),
        }
    }
}

/// Rules to set.
#[derive(Deserialize, Validate, ToSchema)]
pub struct PolicyRequest {
    /// The rules, all of them.
    #[garde(length(max = MOST), dive)]
    #[schema(max_items = 200)]
    rules: Vec<RuleBody>,
    /// Whether they are the rules for everybody, which only administrators set.
    #[serde(default)]
    #[garde(skip)]
    for_everybody: bool,
}

/// The rules for the caller.
#[utoipa::path(
    get,
    path = "/api/policy",
    tag = "actions",
    operation_id = "get_policy",
    responses((status = 200, description = "The rules", body = PolicyResponse), Authorized, Common),
)]
pub async fn get(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<PolicyResponse>, ApiError> {
    Ok(Json(actions::policy(&caller, &state.app).await?.into()))
}

/// Sets the caller's rules, in place of those that there are.
#[utoipa::path(
    put,
    path = "/api/policy",
    tag = "actions",
    operation_id = "set_policy",
    request_body = PolicyRequest,
    responses(
        (status = 200, description = "The rules", body = PolicyResponse),
        Authorized, WithBody, Conflicting, Common,
    ),
)]
pub async fn put(
    State(state): State<AppState>,
    Caller(caller): Caller,
    body::Json(given): body::Json<PolicyRequest>,
) -> Result<Json<PolicyResponse>, ApiError> {
    let rules = given.rules.into_iter().map(Rule::from).collect();
    let everybody = given.for_everybody;
    let view = actions::set_policy(&caller, &state.app, everybody, rules).await?;
    Ok(Json(view.into()))
}
