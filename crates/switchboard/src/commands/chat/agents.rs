//! With whom to talk.

use std::collections::BTreeMap;

use switchboard_client::{Provider, Seat};

use crate::{cli::ChatArgs, commands::Failure};

/// The provider that is always there.
const DEMO: &str = "demo";
/// What stands for the provider of a registered agent.
const REGISTERED: &str = "agent";

/// The agents that were asked for: one to talk with, or two that talk with each other.
pub fn wanted(arguments: &ChatArgs) -> Vec<Seat> {
    let seat = |provider: String, model| Seat {
        provider,
        model,
        personality: arguments.personality.clone(),
    };
    if let Some(between) = &arguments.between {
        let named = between.iter().map(|name| {
            let (provider, model) = split(name);
            seat(provider, model)
        });
        return named.collect();
    }
    let provider = arguments.provider.clone();
    let provider = provider.unwrap_or_else(|| DEMO.to_owned());
    vec![seat(provider, arguments.model.clone())]
}

/// `provider/model`, `provider`, or the id of a registered agent.
fn split(name: &str) -> (String, Option<String>) {
    if let Some((provider, model)) = name.split_once('/') {
        return (provider.to_owned(), Some(model.to_owned()));
    }
    let number = name.strip_prefix("agent_").unwrap_or_default();
    if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return (REGISTERED.to_owned(), Some(name.to_owned()));
    }
    (name.to_owned(), None)
}

/// Checks that there is such a provider, and says which there are.
///
/// # Errors
/// When there is none.
pub fn check(seats: &[Seat], providers: &BTreeMap<String, Provider>) -> Result<(), Failure> {
    let known =
        |seat: &&Seat| seat.provider == REGISTERED || providers.contains_key(&seat.provider);
    let Some(unknown) = seats.iter().find(|seat| !known(seat)) else {
        return Ok(());
    };
    let list = providers
        .iter()
        .map(|(name, provider)| format!("{name} ({})", provider.models.join(", ")));
    let list: Vec<String> = list.collect();
    Err(Failure::Other {
        what: format!("the server has no provider `{}`", unknown.provider),
        hint: Some(format!(
            "it has {}; and `{REGISTERED}` with the id of a registered agent as the model",
            list.join(", ")
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_named_in_three_ways() {
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(split("demo/echo"), ("demo".to_owned(), some("echo")));
        assert_eq!(split("or/a/b"), ("or".to_owned(), some("a/b")));
        assert_eq!(split("demo"), ("demo".to_owned(), None));
        assert_eq!(split("agent_7"), ("agent".to_owned(), some("agent_7")));
        assert_eq!(split("agent_x"), ("agent_x".to_owned(), None));
    }

    #[test]
    fn without_a_word_it_is_the_demo() {
        let seats = wanted(&ChatArgs::default());
        assert_eq!((seats.len(), &*seats[0].provider), (1, "demo"));
        assert_eq!(seats[0].model, None);
    }
}
