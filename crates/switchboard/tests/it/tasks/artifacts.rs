//! Files: taken in, given out, and gone when nobody needs them.

use super::{make, not_found, refused_at, start, step};
use crate::{
    support::{Engine, on_both_stores},
    workflows,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use switchboard_testkit::{
    PATIENCE,
    agent::{Does, FakeAgent},
    chat::{Answer, ChatClient, send},
};

on_both_stores!(
    a_file_goes_up_and_comes_down,
    names_hurt_nobody,
    bad_uploads_leave_nothing,
    what_nobody_needs_is_removed,
    agents_make_files,
);

const BOUNDARY: &str = "end-of-part";

/// A form with one file, and the folder that it belongs to.
pub(super) fn form(name: &str, content: &[u8], folder: Option<&str>) -> Vec<u8> {
    let mut form = Vec::new();
    if let Some(folder) = folder {
        let head = "Content-Disposition: form-data; name=\"relative_path\"";
        form.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n{folder}\r\n").into_bytes());
    }
    let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
    let kind = "Content-Type: text/x-test";
    form.extend(format!("--{BOUNDARY}\r\n{head}\r\n{kind}\r\n\r\n").into_bytes());
    form.extend(content);
    form.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    form
}

/// Sends a form.
pub(super) async fn upload(client: &ChatClient, task: &str, form: Vec<u8>) -> Answer {
    let request = client.request(Method::POST, &format!("{task}/artifacts"));
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    send(request.header("content-type", kind).body(form)).await
}

/// Fetches a file with these headers.
pub(super) async fn download(
    client: &ChatClient,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, Answer) {
    let mut request = client.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = send(request).await;
    (answer.status, answer)
}

/// How many contents lie in the folder, whole or not.
fn contents(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 1;
    };
    entries.map(|entry| contents(&entry.unwrap().path())).sum()
}

