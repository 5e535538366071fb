//! Searching for agents. What can be found is made into plain words here, so that every engine
//! finds the same.

use std::collections::HashSet;
use switchboard_domain::nouns::Agent;

/// How many different words of an agent can be found, and how many may be looked for.
const WORDS: usize = 2000;
const ASKED: usize = 32;
/// How many characters of a word count.
const LENGTH: usize = 64;

/// The name of the agent and its capabilities, in lower case.
pub(crate) fn names(agent: &Agent) -> Vec<String> {
    std::iter::once(&agent.name)
        .chain(&agent.capabilities)
        .map(|name| exact(name))
        .collect()
}

/// How a name is compared.
pub(crate) fn exact(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The words by which the agent is found.
pub(crate) fn words(agent: &Agent) -> Vec<String> {
    let texts = std::iter::once(&agent.name)
        .chain(&agent.capabilities)
        .chain(&agent.personality);
    distinct(texts.map(String::as_str), WORDS)
}

/// The words of a question.
pub(crate) fn asked(text: &str) -> Vec<String> {
    distinct(std::iter::once(text), ASKED)
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>, limit: usize) -> Vec<String> {
    let mut seen = HashSet::new();
    texts
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(|word| {
            word.to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric())
                .take(LENGTH)
                .collect::<String>()
        })
        .filter(|word| seen.insert(word.clone()))
        .take(limit)
        .collect()
}

/// How well an agent matches: whether a name is exact, and how many words are found. None when it
/// does not match at all.
pub(crate) fn rank(agent: &Agent, text: &str) -> Option<(bool, usize)> {
    let wanted = exact(text);
    let is_exact = names(agent).contains(&wanted);
    let words = words(agent);
    let found = asked(text)
        .iter()
        .filter(|asked| words.iter().any(|word| word.starts_with(*asked)))
        .count();
    (is_exact || found > 0).then_some((is_exact, found))
}
