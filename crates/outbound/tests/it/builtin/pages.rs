//! Those that a door asks.

use super::{Remembering, named};
use crate::remote::{object, receive};
use serde_json::{Value, json};
use switchboard_domain::nouns::{Object, Why};
use switchboard_domain::ports::Clock;
use switchboard_outbound::{
    Feed, FeedFormat, FeedRequest, WebhookAnswer, WebhookRequest, feed, webhook,
};
use switchboard_testkit::clock::TestClock;

fn hook(options: &Value, secret: &str, method: &str, params: Value) -> WebhookAnswer {
    let request = WebhookRequest {
        secret,
        method,
        params: object(params),
    };
    webhook(&object(options.clone()), request, TestClock::new().now())
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    let found = headers.iter().filter(|(given, _)| given == name);
    found.map(|(_, value)| value.as_str()).collect()
}

#[test]
fn who_knows_the_secret_makes_messages() {
    let options = json!({"secret": "s3cr3t", "payload_path": "data"});
    let answer = hook(
        &options,
        "s3cr3t",
        "POST",
        json!({"data": [{"a": 1}, 2], "x": 1}),
    );
    assert_eq!((answer.status, &*answer.body), (201, "Message Created"));
    assert_eq!(
        answer.messages,
        [object(json!({"a": 1})), object(json!({"value": 2}))]
    );
    assert_eq!(
        header(&answer.headers, "content-type"),
        ["text/plain; charset=utf-8"]
    );
    let missing = hook(&options, "s3cr3t", "post", json!({}));
    assert_eq!(missing.messages, [Object::new()]);
    let none = hook(&options, "s3cr3t", "post", json!({"data": []}));
    assert!(none.messages.is_empty());
    let flood = hook(&options, "s3cr3t", "post", json!({"data": vec![1; 1001]}));
    assert_eq!((flood.status, flood.messages.len()), (413, 0));
    for secret in ["", "s3cr3", "s3cr3t ", "S3CR3T"] {
        let refused = hook(&options, secret, "POST", json!({"data": {}}));
        assert_eq!((refused.status, &*refused.body), (401, "Not Authorized"));
        assert!(refused.messages.is_empty());
    }
    let unset = hook(&json!({"secret": ""}), "", "POST", json!({}));
    assert_eq!(unset.status, 401);
}

#[test]
fn a_webhook_takes_only_its_verbs() {
    let options = json!({"secret": "s", "verbs": "get, PUT", "payload_path": "."});
    assert_eq!(
        hook(&options, "s", "GET", json!({"a": 1})).messages,
        [object(json!({"a": 1}))]
    );
    let refused = hook(&options, "s", "POST", json!({}));
    assert_eq!(
        (refused.status, &*refused.body),
        (405, "Please use GET, PUT")
    );
    assert!(refused.messages.is_empty());
}

#[test]
fn a_webhook_answers_as_its_owner_wants() {
    let options = json!({
        "secret": "s", "response": "Hello {{name}}", "code": "{{ 200 }}",
        "response_headers": {
            "Access-Control-Allow-Origin": "*", "Content-Type": "text/html", "Set-Cookie": "a=b",
            "Content-Security-Policy": "default-src *", "X-Two": "a\r\nSet-Cookie: c=d",
        },
    });
    let answer = hook(&options, "s", "POST", json!({"name": "Ann"}));
    assert_eq!((answer.status, &*answer.body), (200, "Hello Ann"));
    assert_eq!(
        header(&answer.headers, "access-control-allow-origin"),
        ["*"]
    );
    assert_eq!(header(&answer.headers, "content-type"), ["text/html"]);
    assert_eq!(
        header(&answer.headers, "content-security-policy"),
        ["sandbox"]
    );
    assert_eq!(header(&answer.headers, "x-two"), ["aSet-Cookie: c=d"]);
    assert!(header(&answer.headers, "set-cookie").is_empty());
    let moved = json!({"secret": "s", "response": "https://example.com/{{n}}", "code": 302});
    let answer = hook(&moved, "s", "POST", json!({"n": 1}));
    assert_eq!(
        (answer.status, header(&answer.headers, "location")),
        (302, vec!["https://example.com/1"])
    );
}

#[test]
fn a_template_that_cannot_be_filled_makes_no_message() {
    let options = json!({"secret": "s", "response": "{{ a | divided_by: 0 }}"});
    let answer = hook(&options, "s", "POST", json!({"a": 1}));
    assert_eq!(answer.status, 500);
    assert!(answer.messages.is_empty());
}

async fn output(options: &Value, payloads: &[Value]) -> Remembering {
    let mut agent = Remembering::new("DataOutputAgent", options.clone());
    for (id, payload) in (1..).zip(payloads) {
        let mut call = receive(payload.clone());
        if let Why::Receive(received) = &mut call.why {
            received.id = id;
            received.created_at = received.created_at.plus_seconds(id);
        }
        assert!(agent.call(call).await.is_empty());
    }
    agent
}

