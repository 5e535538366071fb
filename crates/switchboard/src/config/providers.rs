//! What is understood of a provider without being said.

use std::collections::BTreeSet;

use super::layer::{Entry, Layer, Origin};
use super::problem::Problem;

/// What providers speak.
pub(super) const KINDS: &[&str] = &[
    "openai",
    "anthropic",
    "groq",
    "google",
    "ollama",
    AGENT_PROTOCOL,
];
/// Their names before people, in the same order.
const DISPLAY: &[&str] = &[
    "OpenAI",
    "Anthropic",
    "Groq",
    "Google",
    "Ollama",
    "Agent Protocol",
];
/// What another server of the Agent Protocol speaks.
const AGENT_PROTOCOL: &str = "agent-protocol";
/// Names that stand for something else where a provider is chosen.
const RESERVED: &[&str] = &["demo", "agent"];

/// Why a provider may not have this name, if so.
pub(super) fn complaint_about(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if RESERVED.contains(&name) {
        Some(format!(
            "`{name}` is built in; give the provider another name"
        ))
    } else if name.is_empty() || !name.chars().all(allowed) {
        Some(format!(
            "`{name}` cannot be a provider's name: only a-z, 0-9, `_` and `-` are allowed"
        ))
    } else {
        None
    }
}

/// Gives each provider a kind and a name, and checks that it can be found.
pub(super) fn complete(effective: &mut Layer, problems: &mut Vec<Problem>) {
    let names: BTreeSet<String> = effective
        .keys()
        .filter_map(|path| {
            Some(
                path.strip_prefix("providers.")?
                    .split_once('.')?
                    .0
                    .to_string(),
            )
        })
        .collect();
    for name in names {
        let own = KINDS.iter().position(|kind| *kind == name);
        let place = origin(effective, &name);
        if let Some(what) = complaint_about(&name) {
            problems.push(Problem::new(&place, what));
            continue;
        }
        default(
            effective,
            &name,
            "kind",
            own.map_or("openai", |index| KINDS[index]),
        );
        default(
            effective,
            &name,
            "name",
            own.map_or(&name, |index| DISPLAY[index]),
        );
        let kind = text(effective, &name, "kind");
        let is_server = kind == AGENT_PROTOCOL;
        if is_server && own.is_some_and(|index| KINDS[index] != AGENT_PROTOCOL) {
            let what =
                format!("`{name}` speaks no {AGENT_PROTOCOL}; give the provider another name");
            problems.push(Problem::new(&place, what));
            continue;
        }
        let elsewhere = is_server || own.is_none() && matches!(kind, "openai" | "ollama");
        if elsewhere && !effective.contains_key(&format!("providers.{name}.base_url")) {
            let what = format!("the provider `{name}` needs a `base_url`: where is it?");
            problems.push(Problem::new(&place, what));
        }
    }
}

fn default(effective: &mut Layer, provider: &str, key: &str, value: &str) {
    effective
        .entry(format!("providers.{provider}.{key}"))
        .or_insert_with(|| Entry::new(value, Origin::Default));
}

fn text<'a>(effective: &'a Layer, provider: &str, key: &str) -> &'a str {
    effective
        .get(&format!("providers.{provider}.{key}"))
        .and_then(|entry| entry.value.as_str())
        .unwrap_or_default()
}

/// Where a provider was first spoken of.
fn origin(effective: &Layer, provider: &str) -> Origin {
    let prefix = format!("providers.{provider}.");
    effective
        .iter()
        .find(|(path, _)| path.starts_with(&prefix))
        .map_or(Origin::Default, |(_, entry)| entry.origin.clone())
}

/// A provider of which the file has nothing but the heading.
pub(super) fn mentioned(path: &str, origin: Origin) -> Layer {
    let name = path.strip_prefix("providers.").unwrap_or(path);
    let kind = if KINDS.contains(&name) {
        name
    } else {
        "openai"
    };
    Layer::from([(format!("{path}.kind"), Entry::new(kind, origin))])
}
