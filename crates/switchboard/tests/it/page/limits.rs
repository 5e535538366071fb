//! What the server refuses is told kindly, and no text is lost by it.

use super::{DESK, Person, visit_signed_in};
use crate::support::{Engine, PASSWORD, Server};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_too_many_comes_back_into_the_box() {
    let settings = [("LIMITS_WS_TEXTS_PER_MINUTE", "1")];
    let Some((_server, mut person)) = visit_signed_in(&settings).await else {
        return;
    };
    person.say("one").await;
    person.answers(1).await;
    person.say("one too many").await;
    person.sees("#composer-notice", "Try again in").await;
    assert_eq!(
        person
            .browser
            .ask("document.querySelector('#text').value")
            .await,
        json!("one too many")
    );
    assert_eq!(person.texts(".mine .text").await, ["one"]);
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_too_many_leaves_the_text_in_the_box() {
    let settings = [("LIMITS_SESSION_CREATE_PER_MINUTE", "1")];
    let Some((_server, mut person)) = visit_signed_in(&settings).await else {
        return;
    };
    person.say("one").await;
    person.answers(1).await;
    person
        .browser
        .ask("document.querySelector('.new').click()")
        .await;
    person.sees("#start", "Who is to talk?").await;
    person.say("another").await;
    person.sees("#composer-notice", "Try again in").await;
    assert_eq!(
        person
            .browser
            .ask("document.querySelector('#text').value")
            .await,
        json!("another")
    );
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_that_is_over_can_be_read_and_begun_anew() {
    let Some(mut person) = Person::arrive(DESK).await else {
        return;
    };
    let settings = [("LIMITS_SESSION_LIFETIME_S", "50")];
    let (server, clock) = Server::start_with_clock(Engine::Sqlite, &settings).await;
    person.browser.open(server.client.base()).await;
    person.sign_in(PASSWORD).await;
    person.is_in().await;
    person.choose("first", "demo", "script").await;
    person.say("say the first").await;
    person.answers(1).await;
    clock.advance(Duration::from_secs(51));
    person.sees("#over", "This conversation is over").await;
    person.browser.reload().await;
    person.is_in().await;
    person.answers(1).await;
    person.sees("#over", "This conversation is over").await;
    person
        .browser
        .ask("document.querySelector('[data-act=anew]').click()")
        .await;
    person.sees("#start", "Who is to talk?").await;
    person.say("say the second").await;
    person.answers(1).await;
    assert_eq!(person.texts(".theirs .text").await, ["the second"]);
    person.leaves().await;
}
