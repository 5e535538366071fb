//! `POST /api/agents/{agent_id}/message`

use crate::{
    AppState,
    chat::wire::{self, NAME_MAX},
    kit::{
        body,
        caller::Caller,
        describe::{Authorized, Common, Limited, Named, WithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use switchboard_core::agents::{self, NewAgentMessage, SentMessage};
use switchboard_domain::nouns::Object;
use utoipa::ToSchema;

/// The longest content, in bytes.
const CONTENT_MAX: usize = 1024 * 1024;

/// A message to send.
#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({
    "receiver_id": "agent_8", "content": "What is 6 times 7?", "message_type": "text",
}))]
pub struct AgentMessageRequest {
    /// The agent that it is for.
    #[garde(length(chars, max = NAME_MAX))]
    #[schema(max_length = 200)]
    receiver_id: String,
    /// What it says.
    #[garde(length(bytes, min = 1, max = CONTENT_MAX))]
    #[schema(min_length = 1, max_length = 1_048_576)]
    content: String,
    /// What the sender calls this kind of message. It is kept with the metadata.
    #[garde(length(chars, max = NAME_MAX))]
    #[schema(max_length = 200)]
    message_type: Option<String>,
    /// Data that travels with the message.
    #[garde(inner(custom(wire::small)))]
    #[schema(value_type = Option<Object>)]
    structured_data: Option<Object>,
    /// Whatever the sender wants to attach.
    #[garde(inner(custom(wire::small)))]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Object>,
}

impl From<AgentMessageRequest> for NewAgentMessage {
    fn from(request: AgentMessageRequest) -> Self {
        let mut metadata = request.metadata.unwrap_or_default();
        if let Some(kind) = request.message_type {
            metadata.entry("message_type").or_insert(kind.into());
        }
        Self {
            receiver: request.receiver_id,
            content: request.content,
            structured: request.structured_data,
            metadata,
        }
    }
}

/// A message that is on disk.
#[derive(Serialize, ToSchema)]
pub struct AgentMessageResponse {
    /// Always `sent`.
    #[schema(example = "sent")]
    status: &'static str,
    /// The message.
    message_id: String,
    /// The sender.
    #[schema(example = "agent_7")]
    sender: String,
    /// The receiver.
    #[schema(example = "agent_8")]
    receiver: String,
    /// When it was stored.
    #[schema(format = DateTime)]
    timestamp: String,
}

impl From<SentMessage> for AgentMessageResponse {
    fn from(sent: SentMessage) -> Self {
        Self {
            status: "sent",
            message_id: sent.message.to_string(),
            sender: sent.sender.to_string(),
            receiver: sent.receiver.to_string(),
            timestamp: sent.position.at.to_string(),
        }
    }
}

/// Sends a message from an agent of the caller's to an agent that the caller may use.
///
/// The receiver's answer comes back to the sender as a message, and goes no further.
#[utoipa::path(
    post,
    path = "/api/agents/{agent_id}/message",
    tag = "agents",
    operation_id = "send_agent_message",
    params(("agent_id" = String, Path, description = "The sender: `agent_<n>` or the bare number")),
    request_body = AgentMessageRequest,
    responses(
        (status = 200, description = "The message is on disk", body = AgentMessageResponse),
        Authorized, Named, WithBody, Limited, Common,
    ),
)]
pub async fn message(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(sender): Path<String>,
    body::Json(request): body::Json<AgentMessageRequest>,
) -> Result<Json<AgentMessageResponse>, ApiError> {
    let sent = agents::message(&caller, &state.app, &sender, request.into()).await?;
    Ok(Json(AgentMessageResponse::from(sent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(body: serde_json::Value) -> AgentMessageRequest {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn the_senders_word_for_its_kind_is_kept() {
        let body = json!({"receiver_id": "8", "content": "x", "message_type": "query"});
        let message = NewAgentMessage::from(request(body));
        assert_eq!(
            serde_json::Value::from(message.metadata),
            json!({"message_type": "query"})
        );
    }

    #[test]
    fn a_message_says_something() {
        assert!(
            request(json!({"receiver_id": "8", "content": ""}))
                .validate()
                .is_err()
        );
        assert!(
            request(json!({"receiver_id": "8", "content": "x"}))
                .validate()
                .is_ok()
        );
    }
}
