//! Going on in a session that is there, and its end.

use super::{Piped, house};
use crate::{commands::SESSIONS, support::PASSWORD};

#[tokio::test]
async fn a_pipe_goes_on_and_hears_its_own_answers_only() {
    let (program, server) = house(&[]).await;
    let root = server.client.login("root", PASSWORD).await;
    let session = root.demo_session("echo").await;
    let mut socket = root.connect(&session, "").await;
    socket.say("before").await;
    socket.expect("response").await;
    let words = ["chat", "--session", &session];
    assert_eq!(program.run_with(&words, "after").await.ok(), "after\n");
    assert_eq!(socket.expect("text").await["content"], "after");
}

#[tokio::test]
async fn the_end_of_a_session_is_the_end() {
    let (program, server) = house(&[]).await;
    let root = server.client.login("root", PASSWORD).await;
    let session = root.demo_session("echo").await;
    let mut chat = Piped::start(&program, &["--session", &session]);
    chat.say("one").await;
    assert_eq!(chat.answer().await, "one");
    root.delete(&format!("{SESSIONS}/{session}")).await.ok();
    chat.tells("the session is over").await;
    assert!(!chat.end().await.0);
    let words = ["chat", "--session", &session];
    let said = program.run_with(&words, "hi").await.failed();
    assert!(said.contains("Session not found"), "{said}");
}

#[tokio::test]
async fn somebody_elses_session_stays_theirs() {
    let (program, server) = house(&[]).await;
    let added = ["user", "add", "ada", "--password-stdin"];
    program.run_with(&added, PASSWORD).await.ok();
    let ada = server.client.login("ada", PASSWORD).await;
    let session = ada.demo_session("echo").await;
    let words = ["chat", "--session", &session];
    let program = program.with("USER", "root");
    let said = program.run_with(&words, "hi").await.failed();
    assert!(said.contains("error: "), "{said}");
}

#[tokio::test]
async fn who_is_signed_out_signs_in_again_if_the_password_is_the_same() {
    let (program, _server) = house(&[]).await;
    let mut chat = Piped::start(&program, &[]);
    chat.say("one").await;
    assert_eq!(chat.answer().await, "one");
    let password = ["user", "password", "root", "--password-stdin"];
    program.run_with(&password, PASSWORD).await.ok();
    chat.tells("the access token is void; reconnecting").await;
    chat.say("two").await;
    assert_eq!(chat.answer().await, "two");
    program.run_with(&password, "another horse").await.ok();
    chat.tells("signing in again failed: Invalid").await;
    assert!(!chat.end().await.0);
}
