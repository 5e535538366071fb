//! What must hold of every answer.

use super::server::Server;
use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use serde_json::Value;
use tower::ServiceExt as _;

/// The statuses of the API that an answer to a stranger may have. No other 5xx than 503.
const STATUSES: &[u16] = &[
    200, 204, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 426, 429, 503,
];
/// No answer to what is asked here is longer, in bytes: the scripts of `/docs` are the longest.
const LONGEST: usize = 16 << 20;

/// An answer that is in order.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The body, where it is JSON.
    pub json: Option<Value>,
}

impl Server {
    /// Asks, and checks what must hold of any answer.
    pub fn ask(&self, request: Request<Body>) -> Answer {
        let method = request.method().clone();
        let (status, headers, body) = self.run(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = to_bytes(body, LONGEST).await.unwrap();
            (parts.status, parts.headers, body)
        });
        assert!(STATUSES.contains(&status.as_u16()), "{status}");
        let json = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        let json = (json && method != Method::HEAD)
            .then(|| serde_json::from_slice(&body).expect("what is called JSON is JSON"));
        let answer = Answer {
            status,
            headers,
            body,
            json,
        };
        answer.check_headers();
        if status.is_client_error() && method != Method::HEAD {
            answer.check_refusal();
        }
        answer
    }
}

impl Answer {
    fn has(&self, name: impl header::AsHeaderName) -> bool {
        self.headers.contains_key(name)
    }

    fn check_headers(&self) {
        let id = &self.headers["x-request-id"];
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        assert!(id.len() <= 64 && id.as_bytes().iter().all(plain), "{id:?}");
        assert_eq!(self.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let status = self.status.as_u16();
        assert_eq!(status == 401, self.has(header::WWW_AUTHENTICATE));
        assert_eq!([429, 503].contains(&status), self.has(header::RETRY_AFTER));
    }

    /// A refusal has the form of the protocol that the route speaks: ActiveWorkflow's, the Agent Protocol's, or the
    /// server's own.
    fn check_refusal(&self) {
        let json = self.json.as_ref().expect("a refusal is JSON");
        if let Some(reason) = json.get("error").or_else(|| json.get("message")) {
            assert!(reason.is_string(), "{json}");
            return;
        }
        assert!(json["timestamp"].is_string() && json["code"].is_string());
        if self.status != StatusCode::UNPROCESSABLE_ENTITY {
            assert!(json["detail"].is_string(), "{json}");
            return;
        }
        for problem in json["detail"].as_array().expect("a list of problems") {
            let place = problem["loc"].as_array().expect("a place");
            assert!(!place.is_empty() && problem["msg"].is_string() && problem["type"].is_string());
        }
    }
}
