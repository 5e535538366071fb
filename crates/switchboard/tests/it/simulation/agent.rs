//! An agent that answers, dawdles, fails, is silent and panics, and sees whether it is called rightly.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::resume_unwind,
    sync::Arc,
};

use async_trait::async_trait;
use switchboard_domain::{
    ids::LaneId,
    nouns::{
        Call, Event, Lane, Outcome, Recorded, Reply, Session, SessionKind, Turn, TurnRole, Usage,
        Why,
    },
    ports::{AgentRuntime, CallError, DeltaSink, Page, ProviderInfo, find},
};

use super::world::{World, at_once};

/// How often an agent is called for one claim.
const TRIES: i64 = 4;

/// The provider of all agents, on one node.
pub struct SimAgent {
    pub world: Arc<World>,
    pub node: u32,
}

/// The calls that run and ran.
#[derive(Default)]
pub struct Calls {
    next: u64,
    running: BTreeMap<u64, (LaneId, i64)>,
    seen: BTreeSet<(String, u32)>,
}

impl Calls {
    /// A call under this fence begins.
    fn begin(&mut self, world: &World, lane: &LaneId, fence: Option<i64>) -> u64 {
        self.next += 1;
        if let Some(fence) = fence {
            let call = (lane.clone(), fence);
            let twice = self.running.values().any(|other| *other == call);
            world.require(!twice, || format!("two calls run at once in {lane}"));
            self.running.insert(self.next, call);
        }
        self.next
    }

    /// Each try of a delivery has a number of its own; after a pause they begin anew.
    fn number(&mut self, world: &World, call: &Call) {
        let new = self.seen.insert((call.id.clone(), call.attempt));
        let pauses = world.plan.settings.limits.tokens_per_minute > 0;
        world.require(new || pauses, || {
            format!("{} was called twice as try {}", call.id, call.attempt)
        });
    }
}

/// A call that runs; until it is dropped.
struct Running {
    world: Arc<World>,
    number: u64,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut people = self.world.people.lock().unwrap();
        people.calls.running.remove(&self.number);
    }
}

impl SimAgent {
    /// The fence of the lease under which this call is made, if that is still good: the lane is this node's, and was
    /// claimed so often as the tries of the call say. (After a pause they are counted anew, and nothing can be said.)
    fn lease(&self, lane: &LaneId, no: i64, call: &Call) -> Option<i64> {
        let world = &self.world;
        let lease = world.shadow.lock().unwrap().lease_of(self.node, lane)?;
        let row: Lane = at_once(find(&*world.store, lane.as_str())).unwrap()?;
        let claim = i64::from(call.attempt - 1) / TRIES + 1;
        let pauses = world.plan.settings.limits.tokens_per_minute > 0;
        (!pauses && row.head_no == no && row.attempt == claim).then_some(lease.fence)
    }

    fn begin(&self, call: &Call) -> Running {
        let world = &self.world;
        world.note(|| {
            format!(
                "node {} calls for {} try {}",
                self.node, call.id, call.attempt
            )
        });
        let (lane, no) = call.id.rsplit_once('/').unwrap();
        let (lane, no) = (LaneId::from_key(lane), no.parse().unwrap());
        let lease = self.lease(&lane, no, call);
        if lease.is_some() {
            check_question(world, &lane, no, call);
        }
        let mut people = world.people.lock().unwrap();
        people.calls.number(world, call);
        let number = people.calls.begin(world, &lane, lease);
        Running {
            world: Arc::clone(world),
            number,
        }
    }
}

/// Whether the agent is asked what the delivery is about, and reminded of what was said.
fn check_question(world: &World, lane: &LaneId, no: i64, call: &Call) {
    let Some(delivery) = at_once(world.store.delivery(lane, no)).unwrap() else {
        return;
    };
    let session = world.shadow.lock().unwrap().sessions.get(lane).cloned();
    let (Some(session), Some(about), Why::Message(message)) = (session, delivery.about, &call.why)
    else {
        return;
    };
    let events = transcript(world, &session);
    let question = events
        .iter()
        .find(|event| event.position.no == about)
        .map(|recorded| match &recorded.event {
            Event::Text(text) => text.content.as_str(),
            Event::Response(response) => response.content.as_str(),
            _ => "",
        });
    let right = match session.kind {
        SessionKind::HumanAgent => question == Some(message.content.as_str()),
        SessionKind::AgentAgent => question.is_some_and(|text| message.content.contains(text)),
    };
    world.require(right, || {
        format!("{} is asked {message:?} and not {question:?}", call.id)
    });
    if session.kind == SessionKind::HumanAgent {
        let said = said_before(&events, about);
        let whole = events.len() < 100;
        let reminded =
            said.ends_with(&call.history) && (!whole || said.len() == call.history.len());
        world.require(reminded, || {
            format!(
                "{} is reminded of {:?} and not {said:?}",
                call.id, call.history
            )
        });
    }
}

/// Each text before this one, with its answer.
fn said_before(events: &[Recorded], about: i64) -> Vec<Turn> {
    let mut said = Vec::new();
    for recorded in events.iter().filter(|event| event.position.no < about) {
        let Event::Text(text) = &recorded.event else {
            continue;
        };
        let turn = |role, content: &str| Turn {
            role,
            content: content.to_owned(),
        };
        said.push(turn(TurnRole::Other, &text.content));
        let answer = events.iter().find_map(|event| match &event.event {
            Event::Response(response) if response.reply_to == recorded.position.no => {
                Some(turn(TurnRole::Own, &response.content))
            }
            _ => None,
        });
        said.extend(answer);
    }
    said
}

/// All events of a session.
pub fn transcript(world: &World, session: &Session) -> Vec<Recorded> {
    let all = Page::After {
        after: 0,
        limit: usize::MAX,
        bytes: usize::MAX,
    };
    at_once(world.store.events(&session.stream(), all)).unwrap()
}

fn answer(world: &World, call: &Call) -> Outcome {
    let exit = if world.chance(10) { " __EXIT__" } else { "" };
    let tokens = i64::try_from(world.random.below(1500)).unwrap();
    Outcome {
        replies: vec![Reply {
            content: format!("answer {} of {}{exit}", call.attempt, call.id),
        }],
        usage: Some(Usage {
            input_tokens: tokens,
            output_tokens: 1,
        }),
        ..Outcome::default()
    }
}

#[async_trait]
impl AgentRuntime for SimAgent {
    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            id: "sim".into(),
            name: "Simulated".into(),
            models: vec!["m".into()],
            default_model: "m".into(),
            usable: true,
        }
    }

    async fn call(&self, call: &Call, deltas: &dyn DeltaSink) -> Result<Outcome, CallError> {
        let _running = self.begin(call);
        let world = &self.world;
        let message = "it failed".to_owned();
        let mood = if world.is_calm() {
            0
        } else {
            world.random.below(100)
        };
        match mood {
            0..40 => {}
            40..60 => world.pause(20_000_000).await,
            60..75 => {
                for piece in 0..world.random.below(6) {
                    deltas.delta(&format!("piece {piece}"));
                    world.pause(1_000_000).await;
                }
            }
            75..85 => {
                let retry_after = world.chance(30).then(|| std::time::Duration::from_secs(3));
                return Err(CallError::Transient {
                    message,
                    retry_after,
                });
            }
            85..90 => return Err(CallError::Permanent { message }),
            // As a panic, without the words that one prints.
            90..94 => resume_unwind(Box::new("the agent panics")),
            _ => std::future::pending().await,
        }
        Ok(answer(world, call))
    }
}
