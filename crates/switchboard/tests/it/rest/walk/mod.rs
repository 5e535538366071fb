//! Every route of the server, tried by everybody who may not use it.
//!
//! Alice has a session, an agent and messages, all marked with a word that nobody else may ever
//! see. The walk goes over the server's own list of its routes, so a new route is walked as well.

mod expected;
mod table;
mod things;
mod visitors;

use switchboard_testkit::{PATIENCE, clock::TestClock};
use tokio::time::timeout;

use self::{
    expected::expected,
    things::{MARK, Things, is_socket, marker, send_to},
    visitors::{Visitor, visitors},
};
use crate::{
    rest::refused_at_path,
    support::{Engine, Server, on_both_stores},
};
use switchboard_doors::{ROUTES, Route};

/// What the walk needs from the server: nobody is stopped for trying often.
const SETTINGS: &[(&str, &str)] = &[
    ("LIMITS_LOGIN_FAILURES", "0"),
    ("LIMITS_SESSION_LIFETIME_S", "0"),
    // A provider of OAuth, which nobody asks.
    (
        "OAUTH_PROVIDERS_PLACE_AUTHORIZATION_URL",
        "http://127.0.0.1:9/authorize",
    ),
    (
        "OAUTH_PROVIDERS_PLACE_TOKEN_URL",
        "http://127.0.0.1:9/token",
    ),
    ("OAUTH_PROVIDERS_PLACE_CLIENT_ID", "switchboard"),
];

on_both_stores!(
    nobody_gets_further_than_the_table_says,
    alice_herself_is_let_in_everywhere,
);

async fn start(engine: Engine, url: &str) -> (Server, TestClock) {
    let settings: Vec<_> = SETTINGS
        .iter()
        .copied()
        .chain([("REMOTE_AGENT_URL", url)])
        .collect();
    Server::start_with_clock(engine, &settings).await
}

async fn nobody_gets_further_than_the_table_says(engine: Engine) {
    let marker = marker().await;
    let (server, clock) = start(engine, &marker.url()).await;
    let visitors = visitors(&server, &clock).await;
    let things = Things::of_alice(&server).await;
    let before = things.look().await;
    assert!(
        before.to_string().contains(MARK),
        "the mark is there to be found"
    );
    for visitor in &visitors {
        for route in ROUTES {
            visit(&server, &things, visitor, route).await;
        }
        assert_eq!(
            things.look().await,
            before,
            "{} changed something",
            visitor.name
        );
    }
}

async fn visit(server: &Server, things: &Things, visitor: &Visitor, route: &Route) {
    let client = visitor.client(server).await;
    let answer = send_to(&client, route, things).await;
    let place = format!("{} {} as {}", route.method, route.path, visitor.name);
    let status = expected(route, visitor);
    assert_eq!(answer.status, status, "{place}: {}", answer.text);
    assert!(!answer.text.contains(MARK), "{place}: {}", answer.text);
    assert!(!format!("{:?}", answer.headers).contains(MARK), "{place}");
    // What providers send people back to tells them in a page.
    if status >= 400 && route.path != "/connect/callback" {
        refused_at_path(route.path, &answer, status);
    }
    if is_socket(route) {
        let mut socket = client.connect(&things.session, "?after=0").await;
        let closed = timeout(PATIENCE, socket.closed())
            .await
            .expect("it is closed");
        assert_eq!(closed, (4003, Vec::new()), "{place}");
    }
}

/// Without this the walk could pass because nothing works.
async fn alice_herself_is_let_in_everywhere(engine: Engine) {
    let marker = marker().await;
    let (server, _clock) = start(engine, &marker.url()).await;
    let things = Things::of_alice(&server).await;
    // What ends something comes last.
    let mut routes: Vec<_> = ROUTES.iter().collect();
    // Of what is in something, what it is in.
    let ends = |route: &Route| (route.method == "DELETE").then(|| usize::MAX - route.path.len());
    routes.sort_by_key(|route| (route.path.ends_with("/logout"), ends(route)));
    for route in routes {
        let answer = send_to(&things.alice, route, &things).await;
        let expected = match route.path {
            "/api/auth/login" => 415,
            path if path.starts_with("/users/") => 404,
            "/connect/callback" => 400,
            // She never came back from the provider.
            "/api/accounts/{provider}" => 404,
            "/api/v1/agent_types" if route.method != "GET" => 403,
            path if is_socket(route) => {
                assert!(path.contains("/ws/"));
                400
            }
            path if path.contains("/ap/v1/") && route.method == "DELETE" => 204,
            _ => 200,
        };
        assert_eq!(
            answer.status, expected,
            "{} {}: {}",
            route.method, route.path, answer.text
        );
    }
}
