//! The files of the page, and the policy under which they run.

use super::visit;
use crate::support::{Engine, Server};
use reqwest::Method;
use serde_json::json;
use switchboard_testkit::chat::send;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_sent_with_its_policy_and_only_once() {
    let server = Server::start(Engine::Sqlite, &[]).await;
    for path in ["/", "/page/app.js", "/page/style.css"] {
        let ask = || {
            server
                .client
                .request(Method::GET, path)
                .header("accept", "text/html, */*;q=0.8")
        };
        let answer = send(ask()).await;
        assert_eq!(answer.status, 200);
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let again = send(ask().header("if-none-match", answer.header("etag"))).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""));
    }
    let unknown = server.client.get("/page/index.html").await;
    assert_eq!(unknown.status, 404);
}

/// Without this the other tests could find nothing forbidden because nothing is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_is_in_force() {
    let Some((_server, mut person)) = visit(&[]).await else {
        return;
    };
    person
        .browser
        .until("document.activeElement.name === 'username'")
        .await;
    let tries = "{ const script = document.createElement('script'); \
        script.textContent = 'window.ran = true'; document.body.append(script); \
        document.body.setAttribute('style', 'color: red'); \
        fetch('https://example.org/').catch(() => {}); }";
    person.browser.ask(tries).await;
    person.browser.until("window.forbidden.length === 3").await;
    assert_eq!(person.browser.ask("typeof window.ran").await, "undefined");
    person.browser.ask("window.forbidden = []").await;
    assert_eq!(person.browser.ask("window.forbidden").await, json!([]));
    // The console has complained of the same.
    assert!(!person.browser.complaints.is_empty());
    person.browser.complaints.clear();
    person.leaves().await;
}
