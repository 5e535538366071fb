//! Finding agents by what they can do.

use reqwest::Method;
use serde_json::json;
use switchboard_testkit::chat::{Answer, ChatClient, send};

use super::{register, unregister};
use crate::{
    rest::{members, refused_at},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    exact_names_come_first,
    words_are_found_in_names_capabilities_and_personalities,
    only_agents_that_one_may_use_are_found,
    odd_questions_are_answered_like_any_other,
    a_question_must_ask_something,
    what_is_gone_is_not_found,
);

async fn ask(client: &ChatClient, question: &str) -> Answer {
    let request = client.request(Method::GET, "/api/agents/search");
    send(request.query(&[("q", question)])).await
}

/// The names of the agents that are found, best first.
async fn found(client: &ChatClient, question: &str) -> Vec<String> {
    let list = ask(client, question).await.ok();
    members(
        &list,
        &["agents", "timestamp", "total_count", "user_owned_count"],
    );
    let agents = list["agents"].as_array().unwrap();
    assert_eq!(list["total_count"], agents.len());
    agents
        .iter()
        .map(|agent| agent["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn exact_names_come_first(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    register(
        &alice,
        json!({"name": "Chatty", "personality": "Translate translate translate, often."}),
    )
    .await;
    register(
        &alice,
        json!({"name": "Helper", "capabilities": ["translate poems"]}),
    )
    .await;
    register(
        &alice,
        json!({"name": "Polyglot", "capabilities": ["translate"]}),
    )
    .await;
    register(
        &alice,
        json!({"name": "Unrelated", "capabilities": ["maths"]}),
    )
    .await;
    let names = found(&alice, "Translate").await;
    assert_eq!((names[0].as_str(), names.len()), ("Polyglot", 3));
    assert_eq!(found(&alice, "UNRELATED").await, ["Unrelated"]);
}

async fn words_are_found_in_names_capabilities_and_personalities(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    register(&alice, json!({"name": "Ada Lovelace"})).await;
    register(
        &alice,
        json!({"name": "Bo", "capabilities": ["image-recognition"]}),
    )
    .await;
    register(
        &alice,
        json!({"name": "Cy", "personality": "Loves große Straßen and 東京"}),
    )
    .await;
    for (question, name) in [
        ("lovelace", "Ada Lovelace"),
        ("recognition", "Bo"),
        ("GROSSE große", "Cy"),
        ("straßen", "Cy"),
        ("東京", "Cy"),
    ] {
        assert_eq!(found(&alice, question).await, [name], "{question}");
    }
    assert_eq!(
        found(&alice, "lovelace image").await.len(),
        2,
        "one of the words is enough"
    );
    assert!(found(&alice, "astronomy").await.is_empty());
}

async fn only_agents_that_one_may_use_are_found(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    for (name, shared) in [
        ("Private", json!(null)),
        ("Named", json!(["bob"])),
        ("Public", json!(true)),
    ] {
        register(
            &alice,
            json!({"name": name, "capabilities": ["maths"], "shared": shared}),
        )
        .await;
    }
    let mut names = found(&bob, "maths").await;
    names.sort_unstable();
    assert_eq!(names, ["Named", "Public"]);
    assert_eq!(
        found(&server.login("root").await, "maths").await,
        ["Public"]
    );
    assert!(found(&bob, "Private").await.is_empty());
    let list = ask(&bob, "maths").await.ok();
    assert_eq!(list["user_owned_count"], 0);
    assert_eq!(list["agents"][0]["is_owned"], false);
}

async fn odd_questions_are_answered_like_any_other(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    register(
        &alice,
        json!({"name": "Or And Not", "capabilities": ["c++"]}),
    )
    .await;
    let odd = [
        "\"",
        "\"\"",
        "OR",
        "AND NOT",
        "*",
        "(",
        ")",
        "\" OR * ( ",
        "a AND",
        "NEAR(a b)",
        "name:x",
        "^a",
        "{a b}",
        "-",
        "'",
        "'; DROP TABLE agents; --",
        "%",
        "_",
        "\\",
        "&",
        "|",
        "!",
        ":*",
        "<->",
        "a:*B & !c",
        "\0",
        "a\0b",
        "\u{301}",
        "💥",
        "+",
        "?",
        "ﷺ",
        "c++",
    ];
    for question in odd {
        ask(&alice, question).await.ok();
    }
    for question in ["c++", "or", "not", "\"or and not\""] {
        assert_eq!(found(&alice, question).await, ["Or And Not"], "{question}");
    }
}

async fn a_question_must_ask_something(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let place = [json!(["query", "q"])];
    for path in [
        "/api/agents/search",
        "/api/agents/search?q=",
        "/api/agents/search?q=%20%20&other=x",
    ] {
        assert_eq!(refused_at(&alice.get(path).await, &place), ["missing"]);
    }
    ask(&alice, &"x".repeat(200)).await.ok();
    // As long as it was sent, which is what the description speaks of.
    for long in ["x".repeat(201), "x".repeat(200) + " "] {
        assert_eq!(
            refused_at(&ask(&alice, &long).await, &place),
            ["string_too_long"]
        );
    }
}

async fn what_is_gone_is_not_found(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let agent = register(&alice, json!({"name": "Ada"})).await;
    assert_eq!(found(&alice, "ada").await, ["Ada"]);
    unregister(&alice, &agent).await.ok();
    assert!(found(&alice, "ada").await.is_empty());
}
