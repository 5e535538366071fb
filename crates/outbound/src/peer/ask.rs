//! Requests to another server of the protocol, and what is wrong with its answers.

use super::Peer;
use crate::failure::{passes, retry_after};
use crate::outgoing::{Refused, Unread, read};
use crate::remote::answer::BadAnswer;
use crate::remote::secrets::Secrets;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue,
};
use reqwest::{Method, Response, StatusCode, Url};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::time::Duration;
use switchboard_domain::nouns::{Call, Delegation};
use switchboard_domain::ports::CallError;

/// A larger answer is refused, in bytes. Files are no answers.
const LARGEST: usize = 8 << 20;
/// For how long a server that is away is asked again, in microseconds: it may just be started anew.
const PATIENCE: i64 = 20_000_000;
/// How long to wait before it is asked again, in microseconds; doubled each time.
const PAUSE_FIRST: i64 = 250_000;
/// And how long at most.
const PAUSE_LAST: i64 = 2_000_000;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const DEPTH: HeaderName = HeaderName::from_static("x-delegation-depth");
const VIA: HeaderName = HeaderName::from_static("x-delegation-via");

/// Why a request came to nothing.
pub(super) enum Failure {
    /// What it names is not there (404).
    Missing,
    /// It takes no more steps (409), since it was cancelled.
    Over(CallError),
    /// It has a fault (500). Some servers have one where others say 404.
    Fault(CallError),
    /// There was no answer, or the server is going down: worth another try at once.
    Away(CallError),
    /// Another reason.
    Failed(CallError),
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Missing => permanent(
                "the other server does not know what it was asked for (404): is this the base URL of a \
                 server of the Agent Protocol, and may its agent be used?"
                    .to_owned(),
            ),
            Failure::Over(error)
            | Failure::Fault(error)
            | Failure::Away(error)
            | Failure::Failed(error) => error,
        }
    }
}

impl Peer {
    /// Sends this, again while the server is away. It is always the same step: the call's id goes along
    /// as its key.
    pub(super) async fn post(
        &self,
        path: &[&str],
        call: &Call,
        body: &Value,
    ) -> Result<Vec<u8>, Failure> {
        let mut headers = self.headers(&call.delegation)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let unfit = |_: InvalidHeaderValue| refuse("the call has an id that no header can carry");
        let server = call.delegation.via.last().map_or("", String::as_str);
        let key = format!("{server}/{}", call.id);
        headers.insert(KEY, key.try_into().map_err(unfit)?);
        let body = body.to_string().into_bytes();
        self.again(Method::POST, path, &headers, &body).await
    }

    /// Asks for this, again while the server is away.
    pub(super) async fn get(&self, path: &[&str], call: &Call) -> Result<Vec<u8>, Failure> {
        let headers = self.headers(&call.delegation)?;
        self.again(Method::GET, path, &headers, &[]).await
    }

    /// What of an answer is wanted.
    pub(super) fn read<T>(
        &self,
        answer: &[u8],
        of: fn(&[u8]) -> Result<T, BadAnswer>,
    ) -> Result<T, Failure> {
        of(answer).map_err(|bad| {
            let quote = quoted(&self.secrets().quote(answer));
            refuse(&format!(
                "the other server's answer does not count: {bad}{quote}"
            ))
        })
    }

    async fn again(
        &self,
        method: Method,
        path: &[&str],
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let until = self.clock.now().plus_micros(PATIENCE);
        let mut pause = PAUSE_FIRST;
        loop {
            let asked = self.ask(method.clone(), path, headers, body).await;
            let next = self.clock.now().plus_micros(pause);
            match asked {
                Err(Failure::Away(_)) if next < until => self.clock.sleep_until(next).await,
                answer => return answer,
            }
            pause = (pause * 2).min(PAUSE_LAST);
        }
    }

