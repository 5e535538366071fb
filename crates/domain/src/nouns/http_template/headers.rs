//! The headers of a template: all of them fixed.

use super::BadTemplate;
use crate::nouns::Object;
use serde_json::Value;

/// More headers has no template.
const MOST: usize = 32;
/// A longer value has no header, in bytes.
const LONGEST: usize = 1024;

/// Headers that speak of the connection or the body's length, which the sender knows (RFC 9110 §7.6.1).
const OF_THE_SENDER: [&str; 12] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];
/// Headers that prove who somebody is.
const SECRET: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// Names in small letters, and values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Headers(pub(super) Vec<(String, String)>);

impl Headers {
    pub(super) fn parse(given: &Object) -> Result<Self, BadTemplate> {
        if given.len() > MOST {
            let wrong = format!("more than {MOST} of them");
            return Err(BadTemplate::new("headers", wrong));
        }
        let mut all = Self(Vec::with_capacity(given.len()));
        for (name, value) in given {
            let header = header(name, value)
                .map_err(|wrong| BadTemplate::new(format!("headers.{name}"), wrong))?;
            if all.has(&header.0) {
                let wrong = "is there twice: capital letters make no difference";
                return Err(BadTemplate::new(format!("headers.{name}"), wrong));
            }
            all.0.push(header);
        }
        Ok(all)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

fn header(name: &str, value: &Value) -> Result<(String, String), &'static str> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > LONGEST || !name.bytes().all(is_token) {
        return Err("is no name of a header (RFC 9110 §5.1)");
    }
    let name = name.to_ascii_lowercase();
    if OF_THE_SENDER.contains(&name.as_str()) {
        return Err("is set by the server that sends the request");
    }
    if SECRET.contains(&name.as_str()) {
        return Err("holds a secret: name the account or the credential in `auth`");
    }
    let Value::String(value) = value else {
        return Err("must be a text");
    };
    if value.contains("{{") {
        return Err(
            "is the same for all arguments: only the url and the body have places for them",
        );
    }
    let is_visible = |byte: u8| matches!(byte, b' '..=b'~');
    if value.len() > LONGEST || value.trim() != value || !value.bytes().all(is_visible) {
        return Err("must be at most 1024 visible ASCII characters");
    }
    Ok((name, value.clone()))
}
