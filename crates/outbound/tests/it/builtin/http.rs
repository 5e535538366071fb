//! Those that send requests.

use super::ask;
use crate::raw::{Answer, Raw, Then};
use crate::remote::{check, object, receive};
use serde_json::{Value, json};
use switchboard_domain::nouns::GrantedCredential;
use switchboard_domain::ports::CallError;

#[tokio::test]
async fn a_payload_is_posted_in_the_form_that_is_asked_for() {
    let payload = json!({"a": "{{ n }} & more", "l": [1, 2], "o": {"p": "q"}});
    for (content_type, media_type, body) in [
        (
            "form",
            "application/x-www-form-urlencoded",
            "a=7+%26+more&l%5B%5D=1&l%5B%5D=2&o%5Bp%5D=q&n=7",
        ),
        (
            "json",
            "application/json; charset=utf-8",
            r#"{"a":"7 & more","l":[1,2],"o":{"p":"q"},"n":7}"#,
        ),
        (
            "xml",
            "text/xml; charset=utf-8",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<post><a>7 &amp; more</a><l>1</l><l>2</l><o><p>q</p></o><n>7</n></post>",
        ),
    ] {
        let server = Raw::start(Answer::ok("thanks")).await;
        let options =
            json!({"post_url": server.url, "content_type": content_type, "payload": payload});
        let outcome = ask("PostAgent", options, receive(json!({"n": 7})))
            .await
            .unwrap();
        assert!(outcome.messages.is_empty() && outcome.errors.is_empty());
        let seen = &server.seen()[0];
        assert_eq!(seen.header("content-type"), Some(media_type));
        assert_eq!(String::from_utf8_lossy(&seen.body), body);
        assert_eq!(seen.header("idempotency-key"), Some("d1"));
    }
}

#[tokio::test]
async fn a_text_is_sent_as_it_is_and_a_query_goes_into_the_address() {
    let server = Raw::start(Answer::ok("")).await;
    let text = json!({"post_url": server.url, "content_type": "text/plain", "payload": "n={{n}}", "no_merge": "true", "method": "PUT"});
    ask("PostAgent", text, receive(json!({"n": 7})))
        .await
        .unwrap();
    let query = json!({"post_url": format!("{}?x=1", server.url), "method": "get", "payload": {"q": "a b"}, "no_merge": true});
    ask("PostAgent", query, check()).await.unwrap();
    let seen = server.seen();
    assert_eq!(
        (&*seen[0].line, &*seen[0].body),
        ("PUT /agent HTTP/1.1", &b"n=7"[..])
    );
    assert_eq!(seen[1].line, "GET /agent?x=1&q=a+b HTTP/1.1");
}

#[tokio::test]
async fn the_answer_is_emitted_if_asked_for() {
    let text = "HTTP/1.1 418 Teapot\r\nx-one: a\r\nx-one: b\r\ncontent-length: 5\r\n\r\nshort";
    let server = Raw::start(Answer::raw(text, Then::Next)).await;
    let mut options = json!({"post_url": server.url, "emit_messages": "true"});
    for (style, name) in [
        ("", "X-One"),
        ("downcased", "x-one"),
        ("snakecased", "x_one"),
    ] {
        options["message_headers_style"] = json!(style);
        let outcome = ask("PostAgent", options.clone(), receive(json!({"n": 1})))
            .await
            .unwrap();
        let message = Value::Object(outcome.messages[0].clone());
        assert_eq!(
            (&message["status"], &message["body"]),
            (&json!(418), &json!("short"))
        );
        assert_eq!(message["headers"][name], "a, b");
        assert_eq!(message["n"], Value::Null);
    }
    options["output_mode"] = json!("merge");
    let outcome = ask("PostAgent", options.clone(), receive(json!({"n": 1})))
        .await
        .unwrap();
    assert_eq!(outcome.messages[0]["n"], 1);
    options["emit_messages"] = json!(false);
    let outcome = ask("PostAgent", options, receive(json!({"n": 1})))
        .await
        .unwrap();
    assert_eq!(outcome.errors, ["The server answered 418."]);
}

#[tokio::test]
async fn headers_hold_what_was_granted() {
    let server = Raw::start(Answer::ok("")).await;
    let mut call = receive(json!({}));
    call.credentials = vec![GrantedCredential {
        name: "token".into(),
        value: "s3cr3t".into(),
    }];
    let options = json!({
        "post_url": server.url, "headers": {"X-Token": "{% credential token %}"}, "basic_auth": ["ann", "pw"],
        "user_agent": "me",
    });
    ask("PostAgent", options, call.clone()).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.header("x-token"), Some("s3cr3t"));
    assert_eq!(seen.header("authorization"), Some("Basic YW5uOnB3"));
    assert_eq!(seen.header("user-agent"), Some("me"));
    let split =
        json!({"post_url": server.url, "headers": {"X-Token": "{% credential token %}\r\nX: y"}});
    let error = ask("PostAgent", split, call).await.unwrap_err();
    assert!(!error.to_string().contains("s3cr3t"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_and_a_forbidden_one_is_not() {
    let server = Raw::start(Answer::raw("", Then::Close)).await;
    let error = ask("PostAgent", json!({"post_url": server.url}), check())
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Transient { .. }), "{error:?}");
    let large = Raw::start(Answer::ok(vec![b'x'; (8 << 20) + 1])).await;
    let error = ask("PostAgent", json!({"post_url": large.url}), check())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("larger than 8 MiB"), "{error}");
    for url in [
        "http://127.0.0.2/",
        "http://2130706434/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "{{url}}",
    ] {
        for (agent, options) in [
            ("PostAgent", json!({"post_url": url})),
            ("HttpStatusAgent", json!({"url": url})),
        ] {
            let error = ask(agent, options, receive(json!({"url": "http://10.0.0.1/"})))
                .await
                .unwrap_err();
            let CallError::Permanent { message } = error else {
                panic!("{error:?}")
            };
            assert!(
                message.starts_with("the request was not sent: "),
                "{message}"
            );
        }
    }
}

