//! Where the store is.

use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// Where the store is. Neither `Debug` nor `Display` shows a password.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum StoreUrl {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A database of PostgreSQL, as a URL, which may hold a password.
    Postgres(SecretString),
}

impl TryFrom<String> for StoreUrl {
    type Error = String;

    fn try_from(url: String) -> Result<Self, String> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.into()));
        }
        let path = url
            .strip_prefix("sqlite:")
            .map(|path| path.strip_prefix("//").unwrap_or(path));
        match path {
            Some("") => Err("names no file; write sqlite:FOLDER/switchboard.db".into()),
            Some(path) if path.starts_with(":memory:") => {
                Err("a store in memory would forget everything; name a file".into())
            }
            Some(path) => Ok(Self::Sqlite(path.into())),
            None => Err("must start with sqlite: or postgres://".into()),
        }
    }
}

impl StoreUrl {
    /// The whole URL, for the one who opens it.
    pub fn to_secret(&self) -> SecretString {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()).into(),
            Self::Postgres(url) => url.clone(),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&without_password(url.expose_secret())),
        }
    }
}

/// The URL with stars for a password before the host or in the query.
fn without_password(url: &str) -> String {
    let (main, query) = url.split_once('?').unwrap_or((url, ""));
    if !main.contains('@') && query.contains('@') {
        // Perhaps a password with an unescaped question mark: nobody can tell where it ends.
        let scheme = main
            .split_once("://")
            .map_or("postgres", |(scheme, _)| scheme);
        return format!("{scheme}://{HIDDEN}");
    }
    let (scheme, rest) = main.split_once("://").unwrap_or(("postgres", main));
    let (login, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let login = match login.split_once(':') {
        Some((user, _)) => format!("{user}:{HIDDEN}@"),
        None if login.is_empty() => String::new(),
        None => format!("{login}@"),
    };
    let query: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(hide_pair)
        .collect();
    let question = if query.is_empty() { "" } else { "?" };
    format!("{scheme}://{login}{place}{question}{}", query.join("&"))
}

fn hide_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if name.contains("pass") => format!("{name}={HIDDEN}"),
        _ => pair.into(),
    }
}

/// What is shown in the place of a secret.
pub(super) const HIDDEN: &str = "********";

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        StoreUrl::try_from(url.to_string()).unwrap().to_string()
    }

    #[test]
    fn passwords_are_never_shown() {
        assert_eq!(
            shown("postgres://u:se:c@ret@db/x"),
            "postgres://u:********@db/x"
        );
        assert_eq!(
            shown("postgresql://db/x?sslmode=require&password=secret"),
            "postgresql://db/x?sslmode=require&password=********"
        );
        assert_eq!(shown("postgres://u:se?c@ret@db/x"), "postgres://********");
        let url = StoreUrl::try_from("postgres://u:secret@db".to_string()).unwrap();
        assert!(!format!("{url:?}").contains("secret"));
    }

    #[test]
    fn urls_without_a_password_are_shown_whole() {
        for url in [
            "postgres://db/x",
            "postgres://u@db:1/x?a=b",
            "sqlite:/a/b.db",
        ] {
            assert_eq!(shown(url), url);
        }
        assert_eq!(shown("sqlite:///a/b.db"), "sqlite:/a/b.db");
    }

    #[test]
    fn others_are_refused() {
        for url in ["mysql://x", "sqlite:", "sqlite::memory:", "", "/a/b.db"] {
            assert!(StoreUrl::try_from(url.to_string()).is_err(), "{url}");
        }
    }
}
