//! Providers of OAuth: those in the file, and those that variables name.

use std::collections::BTreeSet;

use toml::Value;

use super::layer::{Entry, Layer, Origin};
use super::problem::Problem;

/// The name of the sections.
pub(super) const SECTION: &str = "oauth_providers";
/// How the paths of their settings begin.
pub(super) const PREFIX: &str = "oauth_providers.";

/// The path of the section with this table.
///
/// # Errors
/// When it says no name that it can have.
pub(super) fn path_of(table: &toml::Table) -> Result<String, String> {
    let name = table.get("name").and_then(Value::as_str);
    let name = name.ok_or("an OAuth provider needs a `name`: how is it called here?")?;
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(letter) {
        return Err(format!(
            "`{name}` cannot be an OAuth provider's name: only a-z, 0-9, `_` and `-` are allowed"
        ));
    }
    Ok(format!("{PREFIX}{name}"))
}

/// Gives those their names that only variables speak of, and checks that each has what it needs.
pub(super) fn complete(effective: &mut Layer, problems: &mut Vec<Problem>) {
    let names: BTreeSet<String> = effective
        .keys()
        .filter_map(|path| path.strip_prefix(PREFIX)?.split_once('.'))
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in names {
        let section = format!("{PREFIX}{name}");
        let origin = effective
            .iter()
            .find(|(path, _)| path.starts_with(&format!("{section}.")))
            .map_or(Origin::Default, |(_, entry)| entry.origin.clone());
        effective
            .entry(format!("{section}.name"))
            .or_insert_with(|| Entry::new(name.clone(), Origin::Default));
        let has = |key: &str| effective.contains_key(&format!("{section}.{key}"));
        if !has("client_id") {
            let what =
                format!("the OAuth provider `{name}` needs a `client_id`, which it gives you");
            problems.push(Problem::new(&origin, what));
        }
        if has("client_secret") && has("client_secret_file") {
            let what = format!(
                "the OAuth provider `{name}` has `client_secret` and `client_secret_file`: leave one out"
            );
            problems.push(Problem::new(&origin, what));
        }
    }
}
