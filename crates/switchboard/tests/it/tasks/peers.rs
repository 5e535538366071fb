//! Agents behind a second server: the first drives it in a chat, in a workflow and in a task, and the
//! second may be killed meanwhile.

use super::not_found;
use crate::{
    commands::program::{Program, Running},
    support::{Engine, PASSWORD, Server, on_both_stores},
    workflows::{self, emit, payloads, until},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::HashSet, sync::Mutex};
use switchboard_testkit::{
    agent::{Does, FakeAgent},
    chat::{ChatClient, send},
};

on_both_stores!(
    a_second_server_does_the_work_and_may_be_killed,
    both_servers_may_be_killed,
    a_circle_of_servers_is_noticed,
    a_key_is_one_task,
    what_is_wrong_over_there_is_told,
);

/// An agent that makes a file with each step. What it is asked for the first time it does not answer.
async fn maker() -> FakeAgent {
    let met: Mutex<HashSet<String>> = Mutex::default();
    FakeAgent::start("Maker", move |call| {
        let input = call["params"]["message"]["payload"]["input"].as_str();
        let input = input.unwrap_or_default().to_owned();
        if met.lock().unwrap().insert(input.clone()) && input.ends_with("one") {
            return Does::Hangs;
        }
        let said = json!({"text": format!("did {input}"), "is_last": input.ends_with("last")});
        let file = json!({
            "file_name": "made.txt", "relative_path": "out/", "content_type": "text/x-made",
            "text": format!("made for {input}"),
        });
        Does::Answers(json!({"messages": [said], "artifacts": [file]}))
    })
    .await
}

/// A second server with the maker, which is killed at will.
struct Far {
    program: Program,
    server: Running,
    address: String,
    root: ChatClient,
    /// The base URL of the maker.
    url: String,
}

impl Far {
    async fn start(engine: Engine, maker: &FakeAgent) -> Self {
        let program = Program::with_root(engine).await.with("LEASE_S", "1");
        let program = program.with_bare("REMOTE_AGENT_URL", &maker.url());
        let server = program.start().await;
        let root = server.client.login("root", PASSWORD).await;
        let is_there = |types: &Value| {
            let mut types = types.as_array().unwrap().iter();
            types.any(|it| it["type"] == "Agents::Maker")
        };
        until(&root, "/api/v1/agent_types", is_there).await;
        let agent = workflows::make(&root, "Maker", json!({})).await;
        Self {
            address: root.base().trim_start_matches("http://").to_owned(),
            url: format!("{}/agents/{agent}", root.base()),
            program,
            server,
            root,
        }
    }

    /// Loses power, and is started again at the same address.
    async fn restart(self) -> Self {
        self.server.kill().await;
        let server = self.program.start_at(&self.address).await;
        Self { server, ..self }
    }

    /// The inputs of the steps of each task, in the order of the tasks' first steps.
    async fn steps(&self) -> Vec<Vec<String>> {
        let path = self.url.replace(self.root.base(), "");
        let path = format!("{path}/ap/v1/agent/tasks");
        let tasks = self.root.get(&path).await.ok();
        let mut all = Vec::new();
        for task in tasks["tasks"].as_array().unwrap() {
            let id = task["task_id"].as_str().unwrap();
            let steps = self.root.get(&format!("{path}/{id}/steps")).await.ok();
            let steps = steps["steps"].as_array().unwrap().iter();
            let inputs = steps.map(|step| step["input"].as_str().unwrap().to_owned());
            all.push(inputs.collect());
        }
        all.sort();
        all
    }
}

/// Settings by which the server at this address is a provider.
fn settings(url: &str, token: &str) -> String {
    format!(
        "[providers.far]\nkind = \"agent-protocol\"\nbase_url = \"{url}\"\napi_key = \"{token}\"\n\
         [agents]\nallowed_networks = [\"127.0.0.1\"]\n"
    )
}

/// A server for which the second one is a provider, and alice, whose agents may reach it.
pub(super) async fn near(engine: Engine, url: &str, token: &str) -> (Server, ChatClient) {
    let file = settings(url, token);
    let more = [("LIMITS_MODEL_TIMEOUT_S", "120")];
    let server = Server::start_with_file(engine, &file, &more).await;
    let alice = server.login("alice").await;
    (server, alice)
}

