//! What a template may be, and that arguments of any content change nothing but values.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn template(value: Value) -> Result<HttpTemplate, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn arguments(value: Value) -> Object {
    let Value::Object(arguments) = value else {
        panic!("{value}");
    };
    arguments
}

fn issue() -> HttpTemplate {
    template(json!({
        "method": "POST",
        "url": "https://API.example.com:8443/v1/{{owner}}/x-{{id}}/issues?state=open&page={{page}}&q=a+{{q}}&raw",
        "headers": {"Accept": "application/json"},
        "body": {"title": "{{title}}", "text": "by {{owner}}: {{title}}", "tags": ["{{tag}}", 1, "{{tags.0}}"]},
    }))
    .unwrap()
}

#[test]
fn arguments_fill_segments_values_and_bodies() {
    let request = issue().render(&arguments(json!({
        "owner": "a/b c", "id": 7, "q": "x&y=z", "title": "\"hi\"", "tags": [{"deep": true}],
    })));
    let request = request.unwrap();
    assert_eq!(
        request.url,
        "https://API.example.com:8443/v1/a%2Fb%20c/x-7/issues?state=open&q=a+x%26y%3Dz&raw"
    );
    let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
    let wanted =
        json!({"title": "\"hi\"", "text": "by a/b c: \"hi\"", "tags": [1, {"deep": true}]});
    assert_eq!(body, wanted);
    let headers = [
        ("accept", "application/json"),
        ("content-type", "application/json"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(request.headers, headers);
    assert_eq!(issue().host(), "api.example.com");
    let names = ["id", "owner", "page", "q", "tag", "tags", "title"];
    assert!(issue().arguments().into_iter().eq(names));
}

#[test]
fn a_form_is_a_form() {
    let form = template(json!({
        "method": "POST", "url": "https://example.com",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        "body": {"to": "{{to}}", "left": "{{out}}", "n": 3, "text": "<{{to}}>"},
    }));
    let request = form
        .unwrap()
        .render(&arguments(json!({"to": "a&b=c"})))
        .unwrap();
    assert_eq!(request.url, "https://example.com/");
    assert_eq!(
        request.body.unwrap(),
        b"to=a%26b%3Dc&n=3&text=%3Ca%26b%3Dc%3E"
    );
}

#[test]
fn all_arguments_may_be_the_body() {
    let all = template(json!({"method": "PUT", "url": "https://example.com/x", "body": "{{.}}"}));
    let request = all.unwrap().render(&arguments(json!({"a": 1}))).unwrap();
    assert_eq!(request.body.unwrap(), br#"{"a":1}"#);
}

#[test]
fn what_was_given_is_what_is_kept() {
    let given = json!({"method": "DELETE", "url": "https://example.com/{{ id }}"});
    let kept = template(given.clone()).unwrap();
    assert_eq!(serde_json::to_value(kept).unwrap(), given);
}

#[test]
fn what_no_template_may_be() {
    for (url, wanted) in [
        ("example.com/x", "whole address"),
        ("{{scheme}}://example.com", "scheme"),
        ("ftp://example.com", "scheme"),
        ("http://example.com/", "this machine alone"),
        ("http://localhost.example.com/", "this machine alone"),
        ("https://{{host}}/", "no host"),
        ("https://{{host}}.example.com/", "no host"),
        ("https://example.com:{{port}}/", "no host"),
        ("https://ann@example.com/", "no host"),
        ("https://exa mple.com/", "no host"),
        ("https://example.com\\@evil.com/", "no host"),
        ("https://example.com:99999/", "no host"),
        ("https:///x", "no host"),
        ("https://[::1/", "no host"),
        ("https://example.com/#x", "fragment"),
        ("https://example.com/a b", "percent-encoded"),
        ("https://example.com/%2", "percent-encoded"),
        ("https://example.com/é", "percent-encoded"),
        ("https://example.com/../x", "elsewhere"),
        ("https://example.com/%2E%2e/x", "elsewhere"),
        ("https://example.com/?{{name}}=1", "no name"),
        ("https://example.com/?{{name}}", "no name"),
        ("https://example.com/{{}}", "names no argument"),
        ("https://example.com/{{a..b}}", "names no argument"),
        ("https://example.com/{{a", "no }}"),
        ("https://example.com/{{.}}", "body alone"),
    ] {
        let error = template(json!({"url": url})).unwrap_err();
        assert!(error.contains(wanted), "{url}: {error}");
    }
    for (name, value) in [
        ("Authorization", json!("Bearer x")),
        ("Host", json!("evil.com")),
        ("Transfer-Encoding", json!("chunked")),
        ("{{name}}", json!("x")),
        ("X-A", json!("{{value}}")),
        ("X-A", json!("a\r\nX-B: b")),
        ("X A", json!("x")),
        ("X-A", json!(1)),
        ("Content-Type", json!("text/plain")),
    ] {
        let headers = Object::from_iter([(name.to_owned(), value.clone())]);
        let given =
            json!({"method": "POST", "url": "https://e.com", "headers": headers, "body": {}});
        assert!(template(given).is_err(), "{name}: {value}");
    }
    for given in [
        json!({"url": "https://e.com", "body": {}}),
        json!({"method": "BREW", "url": "https://e.com"}),
        json!({"url": "https://e.com", "more": 1}),
        json!({"method": "POST", "url": "https://e.com", "body": {"{{a}}": 1}}),
        json!({"url": "https://e.com", "headers": {"X-A": "1", "x-a": "2"}}),
    ] {
        assert!(template(given.clone()).is_err(), "{given}");
    }
}

#[test]
fn arguments_that_lead_elsewhere_are_refused() {
    let path = template(json!({"url": "https://e.com/a/{{id}}/b/.{{x}}"})).unwrap();
    for id in [
        ".",
        "..",
        "%2e%2e",
        "%2E.",
        "x/../y",
        "..\\x",
        "../../admin",
    ] {
        let refused = path.render(&arguments(json!({"id": id, "x": "y"})));
        assert_eq!(refused, Err(NoRequest::Dots("id".to_owned())), "{id}");
    }
    let refused = path.render(&arguments(json!({"id": "y", "x": "."})));
    assert_eq!(refused, Err(NoRequest::Dots("x".to_owned())));
    for id in [json!(""), json!(null)] {
        let refused = path.render(&arguments(json!({"id": id, "x": "y"})));
        assert_eq!(refused, Err(NoRequest::Missing("id".to_owned())), "{id}");
    }
    let refused = path.render(&arguments(json!({"id": ["a"], "x": "y"})));
    assert_eq!(refused, Err(NoRequest::NotScalar("id".to_owned())));
    let refused = path.render(&arguments(json!({"id": "x".repeat(9000), "x": "y"})));
    assert_eq!(refused, Err(NoRequest::LongUrl));
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        "[./%2eE\\\\?#&=:@ \r\n\\[\\]{}]{0,8}",
        "(\\.\\.|%2e%2E|/|\\\\|https://evil.com|@evil.com|:80|\r\nHost: evil.com){1,3}",
    ];
    prop_oneof![
        6 => text.prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!([{"x": ".."}])),
    ]
}

prop_compose! {
    fn any_arguments()(
        members in prop::collection::vec(
            (prop::sample::select(vec!["owner", "id", "page", "q", "title", "tag", "tags"]), value()),
            0..9,
        ),
    ) -> Object {
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

proptest! {
    #[test]
    fn no_arguments_change_host_path_or_headers(arguments in any_arguments()) {
        let Ok(request) = issue().render(&arguments) else {
            return Ok(());
        };
        let rest = request.url.strip_prefix("https://API.example.com:8443/v1/");
        let rest = rest.expect("the origin is fixed");
        prop_assert!(rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
        let (path, query) = rest.split_once('?').unwrap();
        let segments: Vec<&str> = path.split('/').collect();
        prop_assert_eq!(segments.len(), 3);
        prop_assert!(segments[1].starts_with("x-") && segments[2] == "issues");
        for segment in &segments {
            let plain = segment.to_lowercase().replace("%2e", ".");
            prop_assert!(!matches!(plain.as_str(), "" | "." | ".."));
        }
        let names: Vec<&str> = query.split('&').map(|pair| pair.split('=').next().unwrap()).collect();
        let without = ["state", "q", "raw"];
        prop_assert!(names == ["state", "page", "q", "raw"] || names == without);
        let names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
        prop_assert_eq!(names, ["accept", "content-type"]);
        let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
        let known = |name: &String| ["title", "text", "tags"].contains(&name.as_str());
        prop_assert!(body.as_object().unwrap().keys().all(known));
    }

    #[test]
    fn a_template_of_any_content_is_read_or_refused(
        url in "(https?://)?[a-z.{}@:\\[\\]]{0,9}(/[a-z{}.%#?&= ]{0,9}){0,3}", given in any_arguments(),
    ) {
        if let Ok(template) = template(json!({"url": url})) {
            let origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
            let origin = origin.split('?').next().unwrap().to_owned();
            if let Ok(request) = template.render(&given) {
                prop_assert!(request.url.starts_with(&format!("{origin}/")), "{}", request.url);
            }
        }
    }
}
