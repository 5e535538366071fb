//! The program itself, as an operator runs it.

mod accounts;
mod actions;
mod chat;
mod help;
mod keys;
mod logs;
mod metrics;
pub mod program;
mod rotation;
mod settings;
mod slow;
mod start;
mod stop;
mod tasks;
mod terminal;
mod tokens;
mod workflows;

use switchboard_testkit::chat::Answer;

/// Where the caller's sessions are listed: something that only who is let in may see.
const SESSIONS: &str = "/api/chat/sessions";

#[track_caller]
fn refused(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text);
}
