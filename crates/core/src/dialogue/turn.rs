//! An agent's turn in a session: from the delivery to the write that answers it.

use super::{
    answer::{Answer, Answering},
    history,
};
use crate::{
    actions::{self, Acting},
    agents::Actor,
    app::Switchboard,
    follow::Shared,
    known::Known,
    queue::{CLAIMS_MAX, Worked},
    spending::{self, Pot, Spending},
};
use std::sync::Arc;
use switchboard_domain::{
    Result, Timestamp,
    ids::{MessageId, StreamId},
    nouns::{
        Agent, Call, ChatTurn, Claimed, DefinedBy, Delegation, Event, FailureCode, Function,
        Memory, Notice, Outcome, Response, Session, SessionKind, SessionStatus, StopReason, Stream,
        Why, Work, action::Origin,
    },
    ports::{About, Change, Key, NewDelivery, Page, Write},
    text::storable,
};
use tokio_util::sync::CancellationToken;

/// The word with which an agent ends a dialogue. It is struck out of the answer.
const EXIT: &str = "__EXIT__";
/// How agents learn of the word.
const EXIT_HINT: &str = "You are talking with another agent. When the goal of the conversation is reached, \
                         end your answer with the word __EXIT__.";

/// How many bytes of events are read beyond what an agent is reminded of: room for the message
/// itself, and for what is stored beside the texts.
const MESSAGE_BYTES: usize = 1 << 20;

/// One turn, with everything it needs at hand.
struct Turn<'a> {
    app: &'a Switchboard,
    claimed: &'a Claimed,
    known: Known<'a>,
    chat: &'a ChatTurn,
    session: Session,
    actor: Actor,
    about: i64,
}

/// The records that the turn of the agent at this place looks at.
pub fn needs(session: &Session, place: usize) -> impl Iterator<Item = Key> + use<> {
    let meter = Actor::meter_in_session(session, place);
    let registered = session.agents.get(place).and_then(|seat| seat.registered);
    let spending = spending::needs(&session.owner, &meter, Some(session.id.as_str()));
    let others = [
        Key::of::<Session>(session.id.as_str()),
        Key::of::<Stream>(session.stream().as_str()),
        Key::of::<Memory>(Memory::key(&meter, &session.lane())),
    ];
    let agent = registered.map(|id| Key::of::<Agent>(id.0.to_string()));
    spending.chain(others).chain(agent)
}

/// Takes an agent's turn: calls it, and says what to store.
///
/// # Errors
/// When the store fails; the delivery is then tried again.
pub async fn take_turn(
    app: &Switchboard,
    claimed: &Claimed,
    known: Known<'_>,
    turn: &ChatTurn,
    cancel: &CancellationToken,
) -> Result<Worked> {
    let lane = &claimed.delivery.lane;
    let session: Option<Session> = known.find(lane.as_str()).await?;
    let Some(session) = session.filter(|session| session.status == SessionStatus::Active) else {
        return Ok(Worked::Write(Write::new().change(Change::Finish {
            lane: lane.clone(),
            claim: None,
        })));
    };
    let about = claimed.delivery.about.unwrap_or(0);
    let actor = Actor::in_session(app, known, &session, turn.place).await?;
    Turn {
        app,
        claimed,
        known,
        chat: turn,
        session,
        actor,
        about,
    }
    .take(cancel)
    .await
}

