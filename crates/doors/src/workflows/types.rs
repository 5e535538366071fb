//! The types of agents.

use super::read::{DONE, Done};
use crate::{
    AppState,
    kit::{
        body,
        caller::Caller,
        describe::{Plain, PlainConflicting, PlainNamed, PlainWithBody, PlainWithQuery},
        error::ApiError,
        query::Query,
    },
    workflows::agents::retry::Retry,
};
use axum::{Json, extract::State};
use garde::Validate;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use switchboard_core::types::{self, NewUrl, PREFIX, Reach, TypeView};
use switchboard_domain::nouns::Object;
use utoipa::ToSchema;

/// A type of agent, or an address where one should be.
#[derive(Serialize, ToSchema)]
pub struct TypeBody {
    /// Its name; null until it answered.
    #[schema(example = "Agents::CounterAgent")]
    r#type: Option<String>,
    /// Its name for people.
    display_name: Option<String>,
    /// What it does, in Markdown.
    description: Option<String>,
    /// The options that an agent of this type begins with.
    #[schema(value_type = Option<Object>)]
    default_options: Option<Object>,
    /// `ready`, `asking`, `unreachable` or `refused`.
    #[schema(example = "ready")]
    state: &'static str,
    /// Why it cannot be used.
    problem: Option<String>,
    /// Where it is, for administrators; null if it is built in.
    url: Option<String>,
    /// Who added it, for administrators; null for the operator.
    added_by: Option<String>,
}

impl From<TypeView> for TypeBody {
    fn from(view: TypeView) -> Self {
        let (state, problem) = match view.reach {
            Reach::Registered => ("ready", None),
            Reach::Unasked => ("asking", None),
            Reach::Unreachable(why, _) => ("unreachable", Some(why)),
            Reach::Refused(why) => ("refused", Some(why)),
        };
        let is_for_all = view.registration.is_none() || view.url.is_some();
        let (name, display_name, description, default_options) = match view.registration {
            Some(said) => (
                Some(format!("{PREFIX}{}", said.name)),
                Some(said.display_name),
                Some(said.description),
                Some(said.default_options),
            ),
            None => (None, None, None, None),
        };
        Self {
            r#type: name,
            display_name,
            description,
            default_options,
            state,
            // It may name an address, which is for administrators.
            problem: problem.filter(|_| is_for_all),
            url: view.url,
            added_by: view.added_by.map(|user| user.to_string()),
        }
    }
}

/// The types of agents that there are, by name.
#[utoipa::path(
    get,
    path = "/api/v1/agent_types",
    tag = "workflows",
    operation_id = "list_agent_types",
    responses((status = 200, description = "The types", body = Vec<TypeBody>), Plain),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<Vec<TypeBody>>, ApiError> {
    let types = types::list_types(&caller, &state.app)?;
    Ok(Json(types.into_iter().map(TypeBody::from).collect()))
}

/// The address of a remote agent.
#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({"url": "https://agents.example.org/counter"}))]
pub struct NewType {
    /// Where it is.
    #[garde(length(chars, min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    url: String,
    /// The secret that both sides know: calls are signed with it, as Standard Webhooks has it.
    #[garde(skip)]
    #[schema(value_type = Option<String>, max_length = 1000)]
    secret: Option<SecretString>,
    /// How many seconds a call may take.
    #[garde(range(min = 1, max = 3600))]
    #[schema(minimum = 1, maximum = 3600)]
    timeout_s: Option<u32>,
    /// How calls are made again that failed.
    #[garde(dive)]
    retry: Option<Retry>,
}

/// Adds the address of a remote agent. Its type appears as soon as it answers.
#[utoipa::path(
    post,
    path = "/api/v1/agent_types",
    tag = "workflows",
    operation_id = "add_agent_type",
    request_body = NewType,
    responses(
        (status = 200, description = "It is being asked what it is", body = Done),
        Plain, PlainWithBody, PlainConflicting,
    ),
)]
pub async fn add(
    State(state): State<AppState>,
    Caller(caller): Caller,
    body::Json(new): body::Json<NewType>,
) -> Result<Json<Done>, ApiError> {
    let new = NewUrl {
        url: new.url,
        secret: new.secret,
        timeout: new.timeout_s.map(|s| Duration::from_secs(s.into())),
        retry: new.retry.as_ref().map(Retry::read),
    };
    types::add_url(&caller, &state.app, new).await?;
    Ok(DONE)
}

/// Removes an address that was added here. Agents of its type wait until it is there again.
#[utoipa::path(
    delete,
    path = "/api/v1/agent_types",
    tag = "workflows",
    operation_id = "remove_agent_type",
    params(("url" = String, Query, description = "The address", min_length = 1, max_length = 2000)),
    responses(
        (status = 200, description = "It is gone", body = Done),
        Plain, PlainNamed, PlainConflicting, PlainWithQuery,
    ),
)]
pub async fn remove(
    State(state): State<AppState>,
    Caller(caller): Caller,
    query: Query,
) -> Result<Json<Done>, ApiError> {
    let url = query.get("url").unwrap_or_default();
    types::remove_url(&caller, &state.app, url).await?;
    Ok(DONE)
}