fn show(agent: &Remembering, secret: &str, format: FeedFormat) -> Feed {
    let request = FeedRequest {
        secret,
        format,
        url: "https://here.example/feeds/1/s",
        agent: "Mine",
    };
    feed(
        &agent.options,
        &agent.memory,
        request,
        TestClock::new().now(),
    )
}

fn options() -> Value {
    json!({
        "secrets": ["one", "two"], "messages_to_show": 2,
        "template": {
            "title": "All {{messages.size}}",
            "item": {"title": "{{title}}", "enclosure": {"_attributes": {"url": "{{url}}"}, "_contents": "x"}},
        },
        "response_headers": {"Access-Control-Allow-Origin": "*", "Content-Type": "text/html"},
    })
}

#[tokio::test]
async fn the_newest_messages_are_shown_as_json() {
    let payloads = [
        json!({"title": "a"}),
        json!({"title": "b"}),
        json!({"title": "<c>", "url": "u"}),
    ];
    let agent = output(&options(), &payloads).await;
    for secret in ["one", "two"] {
        let feed = show(&agent, secret, FeedFormat::Json);
        assert_eq!(feed.status, 200);
        assert_eq!(header(&feed.headers, "content-type"), ["application/json"]);
        assert_eq!(header(&feed.headers, "access-control-allow-origin"), ["*"]);
        let item = |id: i64, title: &str, url: &str| {
            json!({
                "title": title, "enclosure": {"contents": "x", "url": url},
                "guid": {"contents": id.to_string(), "isPermaLink": "false"},
                "pubDate": format!("Sat, 21 Nov 2026 20:45:{} +0000", 34 + id),
            })
        };
        assert_eq!(
            serde_json::from_str::<Value>(&feed.body).unwrap(),
            json!({
                "title": "All 2", "description": "A feed of the messages that Mine received",
                "pubDate": "Thu, 1 Jan 2026 00:00:00 +0000", "items": [item(3, "<c>", "u"), item(2, "b", "")],
            })
        );
    }
}

#[tokio::test]
async fn the_newest_messages_are_shown_as_rss() {
    let agent = output(&options(), &[json!({"title": "<c>&", "url": "u\""})]).await;
    let feed = show(&agent, "one", FeedFormat::Rss);
    assert_eq!(
        header(&feed.headers, "content-type"),
        ["application/rss+xml"]
    );
    assert_eq!(
        header(&feed.headers, "content-security-policy"),
        ["sandbox"]
    );
    for part in [
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">",
        "<atom:link href=\"https://here.example/feeds/1/s\" rel=\"self\" type=\"application/rss+xml\"></atom:link>",
        "<link>https://here.example</link>",
        "<ttl>60</ttl>",
        "<item><title>&lt;c&gt;&amp;</title><enclosure url=\"u&quot;\">x</enclosure>\
         <guid isPermaLink=\"false\">1</guid><pubDate>Sat, 21 Nov 2026 20:45:35 +0000</pubDate></item>",
    ] {
        assert!(feed.body.contains(part), "{part}\n{}", feed.body);
    }
}

#[tokio::test]
async fn who_does_not_know_the_secret_sees_nothing() {
    let agent = output(&options(), &[json!({"title": "hidden"})]).await;
    for secret in ["", "on", "one ", "three"] {
        for format in [FeedFormat::Json, FeedFormat::Rss] {
            let feed = show(&agent, secret, format);
            assert_eq!(feed.status, 401);
            assert!(feed.body.contains("Not Authorized") && !feed.body.contains("hidden"));
        }
    }
}

#[tokio::test]
async fn messages_are_shown_in_the_order_that_is_asked_for() {
    let mut wanted = options();
    wanted["messages_order"] = json!([["{{n}}", "number"]]);
    wanted["messages_list_order"] = json!([["{{day}}", "time", true], "{{title}}"]);
    let message = |n: i64, title: &str, day: &str| json!({"n": n, "title": title, "day": day});
    let payloads = [
        message(9, "z", "2026-01-02"),
        message(1, "x", "2026-01-09"),
        message(10, "a", "2026-01-02"),
        message(2, "b", "2026-01-01"),
    ];
    let agent = output(&wanted, &payloads).await;
    let feed = show(&agent, "one", FeedFormat::Json);
    let titles: Value = serde_json::from_str::<Value>(&feed.body).unwrap()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["title"].clone())
        .collect();
    assert_eq!(titles, json!(["a", "z"]));
}

#[tokio::test]
async fn what_is_kept_to_be_shown_stays_small() {
    let mut many = options();
    many["messages_to_show"] = json!(1000);
    let big = "x".repeat(400_000);
    let payloads: Vec<Value> = (0..8).map(|n| json!({"title": n, "big": big})).collect();
    let agent = output(&many, &payloads).await;
    let kept = agent.memory["messages"].as_array().unwrap();
    assert_eq!(kept.len(), 5);
    assert_eq!(kept[4]["payload"]["title"], 7);
}

#[test]
fn types_whose_address_is_secret_say_so() {
    for name in ["WebhookAgent", "DataOutputAgent"] {
        assert!(named(name).description.contains("secret"), "{name}");
    }
}
