//! The way in: signing in, and opening or joining a session.

use std::collections::BTreeMap;

use secrecy::SecretString;
use switchboard_client::{Access, Credentials, Error, Frame, Ports, Server, Session};

use super::{agents, screen::Screen};
use crate::{cli::ChatArgs, commands::Failure, terminal};

const SERVER: &str = "http://127.0.0.1:8000";
const USER: &str = "admin";
const PASSWORD: &str = "SWITCHBOARD_PASSWORD";
const TOKEN: &str = "SWITCHBOARD_TOKEN";
/// How often a person may mistype the password.
const TRIES: usize = 3;
/// How many messages of a session that is joined are shown.
const SHOWN: usize = 20;
/// How long the server may ask to wait before a session, in seconds, and how often.
const PATIENCE_S: u64 = 90;
const WAITS: usize = 3;

/// A session to talk in, and what was said in it last.
pub struct Entry {
    pub access: Access,
    pub session: Session,
    pub last: Vec<Frame>,
}

/// Signs in, and opens or joins the session.
///
/// # Errors
/// Why there is none.
pub async fn enter(
    arguments: &ChatArgs,
    variables: &BTreeMap<String, String>,
    ports: &Ports,
    screen: &mut Screen,
) -> Result<Entry, Failure> {
    let address = arguments.server.as_deref().filter(|url| !url.is_empty());
    let server = Server::at(address.unwrap_or(SERVER)).map_err(|error| failure(&error))?;
    let access = sign_in(server, arguments, variables, screen).await?;
    if let Some(id) = &arguments.session {
        let session = access.session(id).await.map_err(|error| failure(&error))?;
        if session.status != "active" {
            return Err(Failure::Other {
                what: format!("the session is {}", session.status),
                hint: Some("`switchboard chat` without --session begins another".to_owned()),
            });
        }
        let last = access
            .last_messages(id, SHOWN)
            .await
            .map_err(|error| failure(&error))?;
        return Ok(Entry {
            access,
            session,
            last,
        });
    }
    let seats = agents::wanted(arguments);
    agents::check(
        &seats,
        &access.providers().await.map_err(|error| failure(&error))?,
    )?;
    let mut waits = 0;
    loop {
        match access.create(&seats).await {
            Ok(session) => {
                return Ok(Entry {
                    access,
                    session,
                    last: Vec::new(),
                });
            }
            // A server that has a hint wants something else than patience.
            Err(Error::Refused {
                retry_after: Some(seconds @ 1..=PATIENCE_S),
                hint: None,
                ..
            }) if waits < WAITS => {
                waits += 1;
                screen.notice(&format!("too many sessions; trying again in {seconds} s"))?;
                let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
                let until = ports.clock.now().plus_seconds(seconds);
                ports.clock.sleep_until(until).await;
            }
            Err(error) => return Err(failure(&error)),
        }
    }
}

async fn sign_in(
    server: Server,
    arguments: &ChatArgs,
    variables: &BTreeMap<String, String>,
    screen: &mut Screen,
) -> Result<Access, Failure> {
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
    let user = arguments.user.clone().filter(|user| !user.is_empty());
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
                screen.error(&error.to_string())?;
            }
            signed_in => return signed_in.map_err(|error| of_login(&error, &user)),
        }
    }
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
fn failure(error: &Error) -> Failure {
    let hint = match error {
        Error::Address { .. } => Some("see `switchboard chat --help`".to_owned()),
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
