//! What an agent is asked with a step, and what it is reminded of.

use super::RECENT;
use crate::{app::Switchboard, follow::Shared};
use std::sync::Arc;
use switchboard_domain::{
    Result,
    ids::StepId,
    nouns::{Event, History, Message, Object, StepCall, StepResult, Task, Turn, TurnRole},
    ports::Page,
};

/// Said to an agent that is to go on, and is told nothing else.
const GO_ON: &str = "Go on with the next step.";
/// The word with which an agent says that it will go on. It is struck out of the answer.
const CONTINUE: &str = "__CONTINUE__";
/// How agents learn of the word.
const HINT: &str = "You work on a task step by step. If more steps are needed after this one, end your answer \
                    with the word __CONTINUE__.";
/// How many bytes of events are read to remind an agent.
const BYTES: usize = 1 << 20;

/// A step as it was accepted.
pub struct Accepted<'a> {
    /// Its number.
    pub no: i64,
    /// Which of the task's steps it is.
    pub place: i64,
    /// What is to be done, in words.
    pub input: Option<&'a str>,
    /// What the client gave besides.
    pub additional_input: &'a Object,
}

impl Accepted<'_> {
    /// What the agent is asked. The first step is about what the task is about.
    pub fn call(&self, task: &Task) -> StepCall {
        let own = self.input.filter(|text| !text.is_empty());
        let first = self.place == 1;
        let input = own.or_else(|| first.then_some(task.input.as_deref()).flatten());
        let mut additional_input = self.additional_input.clone();
        if first && additional_input.is_empty() {
            additional_input.clone_from(&task.additional_input);
        }
        StepCall {
            task: task.id.clone(),
            step: StepId {
                task: task.id.clone(),
                no: self.no,
            },
            input: input.map(str::to_owned),
            is_by_itself: own.is_none(),
            message: Message {
                sender: task.owner.to_string(),
                content: input.unwrap_or(if first { "" } else { GO_ON }).to_owned(),
                structured: (!additional_input.is_empty()).then(|| additional_input.clone()),
            },
            additional_input,
        }
    }

    /// What was said and done before.
    pub async fn history(&self, app: &Switchboard, task: &Task, head: i64) -> Result<History> {
        let stream = task.stream();
        let events = if let Some(events) = app.recent.up_to(&stream, head, RECENT) {
            events
        } else {
            let page = Page::UpTo {
                no: self.no,
                limit: RECENT,
                bytes: BYTES,
            };
            let events = app.ports.store.events(&stream, page).await?;
            events.into_iter().map(Shared::new).collect()
        };
        let same = |text: &str| text.is_empty() || Some(text) == task.input.as_deref();
        let says_it_itself = self.place == 1 && self.input.is_none_or(same);
        let begins = task.input.clone().filter(|_| !says_it_itself);
        let no = self.no;
        Ok(History::lazy(move || turns(begins.as_deref(), &events, no)))
    }
}

fn turns(begins: Option<&str>, events: &[Arc<Shared>], before: i64) -> Vec<Turn> {
    let turn = |role, content: &str| Turn {
        role,
        content: content.to_owned(),
    };
    let first = begins.map(|text| turn(TurnRole::Other, text));
    let mut turns: Vec<Turn> = first.into_iter().collect();
    for event in events {
        let recorded = &event.recorded;
        match &recorded.event {
            Event::StepAccepted { input, .. } if recorded.position.no < before => {
                let text = input.as_deref().filter(|text| !text.is_empty());
                // Some clients say the task once more with its first step.
                let is_said = turns.len() == 1 && text.is_some() && text == begins;
                if is_said {
                    continue;
                }
                if text.is_some() || turns.last().is_some_and(|last| last.role == TurnRole::Own) {
                    turns.push(turn(TurnRole::Other, text.unwrap_or(GO_ON)));
                }
            }
            Event::StepDone { step, result } if *step < before => {
                turns.extend(said(result).map(|text| turn(TurnRole::Own, text)));
            }
            _ => {}
        }
    }
    turns
}

fn said(result: &StepResult) -> Option<&str> {
    result.output.as_deref().filter(|text| !text.is_empty())
}

/// The agent's instructions, with how steps are ended.
pub fn instructions(own: Option<&str>) -> String {
    own.map_or_else(|| HINT.to_owned(), |own| format!("{own}\n\n{HINT}"))
}

/// What an agent said, and whether it says that it will go on.
pub fn without_word(text: String) -> (String, bool) {
    let stripped = text.trim_end().strip_suffix(CONTINUE);
    match stripped.map(|rest| rest.trim_end().to_owned()) {
        Some(rest) => (rest, true),
        None => (text, false),
    }
}
