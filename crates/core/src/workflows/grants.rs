//! Least privilege: which credentials an agent is sent. Nobody else decides it.

use crate::app::Switchboard;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use switchboard_domain::{
    Error, Result,
    ids::Username,
    nouns::{GrantedCredential, Grants, Object, Wallet},
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
    outside_of_functions(options).for_each(|value| collect(value, &mut texts));
    texts.into_iter().take(IMPLIED_MAX).collect()
}

/// What a function needs the server puts in: the agent is not sent it.
fn outside_of_functions(options: &Object) -> impl Iterator<Item = &Value> {
    let others = options.iter().filter(|(name, _)| *name != "functions");
    others.map(|(_, value)| value)
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
    outside_of_functions(options).for_each(|value| collect(value, &mut texts));
    grants.implied.retain(|name| texts.contains(name));
}

/// The credentials that a call gets.
///
/// # Errors
/// When the master key does not open them.
pub fn granted(
    app: &Switchboard,
    owner: &Username,
    grants: &Grants,
    wallet: Option<&Wallet>,
) -> Result<Vec<GrantedCredential>> {
    let Some(wallet) = wallet else {
        return Ok(Vec::new());
    };
    let is_granted = |name: &String| {
        let mut names = grants.named.iter().chain(&grants.implied);
        grants.all || names.any(|granted| granted == name)
    };
    let names = wallet.credentials.iter().map(|credential| &credential.name);
    let names: Vec<&String> = names.filter(|name| is_granted(name)).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = open(app, owner, wallet)?;
    let granted = names.into_iter().filter_map(|name| {
        Some(GrantedCredential {
            name: name.clone(),
            value: values.remove(name)?,
        })
    });
    Ok(granted.collect())
}

/// A user's secrets by their names.
pub type Values = BTreeMap<String, SecretString>;

/// What is in a wallet.
///
/// # Errors
/// When the master key does not open it.
pub fn open(app: &Switchboard, owner: &Username, wallet: &Wallet) -> Result<Values> {
    let opened = app
        .vault
        .open(&Wallet::seal(owner), wallet.sealed.reveal())
        .map_err(|error| Error::Internal(format!("the credentials: {error}")))?;
    serde_json::from_slice(opened.expose_secret())
        .map_err(|_| Error::Internal("the credentials cannot be read".to_owned()))
}

/// What is to be sealed of these secrets.
///
/// # Errors
/// Never; the writer of JSON could fail for others.
pub fn to_seal(values: &Values) -> Result<Zeroizing<Vec<u8>>> {
    let plain: BTreeMap<&str, &str> = values
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose_secret()))
        .collect();
    serde_json::to_vec(&plain)
        .map(Zeroizing::new)
        .map_err(|error| Error::Internal(error.to_string()))
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
