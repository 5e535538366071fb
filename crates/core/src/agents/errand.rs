//! Working on a message for a registered agent.

use super::actor::Actor;
use crate::{
    app::Switchboard,
    dialogue::{Answer, Answering},
    queue::{CLAIMS_MAX, Worked},
};
use switchboard_domain::{
    Result,
    ids::{MessageId, StreamId},
    nouns::{
        Agent, AgentErrand, Call, Claimed, Event, FailureCode, InteractionMode, Memory, Message,
        Meter, Outcome, Response, Why,
    },
    ports::{Change, Write, find},
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
    errand: &AgentErrand,
    cancel: &CancellationToken,
) -> Result<Worked> {
    let store = &*app.ports.store;
    let lane = &claimed.delivery.lane;
    let finish = Change::Finish {
        lane: lane.clone(),
        claim: app.queue.claimant(),
    };
    if claimed.attempt > CLAIMS_MAX {
        let reason = format!("claimed {} times without an outcome", claimed.attempt - 1);
        return Ok(Worked::Write(Write::new().change(Change::Bury {
            lane: lane.clone(),
            reason,
        })));
    }
    let agent: Option<Agent> = find(store, errand.receiver.0.to_string()).await?;
    let Some(agent) = agent else {
        return Ok(Worked::Write(Write::new().change(finish)));
    };
    let actor = Actor::registered(app, &agent, InteractionMode::AgentToAgent);
    let Some(runtime) = &actor.runtime else {
        let why = "The agent's provider cannot be used";
        return Ok(Worked::Write(
            failed(claimed, errand, FailureCode::AgentUnavailable, why).change(finish),
        ));
    };
    let meter = find::<Meter>(store, actor.meter.as_str()).await?;
    let cooldown = meter
        .and_then(|meter| meter.cooldown(app.settings.limits.tokens_per_minute, app.ports.now()));
    if let Some(ready_at) = cooldown {
        let wait = Change::Continue {
            lane: lane.clone(),
            work: claimed.delivery.work.clone(),
            ready_at,
        };
        return Ok(Worked::Write(Write::new().change(wait)));
    }
    let memory = find::<Memory>(store, Memory::key(&actor.meter, lane)).await?;
    let answering = Answering {
        stream: StreamId::agent(errand.sender),
        reply_to: claimed.delivery.about.unwrap_or(0),
        agent: errand.receiver.to_string(),
        claim: claimed.attempt,
        cancel,
    };
    let call = call(claimed, errand, &actor, memory);
    Ok(match answering.call(app, runtime, call).await {
        Answer::Outcome(outcome) => {
            Worked::Write(answered(app, claimed, errand, &actor, *outcome).change(finish))
        }
        Answer::Failed(code, message) => {
            Worked::Write(failed(claimed, errand, code, &message).change(finish))
        }
        Answer::BrokenOff => Worked::BrokenOff,
    })
}

fn call(claimed: &Claimed, errand: &AgentErrand, actor: &Actor, memory: Option<Memory>) -> Call {
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
        history: Vec::new(),
        functions: Vec::new(),
        max_output_tokens: None,
    }
}

fn answered(
    app: &Switchboard,
    claimed: &Claimed,
    errand: &AgentErrand,
    actor: &Actor,
    outcome: Outcome,
) -> Write {
    if outcome.replies.is_empty() && !outcome.errors.is_empty() {
        return failed(
            claimed,
            errand,
            FailureCode::ProviderError,
            &outcome.errors.join("\n"),
        );
    }
    let usage = outcome.usage.unwrap_or_default();
    let content = outcome
        .replies
        .iter()
        .map(|reply| reply.content.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    let response = Response {
        message: MessageId::from_uuid(app.ports.uuid()),
        sender: errand.receiver.to_string(),
        receiver: errand.sender.to_string(),
        content: storable(&content).into_owned(),
        provider: actor.provider.clone(),
        model: actor.model.clone(),
        tokens: outcome
            .usage
            .and_then(|usage| u64::try_from(usage.total()).ok()),
        reply_to: claimed.delivery.about.unwrap_or(0),
        in_reply_to: Some(errand.message.clone()),
    };
    let mut write = Write::new().append(StreamId::agent(errand.sender), Event::Response(response));
    for meter in [
        actor.meter.clone(),
        format!("user:{}", claimed.delivery.user),
    ] {
        write = write.change(Change::Count { meter, usage });
    }
    if let Some(value) = outcome.memory {
        let (agent, lane) = (actor.meter.clone(), claimed.delivery.lane.clone());
        write = write.put(Memory {
            id: Memory::key(&agent, &lane),
            agent,
            lane,
            value,
        });
    }
    write
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
