//! What an answer does, row by row.

use super::{make, memory, payloads, run, start, until};
use crate::support::{Engine, on_both_stores};
use serde_json::{Value, json};
use switchboard_testkit::agent::{Does, FakeAgent};

on_both_stores!(
    well_formed_answers_take_effect,
    malformed_answers_store_nothing_and_are_tried_again,
);

/// An agent that answers with what its options say.
async fn parrot() -> FakeAgent {
    FakeAgent::start("Parrot", |call| {
        let options = &call["params"]["options"];
        let status = options["status"].as_u64().unwrap_or(200);
        let status = u16::try_from(status).unwrap();
        match &options["body"] {
            Value::String(body) => Does::Says(status, body.clone()),
            result => Does::Says(status, json!({"result": result}).to_string()),
        }
    })
    .await
}

async fn well_formed_answers_take_effect(engine: Engine) {
    let parrot = parrot().await;
    let server = start(engine, &[&parrot]).await;
    let alice = server.login("alice").await;
    let rows = [
        (
            200,
            json!({"memory": {"a": 1}, "messages": [{"n": 1}, {"n": 2}]}),
            json!({"a": 1}),
            2,
        ),
        (
            500,
            json!({"memory": {"b": 1}, "errors": ["bad"]}),
            json!({"b": 1}),
            0,
        ),
        (
            404,
            json!({"messages": [{}], "logs": null}),
            json!({"old": true}),
            1,
        ),
        (
            200,
            json!({"memory": null, "messages": null, "errors": null}),
            json!({"old": true}),
            0,
        ),
        (
            200,
            json!({"memory": {}, "logs": ["x".repeat(10_500)]}),
            json!({}),
            0,
        ),
    ];
    for (status, body, remembered, count) in rows {
        let options = json!({"status": status, "body": body});
        let agent = make(&alice, "Parrot", json!({"options": options})).await;
        let path = format!("/api/v1/agents/{agent}/memory");
        let old = json!({"memory": {"old": true}});
        let put = alice.request(reqwest::Method::PUT, &path).json(&old);
        switchboard_testkit::chat::send(put).await.ok();
        run(&alice, agent).await;
        let idle = |seen: &Value| seen == &json!([]);
        until(&alice, &format!("/api/v1/agents/{agent}/deliveries"), idle).await;
        assert_eq!(memory(&alice, agent).await, remembered, "{body}");
        assert_eq!(payloads(&alice, agent, count).await.len(), count, "{body}");
        let logs = alice
            .get(&format!("/api/v1/agents/{agent}/logs"))
            .await
            .ok();
        if let Some(error) = body["errors"][0].as_str() {
            assert_eq!(
                (&logs[0]["level"], &logs[0]["message"]),
                (&json!(4), &json!(error))
            );
        }
        if body["logs"][0].is_string() {
            assert_eq!(logs[0]["message"].as_str().unwrap().len(), 10_000);
        }
    }
}

async fn malformed_answers_store_nothing_and_are_tried_again(engine: Engine) {
    let parrot = parrot().await;
    let server = start(engine, &[&parrot]).await;
    let alice = server.login("alice").await;
    let bodies = [
        json!(""),
        json!("{"),
        json!("{\"no\": 1}"),
        json!({"messages": [{"n": 1}, 2], "memory": {"a": 1}, "logs": ["l"]}),
        json!({"memory": 7, "messages": [{}]}),
    ];
    for body in bodies {
        let more = json!({
            "options": {"body": body},
            "retry": {"first_delay_s": 0.001, "growth": 1, "attempts": 2},
        });
        let agent = make(&alice, "Parrot", more).await;
        run(&alice, agent).await;
        let dead = |seen: &Value| seen[0]["state"] == "dead";
        let path = format!("/api/v1/agents/{agent}/deliveries");
        let deliveries = until(&alice, &path, dead).await;
        assert_eq!(deliveries[0]["failures"], 2, "{body}");
        assert_eq!(memory(&alice, agent).await, json!({}), "{body}");
        assert_eq!(payloads(&alice, agent, 0).await, [] as [Value; 0], "{body}");
        let logs = alice
            .get(&format!("/api/v1/agents/{agent}/logs"))
            .await
            .ok();
        let levels: Vec<&Value> = logs
            .as_array()
            .unwrap()
            .iter()
            .map(|line| &line["level"])
            .collect();
        assert_eq!(levels, [4, 4], "{body}: {logs}");
    }
}
