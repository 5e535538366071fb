//! Tokens, wherever they may stand: nobody comes in by one that the server did not sign, or that says something else
//! than it should.

use super::{
    connect::{self, Entry},
    first_line,
    server::{self, Server, USER},
};
use axum::{
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
};
use serde_json::Value;

/// The first line says where the token stands; the rest is the token. In a token of three parts, an empty part stands
/// for that of a good one. After `sign `, claims follow, which are signed as the server does.
pub fn tokens(data: &[u8]) {
    let (place, rest) = first_line(data);
    server::with(|server| {
        let Some(token) = Token::read(server, rest) else {
            return;
        };
        let came_in = match place {
            b"bearer" => token.asks(server, "GET", "/api/agents/list"),
            b"verify" => token.asks(server, "POST", "/api/auth/verify"),
            b"query" => token.connects(server, Some(Entry::query(&token.text))),
            b"header" => token.connects(server, Entry::bearer(&token.text)),
            b"subprotocol" => token.connects(server, Entry::subprotocol(&token.text)),
            _ => return,
        };
        if came_in {
            assert!(token.is_good, "{} came in", token.text);
        }
    });
}

struct Token {
    text: String,
    is_good: bool,
}

impl Token {
    fn read(server: &Server, data: &[u8]) -> Option<Self> {
        let text = str::from_utf8(data).ok()?;
        if let Some(claims) = text.strip_prefix("sign ") {
            let claims: Value = serde_json::from_str(claims).ok()?;
            return Some(Self {
                text: server.sign(&claims),
                is_good: is_good(server, &claims),
            });
        }
        let good: Vec<&str> = server.token.split('.').collect();
        let given: Vec<&str> = text.split('.').collect();
        let text = if given.len() == good.len() {
            let parts = given.iter().zip(&good).map(|(given, good)| match *given {
                "" => *good,
                given => given,
            });
            parts.collect::<Vec<_>>().join(".")
        } else {
            text.to_owned()
        };
        Some(Self {
            is_good: text.trim() == server.token,
            text,
        })
    }

    fn asks(&self, server: &Server, method: &str, path: &str) -> bool {
        let Ok(bearer) = HeaderValue::from_str(&format!("Bearer {}", self.text)) else {
            return false;
        };
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::AUTHORIZATION, bearer);
        let answer = server.ask(request.body(Body::empty()).unwrap());
        let refusals = [
            StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN,
            StatusCode::UNPROCESSABLE_ENTITY,
        ];
        let came_in = answer.status == StatusCode::OK;
        assert!(came_in || refusals.contains(&answer.status));
        assert!(came_in || !self.is_good, "a good token was refused");
        came_in
    }

    fn connects(&self, server: &Server, entry: Option<Entry>) -> bool {
        let Some(entry) = entry else { return false };
        let session = connect::session(server);
        let came_in = connect::comes_in(server, &session, &entry);
        connect::end(server, &session);
        assert!(came_in || !self.is_good, "a good token was refused");
        came_in
    }
}

/// Whether these claims are those of a token that is good. The numbers must fit; the id may be any text, of a token that
/// was not ended.
fn is_good(server: &Server, claims: &Value) -> bool {
    let good = server.claims();
    let now = server.clock.now().as_seconds();
    claims["sub"] == USER
        && claims["type"] == "access"
        && claims["jti"].is_string()
        && claims["generation"] == good["generation"]
        && claims["iat"].is_i64()
        && claims["exp"].as_i64().is_some_and(|until| until > now)
}
