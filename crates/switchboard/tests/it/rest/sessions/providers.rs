//! Which providers of models there are.

use serde_json::json;

use crate::{
    rest::members,
    support::{Engine, Server, on_both_stores},
};

const PROVIDERS: &str = "/api/chat/providers";

on_both_stores!(
    without_any_key_there_is_the_demo,
    what_the_operator_set_up_is_there_and_no_key_is_shown,
);

async fn without_any_key_there_is_the_demo(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let demo = json!({"name": "Demo", "models": ["echo", "script"], "default_model": "echo"});
    assert_eq!(alice.get(PROVIDERS).await.ok(), json!({"demo": demo}));
}

async fn what_the_operator_set_up_is_there_and_no_key_is_shown(engine: Engine) {
    let settings = [
        ("PROVIDERS_GROQ_API_KEY", "gsk-canary"),
        ("PROVIDERS_LOCAL_BASE_URL", "http://127.0.0.1:9/v1"),
        ("PROVIDERS_LOCAL_MODELS", "small,large"),
    ];
    let server = Server::start(engine, &settings).await;
    let answer = server.login("alice").await.get(PROVIDERS).await;
    assert!(!answer.text.contains("gsk-canary") && !answer.text.contains("127.0.0.1"));
    let providers = answer.ok();
    members(&providers, &["demo", "groq", "local"]);
    for provider in providers.as_object().unwrap().values() {
        members(provider, &["default_model", "models", "name"]);
        let models = provider["models"].as_array().unwrap();
        assert!(models.contains(&provider["default_model"]), "{provider}");
    }
    assert_eq!(providers["groq"]["name"], "Groq");
    assert_eq!(providers["local"]["models"], json!(["small", "large"]));
    assert_eq!(providers["local"]["default_model"], "small");
}
