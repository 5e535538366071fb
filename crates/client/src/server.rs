//! Requests to the REST part of the chat door.

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use reqwest::{Method, RequestBuilder, Response, Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::{
    error::Error,
    http::{self, REQUEST},
};

/// A server, by its address.
#[derive(Debug, Clone)]
pub struct Server {
    base: String,
    http: reqwest::Client,
}

impl Server {
    /// The server at this address, such as `https://switchboard.example`.
    ///
    /// # Errors
    /// [`Error::Address`] for what is no `http` or `https` address, or holds a name and a password.
    pub fn at(address: &str) -> Result<Self, Error> {
        let odd = |why: &str| Error::Address {
            address: without_user(address),
            why: why.to_owned(),
        };
        let url: Url = address
            .parse()
            .map_err(|_| odd("write it like http://127.0.0.1:8000"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(odd("it has to begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(odd("a name and a password do not belong there"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(odd("it ends before ? and #"));
        }
        Ok(Self {
            base: url.as_str().trim_end_matches('/').to_owned(),
            http: http::client()
                .map_err(|error| odd(&switchboard_domain::innermost_cause(&error)))?,
        })
    }

    /// The address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Finds out whether anybody is there, by a question that any answer will do for.
    ///
    /// # Errors
    /// [`Error::Unreachable`].
    pub async fn reach(&self) -> Result<(), Error> {
        let request = self.request(Method::GET, "/api/chat/providers", None);
        self.send(request).await.map(drop)
    }

    /// A request to a path, as whoever holds the token.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        token: Option<&SecretString>,
    ) -> RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .timeout(REQUEST);
        match token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    /// Sends a request, and reads the JSON of an answer that has to be a success.
    pub(crate) async fn ask(&self, request: RequestBuilder) -> Result<Value, Error> {
        let text = self.ask_for_text(request).await?;
        serde_json::from_str(&text).map_err(|_| self.strange("what it says is no JSON"))
    }

    /// Sends a request, and reads the text of an answer that has to be a success.
    pub(crate) async fn ask_for_text(&self, request: RequestBuilder) -> Result<String, Error> {
        let response = self.send(request).await?;
        self.text(response).await
    }

    /// Sends a request, and gives the bytes of an answer that has to be a success as they come.
    pub(crate) async fn ask_for_pieces(
        &self,
        request: RequestBuilder,
    ) -> Result<BoxStream<'_, Result<Bytes, Error>>, Error> {
        let response = self.send(request).await?;
        if !response.status().is_success() {
            self.text(response).await?;
            return Err(self.strange("it refuses nothing and gives nothing"));
        }
        let pieces = response.bytes_stream();
        Ok(pieces.map_err(|error| self.unreachable(&error)).boxed())
    }

    async fn text(&self, response: Response) -> Result<String, Error> {
        let status = response.status();
        let retry_after = retry_after(&response);
        let text = response
            .text()
            .await
            .map_err(|error| self.unreachable(&error))?;
        if status.is_success() {
            return Ok(text);
        }
        let body: Option<Value> = serde_json::from_str(&text).ok();
        if body.is_none() && status.is_redirection() {
            return Err(self.strange(&format!("{status}, and no JSON")));
        }
        Err(Error::refused(
            status,
            retry_after,
            &body.unwrap_or_default(),
        ))
    }

    /// Sends a request.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let sent = request.send().await;
        sent.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        Error::Unreachable {
            server: self.base.clone(),
            why: if error.is_timeout() {
                "no answer in time".to_owned()
            } else {
                switchboard_domain::innermost_cause(error)
            },
        }
    }

    /// An answer that no Switchboard gives.
    pub(crate) fn strange(&self, why: &str) -> Error {
        Error::Strange {
            server: self.base.clone(),
            why: why.to_owned(),
        }
    }
}

/// After how many seconds to ask again, if the answer says so.
pub(crate) fn retry_after(response: &Response) -> Option<u64> {
    let header = response.headers().get(header::RETRY_AFTER)?;
    header.to_str().ok()?.parse().ok()
}

/// An address as it may be shown: what stands before an `@` may be a password.
fn without_user(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_with_or_without_a_path() {
        for (given, base) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("https://example.org/", "https://example.org"),
            ("https://example.org/agents/", "https://example.org/agents"),
        ] {
            assert_eq!(Server::at(given).unwrap().base(), base);
        }
    }

    #[test]
    fn what_is_no_address_is_told_without_its_secrets() {
        for odd in [
            "127.0.0.1:8000",
            "localhost:8000",
            "ws://a",
            "",
            "http://a?b",
        ] {
            assert!(Server::at(odd).is_err(), "{odd}");
        }
        let told = Server::at("http://ada:secret@host")
            .unwrap_err()
            .to_string();
        assert!(!told.contains("secret") && told.contains("host"), "{told}");
    }
}
