//! Two agents talk, and a person watches.

use super::visit_signed_in;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_agents_are_started_watched_and_stopped() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    person.choose_two().await;
    person.choose("second", "demo", "script").await;
    // The script takes off one `say` each time, and the echo gives back the rest.
    person.say("say say delay 20000").await;
    person.answers(4).await;
    assert_eq!(
        person.texts(".theirs .text").await,
        [
            "say delay 20000",
            "say delay 20000",
            "delay 20000",
            "delay 20000"
        ]
    );
    assert_eq!(
        person.texts(".theirs .model").await,
        ["script", "echo", "script", "echo"]
    );
    person.sees("#stop", "Stop").await;
    person
        .browser
        .ask("document.querySelector('#stop').click()")
        .await;
    person.sees(".notice.end", "Stopped").await;
    person.say("say done\nexit").await;
    person.sees(".notice.end", "reached their goal").await;
    person
        .browser
        .until("document.querySelector('#stop').hidden")
        .await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dialogue_ends_when_all_turns_are_taken() {
    let settings = [("LIMITS_TURNS_PER_AGENT", "3")];
    let Some((_server, mut person)) = visit_signed_in(&settings).await else {
        return;
    };
    person.choose_two().await;
    person.say("on and on").await;
    person.sees(".notice.end", "all its turns").await;
    assert_eq!(person.texts(".theirs .text").await, ["on and on"; 6]);
    person.leaves().await;
}
