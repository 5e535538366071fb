//! Requests: addresses with their queries, bodies, and headers of all kinds.

use super::{
    answer::Answer,
    first_line,
    server::{self, BODY_BYTES, FIGURES, ORIGIN, Server},
};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header},
};
use std::net::SocketAddr;

/// What is asked for by a body, by the first line of the input.
const BODIES: &[(&str, &str)] = &[
    ("session", "/api/chat/sessions/create"),
    ("agent", "/api/agents/register"),
    ("message", "/api/agents/1/message"),
    ("login", "/api/auth/login"),
];
/// A proxy whose word is taken, and somebody whose is not.
const PROXY: &str = "10.0.0.1:4711";
const STRANGER: &str = "203.0.113.9:4711";

/// Addresses: the input is the path and the query of a GET by the signed-in user.
pub fn addresses(data: &[u8]) {
    let Ok(uri) = Uri::try_from(data) else { return };
    // The WebSocket has targets of its own, and `/docs` is large and the same for everybody.
    if uri.path().starts_with("/docs") || uri.authority().is_some() || !uri.path().starts_with('/')
    {
        return;
    }
    server::with(|server| {
        let mut request = Request::get(uri).body(Body::empty()).unwrap();
        sign_in(server, &mut request);
        server.ask(request);
    });
}

/// Bodies: the first line names what they are for, the rest is the body.
pub fn bodies(data: &[u8]) {
    let (name, body) = first_line(data);
    let Some((name, path)) = BODIES.iter().find(|(known, _)| known.as_bytes() == name) else {
        return;
    };
    let form = *name == "login";
    let kind = if form {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    let request = Request::post(*path).header(header::CONTENT_TYPE, kind);
    let mut request = request.body(Body::from(body.to_vec())).unwrap();
    server::with(|server| {
        sign_in(server, &mut request);
        let answer = server.ask(request);
        if !form {
            check_json(&answer, body);
        }
    });
}

/// What is no JSON is answered by 400, and what is too large by 413; nothing else is.
fn check_json(answer: &Answer, body: &[u8]) {
    let is_json = str::from_utf8(body)
        .is_ok_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
    let (status, large) = (answer.status, body.len() > BODY_BYTES);
    assert_eq!(status == StatusCode::PAYLOAD_TOO_LARGE, large, "{status}");
    if !large && !is_json {
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
    if !large && is_json && status == StatusCode::BAD_REQUEST {
        let code = answer.json.as_ref().map(|json| json["code"].clone());
        assert_ne!(code, Some("MALFORMED_BODY".into()), "it was JSON");
    }
}

/// Whole requests: `METHOD PATH`, then lines of headers, an empty line, and the body. `TOKEN` stands for a good token.
/// It comes once by a proxy whose word is taken, and once from somebody whose is not.
pub fn requests(data: &[u8]) {
    for from in [PROXY, STRANGER] {
        server::with(|server| {
            if let Some(mut request) = read(server, data) {
                let origin = request.headers().get(header::ORIGIN).cloned();
                let from: SocketAddr = from.parse().unwrap();
                request.extensions_mut().insert(ConnectInfo(from));
                let answer = server.ask(request);
                check_origin(&answer, origin.as_ref());
                assert_ne!(answer.body, FIGURES, "it was not asked from this machine");
            }
        });
    }
}

/// Only the page that is allowed may read answers in a browser.
fn check_origin(answer: &Answer, origin: Option<&HeaderValue>) {
    let allowed = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    assert!(allowed.is_none_or(|allowed| allowed == ORIGIN && Some(allowed) == origin));
}

fn read(server: &Server, data: &[u8]) -> Option<Request<Body>> {
    let (first, mut rest) = first_line(data);
    let (method, path) = str::from_utf8(first).ok()?.split_once(' ')?;
    let mut request = Request::builder()
        .method(Method::from_bytes(method.as_bytes()).ok()?)
        .uri(path.parse::<Uri>().ok()?);
    if !path.starts_with('/') || path.starts_with("/docs") {
        return None;
    }
    while !rest.is_empty() {
        let (line, behind) = first_line(rest);
        rest = behind;
        if line.is_empty() {
            break;
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        let value = line[colon + 1..].trim_ascii();
        let value = str::from_utf8(value).map_or_else(
            |_| HeaderValue::from_bytes(value),
            |text| HeaderValue::from_str(&text.replace("TOKEN", &server.token)),
        );
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        request = request.header(name, value.ok()?);
    }
    request.body(Body::from(rest.to_vec())).ok()
}

fn sign_in(server: &Server, request: &mut Request<Body>) {
    let bearer = format!("Bearer {}", server.token);
    let bearer = bearer.parse().unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
}
