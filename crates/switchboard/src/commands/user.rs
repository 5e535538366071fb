//! `user`.

use std::io::{self, IsTerminal as _, Write};

use secrecy::{ExposeSecret as _, SecretString};
use switchboard_core::{Ports, identity};
use switchboard_domain::{ids::Username, nouns};

use super::Failure;
use crate::{
    cli::{Role, UserCommand},
    terminal,
};

/// Makes, lists or changes accounts.
///
/// # Errors
/// Why it could not be done.
pub async fn run(ports: &Ports, command: UserCommand, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        UserCommand::Add {
            name,
            role,
            password_stdin,
        } => {
            let name = username(&name)?;
            let role = match role {
                Role::Admin => nouns::Role::Admin,
                Role::User => nouns::Role::User,
            };
            let password = password(password_stdin).await?;
            let user = identity::add_user(ports, name, role, password).await?;
            writeln!(out, "added {}", user.id)?;
        }
        UserCommand::List => list(ports, out).await?,
        UserCommand::Password {
            name,
            password_stdin,
        } => {
            let name = username(&name)?;
            let password = password(password_stdin).await?;
            identity::set_password(ports, &name, password).await?;
            writeln!(
                out,
                "{name} has a new password; what was signed in before is signed out"
            )?;
        }
        UserCommand::Disable { name } => {
            let name = username(&name)?;
            identity::disable_user(ports, &name).await?;
            writeln!(
                out,
                "{name} is disabled; `switchboard user password {name}` lets them in again"
            )?;
        }
    }
    Ok(())
}

async fn list(ports: &Ports, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{:<24} {:<6} {:<28} STATE", "NAME", "ROLE", "ADDED")?;
    for user in identity::list_users(ports).await? {
        let role = match user.role {
            nouns::Role::Admin => "admin",
            nouns::Role::User => "user",
        };
        let state = if user.disabled_at.is_some() {
            "disabled"
        } else {
            "active"
        };
        writeln!(
            out,
            "{:<24} {role:<6} {:<28} {state}",
            user.id.as_str(),
            user.created_at.to_string()
        )?;
    }
    Ok(())
}

pub(super) fn username(name: &str) -> Result<Username, Failure> {
    name.parse().map_err(|error| Failure::Other {
        what: format!("`{name}` is {error}"),
        hint: None,
    })
}

/// The password from a line of standard input; a person at a terminal is asked for it twice, since it is not shown.
async fn password(stdin: bool) -> Result<SecretString, Failure> {
    if stdin {
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned().into());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::Other {
            what: "there is no terminal to ask for the password".into(),
            hint: Some("pipe it in, with --password-stdin".into()),
        });
    }
    let least = identity::PASSWORD_MIN;
    let first = ask(&format!("Password (at least {least} characters): ")).await?;
    let second = ask("The same again: ").await?;
    if first.expose_secret() != second.expose_secret() {
        return Err(Failure::Other {
            what: "the two passwords are not the same".into(),
            hint: Some("nothing was changed; try again".into()),
        });
    }
    Ok(first)
}

async fn ask(question: &str) -> Result<SecretString, Failure> {
    let answer = terminal::ask_secret(question).await?;
    answer.ok_or_else(|| Failure::Other {
        what: "no password was given".into(),
        hint: None,
    })
}