/// An agent of alice's in workflows that stands for the one at this address, and its source.
async fn registered(alice: &ChatClient, url: &str, token: &str) -> (i64, i64) {
    let put = alice.request(Method::PUT, "/api/v1/credentials/far");
    send(put.json(&json!({"value": token}))).await.ok();
    let source = workflows::make(alice, "ManualMessageAgent", json!({})).await;
    let options = json!({"url": url, "credential": "far"});
    let more = json!({"options": options, "sources": [source]});
    let agent = workflows::make(alice, "AgentProtocolAgent", more).await;
    (source, agent)
}

/// Gives an agent a task.
pub(super) async fn make_task(client: &ChatClient, agent: &str) -> String {
    let tasks = format!("/agents/{agent}/ap/v1/agent/tasks");
    let task = client.post(&tasks, &json!({"input": "a task"})).await.ok();
    format!("{tasks}/{}", task["task_id"].as_str().unwrap())
}

async fn a_second_server_does_the_work_and_may_be_killed(engine: Engine) {
    let maker = maker().await;
    let far = Far::start(engine, &maker).await;
    let token = far.root.token.clone().unwrap();
    let (_server, alice) = near(engine, &far.url, &token).await;
    let (source, agent) = registered(&alice, &far.url, &token).await;
    let body = json!({"session_type": "human_agent", "agents": {"primary": {"provider": "far"}}});
    let session = alice.create(&body).await;
    let mut socket = alice.connect(&session, "").await;
    let task = make_task(&alice, "far").await;
    let steps = format!("{task}/steps");

    // All three are under way when the second server is killed.
    emit(&alice, source, json!({"text": "flow one"})).await;
    socket.say("chat one").await;
    let body = json!({"input": "task one"});
    let (step, far) = tokio::join!(alice.post(&steps, &body), async {
        maker.wait_for_calls(3).await;
        far.restart().await
    });
    let step = step.ok();
    assert_eq!(
        (&step["output"], &step["is_last"]),
        (&json!("did task one"), &json!(false))
    );
    let said = socket.expect("response").await;
    assert_eq!(said["content"], "did chat one");
    let emitted = payloads(&alice, agent, 1).await;
    assert_eq!(
        (
            &emitted[0]["message"],
            &emitted[0]["artifacts"][0]["file_name"]
        ),
        (&json!("did flow one"), &json!("made.txt"))
    );
    check_file(&alice, &task, &step).await;

    // A conversation goes on in one task, until one step is its last.
    socket.say("chat last").await;
    assert_eq!(socket.expect("response").await["content"], "did chat last");
    socket.say("chat anew").await;
    assert_eq!(socket.expect("response").await["content"], "did chat anew");
    emit(&alice, source, json!({"text": "flow two"})).await;
    assert_eq!(
        payloads(&alice, agent, 2).await[1]["message"],
        "did flow two"
    );
    let last = alice
        .post(&steps, &json!({"input": "task last"}))
        .await
        .ok();
    assert_eq!(last["is_last"], true);
    assert_eq!(
        alice.post(&steps, &json!({"input": "more"})).await.ok(),
        last
    );
    assert_eq!(
        far.steps().await,
        [
            vec!["chat anew"],
            vec!["chat one", "chat last"],
            vec!["flow one", "flow two"],
            vec!["task one", "task last"],
        ]
    );
    // Each was called once more for what broke off, and for nothing else.
    assert_eq!(maker.calls().len(), 7 + 3);
    far.server.kill().await;
}

async fn both_servers_may_be_killed(engine: Engine) {
    let maker = maker().await;
    let far = Far::start(engine, &maker).await;
    let program = Program::with_root(engine).await.with("LEASE_S", "1");
    let file = settings(&far.url, far.root.token.as_ref().unwrap());
    std::fs::write(program.file("switchboard.toml"), file).unwrap();
    let near = program.start().await;
    let root = near.client.login("root", PASSWORD).await;
    let task = make_task(&root, "far").await;
    let steps = format!("{task}/steps");
    let ask = |client: &ChatClient| {
        let request = client.request(Method::POST, &steps);
        let request = request.header("idempotency-key", "k");
        request.json(&json!({"input": "task one"}))
    };
    // Nobody gets an answer to this.
    let (_, far) = tokio::join!(ask(&root).send(), async {
        maker.wait_for_calls(1).await;
        near.kill().await;
        far.restart().await
    });
    let near = program.start().await;
    let root = near.client.login("root", PASSWORD).await;
    let step = send(ask(&root)).await.ok();
    assert_eq!(step["output"], "did task one");
    let seen = root.get(&steps).await.ok();
    assert_eq!(seen["pagination"]["total_items"], 1);
    check_file(&root, &task, &step).await;
    assert_eq!(far.steps().await, [["task one"]]);
    near.kill().await;
    far.server.kill().await;
}

