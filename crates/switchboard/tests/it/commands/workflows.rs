//! `agent`, `workflow` and `credential`, as people use them.

use std::fs;

use serde_json::{Value, json};
use switchboard_testkit::agent::{Does, FakeAgent};

use super::program::{Program, Running};
use crate::support::{Engine, PASSWORD, on_both_stores};

on_both_stores!(
    an_agent_is_plugged_in_made_and_run,
    an_agent_rests_and_works_again,
    a_workflow_goes_out_and_comes_in,
    credentials_are_set_listed_and_removed,
    what_went_wrong_is_told,
);

/// Where a server is, by its greeting.
fn address(server: &Running) -> &str {
    let (_, rest) = server.greeting.split_once(" is at ").unwrap();
    rest.lines().next().unwrap()
}

/// A server that may reach agents on this machine, and the commands as its administrator.
async fn start(engine: Engine) -> (Program, Running) {
    let program = Program::with_root(engine).await;
    let server = program.start().await;
    let program = program
        .with("SERVER", address(&server))
        .with("USER", "root")
        .with("PASSWORD", PASSWORD);
    (program, server)
}

/// The same, with a remote agent that its operator set.
async fn start_with(engine: Engine, agent: &FakeAgent) -> (Program, Running) {
    let program = Program::with_root(engine).await;
    let program = program.with_bare("REMOTE_AGENT_URL", &agent.url());
    let server = program.start().await;
    let program = program
        .with("SERVER", address(&server))
        .with("USER", "root")
        .with("PASSWORD", PASSWORD);
    until(&program, &["agent", "types"], |types| {
        let mut words = types.lines().map(|row| row.split_whitespace());
        words.any(|row| row.take(2).eq(["Counter", "ready"]))
    })
    .await;
    (program, server)
}

/// What a command prints, once it is as wanted.
async fn until(program: &Program, arguments: &[&str], wanted: impl Fn(&str) -> bool) -> String {
    let mut printed = String::new();
    for _ in 0..200 {
        printed = program.run(arguments).await.ok();
        if wanted(&printed) {
            return printed;
        }
    }
    panic!("never as wanted: {printed}");
}

async fn counter() -> FakeAgent {
    FakeAgent::start("Counter", |call| {
        let n = call["params"]["memory"]["n"].as_i64().unwrap_or(0) + 1;
        Does::Answers(json!({
            "memory": {"n": n}, "logs": [format!("counted\u{1b}[31m to {n}")], "errors": [],
            "messages": [{"n": n}],
        }))
    })
    .await
}

async fn an_agent_is_plugged_in_made_and_run(engine: Engine) {
    let agent = counter().await;
    let (program, server) = start_with(engine, &agent).await;
    let types = program.run(&["agent", "types"]).await.ok();
    assert!(types.contains(&agent.url()), "{types}");

    // What an administrator names leads into no private network, unless the operator allows it.
    let plug_in = ["agent", "add", "http://127.0.0.1:9/"];
    let said = program.run(&plug_in).await.ok();
    assert!(said.contains("is asked what it is"), "{said}");
    until(&program, &["agent", "types"], |types| {
        let mut rows = types.lines();
        rows.any(|row| row.contains("http://127.0.0.1:9/") && row.contains("a loopback address"))
    })
    .await;

    let made = program
        .run(&[
            "agent",
            "add",
            "Counter",
            "--name",
            "Clicks",
            "--options",
            r#"{"step": 1}"#,
            "--schedule",
            "7h",
            "--time-zone",
            "Europe/Berlin",
        ])
        .await
        .ok();
    assert!(
        made.contains("Clicks, of the type Agents::Counter"),
        "{made}"
    );
    let made = ["agent", "add", "Agents::Counter", "--to", "Clicks"];
    program.run(&made).await.ok();
    let list = program.run(&["agent", "list"]).await.ok();
    let rows: Vec<Vec<&str>> = list
        .lines()
        .map(|row| row.split_whitespace().collect())
        .collect();
    let titles = ["ID", "NAME", "TYPE", "STATE", "MESSAGES"];
    assert_eq!(rows[0], titles, "{list}");
    assert_eq!(
        rows[1][1..],
        ["Counter", "Counter", "enabled", "0"],
        "{list}"
    );
    assert_eq!(
        rows[2][1..],
        ["Clicks", "Counter", "enabled", "0"],
        "{list}"
    );
    let clicks = rows[2][0];

    program.run(&["agent", "run", "Clicks"]).await.ok();
    agent.wait_for_calls(1).await;
    program.run(&["agent", "run", clicks]).await.ok();
    agent.wait_for_calls(2).await;
    let log = until(&program, &["agent", "logs", "Clicks"], |log| {
        log.lines().count() == 2
    })
    .await;
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines[0].ends_with("info  counted␛[31m to 1"), "{log}");
    assert!(lines[1].ends_with("info  counted␛[31m to 2"), "{log}");

    let shown = program.run(&["agent", "show", "Clicks"]).await.ok();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["options"], json!({"step": 1}));
    assert_eq!(shown["schedule"], "7h");
    assert_eq!(shown["time_zone"], "Europe/Berlin");
    assert_eq!(shown["next_runs"].as_array().unwrap().len(), 3);
    assert_eq!(shown["sources"].as_array().unwrap().len(), 1);
    server.stop().await;
}

