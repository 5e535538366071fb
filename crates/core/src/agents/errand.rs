//! Working on a message for a registered agent.

use super::actor::Actor;
use crate::{
    app::Switchboard,
    dialogue::{Answer, Answering},
    known::Known,
    queue::{CLAIMS_MAX, Worked},
    spending::{self, Spending},
};
use switchboard_domain::{
    Result, Timestamp,
    ids::{MessageId, StreamId},
    nouns::{
        Agent, AgentErrand, Call, Claimed, Delegation, Event, FailureCode, History,
        InteractionMode, Memory, Message, Outcome, Response, Why,
    },
    ports::{Change, Write},
    text::storable,
};
use tokio_util::sync::CancellationToken;

/// Calls the receiver; its answer goes to the sender's messages.
///
/// # Errors
/// When the store fails; the delivery is then tried again.
pub async fn run_errand(
    app: &Switchboard,
    claimed: &Claimed,
    known: Known<'_>,
    errand: &AgentErrand,
    cancel: &CancellationToken,
) -> Result<Worked> {
    let lane = &claimed.delivery.lane;
    let finish = Change::Finish {
        lane: lane.clone(),
        claim: app.queue.claimant(),
    };
    let refused = |code, why: &str| failed(claimed, errand, code, why);
    if claimed.attempt > CLAIMS_MAX {
        let reason = format!("claimed {} times without an outcome", claimed.attempt - 1);
        let why = "The server broke off too often while answering; send the message again";
        let bury = Change::Bury {
            lane: lane.clone(),
            reason,
        };
        return Ok(Worked::Write(
            refused(FailureCode::DeliveryFailed, why).change(bury),
        ));
    }
    let agent: Option<Agent> = known.find(&errand.receiver.0.to_string()).await?;
    let actor = match &agent {
        Some(agent) => {
            let (mode, user) = (InteractionMode::AgentToAgent, &claimed.delivery.user);
            Some(Actor::registered(app, known, agent, mode, user).await?)
        }
        None => None,
    };
    let callable = actor
        .as_ref()
        .and_then(|actor| Some((actor, actor.runtime.as_ref()?)));
    let Some((actor, runtime)) = callable else {
        if let Some(ready_at) = actor.as_ref().and_then(|actor| actor.look_again(app)) {
            return Ok(later(claimed, ready_at));
        }
        let why = "The agent is not there any more, or its provider cannot be used";
        let write = refused(FailureCode::AgentUnavailable, why).change(finish);
        return Ok(Worked::Write(write));
    };
    let user = &claimed.delivery.user;
    match spending::check(app, known, user, &actor.meter, None).await? {
        Spending::Allowed => {}
        Spending::CoolingDown(ready_at) => return Ok(later(claimed, ready_at)),
        Spending::Spent(why) => {
            let write = refused(FailureCode::AgentUnavailable, why).change(finish);
            return Ok(Worked::Write(write));
        }
        Spending::Disabled => return Ok(Worked::Write(Write::new().change(finish))),
    }
    let key = Memory::key(&actor.meter, lane);
    let memory: Option<Memory> = known.find(&key).await?;
    let answering = Answering {
        stream: StreamId::agent(errand.sender),
        reply_to: claimed.delivery.about.unwrap_or(0),
        agent: errand.receiver.to_string(),
        claim: claimed.attempt,
        limit_s: app.settings.limits.model_timeout_s,
        cancel,
    };
    let call = call(app, claimed, errand, actor, memory);
    Ok(match answering.call(app, runtime, call).await {
        Answer::Outcome(outcome) => {
            Worked::Write(answered(app, claimed, errand, actor, &outcome).change(finish))
        }
        Answer::Failed(code, why) => Worked::Write(refused(code, &why).change(finish)),
        Answer::Impossible(why) => {
            Worked::Write(refused(FailureCode::ProviderError, &why).change(finish))
        }
        Answer::BrokenOff => Worked::BrokenOff,
    })
}

/// The message is worked on at this time.
fn later(claimed: &Claimed, ready_at: Timestamp) -> Worked {
    Worked::Write(Write::new().change(Change::Continue {
        lane: claimed.delivery.lane.clone(),
        work: claimed.delivery.work.clone(),
        ready_at,
    }))
}

fn call(
    app: &Switchboard,
    claimed: &Claimed,
    errand: &AgentErrand,
    actor: &Actor,
    memory: Option<Memory>,
) -> Call {
    Call {
        id: format!("{}/{}", claimed.delivery.lane, claimed.delivery.no),
        attempt: 1,
        why: Why::Message(Message {
            sender: errand.sender.to_string(),
            content: errand.content.clone(),
            structured: errand.structured.clone(),
        }),
        model: actor.model.clone(),
        instructions: actor.instructions.clone(),
        options: actor.options.clone(),
        memory: memory.map(|memory| memory.value).unwrap_or_default(),
        history: History::default(),
        credentials: actor.credentials.clone(),
        functions: Vec::new(),
        max_output_tokens: None,
        delegation: app.passed_on(&Delegation::default()),
    }
}

fn answered(
    app: &Switchboard,
    claimed: &Claimed,
    errand: &AgentErrand,
    actor: &Actor,
    outcome: &Outcome,
) -> Write {
    let write = if outcome.replies.is_empty() && !outcome.errors.is_empty() {
        let why = outcome.errors.join("\n");
        failed(claimed, errand, FailureCode::ProviderError, &why)
    } else {
        let response = response(app, claimed, errand, actor, outcome);
        Write::new().append(StreamId::agent(errand.sender), Event::Response(response))
    };
    let delivery = &claimed.delivery;
    spending::count(
        write,
        &delivery.user,
        &actor.meter,
        None,
        &delivery.lane,
        outcome,
    )
}

fn response(
    app: &Switchboard,
    claimed: &Claimed,
    errand: &AgentErrand,
    actor: &Actor,
    outcome: &Outcome,
) -> Response {
    Response {
        message: MessageId::from_uuid(app.ports.uuid()),
        sender: errand.receiver.to_string(),
        receiver: errand.sender.to_string(),
        content: spending::answer_text(outcome),
        provider: actor.provider.clone(),
        model: actor.model.clone(),
        tokens: spending::tokens(outcome),
        reply_to: claimed.delivery.about.unwrap_or(0),
        in_reply_to: Some(errand.message.clone()),
    }
}

fn failed(claimed: &Claimed, errand: &AgentErrand, code: FailureCode, content: &str) -> Write {
    let event = Event::Failed {
        code,
        content: storable(content).into_owned(),
        agent: errand.receiver.to_string(),
        reply_to: claimed.delivery.about.unwrap_or(0),
        in_reply_to: Some(errand.message.clone()),
    };
    Write::new().append(StreamId::agent(errand.sender), event)
}
