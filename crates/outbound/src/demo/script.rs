//! The demo's script language: one command a line, anything else is echoed.

use super::{MAX_PIECES, breathe, tokens};
use crate::answer::replies;
use std::future::pending;
use switchboard_domain::nouns::{Function, Object, Outcome, ProposedAction, Usage};
use switchboard_domain::ports::{CallError, Clock, DeltaSink};

/// A script is text from anybody, so what it may ask for is bounded.
const MAX_LINES: usize = 1000;
const MAX_DELAY_MS: i64 = 60_000;
const MAX_TOKENS: i64 = 1_000_000;

/// One line of a script.
#[derive(Debug, PartialEq)]
enum Command<'a> {
    Say(&'a str),
    Delay(i64),
    Stream(usize, &'a str),
    Fail(Failure),
    Call(&'a str, &'a str),
    Tokens(i64),
    Exit,
}

#[derive(Debug, PartialEq)]
enum Failure {
    RateLimited,
    Broken,
    Silent,
}

impl<'a> Command<'a> {
    /// What does not parse is said as it stands, so a text that is no script is echoed.
    fn parse(line: &'a str) -> Self {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        Self::known(word, rest).unwrap_or(Self::Say(line))
    }

    fn known(word: &str, rest: &'a str) -> Option<Self> {
        Some(match word {
            "say" => Self::Say(rest),
            "delay" => Self::Delay(rest.trim().parse().ok().filter(|&ms| ms >= 0)?),
            "stream" => {
                let (pieces, text) = rest.split_once(' ')?;
                Self::Stream(pieces.parse().ok().filter(|&n| n > 0)?, text)
            }
            "fail" => Self::Fail(match rest.trim() {
                "429" => Failure::RateLimited,
                "500" => Failure::Broken,
                "timeout" => Failure::Silent,
                _ => return None,
            }),
            "call" => {
                let (name, arguments) = rest.split_once(' ').unwrap_or((rest, ""));
                Self::Call((!name.is_empty()).then_some(name)?, arguments.trim())
            }
            "tokens" => Self::Tokens(rest.trim().parse().ok().filter(|&n| n >= 0)?),
            "exit" if rest.trim().is_empty() => Self::Exit,
            _ => return None,
        })
    }
}

/// A script that is being done.
pub(super) struct Run<'a> {
    clock: &'a dyn Clock,
    functions: &'a [Function],
    deltas: &'a dyn DeltaSink,
    answer: String,
    said: bool,
    /// How many pieces were given.
    pieces: usize,
    reported: Option<i64>,
    outcome: Outcome,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        clock: &'a dyn Clock,
        functions: &'a [Function],
        deltas: &'a dyn DeltaSink,
    ) -> Self {
        let outcome = Outcome::default();
        Self {
            clock,
            functions,
            deltas,
            answer: String::new(),
            said: false,
            pieces: 0,
            reported: None,
            outcome,
        }
    }

    /// Does all lines.
    pub(super) async fn all(mut self, text: &str) -> Result<Outcome, CallError> {
        if text.lines().nth(MAX_LINES).is_some() {
            self.outcome
                .logs
                .push(format!("the script was cut after {MAX_LINES} lines"));
        }
        for line in text.lines().take(MAX_LINES) {
            self.line(Command::parse(line)).await?;
            if self.outcome.done {
                break;
            }
        }
        Ok(self.finish(text))
    }

    async fn line(&mut self, command: Command<'_>) -> Result<(), CallError> {
        match command {
            Command::Say(text) => self.say(text, 1).await,
            Command::Stream(pieces, text) => {
                let left = MAX_PIECES.saturating_sub(self.pieces).max(1);
                self.say(text, pieces.min(left)).await;
            }
            Command::Delay(ms) => {
                let until = self.clock.now().plus_micros(ms.min(MAX_DELAY_MS) * 1000);
                self.clock.sleep_until(until).await;
            }
            Command::Fail(Failure::RateLimited) => {
                return Err(transient("Demo is over its rate limit (429)"));
            }
            Command::Fail(Failure::Broken) => return Err(transient("Demo failed (500)")),
            Command::Fail(Failure::Silent) => pending().await,
            Command::Call(name, arguments) => self.propose(name, arguments).await,
            Command::Tokens(n) => {
                let all = self.reported.unwrap_or_default() + n.min(MAX_TOKENS);
                self.reported = Some(all);
            }
            Command::Exit => self.outcome.done = true,
        }
        Ok(())
    }

    /// Adds a line to the answer. Its pieces add up to it, with the line break in the first.
    async fn say(&mut self, text: &str, count: usize) {
        let mut piece = String::from(if self.said { "\n" } else { "" });
        self.said = true;
        for part in pieces(text, count) {
            piece.push_str(part);
            self.give(&mut piece).await;
        }
        // What an empty line leaves is its line break.
        if !piece.is_empty() {
            self.give(&mut piece).await;
        }
    }

    async fn give(&mut self, piece: &mut String) {
        self.deltas.delta(piece);
        self.answer.push_str(piece);
        piece.clear();
        breathe(self.pieces).await;
        self.pieces += 1;
    }

    async fn propose(&mut self, name: &str, arguments: &str) {
        if !self.functions.iter().any(|function| function.name == name) {
            return self
                .say(&format!("No function called {name} was offered."), 1)
                .await;
        }
        let arguments = if arguments.is_empty() {
            "{}"
        } else {
            arguments
        };
        if let Ok(arguments) = serde_json::from_str::<Object>(arguments) {
            let name = name.to_owned();
            self.outcome
                .actions
                .push(ProposedAction { name, arguments });
        } else {
            let words = format!("The arguments of {name} are not a JSON object.");
            self.say(&words, 1).await;
        }
    }

    fn finish(mut self, text: &str) -> Outcome {
        self.outcome.usage = Some(match self.reported {
            Some(output_tokens) => Usage {
                input_tokens: 0,
                output_tokens,
            },
            None => Usage {
                input_tokens: tokens(text),
                output_tokens: tokens(&self.answer),
            },
        });
        self.outcome.replies = replies(self.answer, &self.outcome.actions);
        self.outcome
    }
}

