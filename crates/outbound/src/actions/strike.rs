//! What comes back, without the secret that went out.

use crate::remote::Secrets;
use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use switchboard_domain::ports::Injected;

/// The secrets of a call: the header's value, and what is in it.
pub(super) fn secrets(auth: Option<&Injected>) -> Secrets {
    let mut all = Vec::new();
    if let Some(auth) = auth {
        all.push(auth.value.clone());
        if let Some((scheme, rest)) = auth.value.expose_secret().split_once(' ') {
            let rest = rest.trim();
            all.push(rest.into());
            if scheme.eq_ignore_ascii_case("basic") {
                all.extend(of_basic(rest));
            }
        }
    }
    Secrets::with_encoded(all.iter())
}

/// User and password, and the password (RFC 7617 §2).
fn of_basic(encoded: &str) -> Vec<SecretString> {
    let decoded = BASE64_STANDARD.decode(encoded).ok();
    let Some(pair) = decoded.and_then(|pair| String::from_utf8(pair).ok()) else {
        return Vec::new();
    };
    let password = pair.split_once(':').map(|(_, password)| password.into());
    password.into_iter().chain([pair.as_str().into()]).collect()
}

/// The value without the secrets, wherever in it they are: also in names, and in numbers.
pub(super) fn struck(value: Value, secrets: &Secrets) -> Value {
    match value {
        Value::String(text) => Value::String(secrets.strike(text)),
        Value::Array(items) => items
            .into_iter()
            .map(|item| struck(item, secrets))
            .collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (secrets.strike(name), struck(value, secrets)))
            .collect(),
        Value::Number(number) => {
            let text = number.to_string();
            let left = secrets.strike(text.clone());
            if left == text {
                Value::Number(number)
            } else {
                Value::String(left)
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn bearer(token: &str) -> Secrets {
        secrets(Some(&Injected {
            header: "authorization".to_owned(),
            value: format!("Bearer {token}").into(),
            hosts: None,
        }))
    }

    #[test]
    fn a_secret_is_struck_out_of_names_values_and_numbers() {
        let value = json!({"12345678": [12_345_678, "x12345678y", true, null], "n": 7});
        let wanted = json!({"***": ["***", "x***y", true, null], "n": 7});
        assert_eq!(struck(value, &bearer("12345678")), wanted);
    }

    #[test]
    fn a_password_is_struck_out_too() {
        let value = format!("Basic {}", BASE64_STANDARD.encode("ann:pass word"));
        let secrets = secrets(Some(&Injected {
            header: "authorization".to_owned(),
            value: value.clone().into(),
            hosts: None,
        }));
        let text = format!("{value} ann:pass word pass%20word pass+word");
        assert_eq!(secrets.strike(text), "*** *** *** ***");
    }

    fn bytes_as(text: &str, form: fn(u8) -> String) -> String {
        text.bytes().map(form).collect()
    }

    proptest! {
        #[test]
        fn no_form_of_a_token_stays(token in "[A-Za-z0-9._~+/=-]{12,60}", before in "[a-z ]{0,7}") {
            let secrets = bearer(&token);
            let hex = bytes_as(&token, |byte| format!("{byte:02x}"));
            let percent = bytes_as(&token, |byte| format!("%{byte:02X}"));
            let encoded = BASE64_STANDARD.encode(format!("{before}Bearer {token} and more"));
            for text in [token.clone(), hex, percent.clone(), percent.to_lowercase()] {
                let answer = json!({"echo": format!("{before}{text}")}).to_string();
                let left = secrets.strike(answer);
                prop_assert!(!left.contains(&text), "{left}");
            }
            let left = secrets.strike(encoded);
            let decoded = BASE64_STANDARD.decode(left.replace('*', "A"));
            let decoded = String::from_utf8_lossy(&decoded.unwrap_or_default()).into_owned();
            prop_assert!(!decoded.contains(&token[2..token.len() - 2]), "{decoded}");
        }
    }
}
