//! Working on a step: from the claim to what came of it.

use super::{
    acting::Acting,
    done::Done,
    open::is_shown,
    pages,
    prompt::{self, Accepted},
};
use crate::{
    actions,
    agents::Actor,
    app::Switchboard,
    dialogue::{Answer, Answering},
    follow::Shared,
    known::Known,
    queue::{CLAIMS_MAX, Worked},
    spending::{self, Pot, Spending},
};
use serde_json::Value;
use std::sync::{Arc, LazyLock};
use switchboard_domain::{
    Result, Timestamp,
    ids::{AgentId, LaneId},
    nouns::{
        Action, Agent, BegunStep, Call, Claimed, DefinedBy, Delegation, Event, Function, History,
        Memory, Object, Outcome, Said, StepCall, StepResult, Stream, Task, TaskState, Turn,
        TurnRole, Why, WorkflowAgent,
    },
    ports::{Change, Key, Write},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

static NOTHING: LazyLock<Object> = LazyLock::new(Object::new);
static DIRECT: Delegation = Delegation {
    depth: 0,
    via: Vec::new(),
};

/// A step that is worked on, with everything it needs at hand.
struct Run<'a> {
    app: &'a Switchboard,
    claimed: &'a Claimed,
    known: Known<'a>,
    task: Task,
    event: Arc<Shared>,
    asked: Uuid,
    begun: &'a BegunStep,
    /// The actions of which the agent was not told yet what became of them.
    untold: Vec<Action>,
}

/// The records that a step of this task looks at.
pub fn needs(task: &Task) -> impl Iterator<Item = Key> + use<> {
    let registered = task.agent.parse::<AgentId>().ok();
    let meter = meter(task);
    let memory = Memory::key(&meter, &task.lane());
    let pot = registered.map(|_| task.id.as_str());
    let agent = registered.map(|id| id.0.to_string());
    let set_up = agent.clone().map(Key::of::<WorkflowAgent>);
    spending::needs(&task.owner, &meter, pot)
        .chain([
            Key::of::<Task>(task.id.key()),
            Key::of::<Stream>(task.stream().key()),
            Key::of::<Memory>(memory),
        ])
        .chain(agent.map(Key::of::<Agent>))
        .chain(set_up)
}

/// Whose meter and memory the agent has: its own, or the task's if nobody registered it.
fn meter(task: &Task) -> String {
    match task.agent.parse::<AgentId>() {
        Ok(id) => id.to_string(),
        Err(_) => task.id.to_string(),
    }
}

/// Lets an agent do a step.
///
/// # Errors
/// When the store fails; the delivery is then tried again.
pub async fn run(
    app: &Switchboard,
    claimed: &Claimed,
    known: Known<'_>,
    (asked, begun): (Uuid, &BegunStep),
    cancel: &CancellationToken,
) -> Result<Worked> {
    let (lane, no) = (&claimed.delivery.lane, claimed.delivery.about.unwrap_or(0));
    let task: Option<Task> = known.find(lane.as_str()).await?;
    let Some(task) = task.filter(|task| task.state != TaskState::Deleted) else {
        return Ok(Worked::Write(finish(app, lane)));
    };
    let Some(event) = pages::accepted_event(app, &task, no).await? else {
        return Ok(Worked::Write(finish(app, lane)));
    };
    let untold = if task.acts {
        actions::untold(app, task.id.as_str()).await?
    } else {
        Vec::new()
    };
    let run = Run {
        app,
        claimed,
        known,
        task,
        event,
        asked,
        begun,
        untold,
    };
    run.take(cancel).await
}

fn finish(app: &Switchboard, lane: &LaneId) -> Write {
    Write::new().change(Change::Finish {
        lane: lane.clone(),
        claim: app.queue.claimant(),
    })
}

