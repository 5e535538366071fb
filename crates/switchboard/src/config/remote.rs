//! Remote agents: those in the file, and those that variables name.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::Kind;
use super::layer::{Entry, Layer, Origin};
use super::problem::Problem;

/// The name of the sections.
pub(super) const SECTION: &str = "remote_agents";
/// How variables begin that name an agent. The rest of the name is free.
const VARIABLES: &str = "REMOTE_AGENT_URL";

/// The path of the section that is the `index`th in the file.
pub(super) fn nth(index: usize) -> String {
    format!("{SECTION}.{index:04}")
}

/// The agents that variables name, one each.
pub(super) fn variables(
    variables: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> Layer {
    let mut layer = Layer::new();
    for (name, text) in variables {
        if !name.starts_with(VARIABLES) || text.trim().is_empty() {
            continue;
        }
        match Kind::Url.read(text.trim()) {
            Ok(value) => {
                let entry = Entry::new(value, Origin::Variable(name.clone()));
                layer.insert(format!("{SECTION}.{name}.url"), entry);
            }
            Err(what) => problems.push(Problem::new(name, what)),
        }
    }
    layer
}

/// Each agent has an address, and each address is there once.
pub(super) fn check(effective: &Layer, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    let mut asked = BTreeSet::new();
    for (path, entry) in effective {
        let Some((name, _)) = path
            .strip_prefix("remote_agents.")
            .and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        let Some(url) = effective.get(&format!("{SECTION}.{name}.url")) else {
            if asked.insert(name) {
                let what = "a remote agent needs a `url`: where is it?";
                problems.push(Problem::new(&entry.origin, what));
            }
            continue;
        };
        let address = url.value.as_str().unwrap_or_default();
        if asked.insert(name) && !seen.insert(address) {
            let what = format!("`{address}` is there twice: name each remote agent once");
            problems.push(Problem::new(&url.origin, what));
        }
    }
}
