//! What is wrong with an agent, as far as its records tell.

use crate::app::Switchboard;
use serde_json::Value;
use switchboard_domain::{
    Result, Timestamp,
    nouns::{Activity, Stream, WorkflowAgent},
    ports::find,
};

/// What is wrong with an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issue {
    /// It reported an error, or failed, since its last message.
    ErrorSinceLastMessage,
    /// Its last call failed.
    LastCallFailed,
    /// It emitted nothing for longer than its options expect.
    EmittedNothing,
    /// It received nothing for longer than its options expect.
    ReceivedNothing,
    /// Its type is not there.
    Unreachable,
}

impl Issue {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ErrorSinceLastMessage => "error_since_last_message",
            Self::LastCallFailed => "last_call_failed",
            Self::EmittedNothing => "no_message_within_expected_update_period",
            Self::ReceivedNothing => "nothing_received_within_expected_receive_period",
            Self::Unreachable => "type_unreachable",
        }
    }
}

/// What is wrong with this agent.
pub(super) async fn issues(
    app: &Switchboard,
    agent: &WorkflowAgent,
    messages: Option<&Stream>,
) -> Result<Vec<Issue>> {
    let activity: Option<Activity> = find(&*app.ports.store, agent.id.0.to_string()).await?;
    let activity = activity.unwrap_or(Activity::none(agent.id));
    let mut issues = judge(agent, &activity, messages, app.ports.now());
    if app.types.get(&agent.kind).is_none() {
        issues.push(Issue::Unreachable);
    }
    Ok(issues)
}

fn judge(
    agent: &WorkflowAgent,
    activity: &Activity,
    messages: Option<&Stream>,
    now: Timestamp,
) -> Vec<Issue> {
    let emitted_at = messages
        .filter(|stream| stream.last_no > 0)
        .map(|stream| stream.last_at);
    let late = |option: &str, last: Option<Timestamp>| {
        let days = agent.options.get(option).and_then(days);
        let since = last.unwrap_or(agent.created_at);
        days.is_some_and(|days| now.since(since).as_secs_f64() > days * 86_400.0)
    };
    let checks = [
        (Issue::ErrorSinceLastMessage, activity.error_at > emitted_at),
        (Issue::LastCallFailed, activity.failing_since.is_some()),
        (
            Issue::EmittedNothing,
            late("expected_update_period_in_days", emitted_at),
        ),
        (
            Issue::ReceivedNothing,
            late("expected_receive_period_in_days", activity.received_at),
        ),
    ];
    let found = checks.into_iter().filter(|(_, is_so)| *is_so);
    found.map(|(issue, _)| issue).collect()
}

/// A number of days: a number, or a text that is one.
fn days(value: &Value) -> Option<f64> {
    let days = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    (days > 0.0).then_some(days)
}
