//! `token`.

use std::io::Write;

use secrecy::ExposeSecret as _;
use switchboard_core::{Ports, identity, identity::NewApiToken};
use switchboard_domain::nouns::{ApiToken, Scope};

use super::{Failure, user::username};
use crate::cli::TokenCommand;

const DAY_S: i64 = 86_400;

/// Makes, lists or revokes API tokens.
///
/// # Errors
/// Why it could not be done.
pub async fn run(ports: &Ports, command: TokenCommand, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        TokenCommand::Create {
            name,
            user,
            scopes,
            expires_days,
        } => {
            let expires_at =
                expires_days.map(|days| ports.now().plus_seconds(i64::from(days) * DAY_S));
            let new = NewApiToken {
                name,
                owner: username(&user)?,
                scopes: read_scopes(&scopes)?,
                expires_at,
            };
            let (token, secret) = identity::create_token(ports, new).await?;
            // The token alone goes to standard output, so that a script can take it.
            eprintln!("made {}; the token is shown this once:", token.id);
            writeln!(out, "{}", secret.expose_secret())?;
        }
        TokenCommand::List { user } => list(ports, user.as_deref(), out).await?,
        TokenCommand::Revoke { id } => {
            let id = id.parse().map_err(|_| Failure::Other {
                what: format!("`{id}` is no id of a token"),
                hint: Some("`switchboard token list` shows the ids".into()),
            })?;
            let token = identity::revoke_token(ports, &id).await?;
            writeln!(out, "revoked {} ({})", token.id, token.name)?;
        }
    }
    Ok(())
}

fn read_scopes(names: &[String]) -> Result<Vec<Scope>, Failure> {
    let mut scopes = Vec::new();
    for name in names.iter().flat_map(|names| names.split(',')) {
        let scope: Scope = name
            .trim()
            .parse()
            .map_err(|what| Failure::Other { what, hint: None })?;
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(scopes)
}

async fn list(ports: &Ports, user: Option<&str>, out: &mut dyn Write) -> Result<(), Failure> {
    let owner = user.map(username).transpose()?;
    writeln!(
        out,
        "{:<38} {:<16} {:<16} {:<24} STATE",
        "ID", "NAME", "USER", "SCOPES"
    )?;
    for token in identity::list_tokens(ports, owner).await? {
        let scopes = token
            .scopes
            .iter()
            .map(|scope| scope.as_str())
            .collect::<Vec<_>>()
            .join(",");
        let state = state(&token, ports);
        writeln!(
            out,
            "{:<38} {:<16} {:<16} {scopes:<24} {state}",
            token.id.as_str(),
            token.name,
            token.owner.as_str()
        )?;
    }
    Ok(())
}

fn state(token: &ApiToken, ports: &Ports) -> String {
    match (token.revoked_at, token.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if at <= ports.now() => format!("expired {at}"),
        (None, Some(at)) => format!("good until {at}"),
        (None, None) => "good until revoked".to_owned(),
    }
}
