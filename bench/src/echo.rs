//! The least that a WebSocket server can do with the same libraries: what the figures of the
//! server are compared with.

use std::{io::Write as _, path::PathBuf};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{
        DefaultBodyLimit, State,
        ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    http::header::CONTENT_LENGTH,
    response::{IntoResponse as _, Response},
    routing::{get, post},
    serve::ListenerExt as _,
};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::broadcast::{self, Sender, error::RecvError},
};

use crate::failure::Failure;

/// How many texts may wait for a connection of the room.
const WAITING: usize = 1024;
/// How much of a file is read at once, in bytes.
const PIECE: usize = 64 << 10;

/// Serves for ever, and says on the first line of its output where.
pub async fn run() -> Result<(), Failure> {
    const DOING: &str = "serving the echo";
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(Failure::io(DOING))?;
    let at = listener.local_addr().map_err(Failure::io(DOING))?;
    let mut output = std::io::stdout();
    writeln!(output, "{at}").map_err(Failure::io(DOING))?;
    let (room, _) = broadcast::channel(WAITING);
    let router = Router::new()
        .route("/echo", get(echo))
        .route("/room", get(enter))
        .route("/json", post(answer))
        .route(
            "/file",
            post(keep).get(give).layer(DefaultBodyLimit::disable()),
        )
        .with_state(room);
    // What does not get its packets out at once is slower; the server does the same.
    let listener = listener.tap_io(|stream| {
        stream.set_nodelay(true).ok();
    });
    let served = axum::serve(listener, router).await;
    served.map_err(Failure::io(DOING))
}

/// Reads what a step is to do, and answers as if it were done.
async fn answer(Json(asked): Json<Value>) -> Json<Value> {
    Json(json!({
        "task_id": "task", "step_id": "step", "name": null, "status": "completed", "is_last": false,
        "input": asked["input"], "additional_input": asked["additional_input"],
        "output": asked["input"], "additional_output": null, "artifacts": [],
    }))
}

/// Keeps a file until it is on disk.
async fn keep(body: Body) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let mut file = File::create(kept(std::process::id()))
        .await
        .map_err(|error| told(&error))?;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| told(&error))?;
        file.write_all(&piece).await.map_err(|error| told(&error))?;
    }
    file.sync_all().await.map_err(|error| told(&error))
}

/// Gives the file that was kept.
async fn give() -> Result<Response, String> {
    let told = |error: std::io::Error| error.to_string();
    let file = File::open(kept(std::process::id())).await.map_err(told)?;
    let length = file.metadata().await.map_err(told)?.len();
    let body = Body::from_stream(stream::unfold(file, async |mut file| {
        let mut piece = Vec::with_capacity(PIECE);
        match file.read_buf(&mut piece).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(Bytes::from(piece)), file)),
            Err(error) => Some((Err(error), file)),
        }
    }));
    Ok(([(CONTENT_LENGTH, length)], body).into_response())
}

/// Where the echo with this process keeps its one file: beside this program, on the disk that the server has, too.
pub fn kept(pid: u32) -> PathBuf {
    let beside = std::env::current_exe().unwrap_or_default();
    beside.with_file_name(format!("bench-{pid}.file"))
}

/// Says what it is told.
async fn echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket: WebSocket| {
        while let Some(Ok(message)) = socket.recv().await {
            if matches!(message, Message::Text(_)) && socket.send(message).await.is_err() {
                return;
            }
        }
    })
}

/// Says to all others what one says.
async fn enter(State(room): State<Sender<Utf8Bytes>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        let mut said = room.subscribe();
        loop {
            let sent = tokio::select! {
                came = socket.recv() => match came {
                    Some(Ok(Message::Text(text))) => {
                        // Nobody there to hear it is no failure.
                        room.send(text).ok();
                        Ok(())
                    }
                    Some(Ok(_)) => Ok(()),
                    Some(Err(_)) | None => return,
                },
                text = said.recv() => match text {
                    Ok(text) => socket.send(Message::Text(text)).await,
                    Err(RecvError::Lagged(_)) => Ok(()),
                    Err(RecvError::Closed) => return,
                },
            };
            if sent.is_err() {
                return;
            }
        }
    })
}