#[tokio::test]
async fn no_redirect_leads_into_a_private_network() {
    let moved =
        |to: &str| format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    for target in [
        "http://127.0.0.2:1/",
        "http://169.254.169.254/",
        "//[::1]/",
        "http://0x7f000002/",
    ] {
        let server = Raw::start(Answer::raw(moved(target), Then::Next)).await;
        for (agent, options) in [
            (
                "HttpStatusAgent",
                json!({"url": server.url, "disable_redirect_follow": false}),
            ),
            (
                "PostAgent",
                json!({"post_url": server.url, "method": "get"}),
            ),
        ] {
            let error = ask(agent, options, check()).await.unwrap_err();
            assert!(
                error.to_string().contains("agents.allowed_networks"),
                "{target}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn redirects_are_followed_without_headers_for_others() {
    let target = Raw::start(Answer::ok("here")).await;
    let to = target.url.clone();
    let server = Raw::by(move |_| {
        let head = format!("HTTP/1.1 307 Temporary\r\nlocation: {to}\r\n");
        Answer::raw(head + "content-length: 0\r\n\r\n", Then::Next)
    })
    .await;
    let options = json!({"post_url": server.url, "method": "get", "basic_auth": "ann:pw", "emit_messages": true});
    let outcome = ask("PostAgent", options.clone(), check()).await.unwrap();
    assert_eq!(outcome.messages[0]["body"], "here");
    assert_eq!(
        server.seen()[0].header("authorization"),
        Some("Basic YW5uOnB3")
    );
    assert_eq!(target.seen()[0].header("authorization"), None);
    let posted = json!({"post_url": server.url, "emit_messages": true});
    assert_eq!(
        ask("PostAgent", posted, check()).await.unwrap().messages[0]["status"],
        307
    );
    let around = Raw::start(Answer::raw(
        "HTTP/1.1 301 Moved\r\nlocation: /agent\r\ncontent-length: 0\r\n\r\n",
        Then::Next,
    ))
    .await;
    let endless = json!({"post_url": around.url, "method": "get"});
    let error = ask("PostAgent", endless, check()).await.unwrap_err();
    assert!(
        error.to_string().contains("more than five times"),
        "{error}"
    );
    assert_eq!(around.seen().len(), 6);
}

#[tokio::test]
async fn the_status_of_a_page_is_emitted_when_it_changes() {
    let server = Raw::start(Answer::with("404 Not Found", "no")).await;
    let options =
        json!({"url": server.url, "changes_only": "true", "headers_to_save": "Content-Length, x"});
    let outcome = ask("HttpStatusAgent", options.clone(), check())
        .await
        .unwrap();
    assert_eq!(
        Value::Object(outcome.messages[0].clone()),
        json!({
            "url": server.url, "response_received": true, "elapsed_time": 0.0, "status": "404", "final_url": server.url,
            "redirected": false, "headers": {"Content-Length": "2", "x": null},
        })
    );
    let mut again = check();
    again.memory = outcome.memory.unwrap();
    assert_eq!(again.memory, object(json!({"last_status": "404"})));
    let outcome = ask("HttpStatusAgent", options, again).await.unwrap();
    assert!(outcome.messages.is_empty() && outcome.memory.is_none());
}

#[tokio::test]
async fn a_page_that_is_not_there_is_told() {
    let server = Raw::start(Answer::raw("", Then::Close)).await;
    let outcome = ask("HttpStatusAgent", json!({"url": server.url}), check())
        .await
        .unwrap();
    let wanted = json!({"url": server.url, "response_received": false, "elapsed_time": 0.0});
    assert_eq!(outcome.messages, [object(wanted)]);
    assert_eq!(outcome.memory, Some(object(json!({"last_status": null}))));
}

#[tokio::test]
async fn hubs_are_told_of_what_is_new() {
    let hub = Raw::start(Answer::with("204 No Content", "")).await;
    let options = json!({
        "secrets": ["s"], "template": {"self": "https://example.com/feed", "item": {"a": "b"}},
        "push_hubs": [hub.url, "http://127.0.0.1:1/"],
    });
    let outcome = ask("DataOutputAgent", options, receive(json!({})))
        .await
        .unwrap();
    let wanted = "hub.mode=publish&hub.url=https%3A%2F%2Fexample.com%2Ffeed";
    assert_eq!(String::from_utf8_lossy(&hub.seen()[0].body), wanted);
    assert_eq!(
        outcome.errors,
        ["A hub was not told: the server could not be reached"]
    );
}
