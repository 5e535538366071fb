//! What the log says, and what it never says.

use super::{SESSIONS, program::Program};
use crate::support::{Engine, PASSWORD, on_both_stores};

on_both_stores!(
    the_log_says_what_was_answered_and_nothing_secret,
    at_its_most_talkative_the_log_says_nothing_secret,
    the_log_can_be_json,
);

/// Does what shows secrets to the server, and gives the log with all that must not be in it.
async fn talk(program: Program) -> (String, Vec<String>) {
    let server = program.start().await;
    let created = program
        .run(&["token", "create", "ci", "--user", "root", "--scope", "chat"])
        .await;
    let api_token = created.ok().trim().to_owned();
    let root = server.client.login("root", PASSWORD).await;
    let token = root.token.clone().unwrap();
    assert_eq!(
        server
            .client
            .try_login("root", "wrong-canary-password")
            .await
            .status,
        401
    );
    let session = root.demo_session("echo").await;
    let query = format!("?token={token}&after=0&note=canary-in-socket-query");
    let mut socket = server
        .client
        .connect_with(&session, &query, &[])
        .await
        .unwrap();
    socket.say("canary-in-text").await;
    socket.expect("response").await;
    socket.close().await;
    let api = server.client.with_token(&api_token);
    api.get("/api/agents/search?q=canary-in-query").await.ok();
    assert_eq!(
        api.get(&format!("{SESSIONS}?token={token}&q=canary-in-query"))
            .await
            .status,
        200
    );
    assert_eq!(
        server.client.get("/nowhere?canary-in-query").await.status,
        404
    );
    let bad = server.client.with_token("swb_canary-bad-token");
    assert_eq!(bad.get(SESSIONS).await.status, 401);
    let form = [("username", "root"), ("password", PASSWORD)];
    root.request(reqwest::Method::POST, "/api/auth/login")
        .form(&form)
        .send()
        .await
        .unwrap();
    let key = std::fs::read_to_string(program.file("master.key")).unwrap();
    let (said, log) = server.stop().await;
    let canaries = [
        "wrong-canary",
        "canary-in-socket-query",
        "canary-in-text",
        "canary-in-query",
        "canary-bad-token",
    ];
    let mut secrets: Vec<String> = canaries.map(str::to_owned).into();
    secrets.extend([
        token.clone(),
        api_token,
        PASSWORD.to_owned(),
        "correct+horse".to_owned(),
        "correct%20horse".to_owned(),
    ]);
    secrets.extend(token.split('.').map(str::to_owned).skip(1));
    secrets.push(key.trim().to_owned());
    secrets.push("argon2id$".to_owned());
    (format!("{said}{log}"), secrets)
}

#[track_caller]
fn says_nothing_of(log: &str, secrets: &[String]) {
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(
            line.is_none(),
            "{secret} is in: {}",
            line.unwrap_or_default()
        );
    }
}

async fn the_log_says_what_was_answered_and_nothing_secret(engine: Engine) {
    let (log, secrets) = talk(Program::with_root(engine).await).await;
    assert!(
        log.contains("/api/auth/login") && log.contains("401"),
        "{log}"
    );
    assert!(log.contains("/nowhere") && log.contains("404"), "{log}");
    says_nothing_of(&log, &secrets);
}

async fn at_its_most_talkative_the_log_says_nothing_secret(engine: Engine) {
    let (log, secrets) = talk(Program::with_root(engine).await.with("LOG", "debug")).await;
    assert!(log.lines().count() > 10, "{log}");
    says_nothing_of(&log, &secrets);
}

async fn the_log_can_be_json(engine: Engine) {
    let (log, secrets) = talk(Program::with_root(engine).await.with("LOG_FORMAT", "json")).await;
    assert!(log.lines().count() > 5);
    for line in log.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(
            line["timestamp"].is_string() && line["level"].is_string(),
            "{line}"
        );
    }
    says_nothing_of(&log, &secrets);
}
