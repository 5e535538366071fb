//! Requests of agents to addresses of users, by the guard.

use super::run::permanent;
use crate::outgoing::{Outgoing, Refused, Trust, Unread, read};
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};
use std::time::Duration;
use switchboard_domain::ports::CallError;

/// How long a request may take, with all redirects and its answer.
const LIMIT: Duration = Duration::from_mins(1);
/// A larger answer is refused, in bytes.
pub(super) const LARGEST: usize = 8 << 20;
/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// What is asked.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether redirects are followed; each is guarded like the first address, and headers do not go
    /// to another server. Only for `GET`.
    pub(crate) follows: bool,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// Where it came from in the end.
    pub(super) url: Url,
}

/// Why nothing came back.
pub(crate) enum Failure {
    /// The address may not be reached.
    Refused(Refused),
    /// It may go better another time.
    Broken(&'static str),
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(reason) => permanent(format!("the request was not sent: {reason}")),
            Failure::Broken(what) => Self::Transient {
                message: format!("the server {what}"),
                retry_after: None,
            },
        }
    }
}

/// Asks, and reads the whole answer.
pub(super) async fn fetch(outgoing: &Outgoing, request: Request) -> Result<Answer, Failure> {
    let all = async { whole(follow(outgoing, request).await?).await };
    match tokio::time::timeout(LIMIT, all).await {
        Ok(result) => result,
        Err(_) => Err(Failure::Broken("did not answer within 60 s")),
    }
}

/// Asks, and waits until the answer begins.
pub(crate) async fn follow(outgoing: &Outgoing, mut request: Request) -> Result<Response, Failure> {
    let mut left = REDIRECTS;
    loop {
        let response = outgoing
            .request(request.method.clone(), &request.url, Trust::User)
            .map_err(Failure::Refused)?
            .headers(request.headers.clone())
            .body(request.body.clone())
            .send()
            .await
            .map_err(|error| broken(&error))?;
        let Some(next) = target(&response).filter(|_| request.follows) else {
            return Ok(response);
        };
        if left == 0 {
            return Err(Failure::Broken("redirected more than five times"));
        }
        left -= 1;
        if next.origin() != response.url().origin() {
            request.headers = HeaderMap::new();
        }
        request.url = next.into();
    }
}

/// Where a redirect leads (RFC 9110 §15.4).
fn target(response: &Response) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    response.url().join(location).ok()
}

async fn whole(response: Response) -> Result<Answer, Failure> {
    let (status, headers) = (response.status(), response.headers().clone());
    let url = response.url().clone();
    match read(response, LARGEST).await {
        Ok(body) => Ok(Answer {
            status,
            headers,
            body,
            url,
        }),
        Err(Unread::TooLarge) => Err(Failure::Broken("sent an answer that is larger than 8 MiB")),
        Err(Unread::Failed(error)) => Err(broken(&error)),
    }
}

fn broken(error: &reqwest::Error) -> Failure {
    if let Some(reason) = Refused::behind(error) {
        return Failure::Refused(reason);
    }
    Failure::Broken(if error.is_connect() {
        "could not be reached"
    } else {
        "broke off before its answer was complete"
    })
}
