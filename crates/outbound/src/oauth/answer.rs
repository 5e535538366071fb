//! What a provider answered.

use crate::remote::Secrets;
use serde_json::Value;
use std::time::Duration;
use switchboard_domain::ports::{DeviceGrant, DevicePoll, OAuthFailed, Tokens};

/// The usual pause between two questions whether a code was entered (RFC 8628 §3.2), in seconds.
const INTERVAL_S: u64 = 5;
/// The longest pause, and the longest life of a code, that is believed, in seconds.
const LONGEST_S: u64 = 3600;

/// An answer of a provider.
pub(super) struct Answer {
    pub(super) provider: String,
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// What was sent and is not repeated.
    pub(super) secrets: Secrets,
}

impl Answer {
    /// The members of a good answer; else why it is none (RFC 6749 §5.2), with the name of the error.
    fn members(&self) -> Result<Value, (Option<String>, OAuthFailed)> {
        let name = &self.provider;
        let body: Option<Value> = serde_json::from_slice(&self.body).ok();
        let error = body.as_ref().and_then(|body| body["error"].as_str());
        if let (Some(error), 200..=499) = (error, self.status) {
            let error = self.secrets.quote(error.as_bytes());
            let body = body.as_ref();
            let said = body.and_then(|body| body["error_description"].as_str());
            let said = self.secrets.quote(said.unwrap_or_default().as_bytes());
            let said = if said.is_empty() {
                said
            } else {
                format!(": {said}")
            };
            let failed = OAuthFailed::Refused(format!("{name} said no ({error}){said}"));
            let passes = matches!(error.as_str(), "temporarily_unavailable" | "server_error");
            let failed = if passes || self.status == 429 {
                OAuthFailed::Unreachable(format!("{name} cannot answer now ({error})"))
            } else {
                failed
            };
            return Err((Some(error), failed));
        }
        match (self.status, body) {
            (200..=299, Some(body)) if body.is_object() => Ok(body),
            (status, _) => {
                let what = format!("{name} answered {status}, and not as OAuth wants it");
                Err((None, OAuthFailed::Unreachable(what)))
            }
        }
    }

    fn text(&self, members: &Value, member: &str) -> Result<String, OAuthFailed> {
        let found = members[member].as_str().filter(|text| !text.is_empty());
        found.map(str::to_owned).ok_or_else(|| {
            let name = &self.provider;
            OAuthFailed::Unreachable(format!("{name} left out {member}"))
        })
    }

    /// Tokens (RFC 6749 §5.1).
    pub(super) fn tokens(&self) -> Result<Tokens, OAuthFailed> {
        self.members()
            .map_err(|(_, failed)| failed)
            .and_then(|members| self.read_tokens(&members))
    }

    fn read_tokens(&self, members: &Value) -> Result<Tokens, OAuthFailed> {
        let kind = members["token_type"].as_str().unwrap_or("bearer");
        if !kind.eq_ignore_ascii_case("bearer") {
            let what = format!(
                "{} gives no bearer tokens, which are all that is known here",
                self.provider
            );
            return Err(OAuthFailed::Unsupported(what));
        }
        let scopes = members["scope"].as_str().map(|scopes| {
            // GitHub puts commas between them.
            let all = scopes.split([' ', ',']).filter(|scope| !scope.is_empty());
            all.map(str::to_owned).collect()
        });
        Ok(Tokens {
            access: self.text(members, "access_token")?.into(),
            refresh: self.text(members, "refresh_token").ok().map(Into::into),
            expires_in: seconds(&members["expires_in"]).map(Duration::from_secs),
            scopes,
        })
    }

    /// The beginning of the flow for devices (RFC 8628 §3.2).
    pub(super) fn device(&self) -> Result<DeviceGrant, OAuthFailed> {
        let members = self.members().map_err(|(_, failed)| failed)?;
        // Google calls it `verification_url`.
        let place = self
            .text(&members, "verification_uri")
            .or_else(|failed| self.text(&members, "verification_url").map_err(|_| failed))?;
        let complete = self.text(&members, "verification_uri_complete").ok();
        let web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if !web(&place) || complete.as_ref().is_some_and(|url| !web(url)) {
            let what = format!("{} sends people to no web page", self.provider);
            return Err(OAuthFailed::Untrusted(what));
        }
        let bounded = |member: &str, usual| {
            seconds(&members[member])
                .unwrap_or(usual)
                .clamp(1, LONGEST_S)
        };
        Ok(DeviceGrant {
            device_code: self.text(&members, "device_code")?.into(),
            user_code: self.text(&members, "user_code")?,
            verification_uri: place,
            verification_uri_complete: complete,
            expires_in: Duration::from_secs(bounded("expires_in", 600)),
            interval: Duration::from_secs(bounded("interval", INTERVAL_S)),
        })
    }

    /// Whether the code was entered (RFC 8628 §3.5).
    pub(super) fn poll(&self) -> Result<DevicePoll, OAuthFailed> {
        match self.members() {
            Ok(members) => self.read_tokens(&members).map(DevicePoll::Granted),
            Err((Some(error), failed)) => match error.as_str() {
                "authorization_pending" => Ok(DevicePoll::Pending),
                "slow_down" => Ok(DevicePoll::SlowDown),
                _ => Err(failed),
            },
            Err((None, failed)) => Err(failed),
        }
    }

    /// Whether a token was ended; one that is not known any more was (RFC 7009 §2.2).
    pub(super) fn revoked(&self) -> Result<(), OAuthFailed> {
        if (200..=299).contains(&self.status) {
            return Ok(());
        }
        match self.members() {
            Ok(_) => Ok(()),
            Err((Some(error), _)) if error == "unsupported_token_type" => Ok(()),
            Err((_, failed)) => Err(failed),
        }
    }
}

/// A number of seconds, which some providers write as a text.
fn seconds(value: &Value) -> Option<u64> {
    let number = value.as_u64();
    number.or_else(|| value.as_str()?.parse().ok())
}
