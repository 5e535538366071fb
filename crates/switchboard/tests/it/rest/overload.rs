//! What a server answers that has more to do than it can take on.

use reqwest::Method;
use switchboard_testkit::{
    PATIENCE,
    chat::{Answer, ChatClient, send},
    socket::Socket,
};
use tokio::time::timeout;

use super::{CREATE, demo, refused, retry_after, with_person};
use crate::support::{Engine, Server, on_both_stores};

on_both_stores!(
    when_all_places_are_taken_a_websocket_has_to_come_again,
    when_the_queue_of_writes_is_full_clients_have_to_come_again,
);

/// Asks for a WebSocket, and gives the answer if none was opened.
async fn upgrade(client: &ChatClient, session: &str) -> Answer {
    let path = format!("/api/chat/ws/{session}");
    let request = client.request(Method::GET, &path);
    let headers = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let request = headers.into_iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    });
    send(request).await
}

#[track_caller]
fn busy(answer: &Answer) {
    assert_eq!(
        refused(answer, 503),
        "the server is busy, try again shortly"
    );
    assert_eq!(answer.body["code"], "UNAVAILABLE");
    assert!(retry_after(answer) > 0);
    let hint = answer.body["hint"].as_str().expect("it says what to do");
    assert!(hint.contains("Retry-After"), "{hint}");
}

async fn when_all_places_are_taken_a_websocket_has_to_come_again(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_CONNECTIONS", "4")]).await;
    let alice = server.login("alice").await;
    let session = alice.create(&with_person(&demo("echo"))).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(alice.connect(&session, "").await);
    }
    for _ in 0..2 {
        busy(&upgrade(&alice, &session).await);
    }
    // What is no WebSocket has places of its own, and who is in is served as before.
    alice.get("/api/chat/sessions").await.ok();
    let mut stays = open.remove(0);
    stays.say("still here").await;
    assert_eq!(stays.expect("response").await["content"], "still here");
    for socket in open.drain(1..) {
        socket.close().await;
    }
    let again = async || -> Socket {
        loop {
            // The server may still be saying goodbye to the others.
            if let Ok(socket) = alice.try_connect(&session, "").await {
                return socket;
            }
        }
    };
    for _ in 0..2 {
        let mut socket = timeout(PATIENCE, again()).await.expect("there are places");
        socket.say("back").await;
        socket.expect("response").await;
        open.push(socket);
    }
    busy(&upgrade(&alice, &session).await);
}

async fn when_the_queue_of_writes_is_full_clients_have_to_come_again(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let body = with_person(&demo("echo"));
    let session = alice.create(&body).await;
    let mut socket = alice.connect(&session, "").await;
    server.losing.be_full(true);
    busy(&alice.post(CREATE, &body).await);
    socket.say_as("mine", "too much").await;
    let error = socket.expect("error").await;
    let metadata = &error["metadata"];
    assert_eq!(metadata["code"], "UNAVAILABLE");
    assert_eq!(metadata["details"]["client_id"], "mine");
    server.losing.be_full(false);
    alice.post(CREATE, &body).await.ok();
    socket.say("again").await;
    assert_eq!(socket.expect("response").await["content"], "again");
    let path = format!("/api/chat/sessions/{session}/messages");
    let page = alice.get(&path).await.ok();
    assert_eq!(page["messages"].as_array().unwrap().len(), 2);
}
