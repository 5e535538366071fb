//! In a pipe.

use super::{Piped, house};

#[tokio::test]
async fn a_text_is_answered_on_standard_output() {
    let (program, _server) = house(&[]).await;
    let ran = program.run_with(&["chat"], "hi\n").await;
    assert_eq!((ran.good, &*ran.out, &*ran.err), (true, "hi\n", ""));
}

#[tokio::test]
async fn lines_are_answered_one_after_the_other() {
    let (program, _server) = house(&[]).await;
    let out = program
        .run_with(&["chat", "zero", "and"], "one\n\n  \r\n/stop\r\nthree")
        .await
        .ok();
    assert_eq!(out, "zero and\none\n/stop\nthree\n");
}

#[tokio::test]
async fn nothing_said_is_nothing_answered() {
    let (program, _server) = house(&[]).await;
    assert_eq!(program.run(&["chat"]).await.ok(), "");
}

#[tokio::test]
async fn an_answer_that_failed_is_told_and_the_rest_is_answered() {
    let (program, _server) = house(&[]).await;
    let input = "say one\nfail 500\nsay three\n";
    let ran = program
        .run_with(&["chat", "--model", "script"], input)
        .await;
    assert!(!ran.good);
    assert_eq!(ran.out, "one\nthree\n");
    let told = "demo/script: Demo failed (500) (PROVIDER_ERROR)";
    assert!(ran.err.contains(told), "{ran:?}");
    assert!(ran.err.contains("a text was not answered"), "{ran:?}");
}

#[tokio::test]
async fn what_is_no_text_is_told() {
    let (program, _server) = house(&[]).await;
    let long = "x".repeat((1 << 20) + 1);
    let said = program.run_with(&["chat"], &long).await.failed();
    assert!(said.contains("1 MiB"), "{said}");
}

#[tokio::test]
async fn a_text_that_comes_too_soon_is_sent_again() {
    let (program, _server) = house(&[("LIMITS_WS_TEXTS_PER_MINUTE", "12")]).await;
    let texts: Vec<String> = (0..13).map(|n| format!("text {n}\n")).collect();
    let ran = program.run_with(&["chat"], &texts.concat()).await;
    assert!(ran.good, "{ran:?}");
    assert_eq!(ran.out, texts.concat());
    assert!(ran.err.contains("the next one is sent in"), "{ran:?}");
}

#[tokio::test]
async fn pipes_are_answered_while_they_are_open() {
    let (program, _server) = house(&[]).await;
    let mut chat = Piped::start(&program, &[]);
    for text in ["one", "two"] {
        chat.say(text).await;
        assert_eq!(chat.answer().await, text);
    }
    assert_eq!(chat.end().await, (true, String::new(), String::new()));
}
