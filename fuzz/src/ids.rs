//! Ids, names and URLs of stores: what is read is what was written.

use std::{fmt::Display, str::FromStr};
use switchboard::config::StoreUrl;
use switchboard_domain::ids::{
    AccessTokenId, AgentId, ApiTokenId, ConnectionId, LifeId, MessageId, SessionId, Username,
};

/// What a password begins with.
const SECRET: &str = "secret-";

/// The input is an id or a name of any kind.
pub fn ids(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    as_written::<SessionId>(text);
    as_written::<MessageId>(text);
    as_written::<ApiTokenId>(text);
    as_written::<LifeId>(text);
    as_written::<ConnectionId>(text);
    as_written::<AccessTokenId>(text);
    as_written::<Username>(text);
    if let Ok(id) = text.parse::<AgentId>() {
        assert!(id.0 > 0);
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Ok(url @ StoreUrl::Postgres(_)) = StoreUrl::try_from(text.to_owned()) {
        no_password(text, &url.to_string());
    }
}

fn as_written<T: FromStr + Display>(text: &str) {
    if let Ok(id) = text.parse::<T>() {
        assert_eq!(id.to_string(), text);
        assert!(!text.contains(['/', '?', '#', '%', '\0', '\n', ' ']));
    }
}

/// What stands between the name and the server is not shown, whatever characters it has.
fn no_password(url: &str, shown: &str) {
    let behind_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
    let Some((name, rest)) = behind_scheme.split_once(':') else {
        return;
    };
    let is_name = !name.contains(['/', '?', '#', '@']);
    let is_password = is_name && rest.starts_with(SECRET) && rest.contains('@');
    if is_password && url.matches(SECRET).count() == 1 {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}
