//! `user`.

use std::io::{self, IsTerminal as _, Write};

use secrecy::SecretString;
use switchboard_core::{Ports, identity};
use switchboard_domain::{ids::Username, nouns};

use super::Failure;
use crate::cli::{Role, UserCommand};

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
            let user = identity::add_user(ports, name, role, password(password_stdin)?).await?;
            writeln!(out, "added {}", user.id)?;
        }
        UserCommand::List => list(ports, out).await?,
        UserCommand::Password {
            name,
            password_stdin,
        } => {
            let name = username(&name)?;
            identity::set_password(ports, &name, password(password_stdin)?).await?;
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

/// The password from a line of standard input; a person at a terminal is asked for it.
fn password(stdin: bool) -> Result<SecretString, Failure> {
    if !stdin && io::stdin().is_terminal() {
        eprint!(
            "Password (at least {} characters; it is shown as you type): ",
            identity::PASSWORD_MIN
        );
    } else if !stdin {
        return Err(Failure::Other {
            what: "there is no terminal to ask for the password".into(),
            hint: Some("pipe it in, with --password-stdin".into()),
        });
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned().into())
}