async fn an_agent_rests_and_works_again(engine: Engine) {
    let agent = counter().await;
    let (program, server) = start_with(engine, &agent).await;
    let made = ["agent", "add", "Counter", "--name", "Clicks"];
    program.run(&made).await.ok();
    let said = program.run(&["agent", "disable", "Clicks"]).await.ok();
    assert_eq!(said, "Clicks is disabled\n");
    let list = program.run(&["agent", "list"]).await.ok();
    assert!(
        list.lines()
            .any(|row| row.contains("Clicks") && row.contains("disabled")),
        "{list}"
    );
    program.run(&["agent", "enable", "Clicks"]).await.ok();
    let list = program.run(&["agent", "list"]).await.ok();
    assert!(!list.contains("disabled"), "{list}");
    server.stop().await;
}

async fn a_workflow_goes_out_and_comes_in(engine: Engine) {
    let agent = counter().await;
    let (program, server) = start_with(engine, &agent).await;
    let member = |name: &str, guid: &str| {
        json!({
            "type": "Agents::Counter", "name": name, "disabled": false, "guid": guid,
            "options": {"z": 1, "a": [2.5]}, "schedule": "never", "keep_messages_for": 0,
        })
    };
    let file = json!({
        "schema_version": 1, "name": "Morning news", "description": "one\ntwo", "guid": "g",
        "agents": [member("First", "a"), member("Second", "b")],
        "links": [{"source": 0, "receiver": 1}], "control_links": [],
    });
    fs::write(program.file("in.json"), file.to_string()).unwrap();
    let said = program.run(&["workflow", "import", "in.json"]).await.ok();
    assert!(said.ends_with("Morning news, with 2 agents\n"), "{said}");
    let again = program
        .run_with(&["workflow", "import", "-"], &file.to_string())
        .await
        .ok();
    assert_eq!(again, said, "it is known by its guid");
    let list = program.run(&["workflow", "list"]).await.ok();
    let row = list.lines().nth(1).unwrap();
    assert!(
        row.ends_with("Morning news  one") && list.lines().count() == 2,
        "{list}"
    );

    let out = program
        .run(&["workflow", "export", "Morning news"])
        .await
        .ok();
    assert!(
        out.starts_with("{\n  \"schema_version\": 1,\n") && out.ends_with('}'),
        "{out}"
    );
    let id = row.split_whitespace().next().unwrap();
    program
        .run(&["workflow", "export", id, "--out", "out.json"])
        .await
        .ok();
    let same = |text: &str| {
        let mut value: Value = serde_json::from_str(text).unwrap();
        value.as_object_mut().unwrap().remove("exported_at");
        value
    };
    let written = fs::read_to_string(program.file("out.json")).unwrap();
    assert_eq!(same(&written), same(&out));
    program.run(&["workflow", "import", "out.json"]).await.ok();

    let said = program.run(&["workflow", "run", "Morning news"]).await.ok();
    assert_eq!(said, "First checks\n");
    let calls = agent.wait_for_calls(2).await;
    let methods: Vec<&str> = calls
        .iter()
        .map(switchboard_testkit::agent::Came::method)
        .collect();
    assert_eq!(methods, ["check", "receive"]);
    server.stop().await;
}

async fn credentials_are_set_listed_and_removed(engine: Engine) {
    let (program, server) = start(engine).await;
    let set = ["credential", "set", "mail/password ü"];
    let said = program.run_with(&set, "  the secret itself\n").await.ok();
    assert_eq!(said, "kept mail/password ü\n");
    let list = program.run(&["credential", "list"]).await.ok();
    assert!(
        list.contains("mail/password ü") && !list.contains("the secret itself"),
        "{list}"
    );
    let said = program.run(&["credential", "set", "other"]).await.failed();
    assert!(
        said.contains("no value came from standard input") && said.contains("< FILE"),
        "{said}"
    );
    program
        .run(&["credential", "remove", "mail/password ü"])
        .await
        .ok();
    let list = program.run(&["credential", "list"]).await.ok();
    assert_eq!(list.lines().count(), 1, "{list}");
    let said = program
        .run(&["credential", "remove", "other"])
        .await
        .failed();
    assert!(said.contains("404"), "{said}");
    server.stop().await;
}

async fn what_went_wrong_is_told(engine: Engine) {
    let agent = counter().await;
    let (program, server) = start_with(engine, &agent).await;
    let said = program.run(&["agent", "show", "Nobody"]).await.failed();
    assert!(
        said.contains("no agent called `Nobody`") && said.contains("agent list"),
        "{said}"
    );
    for _ in 0..2 {
        program
            .run(&["agent", "add", "Counter", "--name", "Twin"])
            .await
            .ok();
    }
    let said = program.run(&["agent", "disable", "Twin"]).await.failed();
    assert!(
        said.contains("several of yours") && said.contains("by its id: "),
        "{said}"
    );
    let said = program.run(&["agent", "add", "Unheard"]).await.failed();
    assert!(said.contains("Unheard"), "{said}");
    let odd = ["agent", "add", "Counter", "--options", "[]"];
    let said = program.run(&odd).await.failed();
    assert!(said.contains("--options is no object of JSON"), "{said}");
    let odd = ["agent", "add", "Counter", "--schedule", "every_3m"];
    let said = program.run(&odd).await.failed();
    assert!(said.contains("`every_3m` is no schedule. Write"), "{said}");
    let said = program
        .run(&["workflow", "import", "nowhere.json"])
        .await
        .failed();
    assert!(said.contains("cannot read nowhere.json"), "{said}");
    let said = program
        .run_with(&["workflow", "import", "-"], "{}")
        .await
        .failed();
    assert!(said.contains("`schema_version`: is missing"), "{said}");
    let program = program.with("PASSWORD", "wrong");
    let said = program.run(&["agent", "list"]).await.failed();
    assert!(said.contains("cannot sign in as root"), "{said}");
    server.stop().await;
}
