//! Whether a call may be made: the user may act, and tokens are left. And what is counted after it.

use crate::{app::Switchboard, known::Known};
use switchboard_domain::{
    Result, Timestamp,
    ids::{LaneId, Username},
    nouns::{Memory, Meter, Outcome, User},
    ports::{Change, Key, Write},
    text::{clip, storable},
};

/// The longest answer that is stored, in bytes; what is longer is cut.
const ANSWER_MAX: usize = 1 << 20;

/// Whether a call may be made.
pub enum Spending {
    /// It may.
    Allowed,
    /// Not before this time: the agent has used up its tokens for this minute.
    CoolingDown(Timestamp),
    /// A budget is used up; in words.
    Spent(&'static str),
    /// The user on whose behalf it would run is disabled.
    Disabled,
}

/// What several calls share tokens from.
#[derive(Clone, Copy)]
pub struct Pot<'a> {
    meter: &'a str,
    limit: i64,
    words: &'static str,
}

impl<'a> Pot<'a> {
    /// What a session has.
    pub fn of_session(app: &Switchboard, meter: &'a str) -> Self {
        Self {
            meter,
            limit: app.settings.limits.tokens_per_session,
            words: "The session's budget of tokens is used up; the session is paused",
        }
    }

    /// What a task has.
    pub fn of_task(app: &Switchboard, meter: &'a str) -> Self {
        Self {
            meter,
            limit: app.settings.limits.tokens_per_task,
            words: "The task's budget of tokens is used up; make a new task to go on",
        }
    }
}

/// Looks at the user, and at the meters of the agent, what it shares if anything, and the user.
pub async fn check(
    app: &Switchboard,
    known: Known<'_>,
    user: &Username,
    agent: &str,
    pot: Option<Pot<'_>>,
) -> Result<Spending> {
    let spender = user_meter(user);
    let pot_meter = async {
        match pot {
            Some(pot) => known.find::<Meter>(pot.meter).await,
            None => Ok(None),
        }
    };
    let (agent, shared, spender, account) = futures::try_join!(
        known.find::<Meter>(agent),
        pot_meter,
        known.find::<Meter>(&spender),
        known.find::<User>(user.as_str())
    )?;
    let limits = &app.settings.limits;
    let spent = |meter: Option<Meter>, limit: i64| {
        limit > 0 && meter.is_some_and(|meter| meter.total_tokens() >= limit)
    };
    if account.is_none_or(|account| account.disabled_at.is_some()) {
        return Ok(Spending::Disabled);
    }
    if let Some(pot) = pot
        && spent(shared, pot.limit)
    {
        return Ok(Spending::Spent(pot.words));
    }
    if spent(spender, limits.tokens_per_user) {
        return Ok(Spending::Spent("Your budget of tokens is used up"));
    }
    let until = agent.and_then(|meter| meter.cooldown(limits.tokens_per_minute, app.ports.now()));
    Ok(until.map_or(Spending::Allowed, Spending::CoolingDown))
}

/// What [`check`] looks at.
pub fn needs(
    user: &Username,
    agent: &str,
    session: Option<&str>,
) -> impl Iterator<Item = Key> + use<> {
    let account = Key::of::<User>(user.as_str());
    let meters = [Key::of::<Meter>(agent), Key::of::<Meter>(user_meter(user))];
    let session = session.map(Key::of::<Meter>);
    meters.into_iter().chain([account]).chain(session)
}

/// Adds to a write what an answered call used and what the agent remembers.
pub fn count(
    mut write: Write,
    user: &Username,
    agent: &str,
    session: Option<&str>,
    lane: &LaneId,
    outcome: &Outcome,
) -> Write {
    let usage = outcome.usage.unwrap_or_default();
    let meters = [
        Some(agent.to_owned()),
        session.map(str::to_owned),
        Some(user_meter(user)),
    ];
    for meter in meters.into_iter().flatten() {
        write = write.change(Change::Count { meter, usage });
    }
    if let Some(value) = &outcome.memory {
        write = write.put(Memory {
            id: Memory::key(agent, lane),
            agent: agent.to_owned(),
            lane: lane.clone(),
            value: value.clone(),
        });
    }
    write
}

/// What an outcome says, as one text that can be stored.
pub fn answer_text(outcome: &Outcome) -> String {
    let replies: Vec<&str> = outcome
        .replies
        .iter()
        .map(|reply| reply.content.as_str())
        .collect();
    clip(storable(&replies.join("\n")).into_owned(), ANSWER_MAX)
}

/// The tokens of a call, for its answer.
pub fn tokens(outcome: &Outcome) -> Option<u64> {
    outcome
        .usage
        .and_then(|usage| u64::try_from(usage.total()).ok())
}

fn user_meter(user: &Username) -> String {
    format!("user:{user}")
}
