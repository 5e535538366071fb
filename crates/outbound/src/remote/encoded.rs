//! The forms of a secret in encodings that others may put it into.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use std::fmt::Write;
use switchboard_domain::text::hex;

/// A shorter piece of Base64 may stand in any text.
const TELLING: usize = 8;

/// A secret, percent-encoded, as a form, in hexadecimal digits and in Base64.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let kept_by_js = |byte: u8| kept(byte) || b"!'()*".contains(&byte);
    let kept_in_path = |byte: u8| kept_by_js(byte) || b"$&+,;=:@/".contains(&byte);
    let in_form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut forms = vec![
        in_form,
        hex(secret.bytes()),
        hex(secret.bytes()).to_uppercase(),
    ];
    for kept in [
        &kept as &dyn Fn(u8) -> bool,
        &kept_by_js,
        &kept_in_path,
        &|_| false,
    ] {
        let written = percent(secret, kept, true);
        forms.extend([percent(secret, kept, false), written]);
    }
    forms.extend(in_base64(secret));
    forms
}

/// All bytes but those that are kept, in capital digits or small ones (RFC 3986 §2.1).
fn percent(secret: &str, kept: impl Fn(u8) -> bool, capital: bool) -> String {
    let mut text = String::with_capacity(secret.len() * 3);
    for byte in secret.bytes() {
        if kept(byte) {
            text.push(char::from(byte));
            continue;
        }
        let _ = if capital {
            write!(text, "%{byte:02X}")
        } else {
            write!(text, "%{byte:02x}")
        };
    }
    text
}

/// What of a secret is the same in Base64 wherever in an encoded text it begins: three ways, without
/// the characters at both ends that tell of its neighbours as well (RFC 4648 §4, §5).
fn in_base64(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3_usize {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(secret.as_bytes());
        let first = before + usize::from(before > 0);
        for encoded in [
            BASE64_STANDARD_NO_PAD.encode(&bytes),
            BASE64_URL_SAFE_NO_PAD.encode(&bytes),
        ] {
            let last = encoded.len() - usize::from(bytes.len() % 3 != 0);
            let own = encoded.get(first..last).unwrap_or_default();
            if own.len() >= TELLING {
                forms.push(own.to_owned());
            }
        }
    }
    forms
}
