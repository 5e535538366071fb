//! Where a provider is.

use super::{ConfigError, ProviderConfig, ProviderKind};
use reqwest::Url;

/// Where Ollama listens when nothing else is said.
const OLLAMA_PORT: u16 = 11434;

impl ProviderConfig {
    /// The address, with a slash at its end; none when it is neither given nor known.
    pub(crate) fn endpoint(&self) -> Result<Option<Url>, ConfigError> {
        let given = self
            .base_url
            .as_deref()
            .map(str::trim)
            .filter(|url| !url.is_empty());
        let Some(text) = given.or(self.kind.public_address()) else {
            return Ok(None);
        };
        let bad = |reason| ConfigError::BaseUrl {
            provider: self.id.clone(),
            reason,
        };
        // Ollama's own setting for its address is often only a host and a port.
        let text = if self.kind == ProviderKind::Ollama {
            ollama_address(text)
        } else {
            text.into()
        };
        let mut url = Url::parse(&text).map_err(|_| bad("is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("must begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("must not hold a user or a password; use api_key"));
        }
        if url.fragment().is_some() {
            return Err(bad("must not have a fragment"));
        }
        if url.query().is_some() && self.kind != ProviderKind::OpenAiCompatible {
            return Err(bad("must not have a query"));
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Some(url))
    }
}

/// `host`, `host:port` and whole URLs all name an Ollama server.
fn ollama_address(text: &str) -> String {
    if text.contains("://") {
        return text.to_owned();
    }
    let address = format!("http://{text}");
    let Ok(mut url) = Url::parse(&address) else {
        return address;
    };
    if url.port().is_none() && url.set_port(Some(OLLAMA_PORT)).is_ok() {
        return url.into();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;

    fn endpoint(kind: ProviderKind, base_url: &str) -> Result<String, &'static str> {
        match config(kind, Some(base_url)).endpoint() {
            Ok(Some(url)) => Ok(url.into()),
            Err(ConfigError::BaseUrl { reason, .. }) => Err(reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn addresses_end_in_a_slash() {
        let compatible = ProviderKind::OpenAiCompatible;
        assert_eq!(
            endpoint(compatible, "http://h:1/v1").unwrap(),
            "http://h:1/v1/"
        );
        assert_eq!(
            endpoint(compatible, " https://h/v1/ ").unwrap(),
            "https://h/v1/"
        );
        assert_eq!(
            endpoint(compatible, "http://h/v1?v=2").unwrap(),
            "http://h/v1/?v=2"
        );
    }

    #[test]
    fn ollama_is_named_in_many_ways() {
        for (given, wanted) in [
            ("localhost", "http://localhost:11434/"),
            ("0.0.0.0:8000", "http://0.0.0.0:8000/"),
            ("[::1]", "http://[::1]:11434/"),
            ("http://h", "http://h/"),
            ("https://h:1/under", "https://h:1/under/"),
        ] {
            assert_eq!(endpoint(ProviderKind::Ollama, given).unwrap(), wanted);
        }
    }

    #[test]
    fn addresses_that_cannot_work_are_refused() {
        for (given, word) in [
            ("nonsense", "not a URL"),
            ("ftp://h/", "http://"),
            ("file:///etc/passwd", "http://"),
            ("http://user:secret@h/", "user"),
            ("http://h/#part", "fragment"),
        ] {
            let reason = endpoint(ProviderKind::OpenAiCompatible, given).unwrap_err();
            assert!(reason.contains(word), "{given}: {reason}");
        }
        assert!(
            endpoint(ProviderKind::Google, "http://h/?key=1")
                .unwrap_err()
                .contains("query")
        );
    }

    #[test]
    fn known_providers_need_no_address_and_others_do() {
        assert!(
            config(ProviderKind::OpenAi, None)
                .endpoint()
                .unwrap()
                .is_some()
        );
        assert!(
            config(ProviderKind::Google, Some(" "))
                .endpoint()
                .unwrap()
                .is_some()
        );
        assert!(
            config(ProviderKind::Ollama, None)
                .endpoint()
                .unwrap()
                .is_none()
        );
        assert!(
            config(ProviderKind::OpenAiCompatible, None)
                .endpoint()
                .unwrap()
                .is_none()
        );
    }
}
