//! The HTTP call of a function that the server runs itself: a template over the arguments.
//!
//! `{{name}}` stands for an argument, `{{name.member}}` for a member of one, `{{.}}` for all arguments.
//! A template may fill segments of the path, values of the query and values of the body, and is written
//! there so that it stays one value, whatever it is. Scheme, authority, the names of headers and of
//! query parameters, and the values of headers are what the definition says.

mod body;
mod headers;
#[cfg(test)]
mod tests;
mod text;
mod url;

use crate::nouns::Object;
use body::Body;
use headers::Headers;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use url::Url;

/// A longer URL is not asked for, in bytes.
const LONGEST_URL: usize = 8 << 10;
/// A larger body is not sent, in bytes.
const LARGEST_BODY: usize = 1 << 20;

/// What a call is asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the methods of HTTP (RFC 9110 §9.3, RFC 5789)")]
pub enum HttpMethod {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl HttpMethod {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether asking so changes nothing (RFC 9110 §9.2.1).
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

/// A template as it was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    #[serde(default)]
    method: HttpMethod,
    url: String,
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    headers: Object,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

/// The `http` member of a function. In JSON it is what was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Given", into = "Given")]
pub struct HttpTemplate {
    given: Given,
    url: Url,
    headers: Headers,
    body: Option<Body>,
}

/// A template that cannot be a function's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("http.{member}: {wrong}")]
pub struct BadTemplate {
    /// The member.
    pub member: String,
    /// What is wrong, and what would be right.
    pub wrong: String,
}

impl BadTemplate {
    fn new(member: impl Into<String>, wrong: impl Into<String>) -> Self {
        Self {
            member: member.into(),
            wrong: wrong.into(),
        }
    }
}

/// Arguments for which there is no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRequest {
    /// The path needs an argument that is not there, or is empty.
    #[error("the argument {0} is needed for the address")]
    Missing(String),
    /// An argument is no single value and stands where only one can.
    #[error("the argument {0} must be a text, a number, or true or false")]
    NotScalar(String),
    /// A segment of the path would lead to another path (RFC 3986 §5.2.4).
    #[error("the argument {0} may not lead to another path: no part of it may be . or ..")]
    Dots(String),
    /// The URL is too long.
    #[error("with these arguments the address is longer than {LONGEST_URL} bytes")]
    LongUrl,
    /// The body is too large.
    #[error("with these arguments the body is larger than {} KiB", LARGEST_BODY >> 10)]
    LargeBody,
}

/// A request, ready to be sent but for what proves on whose behalf it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedRequest {
    /// With what it is asked.
    pub method: HttpMethod,
    /// The URL.
    pub url: String,
    /// The headers, their names in small letters; the body's type among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

impl HttpTemplate {
    /// With what it is asked.
    pub const fn method(&self) -> HttpMethod {
        self.given.method
    }

    /// The host that is asked, in small letters and without its port.
    pub fn host(&self) -> &str {
        self.url.host()
    }

    /// The names of the arguments that it uses.
    pub fn arguments(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.url.names(&mut names);
        if let Some(body) = &self.body {
            body.names(&mut names);
        }
        names
    }

    /// The request for these arguments.
    ///
    /// # Errors
    /// [`NoRequest`] says which argument does not fit.
    pub fn render(&self, arguments: &Object) -> Result<RenderedRequest, NoRequest> {
        let url = self.url.render(arguments)?;
        if url.len() > LONGEST_URL {
            return Err(NoRequest::LongUrl);
        }
        let body = self.body.as_ref().map(|body| body.render(arguments));
        let body = body.transpose()?;
        if body.as_ref().is_some_and(|body| body.len() > LARGEST_BODY) {
            return Err(NoRequest::LargeBody);
        }
        let mut headers = self.headers.0.clone();
        if let Some(body) = &self.body
            && !self.headers.has("content-type")
        {
            headers.push(("content-type".to_owned(), body.content_type().to_owned()));
        }
        Ok(RenderedRequest {
            method: self.given.method,
            url,
            headers,
            body,
        })
    }
}

impl TryFrom<Given> for HttpTemplate {
    type Error = BadTemplate;

    fn try_from(given: Given) -> Result<Self, BadTemplate> {
        let url = Url::parse(&given.url).map_err(|wrong| BadTemplate::new("url", wrong))?;
        let headers = Headers::parse(&given.headers)?;
        let body = match &given.body {
            None | Some(Value::Null) => None,
            Some(_) if given.method.is_safe() => {
                let wrong = "a request that is asked with GET or HEAD has none";
                return Err(BadTemplate::new("body", wrong));
            }
            Some(body) => Some(Body::parse(body, headers.get("content-type"))?),
        };
        Ok(Self {
            given,
            url,
            headers,
            body,
        })
    }
}

impl From<HttpTemplate> for Given {
    fn from(template: HttpTemplate) -> Self {
        template.given
    }
}
