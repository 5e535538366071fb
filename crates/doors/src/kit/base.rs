//! Where the server is, as its clients see it.

use crate::AppState;
use http::{HeaderMap, header};

/// The address that the operator set, or else the host that this client asked; without a slash at its
/// end.
pub fn base(state: &AppState, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let base = state.http.public_url.clone();
    let base = base.unwrap_or_else(|| format!("http://{host}"));
    base.trim_end_matches('/').to_owned()
}
