//! Actions that the server runs: what goes out, what comes back, and that no secret does.

use crate::raw::{Answer, Raw, Then};
use axum::{Router, body::Bytes, http::HeaderMap, routing::any};
use base64::Engine;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_domain::nouns::{HttpMethod, RenderedRequest};
use switchboard_domain::ports::{ActionRunner, Injected, RunFailed, ServerCall};
use switchboard_outbound::{HttpActions, Outgoing};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

const TOKEN: &str = "ya29.canary-token/with+signs=";

fn runner() -> HttpActions {
    HttpActions::new(Outgoing::new(Vec::new()).unwrap())
}

fn call(url: &str) -> ServerCall {
    ServerCall {
        request: RenderedRequest {
            method: HttpMethod::Post,
            url: url.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Some(br#"{"a":1}"#.to_vec()),
        },
        auth: None,
        timeout: Duration::from_secs(5),
    }
}

/// The call with a token that may go to where the call goes.
fn with_token(url: &str) -> ServerCall {
    let host = url.split('/').nth(2).unwrap().to_owned();
    ServerCall {
        auth: Some(Injected {
            header: "authorization".to_owned(),
            value: format!("Bearer {TOKEN}").into(),
            hosts: Some(vec!["api.example.com".to_owned(), host]),
        }),
        ..call(url)
    }
}

/// All bytes percent-encoded.
fn percent(text: &str) -> String {
    let written = |byte| format!("%{byte:02X}");
    text.bytes().map(written).collect()
}

/// As forms are written.
fn percent_but_for_letters(text: &str) -> String {
    let written = text.bytes().map(|byte| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) => char::from(byte).into(),
        byte => format!("%{byte:02X}"),
    });
    written.collect()
}

/// A server that answers with what it was sent, in many forms.
async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = |headers: HeaderMap, body: Bytes| async move {
        let said = headers.get("authorization").map(|it| it.to_str().unwrap());
        let said = said.unwrap_or_default().to_owned();
        let percent = percent(&said);
        axum::Json(json!({
            "body": String::from_utf8_lossy(&body),
            "plain": said, (said.clone()): "a name", "percent": percent,
            "form": percent_but_for_letters(&said),
            "base64": base64::prelude::BASE64_STANDARD.encode(format!("x{said}y")),
            "json": json!(said).to_string().replace('/', "\\/"),
        }))
    };
    let router = Router::new().route("/", any(answer));
    TaskTracker::new().spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

