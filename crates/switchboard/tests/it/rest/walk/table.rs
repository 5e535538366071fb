//! The table of routes is complete: the server has no others, and describes all of them.

use std::collections::BTreeSet;

use reqwest::Method;
use switchboard_doors::ROUTES;
use switchboard_testkit::chat::send;

use crate::{
    rest::refused_at_path,
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    the_description_has_the_routes_of_the_table_and_no_others,
    no_address_has_a_method_beside_the_table,
);

async fn the_description_has_the_routes_of_the_table_and_no_others(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let description = server.client.get("/openapi.json").await.ok();
    let mut described = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        described.extend(
            item.as_object()
                .unwrap()
                .keys()
                .map(|method| (method.to_uppercase(), path.clone())),
        );
    }
    let table = ROUTES
        .iter()
        .map(|route| (route.method.to_owned(), route.path.to_owned()));
    assert_eq!(described, table.collect());
}

async fn no_address_has_a_method_beside_the_table(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    let paths: BTreeSet<_> = ROUTES.iter().map(|route| route.path).collect();
    for path in paths {
        let address = path.replace(['{', '}'], "x");
        for method in &methods {
            let known = ROUTES
                .iter()
                .any(|route| route.path == path && route.method == method.as_str());
            if !known {
                let answer = send(server.client.request(method.clone(), &address)).await;
                refused_at_path(path, &answer, 405);
                assert!(
                    !answer.header("allow").contains(method.as_str()),
                    "{method} {path}"
                );
            }
        }
    }
}
