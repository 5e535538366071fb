//! `user`, beside a server that runs.

use super::{
    SESSIONS,
    program::{Program, Ran},
    refused,
    terminal::Person,
};
use crate::support::{Engine, PASSWORD, on_both_stores};

on_both_stores!(
    an_account_can_sign_in_at_once,
    accounts_are_listed_without_secrets,
    a_new_password_takes_effect_at_once,
    a_disabled_account_is_out_at_once,
    what_cannot_be_is_told,
    without_a_terminal_the_password_is_piped_in,
    a_password_that_is_typed_is_not_shown,
);

async fn add(program: &Program, name: &str, more: &[&str]) -> Ran {
    let arguments = [&["user", "add", name, "--password-stdin"], more].concat();
    program.run_with(&arguments, &format!("{PASSWORD}\n")).await
}

async fn an_account_can_sign_in_at_once(engine: Engine) {
    let program = Program::with_root(engine).await;
    let server = program.start().await;
    refused(&server.client.try_login("ada", PASSWORD).await, 401);
    assert_eq!(add(&program, "ada", &[]).await.ok(), "added ada\n");
    server
        .client
        .login("ada", PASSWORD)
        .await
        .get(SESSIONS)
        .await
        .ok();
    add(&program, "chief", &["--role", "admin"]).await.ok();
    server.client.login("chief", PASSWORD).await;
}

async fn accounts_are_listed_without_secrets(engine: Engine) {
    let program = Program::with_root(engine).await;
    let _server = program.start().await;
    add(&program, "ada", &[]).await.ok();
    add(&program, "bo", &[]).await.ok();
    program.run(&["user", "disable", "bo"]).await.ok();
    let list = program.run(&["user", "list"]).await.ok();
    let row = |name: &str| {
        let line = list
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("{list}"))
            .split_whitespace()
            .collect::<Vec<_>>()
    };
    assert_eq!((row("root")[1], row("root")[3]), ("admin", "active"));
    assert_eq!((row("ada")[1], row("ada")[3]), ("user", "active"));
    assert_eq!(row("bo")[3], "disabled");
    assert!(
        !list.contains("argon2") && !list.contains(PASSWORD),
        "{list}"
    );
}

async fn a_new_password_takes_effect_at_once(engine: Engine) {
    let program = Program::with_root(engine).await;
    let server = program.start().await;
    let root = server.client.login("root", PASSWORD).await;
    let arguments = ["user", "password", "root", "--password-stdin"];
    let said = program.run_with(&arguments, "another horse\n").await.ok();
    assert!(
        said.contains("root") && !said.contains("another horse"),
        "{said}"
    );
    refused(&root.get(SESSIONS).await, 401);
    refused(&server.client.try_login("root", PASSWORD).await, 401);
    server
        .client
        .login("root", "another horse")
        .await
        .get(SESSIONS)
        .await
        .ok();
}

async fn a_disabled_account_is_out_at_once(engine: Engine) {
    let program = Program::with_root(engine).await;
    let server = program.start().await;
    add(&program, "ada", &[]).await.ok();
    let ada = server.client.login("ada", PASSWORD).await;
    let session = ada.demo_session("echo").await;
    let mut socket = ada.connect(&session, "").await;
    program.run(&["user", "disable", "ada"]).await.ok();
    refused(&ada.get(SESSIONS).await, 401);
    refused(&server.client.try_login("ada", PASSWORD).await, 401);
    assert_eq!(socket.closed().await.0, 4003);
    program
        .run_with(
            &["user", "password", "ada", "--password-stdin"],
            "another horse",
        )
        .await
        .ok();
    server
        .client
        .login("ada", "another horse")
        .await
        .get(&format!("{SESSIONS}/{session}"))
        .await
        .ok();
}

async fn what_cannot_be_is_told(engine: Engine) {
    let program = Program::with_root(engine).await;
    let _server = program.start().await;
    let said = add(&program, "root", &[]).await.failed();
    assert!(said.contains("already"), "{said}");
    let said = add(&program, "not a name", &[]).await.failed();
    assert!(
        said.contains("not a name") && said.contains("64 letters"),
        "{said}"
    );
    let said = program
        .run_with(&["user", "add", "ada", "--password-stdin"], "short")
        .await
        .failed();
    assert!(
        said.contains("8 to 1024") && !said.contains("short"),
        "{said}"
    );
    let said = program.run(&["user", "disable", "nobody"]).await.failed();
    assert!(said.contains("not found"), "{said}");
    let said = program
        .run_with(
            &["user", "password", "nobody", "--password-stdin"],
            PASSWORD,
        )
        .await
        .failed();
    assert!(said.contains("not found"), "{said}");
    add(&program, "ada", &["--role", "king"]).await.failed();
    assert_eq!(program.run(&["user", "list"]).await.ok().lines().count(), 2);
}

async fn without_a_terminal_the_password_is_piped_in(engine: Engine) {
    let program = Program::with_root(engine).await;
    let said = program.run(&["user", "add", "ada"]).await.failed();
    assert!(said.contains("--password-stdin"), "{said}");
}

async fn a_password_that_is_typed_is_not_shown(engine: Engine) {
    let program = Program::with_root(engine).await;
    let server = program.start().await;
    let mut person = Person::take_over(&program, &["user", "add", "ada"]);
    let mut shown = person.sees("characters): ").await;
    person.types("correct mule\n").await;
    shown += &person.sees("again: ").await;
    person.types("correct mule\n").await;
    shown += &person.sees("added ada").await;
    assert!(!shown.contains("mule"), "{shown:?}");
    assert!(person.left().await);
    server.client.login("ada", "correct mule").await;

    let mut person = Person::take_over(&program, &["user", "password", "ada"]);
    person.sees("characters): ").await;
    person.types("another mule\n").await;
    person.sees("again: ").await;
    person.types("another mole\n").await;
    person.sees("not the same").await;
    assert!(!person.left().await);
    server.client.login("ada", "correct mule").await;
}
