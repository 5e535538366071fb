//! Between two agents.

use super::{Piped, house};
use crate::commands::program::signal;

const BETWEEN: [&str; 3] = ["--between", "demo/echo", "demo"];

#[tokio::test]
async fn two_agents_are_heard_by_name_until_they_stop() {
    let (program, _server) = house(&[("LIMITS_TURNS_PER_AGENT", "2")]).await;
    let words = [&["chat"], &BETWEEN[..], &["go"]].concat();
    let ran = program.run(&words).await;
    let (one, two) = ("demo/echo #1: go\n", "demo/echo #2: go\n");
    assert_eq!(ran.out, [two, one, two, one].concat(), "{ran:?}");
    assert!(
        ran.good && ran.err.contains("The dialogue ended"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn each_line_opens_a_round() {
    let (program, _server) = house(&[("LIMITS_TURNS_PER_AGENT", "1")]).await;
    let words = [&["chat"], &BETWEEN[..]].concat();
    let out = program.run_with(&words, "a\nb\n").await.ok();
    // Each has one turn in each round, and sees in the second what came since its first.
    assert_eq!(out.matches("demo/echo #").count(), 4, "{out}");
    assert!(out.contains(": a\n") && out.ends_with("b\n"), "{out}");
}

#[tokio::test]
async fn an_interrupt_stops_the_dialogue() {
    let limits = [
        ("LIMITS_TURNS_PER_AGENT", "0"),
        ("LIMITS_MESSAGES_PER_SESSION", "0"),
    ];
    let (program, _server) = house(&limits).await;
    let mut chat = Piped::start(&program, &BETWEEN);
    chat.say("go").await;
    for _ in 0..3 {
        assert!(chat.answer().await.ends_with(": go"));
    }
    signal(&chat.child, "-INT").await;
    let (good, _, err) = chat.end().await;
    assert!(good && err.contains("* Stopped"), "{err}");
}
