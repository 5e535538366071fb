//! How accounts and the ways to connect them look.

use super::place;
use serde::Serialize;
use switchboard_domain::nouns::{Account, Challenge, Flow};
use utoipa::ToSchema;

/// A connected account. Its tokens are never shown.
#[derive(Serialize, ToSchema)]
pub struct AccountBody {
    /// Which connection it is; connecting the account anew makes another.
    #[schema(example = "acct_019ab2c3d4e5f60718293a4b5c6d7e8f")]
    account_id: String,
    /// The provider.
    #[schema(example = "google")]
    provider: String,
    /// What it may be used for, as the provider granted it.
    scopes: Vec<String>,
    /// When it was connected.
    #[schema(format = DateTime)]
    connected_at: String,
    /// When its tokens were last renewed.
    #[schema(format = DateTime)]
    renewed_at: Option<String>,
    /// When its present access token ends; it is renewed before that, if it can be.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Why it has to be connected anew, if it has to.
    broken: Option<String>,
}

impl From<Account> for AccountBody {
    fn from(account: Account) -> Self {
        Self {
            account_id: account.connection.to_string(),
            provider: account.provider,
            scopes: account.scopes,
            connected_at: account.connected_at.to_string(),
            renewed_at: account.renewed_at.map(|at| at.to_string()),
            expires_at: account.expires_at.map(|at| at.to_string()),
            broken: account.broken,
        }
    }
}

/// How far a way to connect an account is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChallengeState {
    /// The account is not connected yet.
    Waiting,
    /// It is.
    Connected,
    /// It will not be.
    Failed,
}

/// A code to enter on another device (RFC 8628).
#[derive(Serialize, ToSchema)]
pub struct DeviceBody {
    /// The code.
    #[schema(example = "WDJB-MJHT")]
    user_code: String,
    /// Where to enter it.
    verification_uri: String,
    /// The same with the code in it, for a link.
    verification_uri_complete: Option<String>,
}

/// A way to connect an account.
#[derive(Serialize, ToSchema)]
pub struct ChallengeBody {
    /// Its id.
    #[schema(example = "challenge_019ab2c3d4e5f60718293a4b5c6d7e8f")]
    challenge_id: String,
    /// The provider.
    #[schema(example = "google")]
    provider: String,
    /// What the account is asked to be used for.
    scopes: Vec<String>,
    /// How far it is.
    state: ChallengeState,
    /// The page to open in a browser, where the owner signs in; none where a code is entered.
    connect_url: Option<String>,
    /// The code to enter elsewhere; none where a page is opened.
    device: Option<DeviceBody>,
    /// Why it failed, and what to do.
    error: Option<String>,
    /// Until when it can be gone.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl ChallengeBody {
    /// A way, as it looks to who reached the server at `base`.
    pub fn new(challenge: Challenge, base: &str) -> Self {
        let mut body = Self {
            challenge_id: challenge.id.to_string(),
            provider: challenge.provider,
            scopes: challenge.scopes,
            state: ChallengeState::Waiting,
            connect_url: None,
            device: None,
            error: None,
            expires_at: challenge.expires_at.to_string(),
        };
        match challenge.flow {
            Flow::Open | Flow::Browser { .. } | Flow::Exchanging => {
                body.connect_url = Some(place::connect_url(base, &challenge.id));
            }
            Flow::Device {
                user_code,
                verification_uri,
                verification_uri_complete,
                ..
            } => {
                body.device = Some(DeviceBody {
                    user_code,
                    verification_uri,
                    verification_uri_complete,
                });
            }
            Flow::Connected { .. } => body.state = ChallengeState::Connected,
            Flow::Failed { why } => {
                (body.state, body.error) = (ChallengeState::Failed, Some(why));
            }
        }
        body
    }
}
