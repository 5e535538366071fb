//! Quoting an agent without repeating a secret that it was told.

use super::encoded;
use super::sign::PREFIX;
use secrecy::{ExposeSecret, SecretString};
use switchboard_domain::nouns::Call;
use switchboard_domain::ports::RemoteEndpoint;

/// How much of an answer an error quotes, in characters.
const QUOTE: usize = 200;
/// Stands where a secret was.
const STRUCK: &str = "***";
/// So many first characters of a secret at the end of a text are struck out as well.
const TELLING: usize = 4;

/// The secrets of a call, each in the forms in which an answer may repeat it. Longest first, so that
/// none is cut in two by another.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// What the agent was told in this call: its credentials, and the secret that it shares.
    pub(crate) fn of(endpoint: &RemoteEndpoint, call: Option<&Call>) -> Self {
        let shared = endpoint.secret.iter();
        Self::new(shared.chain(call.into_iter().flat_map(granted)))
    }

    /// These secrets.
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = &'a SecretString>) -> Self {
        let mut forms: Vec<String> = Vec::new();
        for secret in secrets.map(ExposeSecret::expose_secret) {
            let quoted = serde_json::Value::from(secret).to_string();
            // JSON may write a slash with a backslash, as PHP does.
            let inner = quoted.trim_matches('"').to_owned();
            let bare = secret.strip_prefix(PREFIX).unwrap_or(secret);
            forms.extend([
                inner.replace('/', r"\/"),
                inner,
                secret.to_owned(),
                bare.to_owned(),
            ]);
        }
        Self::of_forms(forms)
    }

    /// These secrets, also as somebody may encode them who repeats them.
    pub(crate) fn with_encoded<'a>(secrets: impl Iterator<Item = &'a SecretString>) -> Self {
        let secrets: Vec<&SecretString> = secrets.collect();
        let Self(mut forms) = Self::new(secrets.iter().copied());
        for secret in secrets.into_iter().map(ExposeSecret::expose_secret) {
            forms.extend(encoded::forms(secret));
        }
        Self::of_forms(forms)
    }

    fn of_forms(mut forms: Vec<String>) -> Self {
        forms.retain(|form| !form.is_empty());
        forms.sort_unstable_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self(forms)
    }

    /// The text without the secrets.
    pub(crate) fn strike(&self, text: String) -> String {
        let mut text = text;
        for form in &self.0 {
            if text.contains(form) {
                text = text.replace(form, STRUCK);
            }
        }
        text
    }

    /// The start of an answer, in one line.
    pub(crate) fn quote(&self, answer: &[u8]) -> String {
        let longest = self.0.first().map_or(0, String::len);
        // What is quoted, and what a secret that begins there may take.
        let start = answer.get(..QUOTE * 4 + longest).unwrap_or(answer);
        let text = self.strike(String::from_utf8_lossy(start).into_owned());
        let text = self.without_beginning(text);
        let plain: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        // Once more, for what only now stands together.
        let line = self.strike(plain.split_whitespace().collect::<Vec<_>>().join(" "));
        line.chars().take(QUOTE).collect()
    }

    /// The text without the beginning of a secret at its end: an answer may break off within one.
    fn without_beginning(&self, mut text: String) -> String {
        for form in &self.0 {
            let ends = form.char_indices().map(|(at, _)| at).skip(TELLING);
            if let Some(at) = ends.filter(|at| text.ends_with(&form[..*at])).last() {
                text.truncate(text.len() - at);
                text.push_str(STRUCK);
            }
        }
        text
    }
}

fn granted(call: &Call) -> impl Iterator<Item = &SecretString> {
    call.credentials.iter().map(|credential| &credential.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secrets(values: &[&str]) -> Secrets {
        let values: Vec<SecretString> = values.iter().map(|&value| value.into()).collect();
        Secrets::new(values.iter())
    }

    #[test]
    fn every_form_of_a_secret_is_struck_out() {
        let secrets = secrets(&["s3cr3t", "a\"b/c", "s3cr3t-and-longer", "whsec_QUJD"]);
        let text = r#"s3cr3t a"b/c a\"b/c a\"b\/c s3cr3t-and-longer s3cr whsec_QUJD QUJD"#;
        assert_eq!(
            secrets.strike(text.into()),
            "*** *** *** *** *** s3cr *** ***"
        );
    }

    #[test]
    fn quotes_are_short_lines() {
        let none = secrets(&[]);
        assert_eq!(none.quote(b"a\n\tb\0c  d"), "a b c d");
        assert_eq!(none.quote(&[b'a'; 9999]).len(), QUOTE);
        assert_eq!(none.quote(b"\xff\xfe"), "\u{fffd}\u{fffd}");
    }

    #[test]
    fn no_half_of_a_secret_stays_at_the_end() {
        let secrets = secrets(&["0123456789abcdef"]);
        assert_eq!(secrets.quote(b"{\"k\": \"0123456789"), "{\"k\": \"***");
        let far = format!("{}0123456789abcdef", "x".repeat(QUOTE - 3));
        assert!(!secrets.quote(far.as_bytes()).contains("012"));
        let farther = format!("{}0123456789abcdef", "x".repeat(QUOTE * 4 - 3));
        assert!(!secrets.quote(farther.as_bytes()).contains("012"));
    }

    proptest! {
        #[test]
        fn no_quote_holds_a_secret(
            secret in "[a-zA-Z0-9/\"\\\\ äß]{5,40}", before in ".{0,300}", after in ".{0,300}",
        ) {
            let secrets = secrets(&[&secret]);
            let answer = serde_json::json!({"before": before, "k": secret, "after": after});
            let plain = format!("{before}{secret}{after}");
            for text in [answer.to_string(), plain] {
                let quote = secrets.quote(text.as_bytes());
                prop_assert!(!quote.contains(&secret), "{quote}");
            }
        }
    }
}
