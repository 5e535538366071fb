//! Signing in and out, tokens, and who is kept out.

mod addresses;
mod api_tokens;
mod jwt;
mod lockout;
mod login;
mod sign_out;
mod verify;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use switchboard_testkit::chat::{Answer, ChatClient};

use super::post_nothing;

/// Where a token is checked.
const VERIFY: &str = "/api/auth/verify";
/// Where a token is ended.
const LOGOUT: &str = "/api/auth/logout";

async fn verify(client: &ChatClient) -> Answer {
    post_nothing(client, VERIFY).await
}

/// The header and the claims of a token, as any client reads them.
fn parts(token: &str) -> [Value; 2] {
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "a JWT has three parts");
    [parts[0], parts[1]].map(|part| {
        let json = URL_SAFE_NO_PAD
            .decode(part)
            .expect("base64 without padding");
        serde_json::from_slice(&json).expect("JSON")
    })
}

/// The part of a token that says this.
fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
