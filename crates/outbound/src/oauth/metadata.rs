//! What a provider says about itself (RFC 8414, OpenID Connect Discovery 1.0).

use super::config::{OAuthConfig, is_safe};
use super::request;
use crate::outgoing::Outgoing;
use reqwest::Url;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use switchboard_domain::Timestamp;
use switchboard_domain::ports::OAuthFailed;

/// How long what a provider said is believed, in seconds.
const BELIEVED_S: i64 = 3600;

/// A provider's metadata, as far as it is needed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    pub(super) issuer: Option<String>,
    pub(super) authorization_endpoint: Option<String>,
    pub(super) token_endpoint: Option<String>,
    pub(super) device_authorization_endpoint: Option<String>,
    pub(super) revocation_endpoint: Option<String>,
    pub(super) code_challenge_methods_supported: Option<Vec<String>>,
    pub(super) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// What providers said, and when.
#[derive(Default)]
pub(super) struct Known(RwLock<HashMap<String, (Timestamp, Metadata)>>);

impl Known {
    /// The metadata of a provider: what the operator set, and for the rest what the provider says.
    pub(super) async fn of(
        &self,
        config: &OAuthConfig,
        outgoing: &Outgoing,
        now: Timestamp,
    ) -> Result<Metadata, OAuthFailed> {
        let Some(issuer) = &config.issuer else {
            return Ok(with_settings(Metadata::default(), config));
        };
        if let Some(metadata) = self.fresh(&config.name, now) {
            return Ok(metadata);
        }
        let metadata = with_settings(discover(issuer, outgoing).await?, config);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(config.name.clone(), (now, metadata.clone()));
        Ok(metadata)
    }

    fn fresh(&self, name: &str, now: Timestamp) -> Option<Metadata> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (at, metadata) = known.get(name)?;
        (now < at.plus_seconds(BELIEVED_S)).then(|| metadata.clone())
    }
}

fn with_settings(mut metadata: Metadata, config: &OAuthConfig) -> Metadata {
    for (own, found) in [
        (
            &config.authorization_url,
            &mut metadata.authorization_endpoint,
        ),
        (&config.token_url, &mut metadata.token_endpoint),
        (
            &config.device_url,
            &mut metadata.device_authorization_endpoint,
        ),
        (&config.revocation_url, &mut metadata.revocation_endpoint),
    ] {
        if own.is_some() {
            found.clone_from(own);
        }
    }
    metadata
}

/// Asks where OpenID Connect has it, then where OAuth has it.
async fn discover(issuer: &str, outgoing: &Outgoing) -> Result<Metadata, OAuthFailed> {
    let mut last = OAuthFailed::Unsupported(format!("{issuer} is not a URL"));
    for place in places(issuer) {
        let found = request::get(outgoing, &place).await;
        match found.and_then(|body| read(issuer, &body)) {
            Ok(metadata) => return Ok(metadata),
            Err(failed @ OAuthFailed::Untrusted(_)) => return Err(failed),
            Err(failed) => last = failed,
        }
    }
    Err(last)
}

fn places(issuer: &str) -> Vec<String> {
    let Ok(url) = Url::parse(issuer) else {
        return Vec::new();
    };
    let path = url.path().trim_end_matches('/').to_owned();
    let at = |path: &str| {
        let mut place = url.clone();
        place.set_path(path);
        place.set_query(None);
        String::from(place)
    };
    vec![
        at(&format!("{path}/.well-known/openid-configuration")),
        at(&format!("/.well-known/oauth-authorization-server{path}")),
    ]
}

/// The metadata, if it is this issuer's (RFC 8414 §3.3) and leads to no place where others listen.
pub(super) fn read(issuer: &str, body: &[u8]) -> Result<Metadata, OAuthFailed> {
    let metadata: Metadata = serde_json::from_slice(body).map_err(|_| {
        OAuthFailed::Unreachable(format!("the metadata of {issuer} cannot be read"))
    })?;
    if metadata.issuer.as_deref() != Some(issuer) {
        let what = format!("the metadata at {issuer} is another issuer's; compare `issuer`");
        return Err(OAuthFailed::Untrusted(what));
    }
    let endpoints = [
        &metadata.authorization_endpoint,
        &metadata.token_endpoint,
        &metadata.device_authorization_endpoint,
        &metadata.revocation_endpoint,
    ];
    if let Some(bad) = endpoints.into_iter().flatten().find(|url| !is_safe(url)) {
        let what = format!("the metadata of {issuer} leads to {bad}, which is not https");
        return Err(OAuthFailed::Untrusted(what));
    }
    Ok(metadata)
}
