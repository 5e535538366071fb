//! What follows from where an action stands: its result goes on where the proposal came from.

use super::Book;
use serde_json::json;
use switchboard_domain::{
    Result,
    ids::{AgentId, LaneId, Username},
    nouns::{
        Action, ActionState, ChatTurn, Event, Function, Object, Place, Said, Session,
        SessionStatus, Work, WorkflowAgent, action::Origin, place as placed,
    },
    ports::{About, Change, Guard, NewDelivery, find},
};

/// How often in a row an agent is called with the results of its own proposals before a person has to
/// say something.
const ROUNDS: u32 = 16;

/// Who a user's client is, as trails name it.
pub fn client(owner: &Username) -> String {
    format!("client of {owner}")
}

/// Where a function is run in the end. In workflows nobody calls, so there an executor stands in.
pub fn place(origin: &Origin, function: &Function, said: &Said) -> Place {
    let (Some(offer), Some(capabilities)) = (function.offer(), &said.capabilities) else {
        return without_client(origin, function.at);
    };
    let wish = capabilities.about(&offer.name);
    let wish = wish.filter(|wish| offer.can_be_at(wish.at));
    let client = wish.map(|wish| (wish.need, wish.at));
    // What cannot be agreed on was refused before anything began.
    let agreed = placed(client, Some((offer.need, offer.at)));
    let at = agreed.ok().flatten().unwrap_or(function.at);
    without_client(origin, at)
}

fn without_client(origin: &Origin, at: Place) -> Place {
    match (origin, at) {
        (Origin::Workflow { .. }, Place::Client) => Place::Executor,
        (_, at) => at,
    }
}

/// The action as those are told of it who wait for its result.
pub fn told(action: &Action) -> Object {
    let members = [
        ("id", json!(action.id)),
        ("name", json!(action.function.name)),
        ("arguments", json!(action.arguments)),
        ("status", json!(action.state)),
        ("output", json!(action.output)),
        ("error", json!(action.error)),
    ];
    let members = members.into_iter();
    members
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Stores an action as it stands now, with what follows from that.
///
/// # Errors
/// When the store fails.
pub async fn store(book: &mut Book<'_>, mut action: Action) -> Result<Action> {
    match &action.origin {
        Origin::Task { waits: true, .. } => resume(book, &action).await?,
        Origin::Session { .. } => action = to_session(book, action).await?,
        Origin::Workflow { agent, round } if action.is_final() => {
            let agent = (*agent, *round);
            action.told = Some(0);
            to_workflow(book, agent, &action).await?;
        }
        Origin::Task { .. } | Origin::Workflow { .. } => {}
    }
    book.put(action.clone());
    Ok(action)
}

/// Lets a step go on that waits for no other action any more.
async fn resume(book: &mut Book<'_>, action: &Action) -> Result<()> {
    let Origin::Task { task, step, .. } = &action.origin else {
        return Ok(());
    };
    let runs = |action: &Action| {
        matches!(action.state, ActionState::Ready | ActionState::Running)
            && matches!(action.origin, Origin::Task { waits: true, .. })
    };
    let others = super::untold(book.app(), &action.source).await?;
    let same_step =
        |other: &Action| matches!(&other.origin, Origin::Task { step: of, .. } if of == step);
    let waits = others
        .iter()
        .any(|other| other.id != action.id && same_step(other) && runs(other));
    if !runs(action) && !waits {
        book.change(Change::Resume(LaneId::task(task)));
    }
    Ok(())
}

/// Tells a session of it, and the agent there once it is over.
async fn to_session(book: &mut Book<'_>, mut action: Action) -> Result<Action> {
    let Origin::Session {
        session,
        place,
        round,
    } = action.origin.clone()
    else {
        return Ok(action);
    };
    let found: Option<Session> = find(&*book.app().ports.store, session.key()).await?;
    let active = found.filter(|session| session.status == SessionStatus::Active);
    if action.is_final() {
        action.told = Some(0);
    }
    let Some(session) = active else {
        return Ok(action);
    };
    let news = match action.state {
        ActionState::Running => action.at == Place::Client,
        ActionState::Ready | ActionState::Superseded => false,
        _ => true,
    };
    if !news {
        return Ok(action);
    }
    book.guard(Guard::Active(session.id.clone()));
    let event = Event::Acted {
        action: Box::new(action.clone()),
    };
    book.append(session.stream(), event);
    if action.is_final() {
        call_again(book, &session, place, round);
    }
    Ok(action)
}

/// Tells an agent why proposals of its are no actions. In a task its step goes on with that.
///
/// # Errors
/// When the store fails.
pub async fn not_proposed(book: &mut Book<'_>, origin: &Origin, errors: Vec<String>) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    match origin {
        Origin::Session {
            session,
            place,
            round,
        } => {
            let found: Option<Session> = find(&*book.app().ports.store, session.key()).await?;
            let active = found.filter(|session| session.status == SessionStatus::Active);
            if let Some(session) = active {
                book.append(session.stream(), Event::NotProposed { errors });
                call_again(book, &session, *place, *round);
            }
        }
        Origin::Workflow { agent, round } if *round < ROUNDS => {
            let payload = [
                ("action_errors".to_owned(), errors.into()),
                (ROUND.to_owned(), (round + 1).into()),
            ];
            receive(book, *agent, Object::from_iter(payload)).await?;
        }
        Origin::Task { .. } | Origin::Workflow { .. } => {}
    }
    Ok(())
}

/// Lets the agent at this place of a session answer what was appended last.
fn call_again(book: &mut Book<'_>, session: &Session, place: usize, round: u32) {
    if round >= ROUNDS {
        return;
    }
    book.change(Change::Enqueue(NewDelivery {
        lane: session.lane(),
        agent: session.agent_id(place),
        user: session.owner.clone(),
        work: Work::Chat(ChatTurn {
            place,
            turns: vec![0; session.agents.len()],
            round: round + 1,
        }),
        about: About::LastAppended,
        only_if_idle: false,
        claim: None,
    }));
}

/// The member of a payload that says how often in a row the agent was told of its own proposals.
pub const ROUND: &str = "action_round";

/// Lets an agent of a workflow receive the result.
async fn to_workflow(
    book: &mut Book<'_>,
    (id, round): (AgentId, u32),
    action: &Action,
) -> Result<()> {
    if action.state == ActionState::Superseded || round >= ROUNDS {
        return Ok(());
    }
    let payload = [
        ("action_result".to_owned(), told(action).into()),
        (ROUND.to_owned(), (round + 1).into()),
    ];
    receive(book, id, Object::from_iter(payload)).await
}

/// Lets an agent of a workflow receive a payload from itself.
async fn receive(book: &mut Book<'_>, id: AgentId, payload: Object) -> Result<()> {
    let found: Option<WorkflowAgent> = find(&*book.app().ports.store, id.0.to_string()).await?;
    let Some(agent) = found else {
        return Ok(());
    };
    book.append(agent.messages(), Event::Emitted { payload });
    book.change(Change::Enqueue(NewDelivery {
        lane: agent.lane(),
        agent: agent.id.to_string(),
        user: agent.owner.clone(),
        work: Work::Receive { source: agent.id },
        about: About::LastAppended,
        only_if_idle: false,
        claim: None,
    }));
    Ok(())
}
