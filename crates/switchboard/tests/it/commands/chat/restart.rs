//! The server is killed in the middle, and comes back.

use switchboard_testkit::provider::{FakeProvider, Plan};

use super::{Piped, house, house_with, transcript};
use crate::commands::program::{Program, Running};

/// The server once more, at the address that it had.
async fn again(program: &Program, server: Running) -> Running {
    let base = server.client.base().to_owned();
    server.kill().await;
    let address = base.strip_prefix("http://").unwrap();
    program.start_at(address).await
}

fn said(kind: &str, content: &str) -> (String, String) {
    (kind.to_owned(), content.to_owned())
}

#[tokio::test]
async fn an_answer_that_was_cut_off_comes_after_the_restart() {
    let plans = vec![
        Plan::answer("a1"),
        Plan::Hang(vec!["so far".into()]),
        Plan::answer("a2"),
        Plan::answer("a3"),
    ];
    let provider = FakeProvider::start(plans).await;
    let (program, server) = house_with(&provider).await;
    let mut chat = Piped::start(&program, &["--provider", "fake"]);
    chat.say("t1").await;
    assert_eq!(chat.answer().await, "a1");
    chat.say("t2").await;
    provider.asked(2).await;
    let server = again(&program, server).await;
    chat.say("t3").await;
    assert_eq!(chat.answer().await, "a2");
    assert_eq!(chat.answer().await, "a3");
    let (good, rest, err) = chat.end().await;
    assert!(good && rest.is_empty(), "{rest} {err}");
    assert_eq!(err.matches("reconnecting").count(), 1, "{err}");
    let expected = [
        said("text", "t1"),
        said("response", "a1"),
        said("text", "t2"),
        said("response", "a2"),
        said("text", "t3"),
        said("response", "a3"),
    ];
    assert_eq!(transcript(&server.client).await, expected);
}

#[tokio::test]
async fn what_is_said_while_the_server_is_away_waits() {
    let (program, server) = house(&[]).await;
    let mut chat = Piped::start(&program, &[]);
    chat.say("one").await;
    assert_eq!(chat.answer().await, "one");
    let base = server.client.base().to_owned();
    server.kill().await;
    chat.tells("reconnecting").await;
    chat.say("two").await;
    let address = base.strip_prefix("http://").unwrap();
    let server = program.start_at(address).await;
    assert_eq!(chat.answer().await, "two");
    assert!(chat.end().await.0);
    let texts: Vec<_> = transcript(&server.client).await;
    assert_eq!(texts.len(), 4, "{texts:?}");
}

#[tokio::test]
async fn a_server_that_goes_down_in_good_order_is_waited_for() {
    let (program, server) = house(&[]).await;
    let mut chat = Piped::start(&program, &[]);
    chat.say("one").await;
    assert_eq!(chat.answer().await, "one");
    let base = server.client.base().to_owned();
    server.stop().await;
    chat.tells("server_going_down; reconnecting").await;
    let address = base.strip_prefix("http://").unwrap();
    let _server = program.start_at(address).await;
    chat.say("two").await;
    assert_eq!(chat.answer().await, "two");
    assert!(chat.end().await.0);
}
