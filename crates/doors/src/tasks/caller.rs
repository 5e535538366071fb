//! Who is calling, where the protocol knows no tokens.

use crate::{
    AppState,
    kit::{
        caller::{Caller, bearer},
        error::ApiError,
        peer::Peer,
    },
};
use axum::extract::{ConnectInfo, FromRequestParts};
use http::{HeaderMap, HeaderName, Uri, header, request::Parts};
use std::net::{IpAddr, SocketAddr};
use switchboard_core::identity;
use switchboard_domain::nouns::Principal;

/// The caller: by a token as everywhere, or without one where the operator lets programs of this
/// machine in.
pub struct TaskCaller(pub Principal);

impl FromRequestParts<AppState> for TaskCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if bearer(&parts.headers).is_none()
            && let Some(user) = &state.http.anonymous_user
            && is_from_here(parts)
        {
            let caller = identity::authenticate_local(&state.app, user).await?;
            return Ok(Self(caller));
        }
        let Caller(caller) = Caller::from_request_parts(parts, state).await?;
        Ok(Self(caller))
    }
}

/// Whether a program of this machine asks, of its own accord: no proxy stands before it, and no page
/// of somebody else's sent it.
fn is_from_here(parts: &Parts) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|peer| Peer(peer.0.ip().to_canonical()));
    let near = peer.is_some_and(|peer| peer.is_on_this_machine(&parts.headers));
    let authority = parts.uri.host().map(str::to_owned);
    let host = authority.or_else(|| text(&parts.headers, &header::HOST).map(without_port));
    let origins = parts.headers.get_all(header::ORIGIN).iter();
    let mut origins = origins.map(|origin| origin.to_str().ok().and_then(host_of));
    near && host.is_some_and(|host| is_loopback(&host))
        && origins.all(|host| host.is_some_and(|host| is_loopback(&host)))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn without_port(host: &str) -> String {
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|b| b.is_ascii_digit()) => bare,
        _ => host,
    };
    bare.to_owned()
}

/// The host of an origin; none for `null` and the like.
fn host_of(origin: &str) -> Option<String> {
    let uri: Uri = origin.parse().ok()?;
    uri.scheme()?;
    uri.host().map(str::to_owned)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(peer: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = http::Request::builder().uri("/ap/v1/agent/tasks");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let peer: SocketAddr = peer.parse().unwrap();
        parts.extensions.insert(ConnectInfo(peer));
        is_from_here(&parts)
    }

    #[test]
    fn only_programs_of_this_machine_are_let_in() {
        let host = ("host", "localhost:8000");
        assert!(asks("127.0.0.1:9", &[host]));
        assert!(asks("[::1]:9", &[("host", "[::1]:8000")]));
        assert!(asks("127.0.0.1:9", &[("host", "127.0.0.1")]));
        assert!(asks(
            "127.0.0.1:9",
            &[host, ("origin", "http://localhost:5173")]
        ));
        assert!(!asks("127.0.0.1:9", &[]));
        assert!(!asks("192.0.2.1:9", &[host]));
        assert!(!asks("127.0.0.1:9", &[("host", "evil.example:8000")]));
        assert!(!asks("127.0.0.1:9", &[("host", "localhost.evil.example")]));
        for origin in [
            "http://evil.example",
            "null",
            "http://127.0.0.1.evil.example",
        ] {
            assert!(
                !asks("127.0.0.1:9", &[host, ("origin", origin)]),
                "{origin}"
            );
        }
        assert!(!asks(
            "127.0.0.1:9",
            &[host, ("x-forwarded-for", "1.2.3.4")]
        ));
    }
}
