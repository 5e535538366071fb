//! What remote agents do wrong, and what comes of it: nothing takes effect, and the error says why.

use crate::raw::{Answer, Raw, Then};
use crate::remote::{agents, check, endpoint, receive};
use serde_json::json;
use std::time::Duration;
use switchboard_domain::ports::{CallError, RemoteAgents, RemoteEndpoint};
use tokio::net::TcpListener;

const HEAD: &str = "HTTP/1.1 200 OK\r\n";
const LIMIT: usize = 8 << 20;

/// Calls an agent that answers like this, and gives what came of it: whether to try again, and why.
async fn failure(answer: Answer) -> (bool, String) {
    let agent = Raw::start(answer).await;
    of(&endpoint(&agent.url)).await
}

async fn of(endpoint: &RemoteEndpoint) -> (bool, String) {
    match agents().call(endpoint, &receive(json!({"a": 1}))).await {
        Ok(outcome) => panic!("{outcome:?}"),
        Err(CallError::Transient { message, .. }) => (true, message),
        Err(CallError::Permanent { message }) => (false, message),
    }
}

/// An answer that is tried again, for this reason.
async fn is_retried(answer: Answer, reason: &str) {
    let (retried, message) = failure(answer).await;
    assert!(retried && message.contains(reason), "{reason}: {message}");
}

#[tokio::test]
async fn silence_ends_with_the_time_of_the_call() {
    for begun in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"result\"",
    ] {
        let agent = Raw::start(Answer::raw(begun, Then::Silence)).await;
        let endpoint = RemoteEndpoint {
            timeout: Duration::from_millis(100),
            ..endpoint(&agent.url)
        };
        let (retried, message) = of(&endpoint).await;
        assert!(
            retried && message == "the agent did not answer within 0.1 s",
            "{message}"
        );
    }
}

#[tokio::test]
async fn an_agent_that_never_stops_a_little_answer_runs_out_of_time() {
    // One byte a piece, so the limit of bytes is far away.
    let drip = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
    let agent = Raw::start(Answer::raw(drip + "\r\n1\r\n ", Then::Silence)).await;
    let endpoint = RemoteEndpoint {
        timeout: Duration::from_millis(100),
        ..endpoint(&agent.url)
    };
    assert!(of(&endpoint).await.0);
}

#[tokio::test]
async fn a_cut_connection_is_no_answer() {
    let half = format!("{HEAD}content-length: 99\r\n\r\n{{\"result\": {{}}}}");
    let pieces = format!("{HEAD}transfer-encoding: chunked\r\n\r\nd\r\n{{\"result\":{{}}}}\r\n");
    for cut in ["", "HTTP/1.1 2", HEAD, &half, &pieces] {
        is_retried(
            Answer::raw(cut, Then::Close),
            "the connection to the agent was lost",
        )
        .await;
    }
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    for noise in [
        "SSH-2.0-OpenSSH_9\r\n",
        "\0\0\0\0\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
    ] {
        is_retried(
            Answer::raw(noise, Then::Close),
            "the connection to the agent was lost",
        )
        .await;
    }
}

#[tokio::test]
async fn nobody_there_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let (retried, message) = of(&endpoint(&url)).await;
    assert!(
        retried && message == "the agent could not be reached",
        "{message}"
    );
    let (retried, message) = of(&endpoint("http://nobody.invalid/")).await;
    assert!(
        retried && message == "the agent could not be reached",
        "{message}"
    );
}

#[tokio::test]
async fn an_answer_of_8_mib_is_read_and_a_byte_more_is_not() {
    let whole = |size: usize| {
        let mut body = br#"{"result": {"logs": ["l"]}}"#.to_vec();
        body.resize(size, b' ');
        body
    };
    let agent = Raw::start(Answer::ok(whole(LIMIT))).await;
    let outcome = agents()
        .call(&endpoint(&agent.url), &check())
        .await
        .unwrap();
    assert_eq!(outcome.logs, ["l"]);
    is_retried(Answer::ok(whole(LIMIT + 1)), "larger than 8 MiB").await;
    // Without a length that says so beforehand.
    let head = format!("{HEAD}connection: close\r\n\r\n").into_bytes();
    is_retried(
        Answer::raw([head, whole(LIMIT + 1)].concat(), Then::Close),
        "larger than 8 MiB",
    )
    .await;
    // Said beforehand, and never sent.
    let lie = format!("{HEAD}content-length: 18446744073709551615\r\n\r\n");
    let (retried, message) = failure(Answer::raw(lie, Then::Silence)).await;
    assert!(retried && !message.contains("within"), "{message}");
}

