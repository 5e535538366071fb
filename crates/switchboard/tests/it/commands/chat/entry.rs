//! Coming in, and what keeps one out.

use super::house;
use crate::{
    commands::program::Program,
    support::{Engine, PASSWORD},
};

#[tokio::test]
async fn a_wrong_password_is_told() {
    let (program, _server) = house(&[]).await;
    let program = program.with("PASSWORD", "wrong horse");
    let said = program.run_with(&["chat"], "hi").await.failed();
    assert!(said.contains("cannot sign in as root"), "{said}");
    assert!(said.contains("switchboard user password root"), "{said}");
    assert!(!said.contains("wrong horse"), "{said}");
}

#[tokio::test]
async fn a_token_takes_the_place_of_the_password() {
    let (program, _server) = house(&[]).await;
    let words = ["token", "create", "t", "--user", "root", "--scope", "chat"];
    let made = program.run(&words).await.ok();
    let token = made
        .split_whitespace()
        .find(|word| word.starts_with("swb_"));
    let token = token.unwrap_or_else(|| panic!("{made}"));
    let program = program.with("PASSWORD", "").with("TOKEN", token);
    assert_eq!(program.run_with(&["chat"], "hi").await.ok(), "hi\n");
    let program = program.with("TOKEN", "swb_nothing");
    let said = program.run_with(&["chat"], "hi").await.failed();
    assert!(said.contains("SWITCHBOARD_TOKEN"), "{said}");
    assert!(!said.contains("swb_nothing"), "{said}");
}

#[tokio::test]
async fn an_unknown_provider_lists_those_that_there_are() {
    let (program, _server) = house(&[]).await;
    let words = ["chat", "--provider", "nobody"];
    let said = program.run_with(&words, "hi").await.failed();
    assert!(said.contains("no provider `nobody`"), "{said}");
    assert!(said.contains("demo (echo, script)"), "{said}");
    let between = ["chat", "--between", "demo/echo", "nobody/m"];
    let said = program.run_with(&between, "hi").await.failed();
    assert!(said.contains("no provider `nobody`"), "{said}");
}

#[tokio::test]
async fn an_unknown_agent_or_session_is_told() {
    let (program, _server) = house(&[]).await;
    let words = ["chat", "--provider", "agent", "--model", "agent_7"];
    let said = program.run_with(&words, "hi").await.failed();
    assert!(said.contains("no registered agent"), "{said}");
    let unknown = format!("session_{:032x}", 7);
    for id in [&*unknown, "nothing", "../providers", ""] {
        let words = ["chat", "--session", id];
        let said = program.run_with(&words, "hi").await.failed();
        assert!(said.contains("error: "), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_with_how_to_start_it() {
    let program = Program::new(Engine::Sqlite).await;
    let program = program
        .with("PASSWORD", PASSWORD)
        .with("SERVER", "http://127.0.0.1:1");
    let said = program.run_with(&["chat"], "hi").await.failed();
    assert!(said.contains("cannot reach http://127.0.0.1:1"), "{said}");
    assert!(said.contains("`switchboard` starts a server"), "{said}");
    let words = ["chat", "--server", "http://root:secret@127.0.0.1:1"];
    let said = program.run_with(&words, "hi").await.failed();
    assert!(!said.contains("secret"), "{said}");
}

#[tokio::test]
async fn what_the_chat_is_told_by_variables_keeps_no_server_from_starting() {
    let (program, server) = house(&[]).await;
    let program = program.with("TOKEN", "swb_x");
    server.stop().await;
    program.start().await;
}