/// The far step's file came over whole, once.
async fn check_file(alice: &ChatClient, task: &str, step: &Value) {
    let files = alice.get(&format!("{task}/artifacts")).await.ok();
    assert_eq!(files["pagination"]["total_items"], 1, "{files}");
    assert_eq!(files["artifacts"], step["artifacts"]);
    let file = &files["artifacts"][0];
    assert_eq!(
        (
            &file["file_name"],
            &file["relative_path"],
            &file["agent_created"]
        ),
        (&json!("made.txt"), &json!("out/"), &json!(true))
    );
    let id = file["artifact_id"].as_str().unwrap();
    let content = alice.get(&format!("{task}/artifacts/{id}")).await;
    assert_eq!(content.text, "made for task one");
    assert_eq!(content.header("content-type"), "text/x-made");
}

async fn a_circle_of_servers_is_noticed(engine: Engine) {
    let (_server, alice) = near(engine, "http://127.0.0.1:9", "x").await;
    let token = alice.token.clone().unwrap();
    let (_, agent) = registered(&alice, alice.base(), &token).await;
    // From now on it stands for itself.
    let url = format!("{}/agents/{agent}", alice.base());
    let options = json!({"options": {"url": url, "credential": "far"}});
    let patch = alice.request(Method::PATCH, &format!("/api/v1/agents/{agent}"));
    send(patch.json(&options)).await.ok();
    let task = make_task(&alice, &agent.to_string()).await;
    let step = alice.post(&format!("{task}/steps"), &json!({})).await.ok();
    let error = step["additional_output"]["error"].as_str().unwrap();
    assert!(
        error.contains("(508)") && error.contains("delegation-loop"),
        "{error}"
    );
    for (header, value, status) in [
        ("x-delegation-depth", "9", 508),
        ("x-delegation-depth", "8", 200),
        ("x-delegation-depth", "many", 422),
        ("x-delegation-via", "a, b", 200),
        ("x-delegation-via", "a,,b", 422),
    ] {
        let request = alice.request(Method::POST, super::TASKS);
        let answer = send(request.header(header, value)).await;
        assert_eq!(answer.status, status, "{value}: {}", answer.text);
        if status == 508 {
            assert_eq!(answer.body["code"], "DELEGATION_LOOP");
        }
    }
}

async fn a_key_is_one_task(engine: Engine) {
    let (server, alice) = super::start(engine, &[]).await;
    let bob = server.login("bob").await;
    let make = async |client: &ChatClient, path: &str, key: &str| {
        let request = client.request(Method::POST, path);
        send(request.header("idempotency-key", key)).await
    };
    let first = make(&alice, super::TASKS, "k").await.ok();
    assert_eq!(make(&alice, super::TASKS, "k").await.ok(), first);
    let others = [
        make(&alice, super::TASKS, "l").await.ok(),
        make(&bob, super::TASKS, "k").await.ok(),
        make(&alice, "/agents/demo:script/ap/v1/agent/tasks", "k")
            .await
            .ok(),
    ];
    assert!(
        others
            .iter()
            .all(|other| other["task_id"] != first["task_id"])
    );
    let path = format!("{}/{}", super::TASKS, first["task_id"].as_str().unwrap());
    alice.delete(&path).await;
    not_found(&alice.get(&path).await);
    let gone = make(&alice, super::TASKS, "k").await;
    assert_eq!(gone.status, 409, "{}", gone.text);
}

async fn what_is_wrong_over_there_is_told(engine: Engine) {
    let (far, root) = super::start(engine, &[]).await;
    let (_server, alice) = near(engine, root.base(), "no-token").await;
    let task = make_task(&alice, "far").await;
    let step = alice
        .post(&format!("{task}/steps"), &json!({"input": "x"}))
        .await
        .ok();
    let error = step["additional_output"]["error"].as_str().unwrap();
    assert!(
        error.contains("(401)") && error.contains("give it a token"),
        "{error}"
    );
    assert!(!step.to_string().contains("no-token"), "{step}");
    // Another address, without a task behind it.
    let (_, agent) = registered(&alice, &format!("{}/agents/none", root.base()), "x").await;
    let options = json!({"options": {"url": "http://10.1.2.3"}});
    let patch = alice.request(Method::PATCH, &format!("/api/v1/agents/{agent}"));
    let refused = send(patch.json(&options)).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(
        refused.text.contains("allowed_networks"),
        "{}",
        refused.text
    );
    drop(far);
}