impl Run<'_> {
    async fn take(&self, cancel: &CancellationToken) -> Result<Worked> {
        if let Some(words) = self.over() {
            return Ok(self.failed(words, true));
        }
        if self.claimed.attempt > CLAIMS_MAX {
            let words =
                "The server broke off too often while the agent was at work; send the step again";
            return Ok(self.failed(words, false));
        }
        let mut actor = Actor::of_task(self.app, self.known, &self.task).await?;
        actor.functions = self.functions(&actor);
        let Some(runtime) = &actor.runtime else {
            if let Some(ready_at) = actor.look_again(self.app) {
                return Ok(self.later(ready_at));
            }
            let words = "The agent is not there any more, or may not be used here";
            return Ok(self.failed(words, true));
        };
        if let Some(worked) = self.pause(&actor.meter).await? {
            return Ok(worked);
        }
        let call = self.call(&actor).await?;
        let answering = Answering {
            stream: self.task.stream(),
            reply_to: self.no(),
            agent: self.task.agent.clone(),
            claim: self.claimed.attempt,
            limit_s: self.app.settings.limits.step_timeout_s,
            cancel,
        };
        Ok(match answering.call(self.app, runtime, call).await {
            Answer::Outcome(outcome) => self.answered(actor.functions, *outcome),
            Answer::Failed(_, message) => self.failed(&message, false),
            Answer::Impossible(message) => self.failed(&message, true),
            Answer::BrokenOff => Worked::BrokenOff,
        })
    }

    fn no(&self) -> i64 {
        self.event.recorded.position.no
    }

    /// Why no step is done any more, if that is so.
    fn over(&self) -> Option<&'static str> {
        let limits = &self.app.settings.limits;
        let (steps, lives) = (limits.steps_per_task, limits.task_lifetime_s);
        let ends_at = self.task.created_at.plus_seconds(lives);
        if !self.task.is_open() {
            Some("The task is over; make a new one to go on")
        } else if steps > 0 && self.claimed.delivery.no > steps {
            Some("The task has had as many steps as it may have; make a new one to go on")
        } else if lives > 0 && ends_at <= self.app.ports.now() {
            Some("The task is older than it may become; make a new one to go on")
        } else {
            None
        }
    }

    /// What to do instead of a call that may not be made, or not yet.
    async fn pause(&self, meter: &str) -> Result<Option<Worked>> {
        let pot = Pot::of_task(self.app, self.task.id.as_str());
        let check = spending::check(self.app, self.known, &self.task.owner, meter, Some(pot));
        Ok(match check.await? {
            Spending::Allowed => None,
            Spending::CoolingDown(ready_at) => Some(self.later(ready_at)),
            Spending::Spent(words) => Some(self.failed(words, true)),
            Spending::Disabled => {
                Some(self.failed("The account of the task's owner is disabled", true))
            }
        })
    }

    /// The step is done at this time.
    fn later(&self, ready_at: Timestamp) -> Worked {
        let delivery = &self.claimed.delivery;
        Worked::Write(Write::new().change(Change::Continue {
            lane: delivery.lane.clone(),
            work: delivery.work.clone(),
            ready_at,
        }))
    }

    async fn call(&self, actor: &Actor) -> Result<Call> {
        let memory_key = Memory::key(&actor.meter, &self.claimed.delivery.lane);
        let memory = self.known.find::<Memory>(&memory_key).await?;
        let head = self
            .known
            .find::<Stream>(self.task.stream().as_str())
            .await?;
        let head = head.map_or(0, |head| head.last_no);
        let accepted = self.accepted();
        Ok(Call {
            id: self.claimed.delivery.name(),
            attempt: 1,
            why: Why::Step(self.with_news(accepted.call(&self.task))),
            model: actor.model.clone(),
            instructions: Some(prompt::instructions(actor.instructions.as_deref())),
            options: actor.options.clone(),
            memory: memory.map(|memory| memory.value).unwrap_or_default(),
            history: self.with_begun(accepted.history(self.app, &self.task, head).await?),
            credentials: actor.credentials.clone(),
            functions: actor.functions.clone(),
            max_output_tokens: None,
            delegation: self.app.passed_on(self.delegation()),
        })
    }

    /// The functions that the agent has here: its own, and those that the client brought.
    fn functions(&self, actor: &Actor) -> Vec<Function> {
        let of = |object| actions::of_options(object, DefinedBy::Client).unwrap_or_default();
        let (task, step) = (
            &self.task.additional_input,
            self.accepted().additional_input,
        );
        actions::definitions([&*actor.functions, &of(step), &of(task)])
    }

    /// What the agent is to be told of now.
    fn news(&self) -> impl Iterator<Item = &Action> {
        self.untold.iter().filter(|action| action.is_final())
    }

    /// The call, with what became of what the agent proposed.
    fn with_news(&self, mut call: StepCall) -> StepCall {
        let results: Vec<Value> = self
            .news()
            .map(|it| actions::result_of(it).into())
            .collect();
        let errors = &self.begun.errors;
        if results.is_empty() && errors.is_empty() {
            return call;
        }
        let mut news = Object::from_iter([("function_results".to_owned(), results.into())]);
        if !errors.is_empty() {
            news.insert("function_errors".to_owned(), errors.clone().into());
        }
        let words = Value::Object(news.clone()).to_string();
        let message = &mut call.message;
        message.content = if self.begun.rounds > 0 || call.is_by_itself {
            words
        } else {
            format!("{}\n\n{words}", message.content)
        };
        call.additional_input.extend(news);
        message.structured = Some(call.additional_input.clone());
        call
    }

    /// The history, with what was asked and said in this step so far.
    fn with_begun(&self, history: History) -> History {
        if self.begun.rounds == 0 {
            return history;
        }
        let asked = self.accepted().call(&self.task).message.content;
        let said = self.begun.said.join("\n");
        History::lazy(move || {
            let asked = Turn {
                role: TurnRole::Other,
                content: asked,
            };
            let said = Turn {
                role: TurnRole::Own,
                content: said,
            };
            let now = [asked, said]
                .into_iter()
                .filter(|turn| !turn.content.is_empty());
            history.iter().cloned().chain(now).collect()
        })
    }

    fn answered(&self, functions: Vec<Function>, outcome: Outcome) -> Worked {
        let mut result = Done::result(&outcome);
        let said = self.begun.said.iter().cloned().chain(result.output.take());
        let said: Vec<String> = said.filter(|text| !text.is_empty()).collect();
        result.output = (!said.is_empty() || !outcome.replies.is_empty()).then(|| said.join("\n"));
        let said = match &self.event.recorded.event {
            Event::StepAccepted { said, .. } => (**said).clone(),
            _ => Said::default(),
        };
        let acting = Acting {
            functions,
            told: self.news().cloned().collect(),
            open: self
                .untold
                .iter()
                .filter(|it| is_shown(it))
                .cloned()
                .collect(),
            begun: self.begun.clone(),
            said,
        };
        self.finished(result, Some(outcome), Some(acting))
    }

    /// The servers that the step came through.
    fn delegation(&self) -> &Delegation {
        match &self.event.recorded.event {
            Event::StepAccepted { delegation, .. } => delegation,
            _ => &DIRECT,
        }
    }

    fn accepted(&self) -> Accepted<'_> {
        let (input, additional_input) = match &self.event.recorded.event {
            Event::StepAccepted {
                input,
                additional_input,
                ..
            } => (input.as_deref(), additional_input),
            _ => (None, &*NOTHING),
        };
        Accepted {
            no: self.no(),
            place: self.claimed.delivery.no,
            input,
            additional_input,
        }
    }

    fn failed(&self, words: &str, is_last: bool) -> Worked {
        self.finished(Done::failure(words, is_last), None, None)
    }

    fn finished(
        &self,
        result: StepResult,
        outcome: Option<Outcome>,
        acting: Option<Acting>,
    ) -> Worked {
        let accepted = self.accepted();
        Worked::Step(Box::new(Done::new(
            self.app,
            &self.task,
            &accepted,
            (self.event.recorded.position.at, self.asked),
            result,
            (outcome, acting),
        )))
    }
}
