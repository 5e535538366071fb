//! The values of tokens: in no answer and in no file.

use super::{ACCOUNTS, begin, connect, go, settings};
use crate::support::{Engine, Place, Server};
use serde_json::json;
use std::{fs, path::Path, sync::Arc};
use switchboard_testkit::oauth::FakeOAuth;

/// Whether one of these is in a file of the folder.
pub fn found_in(folder: &Path, secrets: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(found_in(&path, secrets));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let among = |secret: &&String| {
            let secret = secret.as_bytes();
            bytes.windows(secret.len()).any(|window| window == secret)
        };
        let here = secrets.iter().filter(among);
        found.extend(here.map(|secret| format!("{secret} in {}", path.display())));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_is_in_an_answer_or_a_file() {
    let provider = FakeOAuth::start().await;
    let place = Place::new(Engine::Sqlite).await;
    let clock = Arc::new(switchboard::system::SystemClock);
    let server = Server::start_at(place, &settings(&provider.url), clock).await;
    let alice = server.login("alice").await;
    let mut told = Vec::new();
    let body = json!({"provider": "place", "device": true});
    told.push(alice.post(ACCOUNTS, &body).await.text);
    // One way stays open, so that its secret lies in the store, too.
    let challenge = begin(&alice).await;
    told.push(challenge.to_string());
    connect(&alice).await;
    let challenge = begin(&alice).await;
    let (_, _browser) = go(&alice, &challenge).await;
    let id = challenge["challenge_id"].as_str().unwrap();
    told.push(alice.get(&format!("{ACCOUNTS}/challenges/{id}")).await.text);
    told.push(alice.get(ACCOUNTS).await.text);
    for text in &told {
        assert!(!text.contains("canary"), "{text}");
    }
    let verifier = provider.asked("/token")[0]["code_verifier"].clone();
    let secrets = [
        "canary-access-1".to_owned(),
        "canary-refresh-1".to_owned(),
        "canary-device-code".to_owned(),
        "canary-client-secret-5b1".to_owned(),
        verifier,
    ];
    let place = server.stop().await;
    assert_eq!(found_in(place.folder.path(), &secrets), [""; 0]);
}
