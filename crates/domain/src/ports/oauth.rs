//! Providers of OAuth 2.0 and OpenID Connect, where users have accounts.

use async_trait::async_trait;
use secrecy::SecretString;
use std::time::Duration;

/// The providers that the operator set.
///
/// Requests go to the endpoints that the operator named, or that the provider's own metadata names
/// (RFC 8414). They follow no redirect, have a time limit, and no secret is in an error.
#[async_trait]
pub trait OAuth: Send + Sync {
    /// The providers.
    fn providers(&self) -> &[OAuthProvider];

    /// Where a person is sent to consent (RFC 6749 §4.1.1, RFC 7636 §4.3 with `S256`).
    async fn authorization(
        &self,
        provider: &str,
        ask: &AuthorizationAsk,
    ) -> Result<String, OAuthFailed>;

    /// Tokens for the code that came back (RFC 6749 §4.1.3). The issuer that came with it is checked
    /// first (RFC 9207 §2.4).
    async fn exchange(&self, provider: &str, grant: &CodeGrant) -> Result<Tokens, OAuthFailed>;

    /// Begins the flow for devices (RFC 8628 §3.1).
    async fn begin_device(
        &self,
        provider: &str,
        scopes: &[String],
    ) -> Result<DeviceGrant, OAuthFailed>;

    /// Asks whether the person has entered the code (RFC 8628 §3.4).
    async fn poll_device(
        &self,
        provider: &str,
        device_code: &SecretString,
    ) -> Result<DevicePoll, OAuthFailed>;

    /// New tokens for a refresh token (RFC 6749 §6).
    async fn refresh(
        &self,
        provider: &str,
        refresh_token: &SecretString,
    ) -> Result<Tokens, OAuthFailed>;

    /// Ends tokens (RFC 7009). A provider that cannot do so is [`OAuthFailed::Unsupported`].
    async fn revoke(&self, provider: &str, tokens: &Tokens) -> Result<(), OAuthFailed>;
}

/// A provider, as far as the rules know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthProvider {
    /// How the operator calls it.
    pub name: String,
    /// The scopes that are asked for if nobody names any.
    pub scopes: Vec<String>,
    /// The hosts to which its tokens may go, as `host` or `host:port`.
    pub api_hosts: Vec<String>,
    /// Whether it may have the flow for devices; its metadata decides.
    pub may_have_device: bool,
}

/// What a person is to consent to.
#[derive(Debug, Clone)]
pub struct AuthorizationAsk {
    /// Where the provider sends the person back to.
    pub redirect_uri: String,
    /// What comes back with the person, and only with them.
    pub state: SecretString,
    /// What the code is bound to (RFC 7636 §4.1).
    pub verifier: SecretString,
    /// What the account is to be used for.
    pub scopes: Vec<String>,
}

/// A code that came back.
#[derive(Debug, Clone)]
pub struct CodeGrant {
    /// The code.
    pub code: SecretString,
    /// Who says that they issued it, if they say so (`iss`).
    pub issuer: Option<String>,
    /// Where the person was sent back to.
    pub redirect_uri: String,
    /// What the code is bound to.
    pub verifier: SecretString,
}

/// Tokens of an account.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// What requests are made with (RFC 6750).
    pub access: SecretString,
    /// What new ones are got with; of a refreshed pair none means that the old one stays.
    pub refresh: Option<SecretString>,
    /// How long the access token is good for, if the provider says so.
    pub expires_in: Option<Duration>,
    /// What they may be used for; none for what was asked.
    pub scopes: Option<Vec<String>>,
}

/// A code for a person to enter on another device.
#[derive(Debug, Clone)]
pub struct DeviceGrant {
    /// What this server asks with.
    pub device_code: SecretString,
    /// What the person enters.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it.
    pub verification_uri_complete: Option<String>,
    /// How long it can be entered.
    pub expires_in: Duration,
    /// How long to wait between two questions.
    pub interval: Duration,
}

/// Whether a person has entered the code.
#[derive(Debug, Clone)]
pub enum DevicePoll {
    /// Not yet.
    Pending,
    /// Not yet, and the questions come too often: five seconds more lie between them from now on.
    SlowDown,
    /// They have.
    Granted(Tokens),
}

/// Why a provider gave nothing. The texts are for people and hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OAuthFailed {
    /// There is no provider of this name.
    #[error("there is no OAuth provider `{0}`")]
    Unknown(String),
    /// The provider does not offer this.
    #[error("{0}")]
    Unsupported(String),
    /// The provider said no, and would say so again.
    #[error("{0}")]
    Refused(String),
    /// What came is not what this provider would send: somebody may have mixed it up.
    #[error("{0}")]
    Untrusted(String),
    /// The provider did not answer, or not so that it can be understood; later it may.
    #[error("{0}")]
    Unreachable(String),
}
