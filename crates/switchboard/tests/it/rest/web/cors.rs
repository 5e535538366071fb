//! Which web pages may call the server from a browser.

use reqwest::Method;
use switchboard_testkit::chat::{Answer, ChatClient, send};

use crate::{
    rest::{CREATE, SESSIONS, refused},
    support::{Engine, Server, on_both_stores},
};

const PAGE: &str = "http://localhost:5173";

on_both_stores!(
    a_browser_is_told_what_a_page_may_do,
    answers_and_errors_alike_may_be_read_by_the_page,
    other_pages_may_read_nothing,
    the_pages_can_be_set,
);

async fn preflight(client: &ChatClient, origin: &str, path: &str, method: &str) -> Answer {
    let request = client
        .request(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    send(request).await
}

async fn from_page(client: &ChatClient, origin: &str, method: Method, path: &str) -> Answer {
    send(client.request(method, path).header("origin", origin)).await
}

#[track_caller]
fn readable(answer: &Answer, origin: &str) {
    assert_eq!(
        answer.header("access-control-allow-origin"),
        origin,
        "{}",
        answer.status
    );
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    let vary = answer
        .headers
        .get_all("vary")
        .iter()
        .map(|value| value.to_str().unwrap().to_lowercase());
    assert!(
        vary.collect::<Vec<_>>().join(",").contains("origin"),
        "caches keep pages apart"
    );
    let exposed = answer
        .header("access-control-expose-headers")
        .to_lowercase();
    assert!(
        exposed.contains("retry-after") || answer.status == 200 && exposed.is_empty(),
        "{exposed}"
    );
}

async fn a_browser_is_told_what_a_page_may_do(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    for origin in [
        PAGE,
        "http://127.0.0.1:5173",
        "http://localhost:4173",
        "http://127.0.0.1:4173",
    ] {
        for (path, method) in [
            ("/api/auth/login", "POST"),
            (CREATE, "POST"),
            (SESSIONS, "GET"),
            ("/api/agents/1", "DELETE"),
        ] {
            let answer = preflight(&server.client, origin, path, method).await;
            assert!([200, 204].contains(&answer.status), "{}", answer.text);
            assert_eq!(answer.header("access-control-allow-origin"), origin);
            assert_eq!(answer.header("access-control-allow-credentials"), "true");
            assert!(
                answer
                    .header("access-control-allow-methods")
                    .contains(method)
            );
            let headers = answer.header("access-control-allow-headers").to_lowercase();
            assert!(
                headers.contains("authorization") && headers.contains("content-type"),
                "{headers}"
            );
        }
    }
}

async fn answers_and_errors_alike_may_be_read_by_the_page(engine: Engine) {
    let settings = [("LIMITS_SESSION_QUERY_PER_MINUTE", "1")];
    let (server, _clock) = Server::start_with_clock(engine, &settings).await;
    let (alice, nobody) = (server.login("alice").await, &server.client);
    for (client, method, path, status) in [
        (&alice, Method::GET, SESSIONS, 200),
        (&alice, Method::GET, SESSIONS, 429),
        (nobody, Method::GET, SESSIONS, 401),
        (nobody, Method::GET, "/api/nowhere", 404),
        (nobody, Method::GET, "/api/auth/login", 405),
        (nobody, Method::POST, "/api/auth/login", 415),
        (&alice, Method::POST, CREATE, 400),
    ] {
        let answer = from_page(client, PAGE, method, path).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        readable(&answer, PAGE);
    }
}

async fn other_pages_may_read_nothing(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let others = [
        "http://evil.example",
        "http://localhost:5173.evil.example",
        "https://localhost:5173",
        "http://localhost",
        "http://localhost:8000",
        "null",
        "*",
    ];
    for origin in others {
        for answer in [
            preflight(&alice, origin, SESSIONS, "GET").await,
            from_page(&alice, origin, Method::GET, SESSIONS).await,
            from_page(&server.client, origin, Method::GET, SESSIONS).await,
        ] {
            let allowed = answer.headers.get("access-control-allow-origin");
            assert!(allowed.is_none(), "{origin} may read: {allowed:?}");
        }
    }
    let from_a_program = alice.get(SESSIONS).await;
    assert!(
        from_a_program
            .headers
            .get("access-control-allow-origin")
            .is_none()
    );
}

async fn the_pages_can_be_set(engine: Engine) {
    let own = "https://chat.example";
    let server = Server::start(engine, &[("HTTP_ALLOWED_ORIGINS", own)]).await;
    let answer = from_page(&server.client, own, Method::GET, SESSIONS).await;
    refused(&answer, 401);
    readable(&answer, own);
    let answer = from_page(&server.client, PAGE, Method::GET, SESSIONS).await;
    assert!(answer.headers.get("access-control-allow-origin").is_none());
}
