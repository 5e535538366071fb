//! A conversation of a person with an agent.

use super::visit_signed_in;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_answers_without_any_choice() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    person.say("Hello there!").await;
    person.answers(1).await;
    assert_eq!(person.texts(".mine .text").await, ["Hello there!"]);
    assert_eq!(person.texts(".theirs .text").await, ["Hello there!"]);
    let who = person.texts(".theirs .who").await.concat();
    assert!(
        who.contains("Demo") && who.contains("echo") && who.contains("4 tokens"),
        "{who}"
    );
    assert_eq!(
        person
            .browser
            .ask("document.querySelector('#text').value")
            .await,
        json!("")
    );
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_seen_while_it_is_made_and_can_be_stopped() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    person.choose("first", "demo", "script").await;
    person
        .say("stream 5 This is **so far** all.\ndelay 20000\nsay never")
        .await;
    person.sees(".theirs.writing strong", "so far").await;
    person.browser.press("Escape", false).await;
    person.sees(".notice.end", "Stopped").await;
    person
        .browser
        .until("document.querySelector('#stop').hidden")
        .await;
    person.say("say next").await;
    person.sees(".theirs:not(.writing) .text", "next").await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_stands_in_the_place_of_the_answer() {
    let settings = [("LIMITS_MODEL_TIMEOUT_S", "1")];
    let Some((_server, mut person)) = visit_signed_in(&settings).await else {
        return;
    };
    person.choose("first", "demo", "script").await;
    person.say("fail timeout").await;
    person.sees(".failure", "PROCESSING_TIMEOUT").await;
    assert_eq!(person.texts(".theirs").await.len(), 0);
    person.say("say well").await;
    person.answers(1).await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_comes_back_to_a_conversation_and_deletes_it() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    person.say("remember me").await;
    person.answers(1).await;
    person
        .browser
        .ask("document.querySelector('.new').click()")
        .await;
    person.sees("#start", "Who is to talk?").await;
    person.browser.reload().await;
    person.is_in().await;
    person.sees("#sessions a", "remember me").await;
    person
        .browser
        .ask("document.querySelector('#sessions a').click()")
        .await;
    person.answers(1).await;
    for _ in 0..2 {
        person
            .browser
            .ask("document.querySelector('[data-act=delete]').click()")
            .await;
    }
    person
        .sees("#no-sessions", "Your conversations will be listed")
        .await;
    person.leaves().await;
}
