//! Remote agents: one POST for each call, and what comes of it. `docs/REMOTE-AGENTS.md` is the contract.

pub(crate) mod answer;
mod body;
mod encoded;
mod files;
pub(crate) mod secrets;
mod sign;

pub use answer::{BadAnswer, parse_answer, parse_registration};
pub(crate) use secrets::Secrets;
pub use sign::{BadSecret, check_secret, signature};

use crate::failure::retry_after;
use crate::mapping;
use crate::measured::Watch;
use crate::outgoing::{Outgoing, Refused, Trust, Unread, read};
use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, InvalidHeaderValue};
use reqwest::{Method, Response, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use switchboard_domain::nouns::{Call, Outcome, Why};
use switchboard_domain::ports::{CallError, Clock, Registration, RemoteAgents, RemoteEndpoint};

/// A larger answer is refused, in bytes.
const LARGEST: usize = 8 << 20;

/// Remote agents over HTTP/1.1.
pub struct HttpAgents {
    outgoing: Outgoing,
    clock: Arc<dyn Clock>,
    measured_as: Arc<str>,
}

/// What an agent answered.
struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl HttpAgents {
    /// Calls agents by these clients, and signs by this clock.
    pub fn new(outgoing: Outgoing, clock: Arc<dyn Clock>) -> Self {
        Self {
            outgoing,
            clock,
            measured_as: "remote".into(),
        }
    }

    async fn ask(
        &self,
        endpoint: &RemoteEndpoint,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Answer, CallError> {
        let trust = if endpoint.is_trusted {
            Trust::Operator
        } else {
            Trust::User
        };
        let request = self
            .outgoing
            .request(Method::POST, &endpoint.url, trust)
            .map_err(|reason| refused(&reason))?
            .timeout(endpoint.timeout)
            .headers(headers)
            .body(body);
        let response = request
            .send()
            .await
            .map_err(|error| broken(&error, endpoint))?;
        whole(response, endpoint).await
    }

    /// The headers of a call. It is signed where both sides know a secret.
    fn headers(
        &self,
        endpoint: &RemoteEndpoint,
        id: &str,
        attempt: u32,
        body: &[u8],
    ) -> Result<HeaderMap, CallError> {
        let unfit =
            |_: InvalidHeaderValue| permanent("the call has an id that no header can carry");
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("webhook-id", id.try_into().map_err(unfit)?);
        headers.insert("switchboard-attempt", attempt.into());
        if let Some(secret) = &endpoint.secret {
            let seconds = self.clock.now().as_seconds();
            let signature =
                signature(secret, id, seconds, body).map_err(|bad| permanent(&bad.to_string()))?;
            headers.insert("webhook-timestamp", seconds.into());
            headers.insert("webhook-signature", signature.try_into().map_err(unfit)?);
        }
        Ok(headers)
    }

    async fn outcome(&self, endpoint: &RemoteEndpoint, call: &Call) -> Result<Outcome, CallError> {
        let body = body::of(call, self.clock.now())
            .map_err(|_| permanent("the call cannot be written as JSON"))?;
        let headers = self.headers(endpoint, &call.id, call.attempt, &body)?;
        let answer = self.ask(endpoint, headers, body).await?;
        let secrets = Secrets::of(endpoint, Some(call));
        let mut outcome = answer::parse(&answer.body, Some(&self.outgoing))
            .map_err(|bad| failed(&answer, &bad, &secrets))?;
        // Logs are shown, and credentials are not.
        for line in outcome.logs.iter_mut().chain(&mut outcome.errors) {
            *line = secrets.strike(std::mem::take(line));
        }
        match call.why {
            Why::Message(_) | Why::Step(_) => Ok(mapping::spoken(outcome)),
            Why::Receive(_) | Why::Check => Ok(outcome),
        }
    }
}

#[async_trait]
impl RemoteAgents for HttpAgents {
    async fn register(&self, endpoint: &RemoteEndpoint) -> Result<Registration, CallError> {
        let body = body::REGISTER.to_vec();
        // No delivery is behind it; the time tells one from another.
        let id = format!("register_{}", self.clock.now().as_micros());
        let headers = self.headers(endpoint, &id, 1, &body)?;
        let answer = self.ask(endpoint, headers, body).await?;
        parse_registration(&answer.body)
            .map_err(|bad| failed(&answer, &bad, &Secrets::of(endpoint, None)))
    }

    async fn call(&self, endpoint: &RemoteEndpoint, call: &Call) -> Result<Outcome, CallError> {
        let watch = Watch::begin(&self.measured_as, &self.clock, call.attempt);
        watch.end(self.outcome(endpoint, call).await)
    }
}

/// The answer once all of it is there, unless it leads elsewhere or has no end.
async fn whole(response: Response, endpoint: &RemoteEndpoint) -> Result<Answer, CallError> {
    let status = response.status();
    if status.is_redirection() {
        let message = format!(
            "the agent answered with a redirect ({}), which is not followed; give the address that it \
             leads to",
            status.as_u16()
        );
        return Err(transient(message, None));
    }
    let retry_after = retry_after(response.headers());
    match read(response, LARGEST).await {
        Ok(body) => Ok(Answer {
            status,
            retry_after,
            body,
        }),
        Err(Unread::Failed(error)) => Err(broken(&error, endpoint)),
        Err(Unread::TooLarge) => Err(transient(
            format!("the agent's answer is larger than {} MiB", LARGEST >> 20),
            None,
        )),
    }
}

/// The answer is none that counts.
fn failed(answer: &Answer, bad: &BadAnswer, secrets: &Secrets) -> CallError {
    let status = if answer.status.is_success() {
        String::new()
    } else {
        format!(" (HTTP status {})", answer.status.as_u16())
    };
    let quote = secrets.quote(&answer.body);
    let quote = if quote.is_empty() {
        quote
    } else {
        format!(". It begins: {quote}")
    };
    let message = format!("the agent's answer{status} does not count: {bad}{quote}");
    transient(message, answer.retry_after)
}

/// There is no answer.
fn broken(error: &reqwest::Error, endpoint: &RemoteEndpoint) -> CallError {
    if let Some(reason) = Refused::behind(error) {
        return refused(&reason);
    }
    let message = if error.is_timeout() && !error.is_connect() {
        let seconds = endpoint.timeout.as_secs_f64();
        format!("the agent did not answer within {seconds} s")
    } else if error.is_connect() {
        "the agent could not be reached".to_owned()
    } else if error.is_builder() {
        return permanent("the agent's address cannot be called");
    } else {
        "the connection to the agent was lost before its answer was complete".to_owned()
    };
    transient(message, None)
}

fn refused(reason: &Refused) -> CallError {
    permanent(&format!("the agent was not called: {reason}"))
}

fn permanent(message: &str) -> CallError {
    CallError::Permanent {
        message: message.to_owned(),
    }
}

fn transient(message: String, retry_after: Option<Duration>) -> CallError {
    CallError::Transient {
        message,
        retry_after,
    }
}
