//! `connect` and `executor`, as people use them.

use serde_json::{Value, json};
use switchboard_testkit::{PATIENCE, chat::ChatClient, oauth::FakeOAuth};
use tokio::{task::yield_now, time::timeout};

use super::program::{Program, Running};
use crate::support::{Engine, PASSWORD, on_both_stores};

on_both_stores!(
    an_account_is_connected_by_a_code,
    a_command_runs_an_action,
    a_command_whose_action_is_cancelled_is_killed,
    what_cannot_be_run_is_told,
);

const SCRIPT: &str = "/agents/demo:script/ap/v1/agent/tasks";

/// A server with a provider of OAuth, and the commands as its administrator.
async fn start(engine: Engine, issuer: &str) -> (Program, Running, ChatClient) {
    let program = Program::with_root(engine)
        .await
        .with("OAUTH_PROVIDERS_PLACE_ISSUER", issuer)
        .with("OAUTH_PROVIDERS_PLACE_CLIENT_ID", "switchboard")
        .with("LOG", "trace");
    let server = program.start().await;
    let root = server.client.login("root", PASSWORD).await;
    let program = program
        .with("SERVER", server.client.base())
        .with("USER", "root")
        .with("PASSWORD", PASSWORD);
    (program, server, root)
}

async fn an_account_is_connected_by_a_code(engine: Engine) {
    let provider = FakeOAuth::start().await;
    let (program, server, root) = start(engine, &provider.url).await;
    provider.enter_code();
    let said = program.run(&["connect", "place", "--device"]).await.ok();
    assert!(said.contains("/enter and enter WDJB-MJHT"), "{said}");
    assert!(
        said.contains("the account with place is connected"),
        "{said}"
    );
    let accounts = root.get("/api/accounts").await.ok();
    assert_eq!(accounts["accounts"][0]["provider"], "place");
    let wrong = program.run(&["connect", "elsewhere"]).await.failed();
    assert!(wrong.contains("OAuth provider not found"), "{wrong}");
    provider.behave(|it| it.refuses = Some((400, json!({"error": "access_denied"}))));
    let refused = program.run(&["connect", "place", "--device"]).await;
    assert!(
        !refused.good && refused.err.contains("access_denied"),
        "{refused:?}"
    );
    let (_, log) = server.stop().await;
    assert!(log.contains("an account was connected"), "it is told");
    assert!(!log.contains("canary"), "and no token with it");
}

/// An approved action for an executor.
async fn action(root: &ChatClient, more: &Value) -> Value {
    let mut function = json!({
        "name": "read_file", "description": "Reads a file.", "capability": "fs.read",
        "parameters": {"type": "object", "properties": {"path": {"type": "string"}}},
        "at": "executor",
    });
    for (name, value) in more.as_object().unwrap() {
        function[name] = value.clone();
    }
    let body = json!({"additional_input": {"functions": [function]}});
    let task = root.post(SCRIPT, &body).await.ok();
    let path = format!("{SCRIPT}/{}/steps", task["task_id"].as_str().unwrap());
    let step = json!({"input": "call read_file {\"path\": \"/a b; $(x)\"}"});
    let step = root.post(&path, &step).await.ok();
    let action = step["functions"][0].clone();
    let path = format!("/api/actions/{}/decision", action["id"].as_str().unwrap());
    let body = json!({"decision": "approve", "digest": action["digest"]});
    root.post(&path, &body).await.ok()
}

async fn now(root: &ChatClient, action: &Value) -> Value {
    let id = action["id"].as_str().unwrap();
    root.get(&format!("/api/actions/{id}")).await.ok()
}

async fn a_command_runs_an_action(engine: Engine) {
    let (program, _server, root) = start(engine, "http://127.0.0.1:9").await;
    let cat = ["executor", "--once", "--capability", "fs.*", "--", "cat"];
    let first = action(&root, &json!({})).await;
    let ran = program.run(&cat).await;
    assert!(ran.good && ran.err.contains("succeeded"), "{ran:?}");
    let done = now(&root, &first).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    assert_eq!(done["output"], json!({"path": "/a b; $(x)"}));

    // One that waits first, and fails.
    let fails = [
        "executor",
        "--once",
        "--capability",
        "fs.read",
        "--",
        "sh",
        "-c",
        "echo no >&2; exit 3",
    ];
    let plain = json!({});
    let (second, ran) = tokio::join!(action(&root, &plain), program.run(&fails));
    assert!(ran.good, "{ran:?}");
    let done = now(&root, &second).await;
    assert_eq!(done["state"], "failed", "{done}");
    assert!(
        done["error"].as_str().unwrap().contains("status: 3: no"),
        "{done}"
    );
}

async fn a_command_whose_action_is_cancelled_is_killed(engine: Engine) {
    let (program, _server, root) = start(engine, "http://127.0.0.1:9").await;
    let action = action(&root, &json!({"timeout_s": 1})).await;
    let slow = [
        "executor",
        "--once",
        "--capability",
        "fs.read",
        "--",
        "sleep",
        "600",
    ];
    let cancel = async {
        let running = async {
            while now(&root, &action).await["state"] != "running" {
                yield_now().await;
            }
        };
        timeout(PATIENCE, running).await.expect("it is claimed");
        let path = format!("/api/actions/{}/cancel", action["id"].as_str().unwrap());
        root.post(&path, &json!({})).await.ok();
    };
    let (ran, ()) = tokio::join!(program.run(&slow), cancel);
    assert!(
        ran.good && ran.err.contains("the command is killed"),
        "{ran:?}"
    );
    assert_eq!(now(&root, &action).await["state"], "cancelled");
}

async fn what_cannot_be_run_is_told(engine: Engine) {
    let (program, _server, root) = start(engine, "http://127.0.0.1:9").await;
    let wrong = ["executor", "--once", "--capability", "a*b", "--", "cat"];
    let ran = program.run(&wrong).await;
    assert!(!ran.good && ran.err.contains("a*b"), "{ran:?}");
    let action = action(&root, &json!({})).await;
    let none = [
        "executor",
        "--once",
        "--capability",
        "fs.read",
        "--",
        "no-such-program",
    ];
    assert!(program.run(&none).await.good);
    let failed = now(&root, &action).await;
    assert!(
        failed["error"]
            .as_str()
            .unwrap()
            .contains("cannot be started"),
        "{failed}"
    );
}
