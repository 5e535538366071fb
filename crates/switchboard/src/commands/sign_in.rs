//! Signing in at a server, for the commands that are its clients.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
};

use secrecy::SecretString;
use switchboard_client::{Access, Credentials, Error, Server};

use super::{Failure, harmless};
use crate::{cli::ServerArgs, terminal};

const SERVER: &str = "http://127.0.0.1:8000";
const USER: &str = "admin";
const PASSWORD: &str = "SWITCHBOARD_PASSWORD";
const TOKEN: &str = "SWITCHBOARD_TOKEN";
/// How often a person may mistype the password.
const TRIES: usize = 3;

/// Signs in. What went wrong before a person is asked again is told.
///
/// # Errors
/// Why nobody is signed in.
pub async fn sign_in(
    at: &ServerArgs,
    variables: &BTreeMap<String, String>,
    mut tell: impl FnMut(&str) -> io::Result<()>,
) -> Result<Access, Failure> {
    let address = at.server.as_deref().filter(|url| !url.is_empty());
    let server = Server::at(address.unwrap_or(SERVER)).map_err(|error| failure(&error))?;
    let variable = |name| {
        variables
            .get(name)
            .filter(|value: &&String| !value.is_empty())
    };
    if let Some(token) = variable(TOKEN) {
        let credentials = Credentials::Token(SecretString::from(token.trim()));
        return Access::sign_in(server, credentials)
            .await
            .map_err(|error| failure(&error));
    }
    let user = at.user.clone().filter(|user| !user.is_empty());
    let user = user.unwrap_or_else(|| USER.to_owned());
    let credentials = |password| Credentials::Password {
        user: user.clone(),
        password,
    };
    if let Some(password) = variable(PASSWORD) {
        let password = SecretString::from(password.as_str());
        let access = Access::sign_in(server, credentials(password)).await;
        return access.map_err(|error| of_login(&error, &user));
    }
    // Nobody is asked for a password that nobody would take.
    server.reach().await.map_err(|error| failure(&error))?;
    let question = format!("Password of {user} at {}: ", server.base());
    let mut tries = 0;
    loop {
        tries += 1;
        let password = ask(&question).await?;
        match Access::sign_in(server.clone(), credentials(password)).await {
            Err(error) if error.status() == Some(401) && tries < TRIES => {
                tell(&error.to_string())?;
            }
            signed_in => return signed_in.map_err(|error| of_login(&error, &user)),
        }
    }
}

/// Signs in for a command that says nothing else at the terminal.
///
/// # Errors
/// Why nobody is signed in.
pub async fn sign_in_quietly(
    at: &ServerArgs,
    variables: &BTreeMap<String, String>,
) -> Result<Access, Failure> {
    sign_in(at, variables, |what| {
        writeln!(io::stderr(), "error: {}", harmless::line(what))
    })
    .await
}

async fn ask(question: &str) -> Result<SecretString, Failure> {
    let hint = format!("set {PASSWORD}, or {TOKEN} to a token");
    let asked = terminal::ask_secret(question).await;
    let asked = asked.map_err(|error| Failure::Other {
        what: format!("there is no terminal to ask for the password ({error})"),
        hint: Some(hint.clone()),
    })?;
    asked.ok_or_else(|| Failure::Other {
        what: "no password was given".to_owned(),
        hint: Some(hint),
    })
}

fn of_login(error: &Error, user: &str) -> Failure {
    if error.status() != Some(401) {
        return failure(error);
    }
    Failure::Other {
        what: format!("cannot sign in as {user}: {error}"),
        hint: Some(format!(
            "the first start of the server printed the password; `switchboard user password {user}` sets another"
        )),
    }
}

/// A request failed: what went wrong, and what to do about it.
pub fn failure(error: &Error) -> Failure {
    let hint = match error {
        Error::Address { .. } => Some("see --help".to_owned()),
        Error::Unreachable { .. } | Error::Strange { .. } => {
            Some("`switchboard` starts a server here; --server names another that runs".to_owned())
        }
        Error::Refused { status: 401, .. } => Some(format!("is {TOKEN} set to a good token?")),
        Error::Refused { hint, .. } => hint.clone(),
    };
    Failure::Other {
        what: error.to_string(),
        hint,
    }
}
