//! Asking a provider.

use super::Provider;
use super::answer::Answer;
use crate::outgoing::{Outgoing, Trust, Unread, read};
use crate::remote::Secrets;
use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use switchboard_domain::ports::OAuthFailed;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(15);
/// A larger answer is none, in bytes.
const LARGEST: usize = 256 << 10;

/// What is sent, in the order in which it is sent.
#[derive(Default)]
pub(super) struct Form {
    pairs: Vec<(&'static str, SecretString)>,
    secrets: Vec<SecretString>,
}

impl Form {
    /// Asks for tokens by this grant.
    pub(super) fn new(grant: &str) -> Self {
        Self::default().plain("grant_type", grant)
    }

    pub(super) fn plain(mut self, name: &'static str, value: &str) -> Self {
        self.pairs.push((name, value.into()));
        self
    }

    /// Adds what no error may repeat.
    pub(super) fn secret(mut self, name: &'static str, value: &SecretString) -> Self {
        self.pairs.push((name, value.clone()));
        self.secrets.push(value.clone());
        self
    }

    fn body(&self) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.pairs {
            body.append_pair(name, value.expose_secret());
        }
        body.finish()
    }
}

/// Sends a form to an endpoint, as the client that this server is there (RFC 6749 §2.3.1).
pub(super) async fn post(
    outgoing: &Outgoing,
    provider: &Provider<'_>,
    url: &str,
    mut form: Form,
) -> Result<Answer, OAuthFailed> {
    let config = provider.config;
    let mut basic = None;
    match &config.client_secret {
        Some(secret) if takes_basic(provider) => {
            basic = Some(basic_auth(&config.client_id, secret)?);
            form.secrets.push(secret.clone());
        }
        Some(secret) => {
            form = form
                .plain("client_id", &config.client_id)
                .secret("client_secret", secret);
        }
        None => form = form.plain("client_id", &config.client_id),
    }
    let mut request = outgoing
        .request(Method::POST, url, Trust::Operator)
        .map_err(|refused| OAuthFailed::Unsupported(format!("{}: {refused}", config.name)))?
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.body());
    if let Some(basic) = basic {
        request = request.header(AUTHORIZATION, basic);
    }
    let (status, body) = send(request, &config.name).await?;
    Ok(Answer {
        provider: config.name.clone(),
        status,
        body,
        secrets: Secrets::with_encoded(form.secrets.iter()),
    })
}

/// Whether a secret goes into a header, which all providers take that do not say otherwise.
fn takes_basic(provider: &Provider<'_>) -> bool {
    let methods = &provider.metadata.token_endpoint_auth_methods_supported;
    let has = |wanted| {
        let methods = methods.as_ref();
        methods.is_some_and(|methods| methods.iter().any(|method| method == wanted))
    };
    has("client_secret_basic") || !has("client_secret_post")
}

fn basic_auth(id: &str, secret: &SecretString) -> Result<HeaderValue, OAuthFailed> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(id), encode(secret.expose_secret()));
    let value = HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(pair)));
    let mut value = value.map_err(|_| OAuthFailed::Unsupported("no such client secret".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads a document.
pub(super) async fn get(outgoing: &Outgoing, url: &str) -> Result<Vec<u8>, OAuthFailed> {
    let request = outgoing
        .request(Method::GET, url, Trust::Operator)
        .map_err(|refused| OAuthFailed::Unsupported(format!("{url}: {refused}")))?;
    let (status, body) = send(request, url).await?;
    if status == 200 {
        return Ok(body);
    }
    Err(OAuthFailed::Unreachable(format!("{url} answered {status}")))
}

async fn send(request: RequestBuilder, whom: &str) -> Result<(u16, Vec<u8>), OAuthFailed> {
    let request = request.header(ACCEPT, "application/json").timeout(LIMIT);
    let broken = |error: &reqwest::Error| {
        let what = if error.is_connect() {
            "could not be reached"
        } else if error.is_timeout() {
            "did not answer within 15 s"
        } else {
            "broke off its answer"
        };
        OAuthFailed::Unreachable(format!("{whom} {what}"))
    };
    let response = request.send().await.map_err(|error| broken(&error))?;
    let status = response.status().as_u16();
    match read(response, LARGEST).await {
        Ok(body) => Ok((status, body)),
        Err(Unread::Failed(error)) => Err(broken(&error)),
        Err(Unread::TooLarge) => {
            let what = format!("{whom} answered with more than {} KiB", LARGEST >> 10);
            Err(OAuthFailed::Unreachable(what))
        }
    }
}