#[tokio::test]
async fn an_endless_body_is_not_waited_for() {
    let endless = format!("{HEAD}connection: close\r\n\r\n     ");
    is_retried(Answer::raw(endless, Then::Again), "larger than 8 MiB").await;
    let pieces = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
    let pieces = pieces + "1\r\n \r\n1\r\na\r\n".repeat(10).as_str();
    let pieces = Answer::raw(pieces + "00001\r\nab\r\n", Then::Close);
    assert!(failure(pieces).await.0);
}

#[tokio::test]
async fn endless_headers_are_not_waited_for() {
    is_retried(
        Answer::raw(format!("{HEAD}a: b\r\n"), Then::Again),
        "the connection to the agent was lost",
    )
    .await;
}

#[tokio::test]
async fn a_compressed_answer_is_not_unpacked() {
    let gzip = format!("{HEAD}content-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\u{0}ab");
    is_retried(Answer::raw(gzip, Then::Close), "it is not JSON").await;
}

#[tokio::test]
async fn text_that_is_no_text_is_no_answer() {
    let body = b"{\"result\": {\"logs\": [\"\xff\xfe\"]}}";
    is_retried(Answer::ok(body), "it is not UTF-8. It begins: {\"result\"").await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = Raw::start(Answer::result(&json!({}))).await;
    for status in [
        "301 Moved",
        "302 Found",
        "303 See",
        "304 Same",
        "307 Temporary",
        "308 Permanent",
    ] {
        let head = format!("HTTP/1.1 {status}\r\nlocation: {}\r\n", target.url);
        let body = if status.starts_with("304") {
            ""
        } else {
            r#"{"result":{}}"#
        };
        let text = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        is_retried(Answer::raw(text, Then::Next), "a redirect (3").await;
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn answers_that_do_not_count_are_quoted() {
    for (body, reason) in [
        ("", "it is empty"),
        (
            "nope",
            "it is not JSON (expected ident at line 1 column 2). It begins: nope",
        ),
        ("[]", "it has no object `result`. It begins: []"),
        ("{}", "it has no object `result`. It begins: {}"),
        (r#"{"result": null}"#, "it has no object `result`"),
        (
            r#"{"result": {"messages": [1]}}"#,
            "`messages[0]` is not an object. It begins: {",
        ),
        (
            r#"{"result": {"messages": {}}}"#,
            "`messages` is not a list",
        ),
        (
            r#"{"result": {"memory": [1]}}"#,
            "`memory` is not an object",
        ),
        (
            r#"{"result": {"memory": "m"}}"#,
            "`memory` is not an object",
        ),
        (r#"{"result": {"logs": 1}}"#, "`logs` is not a list"),
    ] {
        is_retried(Answer::ok(body), reason).await;
    }
    is_retried(Answer::with("204 No Content", ""), "it is empty").await;
    let page = format!("<html>\n\n  <p>{}</p>", "x".repeat(1000));
    let (_, message) = failure(Answer::with("502 Bad Gateway", page)).await;
    assert!(
        message.contains("(HTTP status 502)") && message.len() < 350,
        "{message}"
    );
    assert!(message.contains("It begins: <html> <p>xxx"), "{message}");
}

#[tokio::test]
async fn a_busy_agent_says_when_it_wants_to_be_called_again() {
    let text = "HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
    let agent = Raw::start(Answer::raw(text, Then::Next)).await;
    let error = agents()
        .call(&endpoint(&agent.url), &check())
        .await
        .unwrap_err();
    let CallError::Transient { retry_after, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn agents_that_users_add_cannot_be_in_here() {
    let inside = Raw::start(Answer::result(&json!({"name": "A"}))).await;
    let port = inside
        .url
        .trim_end_matches("/agent")
        .rsplit_once(':')
        .unwrap()
        .1;
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "%3127.0.0.1",
        "127\u{3002}0.0.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "localhost",
        "LOCALHOST",
        "loc%61lhost",
    ] {
        let endpoint = RemoteEndpoint {
            is_trusted: false,
            ..endpoint(&format!("http://{host}:{port}/agent"))
        };
        let (retried, message) = of(&endpoint).await;
        assert!(
            !retried && message.contains("public address"),
            "{host}: {message}"
        );
        let error = agents().register(&endpoint).await.unwrap_err();
        assert!(matches!(error, CallError::Permanent { .. }), "{error:?}");
    }
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_tried_again() {
    let agent = Raw::start(Answer::result(&json!({}))).await;
    let unsigned = RemoteEndpoint {
        secret: Some("not base64!".into()),
        ..endpoint(&agent.url)
    };
    let (retried, message) = of(&unsigned).await;
    assert!(!retried && message.contains("whsec_"), "{message}");
    for url in [
        "",
        "agent",
        "ftp://example.com/",
        "http://ann:pw@127.0.0.1/",
    ] {
        assert!(!of(&endpoint(url)).await.0, "{url}");
    }
    assert_eq!(agent.connections(), 0);
}
