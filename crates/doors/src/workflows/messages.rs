//! Messages of agents.

use super::read::{DONE, Done, IdOnly, after, agent_id, limit, message_id, not_huge};
use crate::{
    AppState,
    kit::{
        body,
        caller::Caller,
        describe::{Plain, PlainConflicting, PlainNamed, PlainWithBody, PlainWithQuery},
        error::ApiError,
        query::Query,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use switchboard_core::workflows::{self, MESSAGES_MAX, MessageView};
use switchboard_domain::nouns::Object;
use utoipa::ToSchema;

/// A message, without what it says.
#[derive(Serialize, ToSchema)]
pub struct MessageHead {
    /// Its id.
    #[schema(example = 70_000_000_001_i64)]
    id: i64,
    /// The agent that emitted it.
    #[schema(example = 7)]
    agent_id: i64,
    /// When it was emitted.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it will be gone; null for never.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// A message.
#[derive(Serialize, ToSchema)]
pub struct WholeMessage {
    #[serde(flatten)]
    head: MessageHead,
    /// What it says.
    #[schema(value_type = Object)]
    payload: Object,
}

impl From<&MessageView> for MessageHead {
    fn from(view: &MessageView) -> Self {
        Self {
            id: view.id.integer(),
            agent_id: view.id.agent().0,
            created_at: view.created_at.to_string(),
            expires_at: view.expires_at.map(|at| at.to_string()),
        }
    }
}

/// The newest messages of an agent, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{agent_id}/messages",
    tag = "workflows",
    operation_id = "list_messages",
    params(
        ("agent_id" = i64, Path, description = "The agent"),
        ("after" = Option<String>, Query, format = DateTime, description = "Only those emitted later than this"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "At most so many; 1000 by default"),
    ),
    responses(
        (status = 200, description = "The messages", body = Vec<MessageHead>),
        Plain, PlainNamed, PlainWithQuery,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
    query: Query,
) -> Result<Json<Vec<MessageHead>>, ApiError> {
    let (after, limit) = (after(&query)?, limit(&query, MESSAGES_MAX)?);
    let found = workflows::messages(&caller, &state.app, agent_id(&agent)?, after, limit).await?;
    Ok(Json(found.iter().map(MessageHead::from).collect()))
}

/// One message, with what it says.
#[utoipa::path(
    get,
    path = "/api/v1/messages/{message_id}",
    tag = "workflows",
    operation_id = "get_message",
    params(("message_id" = i64, Path, description = "The message")),
    responses(
        (status = 200, description = "The message", body = WholeMessage),
        Plain, PlainNamed,
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(message): Path<String>,
) -> Result<Json<WholeMessage>, ApiError> {
    let view = workflows::message(&caller, &state.app, message_id(&message)?).await?;
    Ok(Json(WholeMessage {
        head: MessageHead::from(&view),
        payload: view.payload,
    }))
}

/// A message to emit.
#[derive(Deserialize, Validate, ToSchema)]
pub struct NewMessage {
    /// What it says.
    #[garde(custom(not_huge))]
    #[schema(value_type = Object)]
    payload: Object,
}

/// Emits a message in the name of an agent: those that are linked to it receive it.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{agent_id}/messages",
    tag = "workflows",
    operation_id = "emit_message",
    params(("agent_id" = i64, Path, description = "The agent")),
    request_body = NewMessage,
    responses(
        (status = 200, description = "The id of the message", body = IdOnly),
        Plain, PlainNamed, PlainWithBody, PlainConflicting,
    ),
)]
pub async fn emit(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
    body::Json(new): body::Json<NewMessage>,
) -> Result<Json<IdOnly>, ApiError> {
    let agent = agent_id(&agent)?;
    let id = workflows::emit_by_hand(&caller, &state.app, agent, new.payload).await?;
    Ok(Json(IdOnly { id: id.integer() }))
}

/// Emits a message once more.
#[utoipa::path(
    post,
    path = "/api/v1/messages/{message_id}/reemit",
    tag = "workflows",
    operation_id = "reemit_message",
    params(("message_id" = i64, Path, description = "The message")),
    responses(
        (status = 200, description = "The id of the new message", body = IdOnly),
        Plain, PlainNamed, PlainConflicting,
    ),
)]
pub async fn reemit(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(message): Path<String>,
) -> Result<Json<IdOnly>, ApiError> {
    let id = workflows::emit_again(&caller, &state.app, message_id(&message)?).await?;
    Ok(Json(IdOnly { id: id.integer() }))
}

/// Deletes all messages that an agent emitted.
#[utoipa::path(
    delete,
    path = "/api/v1/agents/{agent_id}/messages",
    tag = "workflows",
    operation_id = "delete_messages",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses(
        (status = 200, description = "They are gone", body = Done),
        Plain, PlainNamed,
    ),
)]
pub async fn delete(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<Done>, ApiError> {
    workflows::delete_messages(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(DONE)
}
