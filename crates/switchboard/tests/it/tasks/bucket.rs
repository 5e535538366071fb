//! Files in a bucket of an S3 server: what clients see is the same.
//!
//! Needs a server in `SWITCHBOARD_TEST_S3`: `scripts/s3` starts one.

use super::{
    artifacts::{download, form, upload},
    make, start,
};
use crate::{
    commands::program::Program,
    support::{Engine, on_both_stores},
};
use serde_json::json;
use switchboard_domain::ports::{Clock as _, Random as _};
use switchboard_testkit::{
    PATIENCE,
    chat::{ChatClient, send},
};

on_both_stores!(files_lie_in_a_bucket, a_bucket_that_is_not_there_is_told);

/// The address of the S3 server, if there is one.
fn server() -> Option<String> {
    let address = std::env::var("SWITCHBOARD_TEST_S3").ok();
    if address.is_none() {
        eprintln!("skipped: SWITCHBOARD_TEST_S3 names no server; scripts/s3 starts one");
    }
    address
}

/// How many objects lie under this prefix.
async fn objects(address: &str, prefix: &str) -> usize {
    let query = format!("/switchboard?list-type=2&prefix={prefix}");
    let listed = ChatClient::new(address).get(&query).await;
    assert_eq!(listed.status, 200, "{}", listed.text);
    listed.text.matches("<Key>").count()
}

async fn until_objects(address: &str, prefix: &str, count: usize) {
    let looking = async {
        while objects(address, prefix).await != count {
            tokio::task::yield_now().await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, looking).await;
    assert!(found.is_ok(), "never {count} objects");
}

async fn files_lie_in_a_bucket(engine: Engine) {
    let Some(address) = server() else { return };
    let name = switchboard::system::SystemRandom.uuid(switchboard::system::SystemClock.now());
    let prefix = format!("it/{}", name.simple());
    let settings = [
        ("ARTIFACTS_BUCKET", "switchboard"),
        ("ARTIFACTS_ENDPOINT", &address),
        ("ARTIFACTS_PREFIX", &prefix),
        ("ARTIFACTS_ACCESS_KEY_ID", "id"),
        ("ARTIFACTS_SECRET_ACCESS_KEY", "key"),
    ];
    let (server, alice) = start(engine, &settings).await;
    let task = make(&alice, "x").await;
    // More than one part.
    let content = "0123456789".repeat(2_000_000);
    let sent = async || {
        upload(&alice, &task, form("a.txt", content.as_bytes(), None))
            .await
            .ok()
    };
    let (first, second) = (sent().await, sent().await);
    assert_eq!(first["sha256"], second["sha256"]);
    let empty = upload(&alice, &task, form("b.txt", b"", None)).await.ok();
    assert_eq!(empty["size"], 0);
    until_objects(&address, &prefix, 2).await;
    assert!(!server.folder().join("artifacts").exists());
    let path = format!(
        "{task}/artifacts/{}",
        first["artifact_id"].as_str().unwrap()
    );
    let (status, whole) = download(&alice, &path, &[]).await;
    assert!(status == 200 && whole.text == content);
    let (status, part) = download(&alice, &path, &[("range", "bytes=19999995-")]).await;
    assert_eq!((status, part.text.as_str()), (206, "56789"));
    // Another server on the same store sees them, too.
    let place = server.stop().await;
    let clock = std::sync::Arc::new(switchboard::system::SystemClock);
    let server = crate::support::Server::start_at(place, &settings, clock).await;
    let alice = server.login("alice").await;
    let (status, again) = download(&alice, &path, &[]).await;
    assert!(status == 200 && again.text == content);
    send(alice.request(reqwest::Method::DELETE, &task)).await;
    until_objects(&address, &prefix, 0).await;
    assert_eq!(
        alice.get(&path).await.body,
        json!({"message": "Unable to find entity with the provided id"})
    );
}

async fn a_bucket_that_is_not_there_is_told(engine: Engine) {
    let Some(address) = server() else { return };
    let program = Program::with_root(engine).await;
    let program = program
        .with("ARTIFACTS_BUCKET", "nowhere")
        .with("ARTIFACTS_ENDPOINT", &address)
        .with("ARTIFACTS_ACCESS_KEY_ID", "id")
        .with("ARTIFACTS_SECRET_ACCESS_KEY", "s3cr3t");
    let said = program.refuses_to_start().await;
    assert!(said.contains("bucket nowhere cannot be used"), "{said}");
    assert!(!said.contains("s3cr3t"), "{said}");
}
