//! One connection, from the upgrade to the close.

use super::{
    admit::{Admitted, Request},
    close::Close,
    inbound::Inbound,
    outbound::{Outbound, Reply},
};
use crate::{AppState, chat::frames};
use axum::extract::ws::{Message, WebSocket};
use futures::{SinkExt, StreamExt};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use switchboard_core::{Switchboard, identity::Admission};
use switchboard_domain::ids::ConnectionId;
use tokio::sync::mpsc::channel;

/// Nothing at all came for this long: the connection is dead, in seconds.
const INACTIVITY_S: i64 = 60;
/// How long the client's side of the closing handshake is waited for, in seconds.
const LINGER_S: i64 = 2;
/// How many frames may wait from the reading loop to the writing one.
const REPLIES: usize = 32;

/// Runs a connection.
pub async fn run(state: AppState, request: Request, socket: WebSocket) {
    let app = Arc::clone(&state.app);
    let close = match request.admit(&app).await {
        Ok(admitted) => return serve(state, request, admitted, socket).await,
        Err(close) => close,
    };
    let (sink, stream) = socket.split();
    finish(app, close, sink, stream).await;
}

async fn serve(state: AppState, request: Request, admitted: Admitted, socket: WebSocket) {
    let Admitted {
        caller,
        session,
        follower,
        admission,
        _present,
    } = admitted;
    let app = &state.app;
    let id = ConnectionId::from_uuid(app.ports.uuid());
    let last_seen = AtomicI64::new(app.ports.now().as_micros());
    let (mut sink, mut stream) = socket.split();
    let (replies, to_send) = channel(REPLIES);
    if let Some(Err(text)) = &request.after {
        let frame = frames::error_frame(
            "INVALID_CURSOR",
            "`after` is not a number; nothing is replayed",
            [("after".to_owned(), text.as_str().into())]
                .into_iter()
                .collect(),
            app.ports.now(),
        );
        // The channel is empty: this always fits.
        let _ = replies.try_send(Reply::at_once(&frame));
    }
    let inbound = Inbound {
        app,
        caller: &caller,
        session: &session,
        connection: &id,
        frame_bytes: state.http.frame_bytes,
        last_seen: &last_seen,
        replies,
    };
    let outbound = Outbound {
        app,
        session: &session,
        connection: &id,
        follower,
        pieces: request.stream,
        replies: to_send,
        held: None,
    };
    let close = tokio::select! {
        close = inbound.run(&mut stream) => close,
        close = outbound.run(&mut sink) => close,
        close = watch(app, &admission, &last_seen) => close,
    };
    tracing::debug!(session = %session.id, connection = %id, ?close, "a connection closes");
    finish(state.app, close, sink, stream).await;
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
    app: Arc<Switchboard>,
    close: Close,
    mut sink: impl SinkExt<Message> + Unpin,
    mut stream: impl StreamExt<Item = Result<Message, axum::Error>> + Unpin,
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
