//! What a setting may be, and how to say that it is not.

use std::net::SocketAddr;

use axum::http::Uri;
use switchboard_domain::ids::Username;
use toml::Value;
use tracing_subscriber::EnvFilter;

use super::settings::parse_network;
use super::store_url::StoreUrl;

/// The form of a setting.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Secret,
    Texts,
    Whole { min: i64, max: i64 },
    Choice(&'static [&'static str]),
    Address,
    Store,
    LogFilter,
    Url,
    Origins,
    Networks,
    User,
}

impl Kind {
    /// Reads a value from the text of a variable or flag.
    pub fn read(self, text: &str) -> Result<Value, String> {
        let value = match self {
            Self::Whole { .. } => match text.trim().parse::<i64>() {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::String(text.into()),
            },
            _ if self.is_list() => text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .collect::<Vec<_>>()
                .into(),
            _ => Value::String(text.into()),
        };
        self.check(&value)?;
        Ok(value)
    }

    /// Whether it has several values.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Texts | Self::Origins | Self::Networks)
    }

    /// Whether its value may never be shown.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Secret)
    }

    /// Says what is wrong with a value.
    pub fn check(self, value: &Value) -> Result<(), String> {
        match (self, value) {
            (Self::Whole { min, max }, Value::Integer(number))
                if *number >= min && *number <= max =>
            {
                Ok(())
            }
            (Self::Whole { min, max }, _) => Err(format!(
                "{} is not a whole number from {min} to {max}",
                quoted(value)
            )),
            (_, Value::Array(items)) if self.is_list() => items
                .iter()
                .try_for_each(|item| self.check_text(text_of(item)?)),
            (_, _) if self.is_list() => {
                Err("must be a list of texts, such as [\"a\", \"b\"]".into())
            }
            (_, value) => self.check_text(text_of(value)?),
        }
    }

    fn check_text(self, text: &str) -> Result<(), String> {
        if text.trim().is_empty() {
            return Err("must not be empty".into());
        }
        let good = match self {
            Self::User => {
                return text
                    .parse::<Username>()
                    .map(drop)
                    .map_err(|_| format!("`{text}` is no user's name"));
            }
            Self::Address => text.parse::<SocketAddr>().is_ok(),
            Self::Choice(all) => all.contains(&text),
            Self::LogFilter => EnvFilter::try_new(text).is_ok(),
            Self::Url => is_url(text),
            Self::Origins => is_origin(text),
            Self::Networks => parse_network(text).is_some(),
            Self::Store => return StoreUrl::try_from(text.to_string()).map(drop),
            _ => true,
        };
        if good {
            return Ok(());
        }
        // What stands before an @ may be a password.
        let shown = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
        Err(format!("`{shown}` {}", self.complaint()))
    }

    fn complaint(self) -> String {
        match self {
            Self::Address => {
                "is not an address and a port, such as 127.0.0.1:8000 or [::]:8000".into()
            }
            Self::Choice(all) => format!("is none of {}", all.join(", ")),
            Self::LogFilter => "is not a log filter, such as info or warn,switchboard=debug".into(),
            Self::Url => {
                "is not an address such as https://example.org, without a user and password".into()
            }
            Self::Origins => {
                "is not an origin: scheme, host and port only, such as https://example.org:8443"
                    .into()
            }
            Self::Networks => "is neither an IP address nor a network, such as 10.0.0.0/8".into(),
            _ => "cannot be".into(),
        }
    }
}

fn text_of(value: &Value) -> Result<&str, String> {
    value
        .as_str()
        .ok_or_else(|| format!("must be a text in quotes, not of type {}", value.type_str()))
}

fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

/// A URL of a web server, without a name and password in it.
pub(super) fn is_url(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
            && !uri
                .authority()
                .is_some_and(|authority| authority.as_str().contains('@'))
    })
}

/// A URL with nothing behind the port. `*` is none: answers carry credentials.
fn is_origin(text: &str) -> bool {
    let behind_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    is_url(text) && !behind_scheme.contains(['/', '?', '#', '*'])
}
