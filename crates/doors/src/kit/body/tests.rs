use super::*;
use http::HeaderValue;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize, Validate)]
#[allow(dead_code)]
struct Order {
    #[garde(length(chars, max = 5))]
    name: String,
    #[garde(skip)]
    #[serde(default)]
    kind: Option<Kind>,
    #[garde(dive)]
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Big,
    Small,
}

#[derive(Debug, Deserialize, Validate)]
struct Item {
    #[garde(range(min = 1))]
    count: i64,
}

fn problems(body: &Value) -> Value {
    match parse::<Order>(body.to_string().as_bytes()) {
        Err(ApiError::Invalid(problems)) => json!(problems),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_missing_member_is_named() {
    assert_eq!(
        problems(&json!({"items": []})),
        json!([{
            "type": "missing", "loc": ["body", "name"], "msg": "Field required",
            "input": {"items": []},
        }])
    );
}

#[test]
fn what_is_secret_is_not_sent_back() {
    assert_eq!(
        problems(&json!({"items": [], "password": "p", "deep": [{"secret": "s"}]}))[0]["input"],
        json!({"items": [], "password": null, "deep": [{"secret": null}]})
    );
}

#[test]
fn a_member_of_the_wrong_type_is_shown() {
    assert_eq!(
        problems(&json!({"name": 5})),
        json!([{
            "type": "string_type", "loc": ["body", "name"], "msg": "Input should be a valid string",
            "input": 5,
        }])
    );
    assert_eq!(
        problems(&json!({"name": "a", "items": [{"count": 1}, {"count": "x"}]}))[0]["loc"],
        json!(["body", "items", 1, "count"])
    );
    assert_eq!(
        problems(&json!({"name": "a", "items": 3}))[0]["type"],
        "list_type"
    );
    let list = json!(["a", "big", []]);
    for other in [json!([]), list, json!("x"), json!(null)] {
        assert_eq!(
            problems(&other)[0]["type"],
            "model_attributes_type",
            "{other}"
        );
    }
}

#[test]
fn an_unknown_choice_gets_the_choices() {
    let problem = &problems(&json!({"name": "a", "kind": "odd"}))[0];
    assert_eq!(problem["type"], "enum");
    assert_eq!(problem["msg"], "Input should be 'big' or 'small'");
}

#[test]
fn broken_rules_are_told_all_at_once() {
    let problems = problems(&json!({"name": "too long", "items": [{"count": 0}]}));
    let found = |loc: Value| {
        problems
            .as_array()
            .unwrap()
            .iter()
            .find(|p| p["loc"] == loc)
            .unwrap()
    };
    assert_eq!(found(json!(["body", "name"]))["type"], "value_error");
    assert_eq!(found(json!(["body", "items", 0, "count"]))["input"], 0);
}

#[test]
fn half_a_document_is_no_json() {
    for body in ["", "{", "{\"name\": 5", "{} {}", "name=x"] {
        let error = parse::<Order>(body.as_bytes()).unwrap_err();
        assert!(
            matches!(
                error,
                ApiError::Http {
                    status: StatusCode::BAD_REQUEST,
                    ..
                }
            ),
            "{body}"
        );
    }
}

#[test]
fn members_that_nobody_knows_are_ignored() {
    assert!(parse::<Order>(br#"{"name": "a", "color": "red"}"#).is_ok());
}

#[test]
fn the_type_of_the_body_may_be_left_out_but_not_another() {
    let with = |kind: &'static str| {
        is_json(&HeaderMap::from_iter([(
            header::CONTENT_TYPE,
            HeaderValue::from_static(kind),
        )]))
    };
    assert!(is_json(&HeaderMap::new()));
    assert!(with("application/json; charset=utf-8"));
    assert!(with("application/merge-patch+json"));
    assert!(!with("text/plain"));
    assert!(!with("application/x-www-form-urlencoded"));
}
