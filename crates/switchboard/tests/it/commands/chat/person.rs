//! At a terminal.

use super::house;
use crate::{
    commands::{program::signal, terminal::Person},
    support::PASSWORD,
};

#[tokio::test]
async fn a_conversation() {
    let (program, _server) = house(&[]).await;
    let program = program.with_bare("NO_COLOR", "1");
    let mut person = Person::sit_down(&program, &["chat"]);
    person.sees("you> ").await;
    person.types("Hello, you\n").await;
    person.sees("demo/echo> Hello, you").await;
    person.sees("you> ").await;
    person.types("/help\n").await;
    person.sees("/quit").await;
    person.types("/nonsense\n").await;
    person.sees("there is no /nonsense").await;
    person.types("//slash\n").await;
    person.sees("demo/echo> /slash").await;
    person.types("/quit\n").await;
    person.sees("switchboard chat --session session_").await;
    assert!(person.left().await);
}

#[tokio::test]
async fn escape_sequences_of_agents_are_shown_and_not_obeyed() {
    let (program, _server) = house(&[]).await;
    let program = program.with_bare("NO_COLOR", "1").with_bare("TERM", "dumb");
    let text = "\x1b]0;title\x07\x1b[2J";
    let mut person = Person::sit_down(&program, &["chat", text]);
    let shown = person.sees("␛]0;title␇␛[2J").await;
    assert!(!shown.contains('\x1b'), "{shown:?}");
}

#[tokio::test]
async fn a_session_shows_what_was_said_and_goes_on() {
    let (program, server) = house(&[]).await;
    let root = server.client.login("root", PASSWORD).await;
    let session = root.demo_session("echo").await;
    let mut socket = root.connect(&session, "").await;
    for text in ["first", "second"] {
        socket.say(text).await;
        socket.expect("response").await;
    }
    let mut person = Person::sit_down(&program, &["chat", "--session", &session]);
    let before = person.sees("you> ").await;
    for text in ["first", "second"] {
        assert_eq!(before.matches(text).count(), 2, "{before:?}");
    }
    socket.say("from elsewhere").await;
    person.sees("demo/echo> ").await;
    person.types("third\n").await;
    person.sees("demo/echo> ").await;
    person.sees("third").await;
}

#[tokio::test]
async fn an_interrupt_stops_and_the_next_one_leaves() {
    let (program, _server) = house(&[]).await;
    let program = program.with_bare("NO_COLOR", "1");
    let mut person = Person::sit_down(&program, &["chat", "--model", "script"]);
    person.sees("you> ").await;
    person.types("delay 100000\n").await;
    person.sees("you> ").await;
    signal(&person.child, "-INT").await;
    person.sees("stopping").await;
    signal(&person.child, "-INT").await;
    person.sees("--session").await;
    assert!(person.left().await);
}
