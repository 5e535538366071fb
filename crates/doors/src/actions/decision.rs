//! Decisions.

use crate::{
    AppState,
    kit::{
        action::ActionBody,
        body,
        caller::Caller,
        describe::{Authorized, Common, Conflicting, Gone, Named, WithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use garde::Validate;
use serde::Deserialize;
use serde_json::Value;
use switchboard_core::actions::{self, Decision};
use switchboard_domain::{
    Error,
    error::FieldError,
    nouns::{Object, action::IJson},
};
use utoipa::ToSchema;

/// What a person says.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Word {
    /// Yes.
    Approve,
    /// No.
    Reject,
    /// Not like this, but with the given arguments: they make a new action, about which is decided anew.
    Edit,
    /// Nobody knows whether it was done; do it once more.
    Retry,
    /// It was done.
    MarkSucceeded,
    /// It was not done.
    MarkFailed,
}

/// What a person says about an action.
#[derive(Deserialize, Validate, ToSchema)]
pub struct DecisionRequest {
    /// What.
    #[garde(skip)]
    decision: Word,
    /// The digest of what it is about.
    #[garde(length(max = 200))]
    digest: String,
    /// The arguments that it should have, for `edit`.
    #[garde(skip)]
    #[schema(value_type = Option<Object>)]
    arguments: Option<IJson>,
    /// What came of it, for `mark_succeeded`.
    #[garde(skip)]
    #[schema(value_type = Option<Value>)]
    output: Option<IJson>,
    /// Why it was not done, for `mark_failed`.
    #[garde(inner(length(max = 1000)))]
    error: Option<String>,
}

impl DecisionRequest {
    fn read(self) -> Result<(String, Decision), Error> {
        let output = self.output.map(|IJson(output)| output).unwrap_or_default();
        let why = || self.error.unwrap_or_else(|| "a person said so".to_owned());
        let decision = match self.decision {
            Word::Approve => Decision::Approve,
            Word::Reject => Decision::Reject,
            Word::Edit => Decision::Edit(arguments(self.arguments)?),
            Word::Retry => Decision::Retry,
            Word::MarkSucceeded => Decision::MarkSucceeded(output),
            Word::MarkFailed => Decision::MarkFailed(why()),
        };
        Ok((self.digest, decision))
    }
}

fn arguments(given: Option<IJson>) -> Result<Object, Error> {
    match given {
        Some(IJson(Value::Object(arguments))) => Ok(arguments),
        other => {
            let input = other.map(|IJson(value)| value).unwrap_or_default();
            let words = "must be an object: what the action should have";
            Err(FieldError::value(&["arguments"], words, input).into())
        }
    }
}

/// Decides about an action. Agents and executors may not.
#[utoipa::path(
    post,
    path = "/api/actions/{action_id}/decision",
    tag = "actions",
    operation_id = "decide_action",
    params(("action_id" = String, Path, description = "The action")),
    request_body = DecisionRequest,
    responses(
        (status = 200, description = "The action as it stands now; after `edit` the new one", body = ActionBody),
        Authorized, Named, WithBody, Conflicting, Gone, Common,
    ),
)]
pub async fn decide(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    body::Json(given): body::Json<DecisionRequest>,
) -> Result<Json<ActionBody>, ApiError> {
    let (digest, decision) = given.read()?;
    let action = actions::decide(&caller, &state.app, &id, &digest, decision).await?;
    Ok(Json(ActionBody::from(&action)))
}

/// Calls an action off. What is run meanwhile is not stopped, but its result is refused.
#[utoipa::path(
    post,
    path = "/api/actions/{action_id}/cancel",
    tag = "actions",
    operation_id = "cancel_action",
    params(("action_id" = String, Path, description = "The action")),
    responses(
        (status = 200, description = "The action", body = ActionBody),
        Authorized, Named, Conflicting, Common,
    ),
)]
pub async fn cancel(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<ActionBody>, ApiError> {
    let action = actions::cancel(&caller, &state.app, &id).await?;
    Ok(Json(ActionBody::from(&action)))
}
