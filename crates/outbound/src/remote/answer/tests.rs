use super::*;
use proptest::prelude::*;
use serde_json::json;

fn parse(answer: &Value) -> Result<Outcome, String> {
    parse_answer(answer.to_string().as_bytes()).map_err(|bad| bad.to_string())
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}

#[test]
fn a_whole_answer_is_read_in_order() {
    let outcome = parse(&json!({"result": {
        "errors": ["e1", "e2"], "logs": ["l1"], "memory": {"n": 1},
        "messages": [{"a": 5}, {"a": 6}], "more": true,
    }, "id": 1}))
    .unwrap();
    assert_eq!(outcome.errors, ["e1", "e2"]);
    assert_eq!(outcome.logs, ["l1"]);
    assert_eq!(outcome.memory, Some(object(json!({"n": 1}))));
    assert_eq!(
        outcome.messages,
        [object(json!({"a": 5})), object(json!({"a": 6}))]
    );
}

#[test]
fn what_is_absent_or_null_is_empty_and_keeps_the_memory() {
    for answer in [
        json!({"result": {}}),
        json!({"result": {"errors": null, "logs": null, "memory": null, "messages": null}}),
        json!({"result": {"errors": [], "logs": [], "messages": []}}),
    ] {
        assert_eq!(parse(&answer), Ok(Outcome::default()), "{answer}");
    }
    let emptied = parse(&json!({"result": {"memory": {}}})).unwrap();
    assert_eq!(emptied.memory, Some(Object::new()));
}

#[test]
fn wrong_types_fail_the_call_and_are_named() {
    for (answer, wanted) in [
        (json!({}), "it has no object `result`"),
        (json!({"result": null}), "it has no object `result`"),
        (json!({"result": []}), "it has no object `result`"),
        (json!({"result": "ok"}), "it has no object `result`"),
        (json!([{"result": {}}]), "it has no object `result`"),
        (json!("result"), "it has no object `result`"),
        (json!(null), "it has no object `result`"),
        (
            json!({"result": {"messages": {}}}),
            "`messages` is not a list",
        ),
        (
            json!({"result": {"messages": "a"}}),
            "`messages` is not a list",
        ),
        (
            json!({"result": {"messages": [{}, 1]}}),
            "`messages[1]` is not an object",
        ),
        (
            json!({"result": {"messages": [null]}}),
            "`messages[0]` is not an object",
        ),
        (
            json!({"result": {"messages": [[]]}}),
            "`messages[0]` is not an object",
        ),
        (
            json!({"result": {"memory": []}}),
            "`memory` is not an object",
        ),
        (
            json!({"result": {"memory": "m"}}),
            "`memory` is not an object",
        ),
        (
            json!({"result": {"memory": 0}}),
            "`memory` is not an object",
        ),
        (
            json!({"result": {"memory": false}}),
            "`memory` is not an object",
        ),
        (json!({"result": {"logs": "l"}}), "`logs` is not a list"),
        (
            json!({"result": {"errors": {"a": 1}}}),
            "`errors` is not a list",
        ),
    ] {
        assert_eq!(parse(&answer).unwrap_err(), wanted, "{answer}");
    }
}

#[test]
fn bytes_that_are_no_json_fail_the_call() {
    for (bytes, wanted) in [
        (&b""[..], "it is empty"),
        (b" \n", "it is empty"),
        (b"\xEF\xBB\xBF", "it is empty"),
        (
            b"<html>",
            "it is not JSON (expected value at line 1 column 1)",
        ),
        (
            b"{\"result\": {}",
            "it is not JSON (EOF while parsing an object at line 1 column 13)",
        ),
        (
            b"{\"result\": {}} x",
            "it is not JSON (trailing characters at line 1 column 16)",
        ),
        (b"{\"result\": {\"logs\": [\"\xff\"]}}", "it is not UTF-8"),
        (
            b"{\"result\": {\"logs\": [\"\\ud800\"]}}",
            "it is not JSON (unexpected end of hex escape at line 1 column 29)",
        ),
        (
            b"{\"result\": {\"memory\": {\"n\": NaN}}}",
            "it is not JSON (expected value at line 1 column 29)",
        ),
    ] {
        assert_eq!(parse_answer(bytes).unwrap_err().to_string(), wanted);
    }
    assert!(parse_answer(b"\xEF\xBB\xBF{\"result\": {}}").is_ok());
}

