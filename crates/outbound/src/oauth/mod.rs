//! Providers of OAuth 2.0: four kinds of request, each by the operator's word.

mod answer;
mod config;
mod metadata;
mod request;
#[cfg(test)]
mod tests;

pub use config::{OAuthConfig, OAuthConfigError};

use crate::outgoing::Outgoing;
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use metadata::{Known, Metadata};
use request::Form;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use switchboard_domain::ports::{
    AuthorizationAsk, Clock, CodeGrant, DeviceGrant, DevicePoll, OAuth, OAuthFailed, OAuthProvider,
    Tokens,
};

/// The grant of a device code (RFC 8628 §3.4).
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The operator's providers.
pub struct OAuthClients {
    outgoing: Outgoing,
    clock: Arc<dyn Clock>,
    about: Vec<OAuthProvider>,
    configs: Vec<OAuthConfig>,
    known: Known,
}

/// A provider that is asked, and what is known of it.
struct Provider<'a> {
    config: &'a OAuthConfig,
    metadata: Metadata,
}

impl OAuthClients {
    /// These providers.
    ///
    /// # Errors
    /// [`OAuthConfigError`] names the provider whose settings cannot work, or that occurs twice.
    pub fn new(
        outgoing: Outgoing,
        configs: Vec<OAuthConfig>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OAuthConfigError> {
        config::check(&configs)?;
        Ok(Self {
            outgoing,
            clock,
            about: configs.iter().map(OAuthConfig::about).collect(),
            configs,
            known: Known::default(),
        })
    }

    async fn provider(&self, name: &str) -> Result<Provider<'_>, OAuthFailed> {
        let config = self.configs.iter().find(|config| config.name == name);
        let config = config.ok_or_else(|| OAuthFailed::Unknown(name.to_owned()))?;
        let now = self.clock.now();
        let metadata = self.known.of(config, &self.outgoing, now).await?;
        Ok(Provider { config, metadata })
    }

    /// Asks the token endpoint.
    async fn tokens(&self, provider: &Provider<'_>, form: Form) -> Result<Tokens, OAuthFailed> {
        let url = provider.endpoint(
            provider.metadata.token_endpoint.as_deref(),
            "token endpoint",
        )?;
        let answer = request::post(&self.outgoing, provider, url, form).await?;
        answer.tokens()
    }
}

impl Provider<'_> {
    /// An endpoint that this needs.
    fn endpoint<'a>(&self, url: Option<&'a str>, what: &str) -> Result<&'a str, OAuthFailed> {
        url.ok_or_else(|| {
            let name = &self.config.name;
            OAuthFailed::Unsupported(format!("{name} has no {what}"))
        })
    }

    /// Whether the code was issued by this provider (RFC 9207 §2.4).
    fn check_issuer(&self, issuer: Option<&str>) -> Result<(), OAuthFailed> {
        let name = &self.config.name;
        let wanted = self.metadata.issuer.as_deref();
        let wrong = match (issuer, wanted) {
            (Some(issuer), Some(wanted)) if issuer == wanted => return Ok(()),
            (None, _) if !self.metadata.authorization_response_iss_parameter_supported => {
                return Ok(());
            }
            (None, _) => format!("{name} always says that it issued a code, and did not"),
            (Some(_), Some(_)) => format!("the code was issued by another provider than {name}"),
            (Some(_), None) => format!(
                "{name} says who it is, and the settings do not: the operator sets its `issuer`"
            ),
        };
        Err(OAuthFailed::Untrusted(wrong))
    }

    /// The code was made for somebody who can tell where it was asked from (RFC 7636 §4.2).
    fn challenge(&self, verifier: &SecretString) -> Result<String, OAuthFailed> {
        let methods = self.metadata.code_challenge_methods_supported.as_ref();
        if methods.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
            let name = &self.config.name;
            let what = format!("{name} cannot bind a code to who asked for it (PKCE with S256)");
            return Err(OAuthFailed::Unsupported(what));
        }
        let digest = Sha256::digest(verifier.expose_secret());
        Ok(BASE64_URL_SAFE_NO_PAD.encode(digest))
    }
}

