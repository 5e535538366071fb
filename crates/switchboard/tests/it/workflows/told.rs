//! The values of secrets, while everything is done that has to do with them: told to nobody but the agents that were
//! granted them, and right for those whatever happens to the keys.

use super::{emit, make, run, until};
use crate::{
    commands::program::{Program, Running},
    support::{Engine, PASSWORD, on_both_stores},
};
use reqwest::Method;
use serde_json::{Value, json};
use switchboard_testkit::{
    agent::{Does, FakeAgent},
    chat::{Answer, ChatClient, send},
};

on_both_stores!(
    no_answer_log_or_figure_tells_a_secret,
    secrets_are_right_while_keys_change
);

const CREDENTIAL: &str = "canary-credential-7c1";
const SIGNING: &str = "canary-signing-key-7c2-of-32-bytes";
const USERINFO: &str = "canary-userinfo-7c3";
const REFUSED: &str = "canary-refused-7c4";

/// An agent that is right at first, and then fails in every way.
async fn moody() -> FakeAgent {
    FakeAgent::start("Moody", |call| {
        let sent = call["params"]["credentials"].as_array().unwrap();
        let right = sent.iter().all(|it| it["value"] == CREDENTIAL);
        let n = call["params"]["message"]["payload"]["n"].as_i64();
        match n.unwrap_or(0) {
            0 => Does::Answers(json!({"messages": [{"right": right}], "logs": ["ran"]})),
            1 => Does::Says(500, "no".to_owned()),
            2 => Does::Says(200, "{".to_owned()),
            3 => Does::Says(302, "elsewhere".to_owned()),
            _ => Does::Answers(json!({"messages": 7})),
        }
    })
    .await
}

async fn serve(program: &Program, agent: &FakeAgent) -> (Running, ChatClient) {
    let server = program.start().await;
    let root = server.client.login("root", PASSWORD).await;
    let kind = format!("Agents::{}", agent.name());
    let known = |types: &Value| {
        types
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["type"] == kind)
    };
    until(&root, "/api/v1/agent_types", known).await;
    (server, root)
}

async fn put(client: &ChatClient, name: &str, value: &str) -> Answer {
    let path = format!("/api/v1/credentials/{name}");
    send(
        client
            .request(Method::PUT, &path)
            .json(&json!({"value": value})),
    )
    .await
}

/// Does what has to do with secrets, rightly and wrongly, and gives all that was answered.
async fn use_them(root: &ChatClient, agent: &FakeAgent) -> Vec<String> {
    let mut told = vec![put(root, "key", CREDENTIAL).await.text];
    told.push(put(root, "key", &REFUSED.repeat(10_000)).await.text);
    let no_text = json!({"value": [REFUSED]});
    let wrong = root.request(Method::PUT, "/api/v1/credentials/key");
    told.push(send(wrong.json(&no_text)).await.text);
    for body in [
        json!({"url": format!("http://who:{USERINFO}@127.0.0.1:1/"), "secret": SIGNING}),
        json!({"url": format!("http://{}/", agent.address), "secret": [REFUSED]}),
        json!({"url": agent.url(), "secret": SIGNING}),
    ] {
        told.push(root.post("/api/v1/agent_types", &body).await.text);
    }
    let source = make(root, "ManualMessageAgent", json!({})).await;
    let options = json!({"use": {"credential": "key"}});
    let retry = json!({"attempts": 1});
    let more = json!({
        "options": options, "sources": [source], "credentials": ["key"], "retry": retry,
    });
    let moody = make(root, "Moody", more).await;
    run(root, moody).await;
    for n in 1..=4 {
        emit(root, source, json!({"n": n})).await;
    }
    agent.wait_for_calls(5).await;
    let page = format!("/api/v1/agents/{moody}");
    let logged = |logs: &Value| logs.as_array().is_some_and(|logs| logs.len() > 1);
    until(root, &format!("{page}/logs"), logged).await;
    let flow = json!({"name": "flow", "agents": [source, moody]});
    let flow = root.post("/api/v1/workflows", &flow).await;
    let export = flow.body["id"].as_i64().unwrap_or(1);
    told.push(flow.text);
    let dry = root
        .post(&format!("{page}/dry_run"), &json!({"message": {"n": 1}}))
        .await;
    told.push(dry.text);
    for part in [
        "",
        "/logs",
        "/messages",
        "/deliveries",
        "/memory",
        "/nothing",
    ] {
        told.push(root.get(&format!("{page}{part}")).await.text);
    }
    for path in [
        "agents",
        "agent_types",
        "credentials",
        "issues",
        "workflows",
        "deliveries",
    ] {
        told.push(root.get(&format!("/api/v1/{path}")).await.text);
    }
    told.push(
        root.get(&format!("/api/v1/workflows/{export}/export"))
            .await
            .text,
    );
    told.push(root.get("/metrics").await.text);
    told
}

async fn no_answer_log_or_figure_tells_a_secret(engine: Engine) {
    let agent = moody().await;
    let program = Program::with_root(engine).await.with("LOG", "debug");
    let program = program.with_bare("REMOTE_AGENT_URL", &agent.url());
    let (server, root) = serve(&program, &agent).await;
    let mut told = use_them(&root, &agent).await;
    let granted = &agent.wait_for_calls(5).await[0].body["params"]["credentials"];
    assert_eq!(granted[0]["value"], CREDENTIAL, "who was granted it has it");
    let (said, log) = server.stop().await;
    assert!(log.lines().count() > 10, "{log}");
    told.extend([said, log]);
    let listed = program.run(&["credential", "list", "--help"]).await;
    told.push(listed.out);
    for secret in [CREDENTIAL, SIGNING, USERINFO, REFUSED, PASSWORD] {
        for text in &told {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}

async fn secrets_are_right_while_keys_change(engine: Engine) {
    let agent = moody().await;
    let program = Program::with_root(engine).await;
    let program = program.with_bare("REMOTE_AGENT_URL", &agent.url());
    let (server, root) = serve(&program, &agent).await;
    put(&root, "key", CREDENTIAL).await.ok();
    let moody = make(&root, "Moody", json!({"credentials": ["key"]})).await;
    let work = async {
        let mut rounds = 0;
        loop {
            run(&root, moody).await;
            put(&root, &format!("other{}", rounds % 7), CREDENTIAL)
                .await
                .ok();
            rounds += 1;
            agent.wait_for_calls(rounds).await;
        }
    };
    let rotate = async {
        for _ in 0..3 {
            program.run(&["key", "rotate"]).await.ok();
            program.run(&["key", "forget"]).await.ok();
        }
    };
    tokio::select! {
        () = work => unreachable!("it goes on for ever"),
        () = rotate => {}
    }
    run(&root, moody).await;
    let before = agent.calls().len();
    server.stop().await;
    let (server, root) = serve(&program, &agent).await;
    run(&root, moody).await;
    for call in agent.wait_for_calls(before + 1).await {
        let sent = &call.body["params"]["credentials"];
        assert_eq!(sent, &json!([{"name": "key", "value": CREDENTIAL}]));
    }
    assert_eq!(root.get("/api/v1/credentials").await.ok()[0]["name"], "key");
    server.stop().await;
}
