//! Settings from variables.

use std::collections::BTreeMap;

use super::keys::{self, KEYS, OAUTH_KEYS, PROVIDER_KEYS};
use super::layer::{Entry, Layer, Origin};
use super::problem::Problem;
use super::special;

/// The start of every variable of ours.
const PREFIX: &str = "SWITCHBOARD_";
/// Variables of ours that tests read, and nothing else.
const TEST_PREFIX: &str = "SWITCHBOARD_TEST_";
/// The variables of sections that have names: how they begin, what their paths begin with, and the
/// settings.
const NAMED: [(&str, &str, &[keys::Key]); 2] = [
    ("SWITCHBOARD_PROVIDERS_", "providers.", PROVIDER_KEYS),
    (
        "SWITCHBOARD_OAUTH_PROVIDERS_",
        super::oauth::PREFIX,
        OAUTH_KEYS,
    ),
];

/// Variables by which other programs, too, find a provider. The later wins.
const WELL_KNOWN: &[(&str, &str)] = &[
    ("OPENAI_API_KEY", "providers.openai.api_key"),
    ("ANTHROPIC_API_KEY", "providers.anthropic.api_key"),
    ("GROQ_API_KEY", "providers.groq.api_key"),
    ("GEMINI_API_KEY", "providers.google.api_key"),
    ("GOOGLE_API_KEY", "providers.google.api_key"),
    ("OLLAMA_HOST", "providers.ollama.base_url"),
];

/// What the variables of providers say. They count less than the file, which means us in particular.
pub(super) fn well_known(
    variables: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> Layer {
    let mut layer = Layer::new();
    for (name, path) in WELL_KNOWN {
        if let Some(text) = variables.get(*name) {
            let text = if *name == "OLLAMA_HOST" {
                &ollama_url(text)
            } else {
                text
            };
            put(&mut layer, problems, name, path, text);
        }
    }
    layer
}

/// What the variables `SWITCHBOARD_*` say. `known` tells how the file spells the names of providers.
pub(super) fn read(
    variables: &BTreeMap<String, String>,
    known: &Layer,
    problems: &mut Vec<Problem>,
) -> Layer {
    let mut layer = Layer::new();
    for (name, text) in variables {
        let ours = name.starts_with(PREFIX) && !name.starts_with(TEST_PREFIX);
        if !ours || special::NAMES.contains(&name.as_str()) {
            continue;
        }
        match path_of(name, known) {
            Some(path) => put(&mut layer, problems, name, &path, text),
            None => problems.push(unknown(name)),
        }
    }
    layer
}

/// Reads one variable. An empty one is an empty list, or else as good as none.
fn put(layer: &mut Layer, problems: &mut Vec<Problem>, name: &str, path: &str, text: &str) {
    let Some(kind) = keys::kind_of(path) else {
        return;
    };
    if text.is_empty() && !kind.is_list() {
        return;
    }
    match kind.read(text) {
        Ok(value) => {
            let entry = Entry::new(value, Origin::Variable(name.into()));
            layer.insert(path.into(), entry);
        }
        Err(what) => problems.push(Problem::new(name, what)),
    }
}

fn path_of(variable: &str, known: &Layer) -> Option<String> {
    if let Some(key) = KEYS.iter().find(|key| keys::variable(key.path) == variable) {
        return Some(key.path.into());
    }
    let named = NAMED
        .iter()
        .find_map(|(start, prefix, keys)| Some((variable.strip_prefix(start)?, *prefix, *keys)));
    let (rest, prefix, keys) = named?;
    // The longest ending decides: `X_DEFAULT_MODEL` is the default model of x.
    let (name, key) = keys
        .iter()
        .filter_map(|key| {
            let ending = format!("_{}", key.path.to_uppercase());
            Some((rest.strip_suffix(ending.as_str())?, key.path))
        })
        .min_by_key(|(name, _)| name.len())?;
    let name = provider_name(prefix, name, known);
    Some(format!("{prefix}{name}.{key}"))
}

/// A provider as the file spells it, or else in lower case.
fn provider_name(prefix: &str, upper: &str, known: &Layer) -> String {
    known
        .keys()
        .filter_map(|path| Some(path.strip_prefix(prefix)?.split_once('.')?.0))
        .find(|name| name.replace('-', "_").to_uppercase() == upper)
        .map_or_else(|| upper.to_lowercase(), Into::into)
}

fn unknown(name: &str) -> Problem {
    let known = KEYS
        .iter()
        .map(|key| keys::variable(key.path))
        .chain(special::NAMES.iter().map(|name| (*name).to_string()));
    Problem::unknown("environment", "variable", name, known)
}

/// Ollama's own variable may lack the scheme, the host or the port.
fn ollama_url(text: &str) -> String {
    if text.is_empty() || text.contains("://") {
        return text.into();
    }
    match text.rsplit_once(':') {
        Some(("", port)) => format!("http://127.0.0.1:{port}"),
        Some(_) if !text.ends_with(']') => format!("http://{text}"),
        _ => format!("http://{text}:11434"),
    }
}
