//! Working on a delivery of an agent in workflows: from the claim to what it answered.

use super::{
    grants,
    message::{find_message, received},
};
use crate::{
    actions::{self, Acting},
    app::Switchboard,
    known::Known,
    queue::{CLAIMS_MAX, Worked},
    spending::{self, Spending},
    types::{AgentType, TYPE_SOON},
};
use serde_json::Value;
use std::sync::Arc;
use switchboard_domain::{
    Result,
    ids::{AgentId, EmittedId, Username},
    nouns::{
        Activity, Call, Claimed, DefinedBy, Delegation, Grants, History, Links, Memory, Outcome,
        User, Wallet, Why, Work, WorkflowAgent, action::Origin,
    },
    ports::{Change, Key, Write},
};
use tokio_util::sync::CancellationToken;

/// How long a call waits for an agent whose type is not known although all addresses were asked, in
/// microseconds.
const TYPE_LATER: i64 = 10_000_000;
/// How long the calls of a disabled user wait before it is looked again, in seconds.
const DISABLED_S: i64 = 300;

/// A call that was made, with all that its write needs.
pub struct Hop {
    /// The agent.
    pub agent: WorkflowAgent,
    /// Its links, as far as they are known.
    pub links: Links,
    /// What happened to it last.
    pub activity: Activity,
    /// The message that it received, if it received one.
    pub message: Option<EmittedId>,
    /// What it answered, or why it did not.
    pub answer: std::result::Result<Outcome, String>,
    /// Its type.
    pub kind: Arc<AgentType>,
    /// What it proposes, if it answered.
    pub acting: Option<Acting>,
}

/// The records that a call of this agent looks at.
pub fn needs(id: AgentId, owner: &Username) -> impl Iterator<Item = Key> + use<> {
    let (number, lane) = (id.0.to_string(), switchboard_domain::ids::LaneId::agent(id));
    [
        Key::of::<WorkflowAgent>(&*number),
        Key::of::<Links>(&*number),
        Key::of::<Activity>(&*number),
        Key::of::<Memory>(Memory::key(&id.to_string(), &lane)),
        Key::of::<User>(owner.as_str()),
        Key::of::<Wallet>(owner.as_str()),
    ]
    .into_iter()
}

/// Lets an agent receive a message, or check.
///
/// # Errors
/// When the store fails; the delivery is then tried again.
pub async fn run(
    app: &Switchboard,
    claimed: &Claimed,
    known: Known<'_>,
    cancel: &CancellationToken,
) -> Result<Worked> {
    let lane = &claimed.delivery.lane;
    let finish = || {
        let (lane, claim) = (lane.clone(), app.queue.claimant());
        Worked::Write(Write::new().change(Change::Finish { lane, claim }))
    };
    let Ok(id) = claimed.delivery.agent.parse::<AgentId>() else {
        return Ok(finish());
    };
    let Some(agent): Option<WorkflowAgent> = known.find(&id.0.to_string()).await? else {
        return Ok(finish());
    };
    if claimed.attempt - claimed.failures > CLAIMS_MAX {
        return Ok(Worked::Write(give_up(claimed)));
    }
    if let Some(write) = wait(app, known, claimed, &agent).await? {
        return Ok(Worked::Write(write));
    }
    let Some(kind) = app.types.get(&agent.kind) else {
        let pause = if app.types.is_asking() {
            TYPE_SOON
        } else {
            TYPE_LATER
        };
        let (lane, ready_at) = (lane.clone(), app.ports.now().plus_micros(pause));
        return Ok(Worked::Write(
            Write::new().change(Change::Retry { lane, ready_at }),
        ));
    };
    if kind.uses_tokens()
        && let Some(write) = save(app, known, claimed, &agent).await?
    {
        return Ok(Worked::Write(write));
    }
    let Some((why, message)) = why(app, claimed, known, &agent).await? else {
        return Ok(finish());
    };
    let round = round(&why);
    let call = call(app, claimed, known, &agent, (why, &kind)).await?;
    let answer = tokio::select! {
        // In this order: what was cancelled before it began is not called at all.
        biased;
        () = cancel.cancelled() => return Ok(Worked::BrokenOff),
        answer = kind.call(&call) => answer.map_err(|error| error.to_string()),
    };
    let links = match known.find(&id.0.to_string()).await? {
        Some(links) => links,
        None => no_links(&agent),
    };
    let activity = known.find(&id.0.to_string()).await?;
    let acting = answer.as_ref().ok().map(|outcome| Acting {
        owner: agent.owner.clone(),
        agent: agent.id.to_string(),
        origin: Origin::Workflow {
            agent: agent.id,
            round,
        },
        functions: call.functions.clone(),
        said: actions::autonomy_of(&agent.options).unwrap_or_default(),
        since: claimed.delivery.created_at,
        proposed: outcome.actions.clone(),
    });
    Ok(Worked::Hop(Box::new(Hop {
        acting,
        links,
        activity: activity.unwrap_or(Activity::none(id)),
        agent,
        message,
        answer,
        kind,
    })))
}

