//! The built-in provider: at once, deterministic and offline. It needs no key, so it is what a
//! first start has, and what tests call.

mod script;

use crate::answer::replies;
use async_trait::async_trait;
use std::sync::Arc;
use switchboard_domain::nouns::{Call, Outcome, Usage, Why};
use switchboard_domain::ports::{AgentRuntime, CallError, Clock, DeltaSink, ProviderInfo};

const ECHO: &str = "echo";
const SCRIPT: &str = "script";
/// How an echo is asked to propose to call a function: its name and its arguments, as JSON, stand behind.
const PROPOSE: &str = "propose ";
/// In how many pieces an answer comes, at the most.
const MAX_PIECES: usize = 1000;

/// The provider `demo`. Its model `echo` answers with the text that it was given; where functions are
/// offered, `propose NAME {…}` lets it propose to call one. `script` does what the text says, line by
/// line.
pub struct DemoRuntime {
    clock: Arc<dyn Clock>,
}

impl DemoRuntime {
    /// The demo. It waits on this clock only.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

#[async_trait]
impl AgentRuntime for DemoRuntime {
    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            id: "demo".into(),
            name: "Demo".into(),
            models: vec![ECHO.into(), SCRIPT.into()],
            default_model: ECHO.into(),
            usable: true,
        }
    }

    async fn call(&self, call: &Call, deltas: &dyn DeltaSink) -> Result<Outcome, CallError> {
        let text = match &call.why {
            Why::Message(message) => message.content.clone(),
            Why::Step(step) => step.message.content.clone(),
            Why::Receive(received) => received.prompt(),
            // Nobody said anything, so there is nothing to echo.
            Why::Check => return Ok(Outcome::default()),
        };
        let mut outcome = match &*call.model {
            "" | ECHO => match text
                .strip_prefix(PROPOSE)
                .filter(|_| !call.functions.is_empty())
            {
                Some(rest) => {
                    script::Run::new(&*self.clock, &call.functions, deltas)
                        .all(&format!("call {rest}"))
                        .await?
                }
                None => echo(&text, deltas).await,
            },
            SCRIPT => {
                script::Run::new(&*self.clock, &call.functions, deltas)
                    .all(&text)
                    .await?
            }
            other => {
                return Err(CallError::Permanent {
                    message: format!(
                        "Demo has no model called {other:?}; it has {ECHO} and {SCRIPT}"
                    ),
                });
            }
        };
        outcome.goes_on = goes_on(&call.why);
        Ok(outcome)
    }
}

/// Whoever gives a step words of its own may give another; whoever gives none wants the end.
fn goes_on(why: &Why) -> bool {
    matches!(why, Why::Step(step) if !step.is_by_itself)
}

async fn echo(text: &str, deltas: &dyn DeltaSink) -> Outcome {
    let words = words(text);
    // A long text comes in longer pieces, so that there are never more than so many.
    for (n, piece) in words
        .chunks(words.len().div_ceil(MAX_PIECES).max(1))
        .enumerate()
    {
        deltas.delta(&piece.concat());
        breathe(n).await;
    }
    Outcome {
        replies: replies(text.to_owned(), &[]),
        usage: Some(Usage {
            input_tokens: tokens(text),
            output_tokens: tokens(text),
        }),
        ..Outcome::default()
    }
}

/// Lets others run after every few pieces: nothing else in the demo ever waits.
async fn breathe(pieces: usize) {
    if pieces % 32 == 31 {
        tokio::task::yield_now().await;
    }
}

/// The words, each with the whitespace after it, so that they add up to the text.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut after_space) = (0, false);
    for (at, c) in text.char_indices() {
        if after_space && !c.is_whitespace() {
            words.push(&text[start..at]);
            start = at;
        }
        after_space = c.is_whitespace();
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

/// One token a word.
fn tokens(text: &str) -> i64 {
    i64::try_from(text.split_whitespace().count()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_keep_their_whitespace() {
        assert_eq!(words("one  two\nthree "), ["one  ", "two\n", "three "]);
        assert_eq!(words("  one"), ["  ", "one"]);
        assert!(words("").is_empty());
    }

    proptest! {
        #[test]
        fn words_add_up_to_the_text(text in any::<String>()) {
            prop_assert_eq!(words(&text).concat(), text);
        }
    }
}
