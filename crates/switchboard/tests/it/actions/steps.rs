//! Actions in the steps of tasks.

use super::*;
use crate::support::on_both_stores;

on_both_stores!(
    a_client_runs_what_a_person_approved,
    open_actions_answer_at_once,
    what_does_not_fit_goes_back_to_the_agent,
    edited_arguments_make_a_new_action,
    results_may_stand_in_additional_input,
    a_continuous_run_needs_a_grant,
    rules_deny_ask_and_allow,
    a_task_that_is_cancelled_takes_its_actions_along,
);

async fn a_client_runs_what_a_person_approved(engine: Engine) {
    let (_server, alice) = start(engine).await;
    let task = task(&alice, &function(json!({}))).await;
    let action = propose(&alice, &task, "bob").await;
    assert_eq!(action["state"], "approval_required");
    assert_eq!(
        (&action["at"], &action["risk"]),
        (&json!("client"), &json!("high"))
    );
    assert_eq!(action["arguments"], json!({"to": "bob"}));
    assert_eq!(action["lease"], Value::Null);
    let inbox = alice.get("/api/actions?state=approval_required").await.ok();
    assert_eq!(inbox["actions"][0]["id"], action["id"]);
    assert_eq!(approve(&alice, &action).await["state"], "ready");
    let shown = step(&alice, &task, json!({})).await;
    let handed = &shown["functions"][0];
    assert_eq!(
        (&handed["state"], &handed["lease"]),
        (&json!("running"), &json!(1))
    );
    assert_eq!(shown["additional_output"]["functions"][0], *handed);
    let results = json!({"function_results": [function_result(handed, json!({"sent": true}))]});
    let next = step(&alice, &task, results.clone()).await;
    assert_ne!(next["step_id"], shown["step_id"]);
    let output = next["output"].as_str().unwrap();
    assert!(output.contains(r#""output":{"sent":true}"#), "{output}");
    assert_eq!(next["functions"], Value::Null);
    let done = now(&alice, &action).await;
    assert_eq!(
        (&done["state"], &done["output"]),
        (&json!("succeeded"), &json!({"sent": true}))
    );
    assert_eq!(done["approved_by"], "user:alice");
    is_whole(&alice).await;
}

async fn open_actions_answer_at_once(engine: Engine) {
    let (_server, alice) = start(engine).await;
    let task = task(&alice, &function(json!({}))).await;
    let first = step(
        &alice,
        &task,
        json!({"input": r#"call send_mail {"to": "bob"}"#}),
    )
    .await;
    for _ in 0..3 {
        let again = step(&alice, &task, json!({"input": "something else"})).await;
        assert_eq!(again["step_id"], first["step_id"]);
        assert_eq!(again["functions"], first["functions"]);
    }
    let steps = alice.get(&format!("{task}/steps")).await.ok();
    assert_eq!(steps["pagination"]["total_items"], 1);
    // Somebody says no: the agent is told so with the next step.
    let rejected = decide(
        &alice,
        &first["functions"][0],
        json!({"decision": "reject"}),
    )
    .await;
    assert_eq!(rejected.ok()["state"], "rejected");
    let next = step(&alice, &task, json!({"input": "say so"})).await;
    let output = next["output"].as_str().unwrap();
    assert!(
        output.contains("so") && output.contains(r#""status":"rejected""#),
        "{output}"
    );
}

async fn what_does_not_fit_goes_back_to_the_agent(engine: Engine) {
    let (_server, alice) = start(engine).await;
    let task = task(&alice, &function(json!({}))).await;
    let step = step(
        &alice,
        &task,
        json!({"input": r#"call send_mail {"to": 7}"#}),
    )
    .await;
    assert_eq!(step["functions"], Value::Null, "{step}");
    let output = step["output"].as_str().unwrap();
    assert!(
        output.contains("function_errors") && output.contains("/to"),
        "{output}"
    );
    let inbox = alice.get("/api/actions").await.ok();
    assert_eq!(inbox["actions"], json!([]));
}

async fn edited_arguments_make_a_new_action(engine: Engine) {
    let (_server, alice) = start(engine).await;
    let task = task(&alice, &function(json!({}))).await;
    let action = propose(&alice, &task, "bob").await;
    let edit = |to: Value| json!({"decision": "edit", "arguments": {"to": to}});
    let wrong = decide(&alice, &action, edit(json!(7))).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    let edited = decide(&alice, &action, edit(json!("carol"))).await.ok();
    assert_eq!(edited["state"], "approval_required");
    assert_ne!(edited["digest"], action["digest"]);
    let old = now(&alice, &action).await;
    assert_eq!(
        (&old["state"], &old["superseded_by"]),
        (&json!("superseded"), &edited["id"])
    );
    let late = decide(&alice, &action, json!({"decision": "approve"})).await;
    refused(&late, 409, "already-resolved");
    approve(&alice, &edited).await;
    let shown = step(&alice, &task, json!({})).await;
    assert_eq!(shown["functions"][0]["id"], edited["id"]);
    assert_eq!(shown["functions"][0]["arguments"], json!({"to": "carol"}));
    assert_eq!(shown["functions"].as_array().unwrap().len(), 1);
}

async fn results_may_stand_in_additional_input(engine: Engine) {
    let (_server, alice) = start(engine).await;
    let returns = json!({"type": "object", "required": ["sent"]});
    let task = task(&alice, &function(json!({"returns": returns}))).await;
    let action = propose(&alice, &task, "bob").await;
    approve(&alice, &action).await;
    let shown = step(&alice, &task, json!({})).await;
    let body = |output: Value| {
        let result = function_result(&shown["functions"][0], output);
        json!({"additional_input": {"function_results": [result], "k": 1}})
    };
    let unfit = alice.post(&format!("{task}/steps"), &body(json!({}))).await;
    refused(&unfit, 422, "result-schema");
    let good = body(json!({"sent": 1}));
    let next = step(&alice, &task, good.clone()).await;
    assert_eq!(next["additional_input"], json!({"k": 1}));
    // Who did not hear the answer says it again.
    let again = alice.post(&format!("{task}/steps"), &good).await;
    assert_eq!(again.status, 200, "{}", again.text);
}

async fn a_continuous_run_needs_a_grant(engine: Engine) {
    let (server, alice) = start(engine).await;
    let task = task(&alice, &function(json!({}))).await;
    let run = |client: ChatClient, task: String, autonomy: &'static str| async move {
        let request = client.request(reqwest::Method::POST, &format!("{task}/steps"));
        let request = request.header("agent-autonomy", autonomy);
        let body =
            json!({"input": "call send_mail {\"to\": \"a\"}\ncall send_mail {\"to\": \"b\"}"});
        switchboard_testkit::chat::send(request.json(&body)).await
    };
    let states = |answer: Answer| {
        let functions = answer.ok()["functions"].clone();
        let functions = functions.as_array().unwrap().clone();
        let states = functions
            .iter()
            .map(|it| it["state"].as_str().unwrap().to_owned());
        states.collect::<Vec<_>>()
    };
    let asked = ["approval_required", "approval_required"];
    let ungranted = run(alice.clone(), task.clone(), "mode=continuous").await;
    assert_eq!(states(ungranted), asked);
    let grant = json!({"capabilities": ["mail.*"], "max": 3, "ttl_s": 600});
    alice.post("/api/grants", &grant).await.ok();
    let next = |autonomy| {
        let alice = alice.clone();
        async move {
            let task = super::task(&alice, &function(json!({}))).await;
            states(run(alice, task, autonomy).await)
        }
    };
    assert_eq!(next("mode=manual").await, asked);
    assert_eq!(next("mode=continuous, auto=(\"fs.*\")").await, asked);
    assert_eq!(
        next("mode=continuous, max=1").await,
        ["running", "approval_required"]
    );
    assert_eq!(next("mode=continuous").await, ["running", "running"]);
    // Now the grant is used up.
    assert_eq!(next("mode=continuous").await, asked);
    let grants = alice.get("/api/grants").await.ok();
    assert_eq!(grants["grants"][0]["used"], 3);
    let tasks = program(&server, &[Scope::Tasks]).await;
    let other = super::task(&tasks, &function(json!({}))).await;
    let refused_run = run(tasks, other, "mode=continuous").await;
    refused(&refused_run, 403, "approver-not-allowed");
    is_whole(&alice).await;
}

async fn rules_deny_ask_and_allow(engine: Engine) {
    let (server, alice) = start(engine).await;
    let root = server.login("root").await;
    let put = |client: ChatClient, body: Value| async move {
        let request = client.request(reqwest::Method::PUT, "/api/policy");
        switchboard_testkit::chat::send(request.json(&body)).await
    };
    let rule = |effect: &str| json!({"effect": effect, "capability": "mail.*"});
    put(alice.clone(), json!({"rules": [rule("allow")]}))
        .await
        .ok();
    let first = task(&alice, &function(json!({}))).await;
    assert_eq!(propose(&alice, &first, "bob").await["state"], "running");
    let critical = task(&alice, &function(json!({"risk": "critical"}))).await;
    assert_eq!(
        propose(&alice, &critical, "bob").await["state"],
        "approval_required"
    );
    let refused_put = put(alice.clone(), json!({"rules": [], "for_everybody": true})).await;
    assert_eq!(refused_put.status, 403, "{}", refused_put.text);
    // What everybody's rules say the owner's only tighten.
    put(
        root.clone(),
        json!({"rules": [rule("ask")], "for_everybody": true}),
    )
    .await
    .ok();
    let second = task(&alice, &function(json!({}))).await;
    let waiting = propose(&alice, &second, "bob").await;
    assert_eq!(waiting["state"], "approval_required");
    put(
        root,
        json!({"rules": [rule("deny")], "for_everybody": true}),
    )
    .await
    .ok();
    let denied = decide(&alice, &waiting, json!({"decision": "approve"})).await;
    refused(&denied, 403, "policy-denied");
    let third = task(&alice, &function(json!({}))).await;
    let told = step(
        &alice,
        &third,
        json!({"input": r#"call send_mail {"to": "bob"}"#}),
    )
    .await;
    let output = told["output"].as_str().unwrap();
    assert!(output.contains(r#""status":"denied""#), "{output}");
    is_whole(&alice).await;
}

async fn a_task_that_is_cancelled_takes_its_actions_along(engine: Engine) {
    let (_server, alice) = start(engine).await;
    let task = task(&alice, &function(json!({}))).await;
    let action = propose(&alice, &task, "bob").await;
    alice.post(&format!("{task}/cancel"), &json!({})).await.ok();
    assert_eq!(now(&alice, &action).await["state"], "cancelled");
    let late = decide(&alice, &action, json!({"decision": "approve"})).await;
    refused(&late, 409, "already-resolved");
}
