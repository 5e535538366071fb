//! `GET /api/chat/ws/{session_id}`: the WebSocket of a session.

use super::{frames::Frame, socket};
use crate::{AppState, kit::error::ApiError, metrics};
use axum::{
    extract::{Path, RawQuery, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// Opens the WebSocket of a session.
///
/// The token comes by the query, by `Authorization: Bearer`, or by the subprotocol `bearer, <token>`.
/// The upgrade always succeeds; whoever may not come in is then told by the close code: 4003 (no, bad
/// or expired token, or somebody else's session), 4001 (no such session), 4002 (the session is over),
/// 4004 (far too many frames), 4000 (anything else, with a reason).
///
/// Frames are JSON texts in both directions, `WebSocketMessage`. A client sends the types `text`,
/// `stop`, `ping` and `pong`.
#[utoipa::path(
    get,
    path = "/api/chat/ws/{session_id}",
    tag = "chat",
    operation_id = "connect",
    params(
        ("session_id" = String, Path, description = "The session"),
        ("token" = Option<String>, Query, description = "An access token, for clients that can set no header"),
        ("after" = Option<i64>, Query, description = "Replay what has a higher `metadata.seq`, then go on live"),
        ("stream" = Option<String>, Query, description = "`1`: answers also come piece by piece, as `info` frames"),
    ),
    responses(
        (status = 101, description = "The WebSocket is open", body = Frame),
        (status = 400, description = "This is no opening of a WebSocket", body = crate::kit::describe::ErrorResponse),
        (status = 503, description = "As many WebSockets are open as may be", body = crate::kit::describe::ErrorResponse),
        (status = 426, description = "The connection cannot become a WebSocket", body = crate::kit::describe::ErrorResponse),
    ),
    security((), ("bearer" = [])),
)]
pub async fn connect(
    state: State<AppState>,
    session: Path<String>,
    headers: HeaderMap,
    query: RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            return ApiError::Http {
                status: rejection.status(),
                code: "NO_WEBSOCKET",
                detail: rejection.body_text(),
            }
            .into_response();
        }
    };
    let Ok(place) = Arc::clone(&state.connections).try_acquire_owned() else {
        metrics::no_place();
        return ApiError::NoPlace.into_response();
    };
    socket::connect(state, session, &headers, query, upgrade, place)
}
