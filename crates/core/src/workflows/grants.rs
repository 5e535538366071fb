//! Least privilege: which credentials an agent is sent. Nobody else decides it.

use crate::app::Switchboard;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::collections::BTreeSet;
use switchboard_domain::{
    Error, Result,
    ids::Username,
    nouns::{Credential, GrantedCredential, Grants, Object, Wallet},
};

/// The longest name of a credential, in characters.
pub const NAME_MAX: usize = 100;
/// How many grants are implied by options at most.
const IMPLIED_MAX: usize = 500;

/// Whether a credential may have this name.
pub fn is_name(name: &str) -> bool {
    (1..=NAME_MAX).contains(&name.chars().count()) && !name.contains(char::is_control)
}

/// The names that options imply when their owner saves them: every text in them that could be one.
/// The credential itself may come later.
pub fn implied(options: &Object) -> Vec<String> {
    let mut texts = BTreeSet::new();
    options
        .values()
        .for_each(|value| collect(value, &mut texts));
    texts.into_iter().take(IMPLIED_MAX).collect()
}

fn collect(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if is_name(text) => drop(texts.insert(text.clone())),
        Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        Value::Object(members) => members.values().for_each(|value| collect(value, texts)),
        _ => {}
    }
}

/// Takes back what these options do not imply any more. It gives nothing: this is for options that
/// somebody else than the owner changed.
pub fn restrict(grants: &mut Grants, options: &Object) {
    let mut texts = BTreeSet::new();
    options
        .values()
        .for_each(|value| collect(value, &mut texts));
    grants.implied.retain(|name| texts.contains(name));
}

/// The credentials that a call gets.
///
/// # Errors
/// When the master key does not open one.
pub fn granted(
    app: &Switchboard,
    owner: &Username,
    grants: &Grants,
    wallet: Option<&Wallet>,
) -> Result<Vec<GrantedCredential>> {
    let Some(wallet) = wallet else {
        return Ok(Vec::new());
    };
    let is_granted = |credential: &&Credential| {
        let names = grants.named.iter().chain(&grants.implied);
        grants.all || names.into_iter().any(|name| *name == credential.name)
    };
    let chosen = wallet.credentials.iter().filter(is_granted);
    chosen
        .map(|credential| open(app, owner, credential))
        .collect()
}

fn open(app: &Switchboard, owner: &Username, credential: &Credential) -> Result<GrantedCredential> {
    let name = Wallet::seal(owner, &credential.name);
    let opened = app
        .vault
        .open(&name, credential.sealed.reveal())
        .map_err(|error| Error::Internal(format!("a credential: {error}")))?;
    let value = str::from_utf8(opened.expose_secret())
        .map_err(|_| Error::Internal("a credential is no text".to_owned()))?;
    Ok(GrantedCredential {
        name: credential.name.clone(),
        value: SecretString::from(value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        match value {
            Value::Object(members) => members,
            _ => Object::new(),
        }
    }

    #[test]
    fn options_imply_every_text_in_them() {
        let options =
            object(json!({"a": "x", "b": [{"c": "y"}, "x"], "x2": 1, "d": "", "e": "a\nb"}));
        assert_eq!(implied(&options), ["x", "y"]);
    }

    #[test]
    fn what_others_change_takes_grants_and_gives_none() {
        let mut grants = Grants {
            implied: vec!["x".to_owned(), "y".to_owned()],
            ..Grants::default()
        };
        restrict(&mut grants, &object(json!({"a": "y", "b": "z"})));
        assert_eq!(grants.implied, ["y"]);
    }
}