impl Turn<'_> {
    async fn take(&self, cancel: &CancellationToken) -> Result<Worked> {
        if self.claimed.attempt > CLAIMS_MAX {
            return Ok(Worked::Write(self.give_up()));
        }
        let Some(runtime) = &self.actor.runtime else {
            if let Some(ready_at) = self.actor.look_again(self.app) {
                return Ok(Worked::Write(self.later(ready_at)));
            }
            let why = "The agent is not there any more, or may not be used here";
            return Ok(Worked::Write(
                self.failed(FailureCode::AgentUnavailable, why),
            ));
        };
        if let Some(write) = self.pause().await? {
            return Ok(Worked::Write(write));
        }
        let call = self.call().await?;
        let answering = Answering {
            stream: self.session.stream(),
            reply_to: self.about,
            agent: self.agent_id(),
            claim: self.claimed.attempt,
            limit_s: self.app.settings.limits.model_timeout_s,
            cancel,
        };
        Ok(match answering.call(self.app, runtime, call).await {
            Answer::Outcome(outcome) => self.acting(*outcome)?,
            Answer::Failed(code, message) => Worked::Write(self.failed(code, &message)),
            Answer::Impossible(message) => {
                Worked::Write(self.failed(FailureCode::ProviderError, &message))
            }
            Answer::BrokenOff => Worked::BrokenOff,
        })
    }

    /// The functions that the agent has here: its own, and those that the client brought.
    fn functions(&self) -> Vec<Function> {
        let brought = actions::of_options(&self.session.metadata, DefinedBy::Client);
        actions::definitions([&*self.actor.functions, &brought.unwrap_or_default()])
    }

    /// What the answer does, with what the agent proposes.
    fn acting(&self, outcome: Outcome) -> Result<Worked> {
        let write = self.answered(&outcome);
        if outcome.actions.is_empty() {
            return Ok(Worked::Write(write));
        }
        let acting = Acting {
            owner: self.session.owner.clone(),
            agent: self.agent_id(),
            origin: Origin::Session {
                session: self.session.id.clone(),
                place: self.chat.place,
                round: self.chat.round,
            },
            functions: self.functions(),
            said: actions::read_said(&self.session.metadata)?,
            since: self.session.created_at,
            proposed: outcome.actions,
        };
        Ok(Worked::Acting(write, Box::new(acting)))
    }

    /// What to store instead of a call that may not be made, or not yet.
    async fn pause(&self) -> Result<Option<Write>> {
        let (user, session) = (&self.session.owner, self.session.id.as_str());
        let pot = Pot::of_session(self.app, session);
        let check = spending::check(self.app, self.known, user, &self.actor.meter, Some(pot));
        Ok(match check.await? {
            Spending::Allowed => None,
            Spending::CoolingDown(until) => Some(self.cool_down(until)),
            Spending::Spent(words) => Some(self.out_of_budget(words)),
            Spending::Disabled => {
                let why = "The account of the session's owner is disabled";
                Some(self.failed(FailureCode::AgentUnavailable, why))
            }
        })
    }

    async fn call(&self) -> Result<Call> {
        let memory_key = Memory::key(&self.actor.meter, &self.claimed.delivery.lane);
        let (events, memory) =
            futures::try_join!(self.recent(), self.known.find::<Memory>(&memory_key))?;
        let (place, tokens) = (self.chat.place, self.app.settings.limits.history_tokens);
        let (history, message) = history::remind(&self.session, place, events, self.about, tokens);
        Ok(Call {
            id: format!(
                "{}/{}",
                self.claimed.delivery.lane, self.claimed.delivery.no
            ),
            attempt: 1,
            why: Why::Message(message),
            model: self.actor.model.clone(),
            instructions: self.instructions(),
            options: self.actor.options.clone(),
            memory: memory.map(|memory| memory.value).unwrap_or_default(),
            history,
            credentials: self.actor.credentials.clone(),
            functions: self.functions(),
            max_output_tokens: None,
            delegation: self.app.passed_on(&Delegation::default()),
        })
    }

    /// The newest events, and, where many texts wait behind the one to answer, those up to it.
    async fn recent(&self) -> Result<Vec<Arc<Shared>>> {
        let (recent, stream) = (&self.app.recent, self.session.stream());
        let head = self.known.find::<Stream>(stream.as_str()).await?;
        let head = head.map_or(0, |head| head.last_no);
        let reaches = |events: &[Arc<Shared>]| {
            let first = events.first().map(|first| first.recorded.position.no);
            first.is_none_or(|first| first <= self.about)
        };
        if let Some(events) = recent.up_to(&stream, head, history::EVENTS_MAX)
            && reaches(&events)
        {
            return Ok(events);
        }
        let newest = self.read(&stream, i64::MAX).await?;
        recent.fill(newest.clone(), history::EVENTS_MAX);
        if reaches(&newest) {
            return Ok(newest);
        }
        let mut events = self.read(&stream, self.about).await?;
        events.extend(newest);
        Ok(events)
    }

    async fn read(&self, stream: &StreamId, up_to: i64) -> Result<Vec<Arc<Shared>>> {
        let tokens = self.app.settings.limits.history_tokens;
        let chars = tokens.saturating_mul(history::CHARS_PER_TOKEN);
        let page = Page::UpTo {
            no: up_to,
            limit: history::EVENTS_MAX,
            bytes: chars.saturating_add(MESSAGE_BYTES),
        };
        let events = self.app.ports.store.events(stream, page).await?;
        Ok(events.into_iter().map(Shared::new).collect())
    }

    fn instructions(&self) -> Option<String> {
        let hint = (self.session.kind == SessionKind::AgentAgent).then(|| EXIT_HINT.to_owned());
        let parts: Vec<String> = self
            .actor
            .instructions
            .iter()
            .cloned()
            .chain(hint)
            .collect();
        (!parts.is_empty()).then(|| parts.join("\n\n"))
    }

    fn agent_id(&self) -> String {
        self.session.agent_id(self.chat.place)
    }

    /// What the turn looks at that may follow at once.
    fn next_needs(&self) -> impl Iterator<Item = Key> + use<> {
        let place = match self.session.kind {
            SessionKind::HumanAgent => self.chat.place,
            SessionKind::AgentAgent => self.other_place(),
        };
        needs(&self.session, place)
    }

    fn other_place(&self) -> usize {
        self.session.agents.len() - 1 - self.chat.place
    }

    fn finish(&self) -> Change {
        Change::Finish {
            lane: self.claimed.delivery.lane.clone(),
            claim: self.app.queue.claimant(),
        }
    }

    /// The answer, what it used and remembers, and either the next turn or the end of the round.
    fn answered(&self, outcome: &Outcome) -> Write {
        if outcome.replies.is_empty() && !outcome.errors.is_empty() {
            let failure = self.failure(FailureCode::ProviderError, &outcome.errors.join("\n"));
            // It was an answer all the same: what it used counts, and what it remembers stays.
            return self
                .accounted(outcome)
                .append(self.session.stream(), failure)
                .change(self.finish());
        }
        let content = spending::answer_text(outcome);
        let mut write = self.accounted(outcome).read(self.next_needs());
        match self.session.kind {
            SessionKind::HumanAgent => {
                let response = self.response(content, self.session.human_id(), outcome);
                write = write
                    .append(self.session.stream(), Event::Response(response))
                    .change(self.finish());
            }
            SessionKind::AgentAgent => write = self.pass_on(write, content, outcome),
        }
        write
    }

    fn accounted(&self, outcome: &Outcome) -> Write {
        let user = &self.session.owner;
        // A row less for each answer where nobody asks.
        let is_limited = self.app.settings.limits.tokens_per_session > 0;
        let session = is_limited.then_some(self.session.id.as_str());
        let (agent, lane) = (&self.actor.meter, &self.claimed.delivery.lane);
        spending::count(Write::new(), user, agent, session, lane, outcome)
    }

    fn response(&self, content: String, receiver: String, outcome: &Outcome) -> Response {
        Response {
            message: MessageId::from_uuid(self.app.ports.uuid()),
            sender: self.agent_id(),
            receiver,
            content,
            provider: self.actor.provider.clone(),
            model: self.actor.model.clone(),
            tokens: spending::tokens(outcome),
            reply_to: self.about,
            in_reply_to: None,
        }
    }

    /// Between agents: the answer goes to the other, whose turn is next, unless the round is over.
    fn pass_on(&self, mut write: Write, content: String, outcome: &Outcome) -> Write {
        let stripped = content
            .trim_end()
            .strip_suffix(EXIT)
            .map(|rest| rest.trim_end().to_owned());
        let goal_achieved = outcome.done || stripped.is_some();
        let content = stripped.unwrap_or(content);
        let place = self.chat.place;
        let other = self.other_place();
        let mut turns = self.chat.turns.clone();
        turns[place] += 1;
        let stream = self.session.stream();
        if !(content.is_empty() && goal_achieved) {
            let response = self.response(content, self.session.agent_id(other), outcome);
            write = write.append(stream.clone(), Event::Response(response));
        }
        write = write.change(self.finish());
        match self.round_over(goal_achieved, &turns) {
            Some(reason) => write.append(stream, Event::Stop { reason }),
            None => write.change(Change::Enqueue(NewDelivery {
                lane: self.session.lane(),
                agent: self.session.agent_id(other),
                user: self.session.owner.clone(),
                work: Work::Chat(ChatTurn {
                    round: self.chat.round,
                    place: other,
                    turns,
                }),
                about: About::LastAppended,
                only_if_idle: false,
                claim: self.app.queue.claimant(),
            })),
        }
    }

    fn round_over(&self, goal_achieved: bool, turns: &[u32]) -> Option<StopReason> {
        let limits = &self.app.settings.limits;
        let turns_max = limits.turns_per_agent;
        // The answer that is being stored comes behind what it answers, at the least.
        let count = self.about + 1;
        if goal_achieved {
            Some(StopReason::GoalAchieved)
        } else if turns_max > 0 && turns.iter().all(|had| *had >= turns_max) {
            Some(StopReason::MaxTurnsReached)
        } else if limits.messages_per_session > 0 && count >= limits.messages_per_session {
            Some(StopReason::MessageLimit)
        } else {
            None
        }
    }

    fn failed(&self, code: FailureCode, content: &str) -> Write {
        Write::new()
            .append(self.session.stream(), self.failure(code, content))
            .change(self.finish())
    }

    fn failure(&self, code: FailureCode, content: &str) -> Event {
        let (agent, content) = (self.agent_id(), storable(content).into_owned());
        Event::Failed {
            code,
            content,
            agent,
            reply_to: self.about,
            in_reply_to: None,
        }
    }

    fn give_up(&self) -> Write {
        let content = "The server broke off too often while answering; send the text again";
        let event = self.failure(FailureCode::DeliveryFailed, content);
        let bury = Change::Bury {
            lane: self.claimed.delivery.lane.clone(),
            reason: format!(
                "claimed {} times without an outcome",
                self.claimed.attempt - 1
            ),
        };
        Write::new()
            .append(self.session.stream(), event)
            .change(bury)
    }

    fn cool_down(&self, until: Timestamp) -> Write {
        let event = Event::Cooldown {
            agent: self.agent_id(),
            until,
        };
        self.later(until).append(self.session.stream(), event)
    }

    /// The turn is taken at this time.
    fn later(&self, ready_at: Timestamp) -> Write {
        Write::new().change(Change::Continue {
            lane: self.claimed.delivery.lane.clone(),
            work: self.claimed.delivery.work.clone(),
            ready_at,
        })
    }

    fn out_of_budget(&self, content: &str) -> Write {
        let event = Event::System {
            notice: Notice::BudgetReached,
            content: content.to_owned(),
        };
        Write::new()
            .append(self.session.stream(), event)
            .change(self.finish())
    }
}