#[async_trait]
impl OAuth for OAuthClients {
    fn providers(&self) -> &[OAuthProvider] {
        &self.about
    }

    async fn authorization(
        &self,
        provider: &str,
        ask: &AuthorizationAsk,
    ) -> Result<String, OAuthFailed> {
        let provider = self.provider(provider).await?;
        let endpoint = provider.metadata.authorization_endpoint.as_deref();
        let endpoint = provider.endpoint(endpoint, "page to connect an account at")?;
        let mut url = Url::parse(endpoint)
            .map_err(|_| OAuthFailed::Unsupported(format!("{endpoint} is not a URL")))?;
        let challenge = provider.challenge(&ask.verifier)?;
        let mut query = url.query_pairs_mut();
        query.extend_pairs(provider.config.more_params());
        query.extend_pairs([
            ("response_type", "code"),
            ("client_id", &provider.config.client_id),
            ("redirect_uri", &ask.redirect_uri),
            ("state", ask.state.expose_secret()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        if !ask.scopes.is_empty() {
            query.append_pair("scope", &ask.scopes.join(" "));
        }
        drop(query);
        Ok(url.into())
    }

    async fn exchange(&self, provider: &str, grant: &CodeGrant) -> Result<Tokens, OAuthFailed> {
        let provider = self.provider(provider).await?;
        provider.check_issuer(grant.issuer.as_deref())?;
        let form = Form::new("authorization_code")
            .secret("code", &grant.code)
            .plain("redirect_uri", &grant.redirect_uri)
            .secret("code_verifier", &grant.verifier);
        self.tokens(&provider, form).await
    }

    async fn begin_device(
        &self,
        provider: &str,
        scopes: &[String],
    ) -> Result<DeviceGrant, OAuthFailed> {
        let provider = self.provider(provider).await?;
        let url = provider.metadata.device_authorization_endpoint.as_deref();
        let url = provider.endpoint(url, "way to connect an account from another device")?;
        let mut form = Form::default();
        if !scopes.is_empty() {
            form = form.plain("scope", &scopes.join(" "));
        }
        let answer = request::post(&self.outgoing, &provider, url, form).await?;
        answer.device()
    }

    async fn poll_device(
        &self,
        provider: &str,
        device_code: &SecretString,
    ) -> Result<DevicePoll, OAuthFailed> {
        let provider = self.provider(provider).await?;
        let url = provider.endpoint(
            provider.metadata.token_endpoint.as_deref(),
            "token endpoint",
        )?;
        let form = Form::new(DEVICE_GRANT).secret("device_code", device_code);
        let answer = request::post(&self.outgoing, &provider, url, form).await?;
        answer.poll()
    }

    async fn refresh(
        &self,
        provider: &str,
        refresh_token: &SecretString,
    ) -> Result<Tokens, OAuthFailed> {
        let provider = self.provider(provider).await?;
        let form = Form::new("refresh_token").secret("refresh_token", refresh_token);
        self.tokens(&provider, form).await
    }

    async fn revoke(&self, provider: &str, tokens: &Tokens) -> Result<(), OAuthFailed> {
        let provider = self.provider(provider).await?;
        let url = provider.metadata.revocation_endpoint.as_deref();
        let url = provider.endpoint(url, "way to end tokens")?;
        let refresh = tokens.refresh.iter().map(|token| ("refresh_token", token));
        for (kind, token) in refresh.chain([("access_token", &tokens.access)]) {
            let form = Form::default()
                .secret("token", token)
                .plain("token_type_hint", kind);
            let answer = request::post(&self.outgoing, &provider, url, form).await?;
            answer.revoked()?;
        }
        Ok(())
    }
}