    async fn ask(
        &self,
        method: Method,
        path: &[&str],
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let response = self
            .send(method, path, headers.clone(), body.to_vec())
            .await?;
        let status = response.status();
        let wait = retry_after(response.headers());
        let answer = match read(response, LARGEST).await {
            Ok(answer) => answer,
            Err(Unread::Failed(error)) => return Err(broken(&error)),
            Err(Unread::TooLarge) => {
                let words = format!(
                    "the other server's answer is larger than {} MiB",
                    LARGEST >> 20
                );
                return Err(refuse(&words));
            }
        };
        if status.is_success() {
            return Ok(answer);
        }
        Err(refused(status, wait, &self.secrets().quote(&answer)))
    }

    /// Sends a request, and waits until the answer begins.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &[&str],
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Response, Failure> {
        let url = self.url(path)?;
        let request = self.outgoing.request(method, url.as_str(), self.trust);
        let request = request.map_err(|reason| not_sent(&reason))?;
        let sent = request.headers(headers).body(body).send().await;
        sent.map_err(|error| broken(&error))
    }

    /// The address of something of the protocol's.
    pub(super) fn url(&self, path: &[&str]) -> Result<Url, Failure> {
        let mut url = self.base.clone();
        let mut segments = url
            .path_segments_mut()
            .map_err(|()| refuse("the other server's address cannot be called"))?;
        segments
            .pop_if_empty()
            .extend(["ap", "v1", "agent"])
            .extend(path);
        drop(segments);
        Ok(url)
    }

    /// What every request carries.
    pub(super) fn headers(&self, delegation: &Delegation) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(DEPTH, u16::from(delegation.depth).into());
        let unfit = |_: InvalidHeaderValue| refuse("a server's id is none that a header can carry");
        let via = delegation.via.join(", ");
        headers.insert(VIA, via.try_into().map_err(unfit)?);
        if let Some(token) = &self.token {
            let unfit = |_: InvalidHeaderValue| {
                refuse("the token for the other server has characters that no header can carry")
            };
            let value = format!("Bearer {}", token.expose_secret().trim());
            let mut value: HeaderValue = value.try_into().map_err(unfit)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(headers)
    }

    fn secrets(&self) -> Secrets {
        Secrets::new(self.token.iter())
    }
}

/// What a status says that is none of success.
pub(super) fn refused(status: StatusCode, wait: Option<Duration>, quote: &str) -> Failure {
    let code = status.as_u16();
    let quote = quoted(quote);
    let what = match code {
        404 => return Failure::Missing,
        300..=399 => {
            "answered with a redirect, which is not followed; give the address that it leads to"
        }
        401 | 403 => "does not let this one in; give it a token that the other server knows",
        508 => "was met before on the way of this call (delegation-loop); let it use another agent",
        _ => "refused the call",
    };
    let message = format!("the other server {what} ({code}){quote}");
    let error = if (passes(code) && code != 508) || code == 409 {
        CallError::Transient {
            message,
            retry_after: wait,
        }
    } else {
        permanent(message)
    };
    match code {
        409 => Failure::Over(error),
        500 => Failure::Fault(error),
        502..=504 => Failure::Away(error),
        _ => Failure::Failed(error),
    }
}

fn quoted(quote: &str) -> String {
    if quote.is_empty() {
        String::new()
    } else {
        format!(". It begins: {quote}")
    }
}

/// There is no answer.
fn broken(error: &reqwest::Error) -> Failure {
    if let Some(reason) = Refused::behind(error) {
        return not_sent(&reason);
    }
    let message = if error.is_connect() {
        "the other server could not be reached"
    } else if error.is_builder() {
        return refuse("the other server's address cannot be called");
    } else {
        "the connection to the other server was lost before its answer was complete"
    };
    Failure::Away(CallError::Transient {
        message: message.to_owned(),
        retry_after: None,
    })
}

fn not_sent(reason: &Refused) -> Failure {
    refuse(&format!("the other server was not asked: {reason}"))
}

fn refuse(message: &str) -> Failure {
    Failure::Failed(permanent(message.to_owned()))
}

/// Trying again would give the same.
pub(super) fn permanent(message: String) -> CallError {
    CallError::Permanent { message }
}
