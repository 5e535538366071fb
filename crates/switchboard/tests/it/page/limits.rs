//! What the server refuses is told kindly, and no text is lost by it.

use super::visit_signed_in;
use serde_json::json;

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
    let Some((server, mut person)) = visit_signed_in(&[("LIMITS_SESSIONS_PER_USER", "1")]).await
    else {
        return;
    };
    person.say("the first").await;
    person.answers(1).await;
    person.browser.open("about:blank").await;
    let alice = server.login("alice").await;
    alice.demo_session("echo").await;
    person.browser.ask("history.back()").await;
    person.sees("#over", "over").await;
    person.answers(1).await;
    person
        .browser
        .ask("document.querySelector('[data-act=anew]').click()")
        .await;
    person.sees("#start", "Who is to talk?").await;
    person.leaves().await;
}
