//! `GET /api/chat/sessions/{session_id}/messages`

use crate::{
    AppState,
    chat::frames::{self, Frame},
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Limited, Named, WithQuery},
        error::ApiError,
        query::Query,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use switchboard_core::sessions;
use utoipa::ToSchema;

/// A page of a transcript.
#[derive(Serialize, ToSchema)]
pub struct TranscriptResponse {
    /// The session.
    session_id: String,
    /// What happened, oldest first.
    messages: Vec<Frame>,
    /// What to give as `after` for the next page; null when there is none yet.
    next: Option<i64>,
    /// The present time.
    #[schema(format = DateTime)]
    timestamp: String,
}

/// The transcript of a session of the caller's. It stays readable when the session is over.
#[utoipa::path(
    get,
    path = "/api/chat/sessions/{session_id}/messages",
    tag = "chat",
    operation_id = "list_session_messages",
    params(
        ("session_id" = String, Path, description = "The session"),
        ("after" = Option<i64>, Query, minimum = 0, description = "Only what has a higher `metadata.seq`"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "At most so many; 100 by default"),
    ),
    responses(
        (status = 200, description = "A page of the transcript", body = TranscriptResponse),
        Authorized, Named, WithQuery, Limited, Common,
    ),
)]
pub async fn messages(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<TranscriptResponse>, ApiError> {
    let app = &*state.app;
    let (after, limit) = query.page()?;
    let page = sessions::transcript(&caller, app, &id, after, limit).await?;
    let frame = |recorded| frames::frame(&page.session, recorded);
    Ok(Json(TranscriptResponse {
        session_id: page.session.id.to_string(),
        messages: page.events.iter().filter_map(frame).collect(),
        next: page.next,
        timestamp: app.ports.now().to_string(),
    }))
}
