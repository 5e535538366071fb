//! The addresses of connecting, and the cookie that binds a browser to its way.

use crate::{AppState, kit::base::base};
use http::{HeaderMap, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use switchboard_domain::ids::ChallengeId;

/// The cookie's name.
const COOKIE: &str = "switchboard_connect";
/// How long a browser keeps it, in seconds: as long as a person may take at the provider.
const KEPT_S: u32 = 3600;

/// The page where the owner of a way begins.
pub fn connect_url(base: &str, id: &ChallengeId) -> String {
    format!("{base}/connect/{id}")
}

/// Where providers send people back to.
pub fn redirect_uri(state: &AppState, headers: &HeaderMap) -> String {
    format!("{}/connect/callback", base(state, headers))
}

/// Sets the cookie; none for a value that no header can carry.
pub fn set_cookie(base: &str, value: &SecretString) -> Option<HeaderValue> {
    let path = base.split('/').skip(3).collect::<Vec<_>>().join("/");
    let path = if path.is_empty() {
        path
    } else {
        format!("/{path}")
    };
    let secure = if base.starts_with("https:") {
        "; Secure"
    } else {
        ""
    };
    let text = format!(
        "{COOKIE}={}; Path={path}/connect; HttpOnly; SameSite=Lax; Max-Age={KEPT_S}{secure}",
        value.expose_secret()
    );
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The cookie that a browser brings (RFC 6265 §4.2).
pub fn cookie(headers: &HeaderMap) -> Option<SecretString> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let found = pairs.find(|(name, _)| *name == COOKIE);
    found.map(|(_, value)| value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_for_connecting_alone() {
        let set = |base| set_cookie(base, &"v".into()).unwrap();
        let own = "switchboard_connect=v; Path=/connect; HttpOnly; SameSite=Lax; Max-Age=3600";
        assert_eq!(set("http://127.0.0.1:8000"), own);
        let below = "switchboard_connect=v; Path=/a/b/connect; HttpOnly; SameSite=Lax; \
                     Max-Age=3600; Secure";
        assert_eq!(set("https://example.com/a/b"), below);
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert!(cookie(&headers).is_none());
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; b"));
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("switchboard_connect=x=y; c=2"),
        );
        assert_eq!(cookie(&headers).unwrap().expose_secret(), "x=y");
    }
}
