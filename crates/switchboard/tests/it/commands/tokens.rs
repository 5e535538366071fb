//! `token`, beside a server that runs.

use super::{
    SESSIONS,
    program::{Program, Ran},
    refused,
};
use crate::support::{Engine, on_both_stores};

on_both_stores!(
    a_token_is_printed_alone_and_works_at_once,
    tokens_are_listed_without_what_is_secret,
    a_revoked_token_is_worthless_at_once,
    scopes_are_what_was_asked_for,
    what_cannot_be_is_told,
);

async fn create(program: &Program, name: &str, more: &[&str]) -> Ran {
    program
        .run(&[&["token", "create", name, "--user", "root"], more].concat())
        .await
}

/// The id of the token with this name, as the list shows it.
async fn id_of(program: &Program, name: &str) -> String {
    let list = program.run(&["token", "list"]).await.ok();
    let row = list
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = row.into_iter().find(|row| row[1] == name);
    row.unwrap_or_else(|| panic!("{list}"))[0].to_owned()
}

async fn a_token_is_printed_alone_and_works_at_once(engine: Engine) {
    let program = Program::with_root(engine).await;
    let server = program.start().await;
    let ran = create(&program, "ci", &["--scope", "chat"]).await;
    assert!(
        !ran.err.contains("swb_"),
        "only where it is asked for: {}",
        ran.err
    );
    let token = ran.ok();
    assert_eq!(token.lines().count(), 1);
    assert!(token.starts_with("swb_"), "{token}");
    server
        .client
        .with_token(token.trim())
        .get(SESSIONS)
        .await
        .ok();
}

async fn tokens_are_listed_without_what_is_secret(engine: Engine) {
    let program = Program::with_root(engine).await;
    let _server = program.start().await;
    let token = create(&program, "ci", &["--scope", "chat,tasks"])
        .await
        .ok();
    create(
        &program,
        "old",
        &["--scope", "chat", "--expires-days", "30"],
    )
    .await
    .ok();
    let list = program.run(&["token", "list", "--user", "root"]).await.ok();
    assert_eq!(list.lines().count(), 3);
    assert!(
        list.contains("chat,tasks") && list.contains("good until 2"),
        "{list}"
    );
    assert!(
        !list.contains(token.trim()) && !list.contains("swb_"),
        "{list}"
    );
    assert!(id_of(&program, "ci").await.starts_with("tok_"));
}

async fn a_revoked_token_is_worthless_at_once(engine: Engine) {
    let program = Program::with_root(engine).await;
    let server = program.start().await;
    let token = create(&program, "ci", &["--scope", "chat"]).await.ok();
    let client = server.client.with_token(token.trim());
    let session = client.demo_session("echo").await;
    let mut socket = client.connect(&session, "").await;
    let id = id_of(&program, "ci").await;
    assert_eq!(
        program.run(&["token", "revoke", &id]).await.ok(),
        format!("revoked {id} (ci)\n")
    );
    refused(&client.get(SESSIONS).await, 401);
    assert_eq!(socket.closed().await.0, 4003);
    program.run(&["token", "revoke", &id]).await.ok();
    assert!(
        program
            .run(&["token", "list"])
            .await
            .ok()
            .contains("revoked 2")
    );
}

async fn scopes_are_what_was_asked_for(engine: Engine) {
    let program = Program::with_root(engine).await;
    let server = program.start().await;
    let token = create(&program, "worker", &["--scope", "act", "--scope", "tasks"])
        .await
        .ok();
    refused(
        &server.client.with_token(token.trim()).get(SESSIONS).await,
        403,
    );
    let list = program.run(&["token", "list"]).await.ok();
    assert!(
        list.contains("act,tasks") && !list.contains("approve"),
        "{list}"
    );
}

async fn what_cannot_be_is_told(engine: Engine) {
    let program = Program::with_root(engine).await;
    let _server = program.start().await;
    program
        .run_with(&["user", "add", "ada", "--password-stdin"], "correct horse")
        .await
        .ok();
    let said = create(&program, "x", &["--scope", "everything"])
        .await
        .failed();
    assert!(
        said.contains("everything") && said.contains("workflows"),
        "{said}"
    );
    let said = program
        .run(&[
            "token", "create", "x", "--user", "nobody", "--scope", "chat",
        ])
        .await
        .failed();
    assert!(said.contains("not found"), "{said}");
    let said = program
        .run(&["token", "create", "x", "--user", "ada", "--scope", "admin"])
        .await
        .failed();
    assert!(said.contains("admin"), "{said}");
    let said = program.run(&["token", "revoke", "x"]).await.failed();
    assert!(
        said.contains("no id of a token") && said.contains("token list"),
        "{said}"
    );
    let unknown = format!("tok_{:032x}", 7);
    assert!(
        program
            .run(&["token", "revoke", &unknown])
            .await
            .failed()
            .contains("not found")
    );
    assert_eq!(
        program.run(&["token", "list"]).await.ok().lines().count(),
        1
    );
}