/// How often in a row the agent was told of its own proposals.
fn round(why: &Why) -> u32 {
    let Why::Receive(received) = why else {
        return 0;
    };
    let round = received.payload.get(actions::ROUND).and_then(Value::as_u64);
    round
        .and_then(|round| u32::try_from(round).ok())
        .unwrap_or(0)
}

/// The links of an agent that has none.
pub fn no_links(agent: &WorkflowAgent) -> Links {
    Links {
        id: agent.id,
        owner: agent.owner.clone(),
        receivers: Vec::new(),
        control_targets: Vec::new(),
    }
}

/// What to store instead of a call that may not be made now.
async fn wait(
    app: &Switchboard,
    known: Known<'_>,
    claimed: &Claimed,
    agent: &WorkflowAgent,
) -> Result<Option<Write>> {
    let lane = claimed.delivery.lane.clone();
    if !agent.is_enabled() {
        let (id, ready_at) = (lane.clone(), app.ports.now());
        let write = Write::new().change(Change::Pause(id));
        return Ok(Some(write.change(Change::Retry { lane, ready_at })));
    }
    let owner: Option<User> = known.find(agent.owner.as_str()).await?;
    if owner.is_none_or(|owner| owner.disabled_at.is_some()) {
        let ready_at = app.ports.now().plus_seconds(DISABLED_S);
        return Ok(Some(Write::new().change(Change::Retry { lane, ready_at })));
    }
    Ok(None)
}

/// What to store instead of a call for which no tokens are left.
async fn save(
    app: &Switchboard,
    known: Known<'_>,
    claimed: &Claimed,
    agent: &WorkflowAgent,
) -> Result<Option<Write>> {
    let (lane, meter) = (claimed.delivery.lane.clone(), agent.id.to_string());
    let check = spending::check(app, known, &agent.owner, &meter, None);
    let ready_at = match check.await? {
        Spending::Allowed => return Ok(None),
        Spending::CoolingDown(until) => until,
        Spending::Spent(_) | Spending::Disabled => app.ports.now().plus_seconds(DISABLED_S),
    };
    Ok(Some(Write::new().change(Change::Retry { lane, ready_at })))
}

/// Why it is called; none if the message is gone.
async fn why(
    app: &Switchboard,
    claimed: &Claimed,
    known: Known<'_>,
    agent: &WorkflowAgent,
) -> Result<Option<(Why, Option<EmittedId>)>> {
    let Work::Receive { source } = claimed.delivery.work else {
        return Ok(Some((Why::Check, None)));
    };
    let no = claimed.delivery.about.unwrap_or(0);
    let Some(found) = find_message(app, source, no).await? else {
        return Ok(None);
    };
    let emitter: Option<WorkflowAgent> = known.find(&source.0.to_string()).await?;
    let message = received(source, emitter.as_ref(), agent.user, found);
    Ok(message.map(|message| (Why::Receive(message), Some(EmittedId::new(source, no)))))
}

async fn call(
    app: &Switchboard,
    claimed: &Claimed,
    known: Known<'_>,
    agent: &WorkflowAgent,
    (why, kind): (Why, &AgentType),
) -> Result<Call> {
    let id = agent.id.to_string();
    let memory: Option<Memory> = known.find(&Memory::key(&id, &agent.lane())).await?;
    let wallet = if agent.grants == Grants::default() {
        None
    } else {
        known.find::<Wallet>(agent.owner.as_str()).await?
    };
    let own = actions::of_options(&agent.options, DefinedBy::Owner).unwrap_or_default();
    let functions = actions::definitions([&*own, &*kind.registration.functions]);
    Ok(Call {
        id: claimed.delivery.name(),
        attempt: u32::try_from(claimed.failures + 1).unwrap_or(u32::MAX),
        why,
        model: agent.kind.clone(),
        instructions: None,
        options: agent.options.clone(),
        memory: memory.map(|memory| memory.value).unwrap_or_default(),
        history: History::default(),
        credentials: grants::granted(app, &agent.owner, &agent.grants, wallet.as_ref())?,
        functions,
        max_output_tokens: None,
        delegation: app.passed_on(&Delegation::default()),
    })
}

fn give_up(claimed: &Claimed) -> Write {
    let breaks = claimed.attempt - claimed.failures - 1;
    Write::new().change(Change::Bury {
        lane: claimed.delivery.lane.clone(),
        reason: format!("the server broke off {breaks} times while the agent was called"),
    })
}