#[tokio::test]
async fn the_secret_goes_out_and_in_no_form_comes_back() {
    let result = runner().run(with_token(&echo().await)).await.unwrap();
    assert_eq!(result["status"], 200);
    assert_eq!(result["body"]["body"], r#"{"a":1}"#);
    assert_eq!(result["body"]["plain"], "***");
    let text = result.to_string();
    assert!(text.contains("\"***\":\"a name\""), "{text}");
    assert!(!text.contains("canary"), "{text}");
    let encoded = result["body"]["base64"].as_str().unwrap().replace('*', "A");
    let decoded = base64::prelude::BASE64_STANDARD_NO_PAD.decode(encoded.trim_end_matches('='));
    let decoded = String::from_utf8_lossy(&decoded.unwrap_or_default()).into_owned();
    assert!(!decoded.contains("canary"), "{decoded}");
    let percent = percent("canary");
    assert!(!text.contains(&percent), "{text}");
}

#[tokio::test]
async fn an_error_that_repeats_the_secret_does_not_tell_it() {
    let said = format!("no, {TOKEN} is not good");
    let head = "HTTP/1.1 403 Forbidden\r\ncontent-length:";
    let server = Raw::start(Answer::raw(
        format!("{head} {}\r\n\r\n{said}", said.len()),
        Then::Next,
    ))
    .await;
    let failed = runner().run(with_token(&server.url)).await.unwrap_err();
    let RunFailed::Refused {
        status: 403,
        message,
        ..
    } = failed
    else {
        panic!("{failed:?}");
    };
    assert_eq!(message, "the server answered 403: no, *** is not good");
}

async fn not_made(call: ServerCall) -> String {
    match runner().run(call).await {
        Err(RunFailed::NotMade(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_secret_goes_to_no_host_that_is_not_listed() {
    let url = echo().await;
    for hosts in [
        vec![],
        vec!["127.0.0.1".to_owned()],
        vec!["api.example.com".to_owned()],
    ] {
        let mut call = with_token(&url);
        call.auth.as_mut().unwrap().hosts = Some(hosts);
        let why = not_made(call).await;
        assert!(
            why.contains("api_hosts") && !why.contains("canary"),
            "{why}"
        );
    }
}

#[tokio::test]
async fn private_networks_and_plain_http_are_not_asked() {
    let url = echo().await;
    assert!(
        not_made(call(&url)).await.contains("loopback"),
        "without an account"
    );
    let mut any_host = with_token(&url);
    any_host.auth.as_mut().unwrap().hosts = None;
    assert!(
        not_made(any_host).await.contains("loopback"),
        "with a credential"
    );
    assert!(
        not_made(call("http://example.com/"))
            .await
            .contains("only https")
    );
    assert!(
        not_made(call("https://169.254.169.254/"))
            .await
            .contains("link-local")
    );
    assert!(
        not_made(call("https://ann@example.com/"))
            .await
            .contains("user")
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Raw::start(Answer::raw(
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        Then::Next,
    ))
    .await;
    let head = "HTTP/1.1 307 Temporary Redirect\r\ncontent-length: 0\r\nlocation:";
    let server = Raw::start(Answer::raw(
        format!("{head} {}\r\n\r\n", target.url),
        Then::Next,
    ))
    .await;
    let failed = runner().run(with_token(&server.url)).await.unwrap_err();
    assert!(
        matches!(&failed, RunFailed::Refused { status: 307, .. }),
        "{failed:?}"
    );
    assert!(target.seen().is_empty());
}

#[tokio::test]
async fn what_has_no_end_has_a_limit() {
    let head = "HTTP/1.1 200 OK\r\n";
    let large = format!("{head}content-length: 9999999\r\n\r\n");
    let endless = format!("{head}connection: close\r\n\r\n     ");
    for (answer, wanted) in [
        (Answer::raw(large, Then::Silence), "more than 1 MiB"),
        (Answer::raw(endless, Then::Again), "more than 1 MiB"),
        (Answer::raw(head, Then::Silence), "did not answer within"),
        (
            Answer::raw(
                format!("{head}content-length: 9\r\n\r\nhalf"),
                Then::Silence,
            ),
            "did not answer",
        ),
        (
            Answer::raw(format!("{head}content-length: 9\r\n\r\nhalf"), Then::Close),
            "was lost",
        ),
        (
            Answer::raw("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n", Then::Next),
            "answered 500",
        ),
    ] {
        let server = Raw::start(answer).await;
        let mut call = with_token(&server.url);
        call.timeout = Duration::from_millis(700);
        match runner().run(call).await {
            Err(RunFailed::Unknown(why)) => assert!(why.contains(wanted), "{wanted}: {why}"),
            other => panic!("{wanted}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn nobody_there_means_that_nothing_happened() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert!(
        not_made(with_token(&url))
            .await
            .contains("could not be reached")
    );
}

#[test]
fn a_call_prints_no_secret() {
    let call = with_token("https://api.example.com/");
    assert!(!format!("{call:?}").contains("canary"));
    assert!(call.auth.unwrap().value.expose_secret().contains("canary"));
}

#[tokio::test]
async fn text_is_text_and_json_is_json() {
    for (kind, body, wanted) in [
        ("application/json", "[1]", json!([1])),
        ("application/problem+json", "{}", json!({})),
        ("text/plain", "[1]", json!("[1]")),
        ("application/json", "[1", json!("[1")),
        ("text/html", "", json!("")),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length:");
        let answer = format!("{head} {}\r\n\r\n{body}", body.len());
        let server = Raw::start(Answer::raw(answer, Then::Next)).await;
        let result: Value = runner().run(with_token(&server.url)).await.unwrap();
        assert_eq!(result["body"], wanted, "{kind}");
    }
}
