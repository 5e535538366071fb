//! Files on other servers, which come piece by piece.

use crate::builtin::fetch::{Request, follow};
use crate::http::IDLE;
use crate::outgoing::Outgoing;
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::try_unfold;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, Response};
use switchboard_domain::ports::{CallError, Elsewhere, Opened};
use switchboard_domain::text::storable;
use tokio::time::timeout;

/// No type of a file is longer, in characters.
const LONGEST_TYPE: usize = 255;

/// A file at an address that an agent gave: it is fetched by the guard for addresses of users.
pub(crate) struct WebFile {
    /// None where nothing may be fetched.
    outgoing: Option<Outgoing>,
    url: String,
}

impl WebFile {
    /// The file at this address.
    pub(crate) const fn new(outgoing: Option<Outgoing>, url: String) -> Self {
        Self { outgoing, url }
    }
}

#[async_trait]
impl Elsewhere for WebFile {
    async fn open(&self) -> Result<Opened, CallError> {
        let Some(outgoing) = &self.outgoing else {
            return Err(permanent("no files are fetched here".to_owned()));
        };
        let request = Request {
            method: Method::GET,
            url: self.url.clone(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            follows: true,
        };
        let response = match timeout(IDLE, follow(outgoing, request)).await {
            Ok(response) => response?,
            Err(_) => return Err(silent()),
        };
        let status = response.status();
        if status.is_success() {
            return Ok(pieces(response));
        }
        let message = format!("the server answered {}", status.as_u16());
        if crate::failure::passes(status.as_u16()) {
            return Err(transient(message));
        }
        Err(permanent(message))
    }
}

/// The body of an answer, piece by piece.
pub(crate) fn pieces(response: Response) -> Opened {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    let content_type = kind.map(|kind| storable(kind).chars().take(LONGEST_TYPE).collect());
    let content = try_unfold(response, |mut response| async {
        let piece = timeout(IDLE, response.chunk())
            .await
            .map_err(|_| silent())?;
        let piece: Option<Bytes> = piece.map_err(|_| {
            transient("the connection was lost before all of it was there".to_owned())
        })?;
        Ok(piece.map(|piece| (piece, response)))
    });
    Opened {
        content_type,
        content: content.boxed(),
    }
}

fn silent() -> CallError {
    transient(format!("the server said nothing for {} s", IDLE.as_secs()))
}

fn permanent(message: String) -> CallError {
    CallError::Permanent { message }
}

fn transient(message: String) -> CallError {
    CallError::Transient {
        message,
        retry_after: None,
    }
}