fn transient(message: &str) -> CallError {
    CallError::Transient {
        message: message.to_owned(),
        retry_after: None,
    }
}

/// The text in at most `count` pieces, whose lengths differ by one character at most.
fn pieces(text: &str, count: usize) -> Vec<&str> {
    let mut starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let chars = starts.len();
    starts.push(text.len());
    let count = count.min(chars);
    let edge = |piece: usize| starts[piece * chars / count];
    (0..count)
        .map(|piece| &text[edge(piece)..edge(piece + 1)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pieces_are_about_equal() {
        assert_eq!(pieces("abcdefgh", 3), ["ab", "cde", "fgh"]);
        assert_eq!(pieces("añb", 9), ["a", "ñ", "b"]);
        assert!(pieces("", 3).is_empty());
    }

    #[test]
    fn what_is_no_command_is_said() {
        for line in [
            "hello",
            "",
            "saying",
            "delay soon",
            "delay -1",
            "fail 418",
            "stream 0 a",
            "stream",
            "exit now",
            "call",
            "tokens",
            "tokens many",
            " say a",
        ] {
            assert_eq!(Command::parse(line), Command::Say(line));
        }
    }

    #[test]
    fn commands_parse() {
        assert_eq!(Command::parse("say  a b "), Command::Say(" a b "));
        assert_eq!(Command::parse("delay 5"), Command::Delay(5));
        assert_eq!(Command::parse("stream 2 a b"), Command::Stream(2, "a b"));
        assert_eq!(
            Command::parse("fail timeout"),
            Command::Fail(Failure::Silent)
        );
        assert_eq!(
            Command::parse("call f {\"a\": 1}"),
            Command::Call("f", "{\"a\": 1}")
        );
        assert_eq!(Command::parse("tokens 7"), Command::Tokens(7));
        assert_eq!(Command::parse("exit"), Command::Exit);
    }

    proptest! {
        #[test]
        fn pieces_add_up_and_differ_by_one(text in any::<String>(), count in 1_usize..2000) {
            let pieces = pieces(&text, count);
            prop_assert_eq!(pieces.concat(), text.clone());
            prop_assert_eq!(pieces.len(), count.min(text.chars().count()));
            let sizes = pieces.iter().map(|piece| piece.chars().count());
            let (least, most) = (sizes.clone().min(), sizes.max());
            prop_assert!(most.unwrap_or(0) - least.unwrap_or(0) <= 1);
        }
    }
}
