//! What the doors tell about themselves to whoever watches the server. Addresses appear as the routes
//! that they match: what stands in their braces is somebody's.

use http::{Method, StatusCode};
use metrics::{
    SharedString, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use std::time::Duration;

const REQUESTS: &str = "switchboard_http_request_duration_seconds";
const SLOW: &str = "switchboard_http_slow_requests_total";
const SOCKETS: &str = "switchboard_websockets_open";
const TURNED_AWAY: &str = "switchboard_websockets_refused_total";

/// Says what the figures mean. They are described once there is somebody to collect them.
pub fn describe() {
    describe_histogram!(
        REQUESTS,
        Unit::Seconds,
        "Time until a request was answered, by route, method and class of status"
    );
    describe_counter!(
        SLOW,
        "Requests that took longer than the setting log_slow_ms"
    );
    describe_gauge!(SOCKETS, "WebSockets that are open");
    describe_counter!(
        TURNED_AWAY,
        "WebSockets that were not opened, because as many were open as may be"
    );
}

/// A request was answered.
pub(crate) fn answered(route: &str, method: &Method, status: StatusCode, time: Duration) {
    histogram!(
        REQUESTS,
        "route" => SharedString::from_owned(route.to_owned()),
        "method" => name(method),
        "status" => class(status)
    )
    .record(time.as_secs_f64());
}

/// A request took longer than it should.
pub(crate) fn slow(route: &str) {
    counter!(SLOW, "route" => SharedString::from_owned(route.to_owned())).increment(1);
}

/// There was no place for one more WebSocket.
pub(crate) fn no_place() {
    counter!(TURNED_AWAY).increment(1);
}

/// A WebSocket that is open, until this is dropped.
pub(crate) struct OpenSocket;

impl OpenSocket {
    /// It opens.
    pub(crate) fn new() -> Self {
        gauge!(SOCKETS).increment(1.0);
        Self
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        gauge!(SOCKETS).decrement(1.0);
    }
}

/// The methods that have a meaning here. Clients may make up others.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_cannot_make_up_labels() {
        let made_up = Method::from_bytes(b"CANARY").unwrap();
        assert_eq!((name(&Method::GET), name(&made_up)), ("GET", "other"));
        let odd = StatusCode::from_u16(999).unwrap();
        assert_eq!((class(StatusCode::NOT_FOUND), class(odd)), ("4xx", "5xx"));
    }
}
