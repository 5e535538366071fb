//! Actions that the server runs itself: one request each, with a secret that nobody sees again.

mod strike;

use crate::failure::retry_after;
use crate::outgoing::{Outgoing, Refused, Trust, Unread, is_loopback, read};
use crate::remote::Secrets;
use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_domain::nouns::HttpMethod;
use switchboard_domain::ports::{ActionRunner, Injected, RunFailed, ServerCall};

/// A larger answer does not count, in bytes.
const LARGEST: usize = 1 << 20;

/// Runs actions over HTTP/1.1.
pub struct HttpActions {
    outgoing: Outgoing,
}

impl HttpActions {
    /// Runs them by these clients.
    pub fn new(outgoing: Outgoing) -> Self {
        Self { outgoing }
    }

    /// The request, checked and complete, the secret last.
    fn request(&self, call: &ServerCall) -> Result<RequestBuilder, RunFailed> {
        let refused = |reason: Refused| RunFailed::NotMade(reason.to_string());
        let given = &call.request;
        let url = self.outgoing.check(&given.url, Trust::Operator);
        let url = url.map_err(refused)?;
        if url.scheme() != "https" && !is_loopback(&url) {
            let why = "only https is asked, and http only on this machine";
            return Err(RunFailed::NotMade(why.to_owned()));
        }
        let trust = trust(call.auth.as_ref(), &url)?;
        let mut request = self
            .outgoing
            .request(method(given.method), &given.url, trust)
            .map_err(refused)?
            .headers(headers(&given.headers)?);
        if let Some(body) = &given.body {
            request = request.body(body.clone());
        }
        match &call.auth {
            Some(auth) => inject(request, auth),
            None => Ok(request),
        }
    }
}

#[async_trait]
impl ActionRunner for HttpActions {
    async fn run(&self, call: ServerCall) -> Result<Value, RunFailed> {
        let request = self.request(&call)?;
        let secrets = strike::secrets(call.auth.as_ref());
        let response = request
            .timeout(call.timeout)
            .send()
            .await
            .map_err(|error| broken(&error, call.timeout))?;
        answer(response, &secrets, call.timeout).await
    }
}

fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
    }
}

fn headers(given: &[(String, String)]) -> Result<HeaderMap, RunFailed> {
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let pair = HeaderName::try_from(name).ok().zip(value.parse().ok());
        let (name, value) = pair
            .ok_or_else(|| RunFailed::NotMade(format!("no request can have the header {name}")))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Who vouches for the address: the operator for the hosts that a secret may go to, and nobody for
/// others. A secret that is for some hosts goes to no other.
fn trust(auth: Option<&Injected>, url: &Url) -> Result<Trust, RunFailed> {
    let Some(hosts) = auth.and_then(|auth| auth.hosts.as_ref()) else {
        return Ok(Trust::User);
    };
    if hosts.iter().any(|host| is_host(url, host)) {
        return Ok(Trust::Operator);
    }
    let host = url.host_str().unwrap_or_default();
    Err(RunFailed::NotMade(format!(
        "{host} is none of the hosts to which this account's token may go: the operator lists them \
         in api_hosts of the provider"
    )))
}

/// Puts the secret in.
fn inject(request: RequestBuilder, auth: &Injected) -> Result<RequestBuilder, RunFailed> {
    let unfit = || RunFailed::NotMade("no header can carry the secret: store it anew".to_owned());
    let name = HeaderName::try_from(&auth.header).map_err(|_| unfit())?;
    let mut value = HeaderValue::try_from(auth.value.expose_secret()).map_err(|_| unfit())?;
    value.set_sensitive(true);
    Ok(request.header(name, value))
}

/// Whether a URL names this host, and its port if one is listed; without one, the usual port of https.
fn is_host(url: &Url, listed: &str) -> bool {
    let Ok(listed) = Url::parse(&format!("https://{}/", listed.trim())) else {
        return false;
    };
    let port = listed.port_or_known_default();
    url.host() == listed.host() && url.port_or_known_default() == port
}

async fn answer(
    response: Response,
    secrets: &Secrets,
    timeout: Duration,
) -> Result<Value, RunFailed> {
    let status = response.status();
    let wait = retry_after(response.headers());
    let kind = response.headers().get(CONTENT_TYPE);
    let is_json = kind
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.contains("json"));
    let code = status.as_u16();
    if status.is_redirection() {
        let message =
            format!("the server answered with a redirect ({code}), which is not followed");
        return Err(refused(code, message, None));
    }
    let body = match read(response, LARGEST).await {
        Ok(body) => body,
        Err(Unread::Failed(error)) => return Err(broken(&error, timeout)),
        Err(Unread::TooLarge) => {
            let limit = LARGEST >> 20;
            let what = format!("the server answered {code} with more than {limit} MiB");
            return Err(RunFailed::Unknown(what));
        }
    };
    if !status.is_success() {
        let quote = secrets.quote(&body);
        let said = if quote.is_empty() {
            quote
        } else {
            format!(": {quote}")
        };
        let message = format!("the server answered {code}{said}");
        return Err(match code {
            // It may have been done before this came about.
            408 | 500.. => RunFailed::Unknown(message),
            _ => refused(code, message, wait),
        });
    }
    let parsed = serde_json::from_slice(&body).ok().filter(|_| is_json);
    let body = parsed.unwrap_or_else(|| Value::from(String::from_utf8_lossy(&body)));
    Ok(json!({"status": code, "body": strike::struck(body, secrets)}))
}

fn refused(status: u16, message: String, retry_after: Option<Duration>) -> RunFailed {
    RunFailed::Refused {
        status,
        message,
        retry_after,
    }
}

/// There is no answer.
fn broken(error: &reqwest::Error, timeout: Duration) -> RunFailed {
    if let Some(reason) = Refused::behind(error) {
        return RunFailed::NotMade(reason.to_string());
    }
    if error.is_connect() {
        return RunFailed::NotMade("the server could not be reached".to_owned());
    }
    if error.is_builder() {
        return RunFailed::NotMade("the address cannot be called".to_owned());
    }
    RunFailed::Unknown(if error.is_timeout() {
        format!(
            "the server did not answer within {} s",
            timeout.as_secs_f64()
        )
    } else {
        "the connection to the server was lost before its answer was complete".to_owned()
    })
}
