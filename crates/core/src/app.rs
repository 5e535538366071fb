//! The server as the use cases see it: its ports, its settings, and the loops that run beside them.

use crate::{
    actions::{self, Trails},
    dialogue,
    follow::{Feeds, Recent, Shared},
    identity::{Access, Signer},
    queue::Queue,
    rates::Rates,
    runtimes::Runtimes,
    sessions::Presence,
    settings::Settings,
    tasks,
    types::{self, AgentTypes, Runners},
    upkeep, workflows,
};
use std::{str::FromStr, sync::Arc, time::Duration};
use switchboard_domain::{
    Result, Timestamp,
    nouns::{Delegation, Event, Recorded},
    ports::{ActionRunner, Artifacts, Bus, Clock, OAuth, Random, Signal, Store, Topic, Vault},
};
use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

/// How many calls of actions the server makes at once.
const ACTIONS_AT_ONCE: usize = 64;

/// What the server stands on.
#[derive(Clone)]
pub struct Ports {
    /// Where everything is.
    pub store: Arc<dyn Store>,
    /// The doorbell.
    pub bus: Arc<dyn Bus>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Ports {
    /// The present time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new UUID, for an id.
    pub fn uuid(&self) -> Uuid {
        self.random.uuid(self.now())
    }
}

/// The server. Use cases take it after the caller.
pub struct Switchboard {
    /// What it stands on.
    pub ports: Ports,
    /// What the operator set.
    pub settings: Settings,
    /// How often who may do what.
    pub rates: Rates,
    pub(crate) runtimes: Runtimes,
    pub(crate) types: AgentTypes,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) bells: workflows::Bells,
    pub(crate) signer: Signer,
    pub(crate) access: Access,
    pub(crate) presence: Presence,
    pub(crate) feeds: Feeds,
    pub(crate) recent: Recent,
    pub(crate) queue: Queue,
    pub(crate) trails: Trails,
    pub(crate) acting: actions::Bells,
    /// What makes the calls of actions, if anything does.
    pub(crate) runner: Option<Arc<dyn ActionRunner>>,
    /// The places for them that are free.
    pub(crate) running: Arc<Semaphore>,
    pub(crate) artifacts: Option<Arc<dyn Artifacts>>,
    pub(crate) oauth: Option<Arc<dyn OAuth>>,
    /// Rung when somebody begins to connect an account by a code.
    pub(crate) challenge_made: Notify,
    /// Rung when a content may not be used any more.
    pub(crate) unused_blobs: Notify,
    pub(crate) asked: tasks::Asked,
    pub(crate) open_tasks: tasks::OpenTasks,
    pub(crate) session_created: Notify,
    pub(crate) tasks: TaskTracker,
    pub(crate) stopping: CancellationToken,
}

impl Switchboard {
    /// Starts the server's loops on what the store holds: work that was cut off goes on.
    ///
    /// # Errors
    /// When the store fails, or the master key does not open its keys.
    pub async fn start(
        ports: Ports,
        vault: Arc<dyn Vault>,
        runners: impl Into<Runners>,
        settings: Settings,
    ) -> Result<Arc<Self>> {
        let signer = Signer::open(&ports, &*vault).await?;
        let runners = runners.into();
        let artifacts = runners.artifacts.clone();
        let oauth = runners.oauth.clone();
        let runner = runners.actions.clone();
        let trails = Trails::open(&ports, &*vault).await?;
        let (types, providers) = AgentTypes::new(runners, &ports);
        let access = Access::open(&ports).await?;
        let stopping = CancellationToken::new();
        let app = Arc::new(Self {
            rates: Rates::new(&settings.limits, Arc::clone(&ports.clock)),
            runtimes: Runtimes::new(providers),
            types,
            vault,
            bells: workflows::Bells::default(),
            signer,
            access,
            presence: Presence::default(),
            feeds: Feeds::default(),
            recent: Recent::default(),
            queue: Queue::new(&ports, &settings, stopping.clone()),
            trails,
            acting: actions::Bells::default(),
            runner,
            running: Arc::new(Semaphore::new(ACTIONS_AT_ONCE)),
            artifacts,
            oauth,
            challenge_made: Notify::new(),
            unused_blobs: Notify::new(),
            asked: tasks::Asked::default(),
            open_tasks: tasks::OpenTasks::default(),
            session_created: Notify::new(),
            tasks: TaskTracker::new(),
            stopping,
            ports,
            settings,
        });
        crate::queue::start(&app).await?;
        upkeep::start(&app);
        types::start(&app);
        workflows::start(&app);
        actions::start(&app);
        Ok(app)
    }

    /// Whether the server takes requests: the store answers, and it is not going down.
    ///
    /// # Errors
    /// [`Error::Unavailable`](switchboard_domain::Error::Unavailable) or what the store answers.
    pub async fn ready(&self) -> Result<()> {
        if self.stopping.is_cancelled() {
            return Err(switchboard_domain::Error::Unavailable);
        }
        Ok(self.ports.store.ping().await?)
    }

    /// The servers that a call came through, with this one, for whoever it is passed on to.
    pub(crate) fn passed_on(&self, way: &Delegation) -> Delegation {
        way.passed_on_by(self.signer.server_id())
    }

    /// Resolves when the server begins to go down: connections should close.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Goes down: takes no new work, gives the calls under way until the limit, and gives back what
    /// is not done, so that the next start or another node goes on with it.
    pub async fn stop(&self, limit: Duration) {
        self.stopping.cancel();
        self.queue.drain(&self.ports, limit).await;
        self.tasks.close();
        let deadline = self
            .ports
            .now()
            .plus_micros(i64::try_from(limit.as_micros()).unwrap_or(i64::MAX));
        tokio::select! {
            biased;
            () = self.tasks.wait() => {}
            () = self.ports.clock.sleep_until(deadline) => tracing::warn!("some tasks did not stop in time"),
        }
        self.queue.retire(&self.ports).await;
        self.ports.store.close().await;
    }

    /// Hands an event that is on disk to whoever follows its stream: on this node as it is, to others
    /// by telling them to look.
    pub(crate) fn publish(&self, recorded: Recorded) {
        let event = Shared::new(recorded);
        let topic = || Topic::Stream(event.recorded.stream.clone());
        if !self.feeds.offer(&event) {
            self.ring(&topic());
        } else if let Some(bus) = self.ports.bus.elsewhere() {
            bus.publish(&topic(), Signal::Look);
        }
        let limit = match event.recorded.event {
            Event::Emitted { .. } => workflows::RECENT,
            Event::TaskCreated { .. }
            | Event::StepAccepted { .. }
            | Event::StepDone { .. }
            | Event::ArtifactAdded { .. } => tasks::RECENT,
            // Nobody asks for these again.
            Event::Logged { .. } | Event::TaskNamed { .. } => return,
            Event::Trail(_) => {
                self.acting.due.notify_one();
                self.acting.server.notify_one();
                return;
            }
            _ => dialogue::EVENTS_MAX,
        };
        self.recent.note(event, limit);
    }

    /// Tells whoever follows a topic to look again.
    pub(crate) fn ring(&self, topic: &Topic) {
        self.ports.bus.publish(topic, Signal::Look);
    }
}

/// Reads an id that a client gave; anything that is no such id cannot exist.
pub(crate) fn id_or_not_found<T: FromStr>(text: &str, noun: &'static str) -> Result<T> {
    text.parse()
        .map_err(|_| switchboard_domain::Error::NotFound(noun))
}
