//! What the operator says of a provider.

use reqwest::Url;
use secrecy::SecretString;
use std::collections::HashSet;
use switchboard_domain::ports::OAuthProvider;

/// Parameters that are set here, and by nobody else.
const OWN: [&str; 9] = [
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "redirect_uri",
    "request",
    "response_type",
    "scope",
    "state",
];

/// A provider. `Debug` shows no secret.
#[derive(Debug, Clone, Default)]
pub struct OAuthConfig {
    /// How it is called here.
    pub name: String,
    /// Who it is: where its metadata is found (RFC 8414 §2).
    pub issuer: Option<String>,
    /// Where people consent; in place of what the metadata says.
    pub authorization_url: Option<String>,
    /// Where tokens are got.
    pub token_url: Option<String>,
    /// Where the flow for devices begins.
    pub device_url: Option<String>,
    /// Where tokens are ended.
    pub revocation_url: Option<String>,
    /// Who this server is there.
    pub client_id: String,
    /// How it proves that; none for a client that cannot keep a secret.
    pub client_secret: Option<SecretString>,
    /// The scopes that are asked for if nobody names any.
    pub scopes: Vec<String>,
    /// The hosts to which its tokens may go.
    pub api_hosts: Vec<String>,
    /// Further parameters of the address where people consent, as a query.
    pub authorization_params: Option<String>,
}

/// A provider whose settings cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OAuthConfigError {
    /// Two have one name.
    #[error("the OAuth provider `{0}` is there twice")]
    Twice(String),
    /// One of its settings is wrong.
    #[error("the OAuth provider `{provider}`: {wrong}")]
    Wrong {
        /// The provider.
        provider: String,
        /// What is wrong, and what would be right.
        wrong: String,
    },
}

impl OAuthConfig {
    /// The provider, as far as the rules know it.
    pub(super) fn about(&self) -> OAuthProvider {
        OAuthProvider {
            name: self.name.clone(),
            scopes: self.scopes.clone(),
            api_hosts: self.api_hosts.clone(),
            may_have_device: self.issuer.is_some() || self.device_url.is_some(),
        }
    }

    /// The further parameters.
    pub(super) fn more_params(&self) -> Vec<(String, String)> {
        let query = self.authorization_params.as_deref().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    fn urls(&self) -> [(&'static str, Option<&String>); 5] {
        [
            ("issuer", self.issuer.as_ref()),
            ("authorization_url", self.authorization_url.as_ref()),
            ("token_url", self.token_url.as_ref()),
            ("device_url", self.device_url.as_ref()),
            ("revocation_url", self.revocation_url.as_ref()),
        ]
    }

    fn check(&self) -> Result<(), String> {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(letter) {
            return Err("its name may have 1 to 64 of a-z, 0-9, _ and -".to_owned());
        }
        if self.client_id.is_empty() {
            return Err("`client_id` is missing: the provider gives it".to_owned());
        }
        let consents = self.authorization_url.is_some() || self.device_url.is_some();
        if self.issuer.is_none() && !(self.token_url.is_some() && consents) {
            return Err(
                "set its `issuer`, or `token_url` with `authorization_url` or `device_url`"
                    .to_owned(),
            );
        }
        for (name, url) in self.urls() {
            if url.is_some_and(|url| !is_safe(url)) {
                return Err(format!(
                    "`{name}` must begin with https:// (http on this machine)"
                ));
            }
        }
        if let Some(bad) = self.api_hosts.iter().find(|host| !is_host(host)) {
            return Err(format!(
                "`{bad}` in `api_hosts` is no host: write api.example.com"
            ));
        }
        let params = self.more_params();
        if let Some((name, _)) = params.iter().find(|(name, _)| OWN.contains(&name.as_str())) {
            return Err(format!("`authorization_params` may not have `{name}`"));
        }
        Ok(())
    }
}

/// Whether no stranger can listen there.
pub(super) fn is_safe(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let has_user = !url.username().is_empty() || url.password().is_some();
    let is_private =
        url.scheme() == "https" || url.scheme() == "http" && crate::outgoing::is_loopback(&url);
    is_private && !has_user && url.fragment().is_none()
}

fn is_host(host: &str) -> bool {
    let url = Url::parse(&format!("https://{host}/"));
    url.is_ok_and(|url| {
        let plain = url.path() == "/" && url.query().is_none() && url.username().is_empty();
        plain && url.fragment().is_none() && !host.contains('/')
    })
}

/// Whether all of them can work.
pub(super) fn check(configs: &[OAuthConfig]) -> Result<(), OAuthConfigError> {
    let mut names = HashSet::new();
    for config in configs {
        let provider = config.name.clone();
        config
            .check()
            .map_err(|wrong| OAuthConfigError::Wrong { provider, wrong })?;
        if !names.insert(&config.name) {
            return Err(OAuthConfigError::Twice(config.name.clone()));
        }
    }
    Ok(())
}