/// Waits until there are so many contents.
async fn until_contents(folder: &Path, count: usize) {
    let looking = async {
        while contents(folder) != count {
            tokio::task::yield_now().await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, looking).await;
    assert!(found.is_ok(), "{} and not {count}", contents(folder));
}

async fn a_file_goes_up_and_comes_down(engine: Engine) {
    let (_server, alice) = start(engine, &[("LIMITS_ARTIFACT_BYTES", "3000000")]).await;
    let task = make(&alice, "x").await;
    // More than the body of any other request may have.
    let content = "0123456789".repeat(200_000);
    let file = upload(
        &alice,
        &task,
        form("a.txt", content.as_bytes(), Some("a/b")),
    )
    .await
    .ok();
    assert_eq!(
        (&file["file_name"], &file["relative_path"]),
        (&json!("a.txt"), &json!("a/b"))
    );
    assert_eq!(
        (&file["agent_created"], &file["size"]),
        (&json!(false), &json!(2_000_000))
    );
    let listed = alice.get(&format!("{task}/artifacts")).await.ok();
    assert_eq!(listed["artifacts"], json!([file]));
    assert_eq!(listed["pagination"]["total_items"], 1);
    assert_eq!(alice.get(&task).await.ok()["artifacts"], json!([file]));
    let path = format!("{task}/artifacts/{}", file["artifact_id"].as_str().unwrap());
    let (status, whole) = download(&alice, &path, &[]).await;
    assert!(status == 200 && whole.text == content);
    assert_eq!(whole.header("content-type"), "text/x-test");
    assert_eq!(whole.header("content-length"), "2000000");
    assert!(
        whole
            .header("content-disposition")
            .starts_with("attachment; filename=\"a.txt\"")
    );
    let (status, part) = download(&alice, &path, &[("range", "bytes=5-12")]).await;
    assert_eq!((status, part.text.as_str()), (206, "56789012"));
    assert_eq!(part.header("content-range"), "bytes 5-12/2000000");
    let tag = whole.header("etag").to_owned();
    assert_eq!(
        download(&alice, &path, &[("if-none-match", &tag)]).await.0,
        304
    );
    let (status, none) = download(&alice, &path, &[("range", "bytes=2000000-")]).await;
    assert_eq!(
        (status, none.header("content-range")),
        (416, "bytes */2000000")
    );
    let other = make(&alice, "y").await;
    not_found(&alice.get(&path.replace(&task, &other)).await);
    let empty = upload(&alice, &task, form("none", b"", None)).await.ok();
    let path = format!(
        "{task}/artifacts/{}",
        empty["artifact_id"].as_str().unwrap()
    );
    assert_eq!(download(&alice, &path, &[]).await.1.text, "");
    let large = upload(&alice, &task, form("l", &vec![0; 3_000_001], None)).await;
    assert_eq!(large.status, 413, "{}", large.text);
}

async fn names_hurt_nobody(engine: Engine) {
    let (server, alice) = start(engine, &[]).await;
    let task = make(&alice, "x").await;
    for name in [
        "../../x",
        "/etc/passwd",
        "a\0b",
        "..",
        "con\u{202e}txt",
        "C:\\\\x",
        "\u{1f600}",
    ] {
        let file = upload(&alice, &task, form(name, b"x", Some(name))).await;
        assert!([200, 400].contains(&file.status), "{name:?}: {}", file.text);
        if file.status == 200 {
            let path = format!(
                "{task}/artifacts/{}",
                file.body["artifact_id"].as_str().unwrap()
            );
            let (status, got) = download(&alice, &path, &[]).await;
            assert_eq!((status, got.text.as_str()), (200, "x"));
            assert!(!got.header("content-disposition").contains(".."));
        }
    }
    let mut bytes = form("NAME", b"x", None);
    let at = bytes.windows(4).position(|four| four == b"NAME").unwrap();
    bytes[at] = 0xff;
    let odd = upload(&alice, &task, bytes).await;
    assert!([200, 400].contains(&odd.status), "{}", odd.text);
    let long = "n".repeat(5000);
    refused_at(
        &upload(&alice, &task, form(&long, b"x", None)).await,
        "file",
    );
    refused_at(
        &upload(&alice, &task, form("x", b"x", Some(&long))).await,
        "relative_path",
    );
    // One content, whatever its names; and nothing beside the folder.
    until_contents(&server.folder().join("artifacts"), 1).await;
}

async fn bad_uploads_leave_nothing(engine: Engine) {
    let (server, alice) = start(engine, &[]).await;
    let task = make(&alice, "x").await;
    let folder = server.folder().join("artifacts");
    let whole = form("x", &vec![b'x'; 100_000], None);
    let broken = upload(&alice, &task, whole[..60_000].to_vec()).await;
    assert_eq!(broken.status, 400, "{}", broken.text);
    let no_file = format!("--{BOUNDARY}--\r\n").into_bytes();
    refused_at(&upload(&alice, &task, no_file).await, "file");
    let typeless = alice.post(&format!("{task}/artifacts"), &json!({})).await;
    assert_eq!(typeless.status, 415);
    not_found(&upload(&alice, "/ap/v1/agent/tasks/x", whole).await);
    let listed = alice.get(&format!("{task}/artifacts")).await.ok();
    assert_eq!(listed["pagination"]["total_items"], 0);
    until_contents(&folder, 0).await;
}

async fn what_nobody_needs_is_removed(engine: Engine) {
    let (server, alice) = start(engine, &[]).await;
    let folder = server.folder().join("artifacts");
    let (first, second) = (make(&alice, "x").await, make(&alice, "y").await);
    for task in [&first, &first, &second] {
        upload(&alice, task, form("same", b"same", None)).await.ok();
    }
    let other = upload(&alice, &second, form("other", b"other", None))
        .await
        .ok();
    assert_eq!(contents(&folder), 2);
    alice.delete(&first).await;
    let path = format!(
        "{second}/artifacts/{}",
        other["artifact_id"].as_str().unwrap()
    );
    assert_eq!(download(&alice, &path, &[]).await.1.text, "other");
    alice.delete(&second).await;
    until_contents(&folder, 0).await;
    let third = make(&alice, "z").await;
    upload(&alice, &third, form("same", b"same", None))
        .await
        .ok();
    until_contents(&folder, 1).await;
    step(&alice, &third, "on it goes").await;
}

async fn agents_make_files(engine: Engine) {
    let remote = FakeAgent::start("Writer", |_| {
        let file = json!({"file_name": "out.txt", "relative_path": "r", "text": "Washington"});
        let same = json!({"file_name": "too.txt", "base64": "V2FzaGluZ3Rvbg=="});
        Does::Answers(json!({"messages": [{"text": "done"}], "artifacts": [file, same]}))
    })
    .await;
    let server = workflows::start(engine, &[&remote]).await;
    let alice = server.login("alice").await;
    let agent = workflows::make(&alice, "Writer", json!({})).await;
    let tasks = format!("/agents/{agent}/ap/v1/agent/tasks");
    let task = alice.post(&tasks, &json!({"input": "write"})).await.ok();
    let task = format!("{tasks}/{}", task["task_id"].as_str().unwrap());
    let step = alice.post(&format!("{task}/steps"), &json!({})).await.ok();
    let files = step["artifacts"].as_array().unwrap();
    let names: Vec<&Value> = files.iter().map(|file| &file["file_name"]).collect();
    assert_eq!(names, ["out.txt", "too.txt"]);
    for file in files {
        assert_eq!(file["agent_created"], true);
        let path = format!("{task}/artifacts/{}", file["artifact_id"].as_str().unwrap());
        assert_eq!(download(&alice, &path, &[]).await.1.text, "Washington");
    }
    assert_eq!(contents(&server.folder().join("artifacts")), 1);
}
