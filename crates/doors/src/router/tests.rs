use super::*;
use std::{collections::BTreeSet, fs, path::PathBuf};
use utoipa::openapi::HttpMethod;

fn described() -> BTreeSet<(String, String)> {
    let json = serde_json::to_value(openapi()).unwrap();
    let paths = json["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(|method| (method.to_uppercase(), path.clone()))
    });
    operations.collect()
}

#[test]
fn each_row_names_the_address_that_its_handler_describes() {
    for route in ROUTES {
        let (_, paths, _) = (route.handler)();
        let found: Vec<_> = paths.paths.keys().map(String::as_str).collect();
        assert_eq!(found, [route.path]);
        let item = &paths.paths[route.path];
        let has = |method: HttpMethod| match method {
            HttpMethod::Get => item.get.is_some(),
            HttpMethod::Post => item.post.is_some(),
            HttpMethod::Put => item.put.is_some(),
            HttpMethod::Patch => item.patch.is_some(),
            HttpMethod::Delete => item.delete.is_some(),
            _ => false,
        };
        let method = match route.method {
            "GET" => HttpMethod::Get,
            "POST" => HttpMethod::Post,
            "PUT" => HttpMethod::Put,
            "PATCH" => HttpMethod::Patch,
            "DELETE" => HttpMethod::Delete,
            other => panic!("{other}"),
        };
        assert!(has(method), "{} {}", route.method, route.path);
    }
}

#[test]
fn the_description_has_all_routes_and_no_others() {
    let rows: BTreeSet<_> = ROUTES
        .iter()
        .map(|route| (route.method.to_owned(), route.path.to_owned()))
        .collect();
    assert_eq!(rows.len(), ROUTES.len(), "a route is there twice");
    assert_eq!(rows, described());
}

#[test]
fn what_needs_a_token_is_described_so() {
    let json = serde_json::to_value(openapi()).unwrap();
    assert_eq!(json["security"], serde_json::json!([{"bearer": []}]));
    for route in ROUTES {
        let operation = &json["paths"][route.path][route.method.to_lowercase()];
        let open = operation["security"].as_array().is_some_and(|ways| {
            ways.iter()
                .any(|way| way.as_object().is_some_and(serde_json::Map::is_empty))
        });
        assert_eq!(
            open,
            matches!(route.access, Anyone | Watcher),
            "{} {}",
            route.method,
            route.path
        );
        let refuses = operation["responses"].get("401").is_some();
        assert!(
            open || refuses,
            "{} {} can answer 401",
            route.method,
            route.path
        );
    }
}

/// Every `$ref` of the description leads somewhere.
#[test]
fn the_description_is_closed() {
    fn references(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(object) => {
                let own = object.get("$ref").and_then(|reference| reference.as_str());
                found.extend(own.map(str::to_owned));
                for value in object.values() {
                    references(value, found);
                }
            }
            serde_json::Value::Array(items) => {
                for value in items {
                    references(value, found);
                }
            }
            _ => {}
        }
    }
    let json = serde_json::to_value(openapi()).unwrap();
    let mut found = BTreeSet::new();
    references(&json, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(json.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

/// The committed description is what the code describes. After a change of the API write it anew:
/// `UPDATE_OPENAPI=1 cargo test -p switchboard-doors openapi`
#[test]
fn openapi_is_committed() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    // By value: the order of members depends on which crates are built together.
    let present = serde_json::to_value(openapi()).unwrap();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&path, openapi().to_pretty_json().unwrap() + "\n").unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let committed: serde_json::Value = serde_json::from_str(&committed).unwrap_or_default();
    let hint =
        "run `UPDATE_OPENAPI=1 cargo test -p switchboard-doors openapi` and look at the difference";
    assert!(
        committed == present,
        "docs/openapi.json is out of date: {hint}"
    );
}
