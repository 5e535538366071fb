//! The addresses of agents: whoever knows the secret sends them messages, or reads what they show.

use super::read::agent_id;
use crate::{
    AppState,
    kit::{
        base::base,
        body,
        describe::{Common, Limited, Named, WithBody},
        error::ApiError,
        peer::Peer,
    },
};
use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Path, Request, State},
    response::Response,
};
use form_urlencoded::parse;
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use serde_json::Value;
use switchboard_core::{
    types::Answer,
    workflows::{self, HookRequest},
};
use switchboard_domain::{Error, nouns::Object};

/// Declares one operation a method, all of which do the same.
macro_rules! operations {
    ($($method:ident $name:ident $id:literal;)*) => {$(
        /// Sends an agent a message, if it takes any at its address, or asks for what it shows there. The
        /// agent's owner chose the secret, the methods and what is answered.
        #[utoipa::path(
            $method,
            path = "/users/{user_id}/web_requests/{agent_id}/{secret}",
            tag = "workflows",
            operation_id = $id,
            params(
                ("user_id" = i64, Path, description = "The number of the agent's owner"),
                ("agent_id" = i64, Path, description = "The agent"),
                ("secret" = String, Path, description = "The secret, with `.json` or `.xml` behind it for a feed in that form"),
            ),
            responses(
                (status = "default", description = "What the agent's owner chose", content_type = "text/plain", body = String),
                Named, WithBody, Limited, Common,
            ),
            security(()),
        )]
        pub async fn $name(
            State(state): State<AppState>,
            peer: Peer,
            Path(place): Path<(String, String, String)>,
            request: Request,
        ) -> Result<Response, ApiError> {
            hook(&state, peer.key(), place, request).await
        }
    )*};
}

operations! {
    get get_hook "get_from_agent";
    post post_hook "post_to_agent";
    put put_hook "put_to_agent";
    patch patch_hook "patch_to_agent";
    delete delete_hook "delete_to_agent";
}

async fn hook(
    state: &AppState,
    peer: String,
    (user, agent, secret): (String, String, String),
    request: Request,
) -> Result<Response, ApiError> {
    let user = user.parse().map_err(|_| Error::NotFound("Agent"))?;
    let (secret, format) = match secret.rsplit_once('.') {
        Some((secret, format @ ("json" | "xml"))) => (secret.to_owned(), format.to_owned()),
        _ => (secret, String::new()),
    };
    let (parts, content) = request.into_parts();
    let asked = HookRequest {
        user,
        agent: agent_id(&agent)?,
        secret,
        method: parts.method.to_string(),
        format,
        url: url(state, &parts),
        params: params(state, parts, content).await?,
        peer,
    };
    let answer = workflows::hook(&state.app, asked).await?;
    Ok(response(answer))
}

/// Where the caller found it.
fn url(state: &AppState, parts: &Parts) -> String {
    format!("{}{}", base(state, &parts.headers), parts.uri.path())
}

/// The query, and over it the members of the body.
async fn params(state: &AppState, parts: Parts, content: Body) -> Result<Object, ApiError> {
    let mut params = pairs(parts.uri.query().unwrap_or_default().as_bytes());
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    let request = Request::from_parts(parts, content);
    let bytes = body::in_time(state, Bytes::from_request(request, state)).await?;
    let bytes = bytes.map_err(|_| ApiError::status(StatusCode::PAYLOAD_TOO_LARGE))?;
    if kind.starts_with("application/x-www-form-urlencoded") {
        params.extend(pairs(&bytes));
    } else if kind.contains("json") && !bytes.is_empty() {
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(members)) => params.extend(members),
            Ok(other) => drop(params.insert("_json".to_owned(), other)),
            Err(error) => {
                return Err(ApiError::malformed(format!(
                    "The request body is not valid JSON: {error}"
                )));
            }
        }
    }
    Ok(params)
}

fn pairs(text: &[u8]) -> Object {
    let pairs = parse(text).into_owned();
    pairs
        .map(|(name, value)| (name, Value::from(value)))
        .collect()
}

/// What its owner chose, as far as it is HTTP.
fn response(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    for (name, value) in answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
