//! `credential`.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Read as _, Write},
};

use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use serde::Deserialize;
use serde_json::{Value, json};
use switchboard_client::Verb;

use super::{
    Failure,
    sign_in::{failure, sign_in_quietly},
    table,
};
use crate::{
    cli::{CredentialArgs, CredentialCommand},
    terminal,
};

/// The most bytes of a value.
const VALUE_MAX: u64 = 16_384;

/// A credential as the server tells of it.
#[derive(Deserialize)]
struct Credential {
    name: String,
    updated_at: String,
}

/// Sets, lists or removes credentials.
///
/// # Errors
/// Why it could not be done.
pub async fn run(
    arguments: CredentialArgs,
    variables: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    // The secret first: whoever signs in with a password may be asked for that, too.
    let value = match &arguments.command {
        CredentialCommand::Set { name } => Some(value(name).await?),
        CredentialCommand::List | CredentialCommand::Remove { .. } => None,
    };
    let access = sign_in_quietly(&arguments.at, variables).await?;
    let refused = |error| failure(&error);
    match (arguments.command, value) {
        (CredentialCommand::Set { name }, value) => {
            let value = value.unwrap_or_default();
            let body = json!({"value": value.expose_secret()});
            let path = ["credentials", &name];
            let _: Value = access
                .ask(Verb::Put, &path, Some(&body))
                .await
                .map_err(refused)?;
            writeln!(out, "kept {name}")?;
        }
        (CredentialCommand::List, _) => {
            let all: Vec<Credential> = access
                .ask(Verb::Get, &["credentials"], None)
                .await
                .map_err(refused)?;
            let rows = all.into_iter().map(|it| [it.name, it.updated_at]);
            table::write(out, ["NAME", "SET"], rows)?;
        }
        (CredentialCommand::Remove { name }, _) => {
            let path = ["credentials", &name];
            let _: Value = access
                .ask(Verb::Delete, &path, None)
                .await
                .map_err(refused)?;
            writeln!(out, "removed {name}")?;
        }
    }
    Ok(())
}

/// The value from standard input; a person at a terminal is asked for it.
async fn value(name: &str) -> Result<SecretString, Failure> {
    if io::stdin().is_terminal() {
        let asked = terminal::ask_secret(&format!("Value of {name}: ")).await?;
        return asked.ok_or_else(|| Failure::Other {
            what: "no value was given".into(),
            hint: None,
        });
    }
    let mut value = Zeroizing::new(String::new());
    let read = io::stdin().take(VALUE_MAX + 1).read_to_string(&mut value);
    read.map_err(|error| Failure::Other {
        what: format!("the value cannot be read from standard input: {error}"),
        hint: None,
    })?;
    let value = value.trim();
    let wrong = match value.len() as u64 {
        0 => "no value came from standard input".to_owned(),
        length if length > VALUE_MAX => format!("the value is longer than {VALUE_MAX} bytes"),
        _ => return Ok(SecretString::from(value)),
    };
    Err(Failure::Other {
        what: wrong,
        hint: Some(format!(
            "`switchboard credential set {name} < FILE` takes it from a file"
        )),
    })
}
