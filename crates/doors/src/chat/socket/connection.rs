//! One connection, from the upgrade to the close.

use super::{
    admit::{Admitted, Request},
    close::Close,
    inbound::Inbound,
    outbound::{Outbound, Reply},
};
use crate::{AppState, chat::frames, metrics::OpenSocket};
use axum::extract::ws::{Message, WebSocket};
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use std::sync::atomic::{AtomicI64, Ordering};
use switchboard_core::{Switchboard, identity::Admission};
use switchboard_domain::ids::ConnectionId;
use tokio::sync::{OwnedSemaphorePermit, mpsc::channel};

/// Nothing at all came for this long: the connection is dead, in seconds.
const INACTIVITY_S: i64 = 60;
/// How long the client's side of the closing handshake is waited for, in seconds.
const LINGER_S: i64 = 2;
/// How many frames may wait from the reading loop to the writing one.
const REPLIES: usize = 32;

/// Runs a connection, in the place that was kept for it.
///
/// Many are idle, and each is one future, in which every argument and every value that is moved on has a room of its
/// own: so what comes next borrows what is here.
pub async fn run(
    state: AppState,
    request: Request,
    socket: WebSocket,
    _place: OwnedSemaphorePermit,
) {
    let _open = OpenSocket::new();
    let (mut sink, mut stream) = socket.split();
    // It is over soon, and needs more room than what comes after it.
    let mut admitted = Box::pin(request.admit(&state.app)).await;
    let close = match &mut admitted {
        Ok(admitted) => serve(&state, &request, admitted, &mut sink, &mut stream).await,
        Err(close) => *close,
    };
    Box::pin(finish(&state.app, close, &mut sink, &mut stream)).await;
    // Who is told goodbye is still there.
    drop(admitted);
}

async fn serve(
    state: &AppState,
    request: &Request,
    admitted: &mut Admitted,
    sink: &mut SplitSink<WebSocket, Message>,
    stream: &mut SplitStream<WebSocket>,
) -> Close {
    let app = &state.app;
    let (session, admission) = (&*admitted.session, &admitted.admission);
    let id = ConnectionId::from_uuid(app.ports.uuid());
    let last_seen = AtomicI64::new(app.ports.now().as_micros());
    let (replies, to_send) = channel(REPLIES);
    if let Some(Err(text)) = &request.after {
        // The channel is empty: this always fits.
        let _ = replies.try_send(Box::new(bad_cursor(app, text)));
    }
    let inbound = Inbound {
        app,
        caller: &admitted.caller,
        session,
        connection: &id,
        frame_bytes: state.http.frame_bytes,
        last_seen: &last_seen,
        replies,
    };
    let outbound = Outbound {
        app,
        session,
        connection: &id,
        follower: &mut admitted.follower,
        pieces: request.stream,
        replies: to_send,
        held: None,
    };
    let close = tokio::select! {
        close = inbound.run(stream) => close,
        close = outbound.run(sink) => close,
        close = watch(app, admission, &last_seen) => close,
    };
    tracing::debug!(session = %session.id, connection = %id, ?close, "a connection closes");
    close
}

/// What who names no number as the cursor is told.
fn bad_cursor(app: &Switchboard, text: &str) -> Reply {
    let details = [("after".to_owned(), text.into())];
    Reply::at_once(&frames::error_frame(
        "INVALID_CURSOR",
        "`after` is not a number; nothing is replayed",
        details.into_iter().collect(),
        app.ports.now(),
    ))
}

/// Resolves when the connection has to close for a reason of its own.
async fn watch(app: &Switchboard, admission: &Admission, last_seen: &AtomicI64) -> Close {
    let stopping = app.stopping();
    tokio::select! {
        () = stopping.cancelled() => Close::GoingDown,
        () = admission.ended.cancelled() => Close::NotAllowed,
        () = inactive(app, last_seen) => Close::Inactivity,
    }
}

async fn inactive(app: &Switchboard, last_seen: &AtomicI64) {
    loop {
        let last = switchboard_domain::Timestamp::from_micros(last_seen.load(Ordering::Relaxed));
        let deadline = last.plus_seconds(INACTIVITY_S);
        if app.ports.now() >= deadline {
            return;
        }
        app.ports.clock.sleep_until(deadline).await;
    }
}

/// Says goodbye, and gives the client a moment to read it: a connection that is torn down while data
/// is under way loses the close code.
async fn finish(
    app: &Switchboard,
    close: Close,
    sink: &mut SplitSink<WebSocket, Message>,
    stream: &mut SplitStream<WebSocket>,
) {
    let deadline = app.ports.now().plus_seconds(LINGER_S);
    let goodbye = async {
        if sink.send(close.message()).await.is_ok() {
            while let Some(Ok(_)) = stream.next().await {}
        }
    };
    tokio::select! {
        // The close is written at the least, however late it is.
        biased;
        () = goodbye => {}
        () = app.ports.clock.sleep_until(deadline) => {}
    }
}
