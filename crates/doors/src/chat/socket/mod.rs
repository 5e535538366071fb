//! The WebSocket of a session: texts go in, everything that happens comes out.
//!
//! A connection is two loops in one task: [`inbound`] reads what the client sends, [`outbound`]
//! writes what happens. Either may end the connection, with a [`Close`].

mod admit;
mod close;
mod connection;
mod inbound;
mod incoming;
mod outbound;

use crate::AppState;
use axum::{
    extract::{Path, RawQuery, State, WebSocketUpgrade},
    http::HeaderMap,
    response::Response,
};
use tokio::sync::OwnedSemaphorePermit;

/// The WebSocket subprotocol by which browsers may hand over a token: `bearer, <token>`.
const SUBPROTOCOL: &str = "bearer";
/// A message this many times the limit breaks the connection off; up to it, it is read and refused.
const HARD_LIMIT: usize = 2;
/// What each connection keeps for reading, in bytes: most messages are shorter. It is kept also while nothing comes.
const READ_BUFFER: usize = 1 << 10;
/// How many bytes of frames are gathered before they are written.
const WRITE_BUFFER: usize = 16 << 10;

/// `GET /api/chat/ws/{session_id}`: opens the WebSocket of a session.
///
/// The upgrade always succeeds; whoever may not come in is told by the close code, because browsers
/// do not show the status of a failed upgrade.
pub fn connect(
    State(state): State<AppState>,
    Path(session): Path<String>,
    headers: &HeaderMap,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
    place: OwnedSemaphorePermit,
) -> Response {
    let request = admit::Request::new(session, headers, query.as_deref());
    let hard_limit = state.http.frame_bytes.saturating_mul(HARD_LIMIT);
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(hard_limit)
        .max_frame_size(hard_limit)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .on_upgrade(move |socket| connection::run(state, request, socket, place))
}
