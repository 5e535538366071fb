//! Signing calls as Standard Webhooks says (version 1 of its symmetric signatures).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// What a secret begins with that says what it is.
pub(super) const PREFIX: &str = "whsec_";
/// Base64 with or without its padding, since secrets are copied by hand.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A secret that cannot sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the agent's secret must be `whsec_` and then Base64; set it anew, on both sides")]
pub struct BadSecret;

/// Whether this can sign. For whoever sets a secret.
///
/// # Errors
/// [`BadSecret`].
pub fn check_secret(secret: &SecretString) -> Result<(), BadSecret> {
    key(secret).map(|_| ())
}

/// The key that a secret stands for: Base64 behind `whsec_`, or alone.
fn key(secret: &SecretString) -> Result<Vec<u8>, BadSecret> {
    let text = secret.expose_secret().trim();
    let text = text.strip_prefix(PREFIX).unwrap_or(text);
    match LENIENT.decode(text) {
        Ok(key) if !key.is_empty() => Ok(key),
        _ => Err(BadSecret),
    }
}

/// The header `webhook-signature` of a body that is sent under this id at this time, in seconds since
/// 1970.
///
/// # Errors
/// [`BadSecret`].
pub fn signature(
    secret: &SecretString,
    id: &str,
    seconds: i64,
    body: &[u8],
) -> Result<String, BadSecret> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key(secret)?).map_err(|_| BadSecret)?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    let code = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    Ok(format!("v1,{code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn sign(secret: &str) -> Result<String, BadSecret> {
        signature(&secret.into(), ID, 1_614_265_330, BODY)
    }

    /// The example that implementations of Standard Webhooks are tested with.
    #[test]
    fn the_known_example_is_signed_alike() {
        let wanted = Ok("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned());
        assert_eq!(sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), wanted);
        assert_eq!(sign("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), wanted);
        assert_eq!(sign(" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"), wanted);
    }

    #[test]
    fn padding_may_be_left_out() {
        assert_eq!(sign("whsec_c2VjcmV0cw=="), sign("whsec_c2VjcmV0cw"));
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for secret in ["", "whsec_", "whsec_not base64!", "pass-word"] {
            assert_eq!(check_secret(&secret.into()), Err(BadSecret), "{secret}");
        }
    }
}