#[test]
fn logs_are_cut_and_always_text() {
    let outcome = parse(&json!({"result": {
        "logs": ["ä".repeat(10_001), {"a": 1}, 7, null], "errors": ["é".repeat(20_000)],
    }}))
    .unwrap();
    assert_eq!(outcome.logs[0].chars().count(), 10_000);
    assert_eq!(outcome.logs[1..], [r#"{"a":1}"#, "7", "null"]);
    assert_eq!(outcome.errors[0].chars().count(), 10_000);
}

#[test]
fn what_cannot_be_stored_does_not_come_through() {
    let bytes = br#"{"result": {"logs": ["a\u0000b"], "memory": {"k\u0000": ["\u0000"]}}}"#;
    let outcome = parse_answer(bytes).unwrap();
    assert_eq!(outcome.logs, ["a\u{fffd}b"]);
    assert_eq!(
        outcome.memory,
        Some(object(json!({"k\u{fffd}": ["\u{fffd}"]})))
    );
}

#[test]
fn what_is_too_deep_is_refused_before_it_is_stored() {
    let nested = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }));
    assert!(parse(&json!({"result": {"memory": nested(100)}})).is_ok());
    let deep = parse(&json!({"result": {"memory": nested(101)}})).unwrap_err();
    assert_eq!(deep, "`memory` is more than 100 levels deep");
    assert!(parse(&json!({"result": {"messages": [nested(101)]}})).is_err());
    let bottomless = format!("{{\"result\":{}", "[".repeat(1 << 20));
    assert!(parse_answer(bottomless.as_bytes()).is_err());
}

#[test]
fn a_registration_needs_a_name_and_nothing_else() {
    let register = |result: Value| {
        let answer = json!({ "result": result }).to_string();
        parse_registration(answer.as_bytes()).map_err(|bad| bad.to_string())
    };
    let bare = register(json!({"name": "MyAgent"})).unwrap();
    assert_eq!((&*bare.display_name, &*bare.description), ("MyAgent", ""));
    assert!(bare.default_options.is_empty() && bare.functions.is_empty());
    let whole = register(json!({
        "name": "A1", "display_name": "An agent", "description": "# It", "default_options": {"b": 1, "a": 2},
        "functions": [{"name": "f", "description": "d", "parameters": {"type": "object"}}],
    }))
    .unwrap();
    assert_eq!(whole.default_options.keys().collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(whole.functions[0].parameters, json!({"type": "object"}));
    for name in [
        "",
        "a",
        "myAgent",
        "My_Agent",
        "My Agent",
        "Ä",
        "1A",
        "A::B",
        "A\n",
        &"A".repeat(101),
    ] {
        let error = register(json!({ "name": name })).unwrap_err();
        assert!(
            error.starts_with("`name` is not a capital letter"),
            "{name}: {error}"
        );
    }
    for result in [
        json!({}),
        json!({"name": 1}),
        json!({"name": "A", "default_options": []}),
        json!({"name": "A", "display_name": {}}),
        json!({"name": "A", "functions": [1]}),
        json!({"name": "A", "functions": [{}]}),
        json!({"name": "A", "functions": [{"name": "f", "parameters": []}]}),
    ] {
        assert!(register(result.clone()).is_err(), "{result}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("(result|messages|memory|logs|errors|[a-z]*)", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        parse_answer(&bytes).ok();
        parse_registration(&bytes).ok();
    }

    #[test]
    fn an_answer_is_read_whole_or_not_at_all(members in any_json()) {
        let answer = json!({"result": members.clone()});
        let member = |name: &str| members.get(name).cloned().unwrap_or(Value::Null);
        let is_list = |name: &str| member(name).is_null() || member(name).is_array();
        let good = members.is_object()
            && ["messages", "logs", "errors"].into_iter().all(is_list)
            && member("messages").as_array().into_iter().flatten().all(Value::is_object)
            && (member("memory").is_null() || member("memory").is_object());
        let read = parse(&answer);
        prop_assert_eq!(read.is_ok(), good);
        if let Ok(outcome) = read {
            let count = |name: &str| member(name).as_array().map_or(0, Vec::len);
            prop_assert_eq!(outcome.messages.len(), count("messages"));
            prop_assert_eq!(outcome.logs.len(), count("logs"));
            prop_assert_eq!(outcome.errors.len(), count("errors"));
            prop_assert_eq!(outcome.memory.is_some(), member("memory").is_object());
        }
    }
}
