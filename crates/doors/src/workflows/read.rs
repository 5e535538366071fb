//! What several operations read of a request.

use crate::kit::{error::ApiError, query::Query};
use http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use switchboard_domain::{
    Error, Timestamp,
    ids::{AgentId, EmittedId, WorkflowId},
    nouns::Object,
};
use utoipa::ToSchema;

/// The largest object that is stored with an agent, in bytes of JSON.
const OBJECT_MAX: usize = 512 << 10;

/// The agent that a path names.
pub fn agent_id(text: &str) -> Result<AgentId, ApiError> {
    text.parse().map_err(|_| Error::NotFound("Agent").into())
}

/// The message that a path names.
pub fn message_id(text: &str) -> Result<EmittedId, ApiError> {
    let id = text.parse().ok().and_then(EmittedId::from_integer);
    id.ok_or_else(|| Error::NotFound("Message").into())
}

/// The workflow that a path names.
pub fn workflow_id(text: &str) -> Result<WorkflowId, ApiError> {
    let id = text.parse().map(WorkflowId);
    id.map_err(|_| Error::NotFound("Workflow").into())
}

/// The delivery that a path names.
pub fn delivery_no(text: &str) -> Result<i64, ApiError> {
    text.parse().map_err(|_| Error::NotFound("Delivery").into())
}

/// The time in the parameter `after`.
pub fn after(query: &Query) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = query.get("after").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| invalid("after"))
}

/// The number in the parameter `limit`.
pub fn limit(query: &Query, most: usize) -> Result<usize, ApiError> {
    let Some(text) = query.get("limit").filter(|text| !text.is_empty()) else {
        return Ok(most);
    };
    match text.parse::<usize>() {
        Ok(limit) if (1..=most).contains(&limit) => Ok(limit),
        _ => Err(invalid("limit")),
    }
}

/// What ActiveWorkflow's clients are told of a parameter that cannot be.
pub fn invalid(name: &str) -> ApiError {
    ApiError::Http {
        status: StatusCode::BAD_REQUEST,
        code: "INVALID_PARAMETER",
        detail: format!("{name} is invalid"),
    }
}

/// A member that may be absent, null or there.
#[allow(
    clippy::option_option,
    reason = "absent, null and there are three things"
)]
pub fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// The rule about options and memories: an object that is not too large.
pub fn not_huge<C>(object: &Object, _: &C) -> garde::Result {
    let size = serde_json::to_vec(object).map_or(usize::MAX, |json| json.len());
    if size <= OBJECT_MAX {
        return Ok(());
    }
    Err(garde::Error::new(format!(
        "may have at most {OBJECT_MAX} bytes of JSON, not {size}"
    )))
}

/// What an operation answers that has nothing else to say.
#[derive(Serialize, ToSchema)]
pub struct Done {
    /// Always true.
    pub ok: bool,
}

/// It is done.
pub const DONE: axum::Json<Done> = axum::Json(Done { ok: true });

/// Something by its id.
#[derive(Serialize, ToSchema)]
pub struct IdOnly {
    /// The id.
    #[schema(example = 7)]
    pub id: i64,
}

impl From<&AgentId> for IdOnly {
    fn from(id: &AgentId) -> Self {
        Self { id: id.0 }
    }
}
