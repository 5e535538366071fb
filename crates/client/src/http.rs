//! The client's own HTTP client: it goes to the server that it was sent to, and nowhere else.

use std::time::Duration;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a whole request may take.
pub(crate) const REQUEST: Duration = Duration::from_secs(30);

/// A client that follows no redirect and asks no proxy: either would carry the password or the token
/// to another host. It speaks HTTP/1.1 only, the version from which a WebSocket can be made.
#[expect(
    clippy::disallowed_methods,
    reason = "the client of `outbound` is the server's; this one has its limits, and goes to one address"
)]
pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .http1_only()
        .connect_timeout(CONNECT)
        .build()
}
