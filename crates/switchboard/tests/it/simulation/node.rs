//! A node with a runtime of its own: dropping it drops all tasks where they are, as a crash does.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
    time::Duration,
};

use switchboard_core::{Ports, Switchboard};
use switchboard_domain::ports::{AgentRuntime, Random};
use switchboard_store::{AeadVault, MasterKey};
use switchboard_testkit::random::TestRandom;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};

use super::{agent::SimAgent, bus::NodeBus, store::NodeStore, world::World};

/// One life of a node.
pub struct Node {
    pub number: u32,
    world: Arc<World>,
    runtime: Runtime,
    /// Wakes whoever waits until there is nothing to do.
    idle: Arc<Mutex<Option<Waker>>>,
    app: Arc<OnceLock<Arc<Switchboard>>>,
    /// Whether it failed to start, or went down.
    gone: Arc<AtomicBool>,
}

impl Node {
    /// Begins to start a node.
    pub fn start(world: &Arc<World>, number: u32) -> Self {
        world.note(|| format!("node {number} starts"));
        let idle = Arc::new(Mutex::new(None::<Waker>));
        let waiting = Arc::clone(&idle);
        let runtime = Builder::new_current_thread()
            .on_thread_park(move || {
                let waker = waiting.lock().unwrap().take();
                waker.iter().for_each(Waker::wake_by_ref);
            })
            .build()
            .unwrap();
        let node = Self {
            number,
            world: Arc::clone(world),
            runtime,
            idle,
            app: Arc::default(),
            gone: Arc::default(),
        };
        let (app, gone) = (Arc::clone(&node.app), Arc::clone(&node.gone));
        let world = Arc::clone(world);
        node.run(async move {
            match assemble(&world, number).await {
                Ok(started) => {
                    world.note(|| format!("node {number} is there"));
                    app.set(started).ok().unwrap();
                }
                Err(error) => {
                    world.note(|| format!("node {number} does not start: {error:?}"));
                    gone.store(true, Ordering::Relaxed);
                }
            }
        });
        node
    }

    /// The server, once it is there.
    pub fn app(&self) -> Option<Arc<Switchboard>> {
        self.app.get().cloned()
    }

    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// Does something on the node.
    pub fn run(&self, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.runtime.spawn(work)
    }

    /// Lets the node's tasks run until all wait.
    pub fn settle(&self) {
        let mut asked = false;
        self.runtime.block_on(poll_fn(|cx| {
            if asked {
                return Poll::Ready(());
            }
            asked = true;
            *self.idle.lock().unwrap() = Some(cx.waker().clone());
            Poll::Pending
        }));
    }

    /// Asks the node to go down in good order.
    pub fn stop(&self) {
        let Some(app) = self.app() else { return };
        let (number, world) = (self.number, Arc::clone(&self.world));
        world.note(|| format!("node {number} goes down"));
        let gone = Arc::clone(&self.gone);
        self.run(async move {
            app.stop(Duration::from_secs(5)).await;
            gone.store(true, Ordering::Relaxed);
        });
    }

    /// The node is no more, wherever its tasks were.
    pub fn crash(self) {
        self.world.note(|| format!("node {} is gone", self.number));
        self.world.hub.leave(self.number);
        let mut people = self.world.people.lock().unwrap();
        let followers = people.followers.iter_mut();
        followers
            .filter(|following| following.node == Some(self.number))
            .for_each(|following| following.node = None);
        drop(people);
        drop(self.app);
        drop(self.runtime);
    }
}

async fn assemble(world: &Arc<World>, node: u32) -> switchboard_domain::Result<Arc<Switchboard>> {
    let random: Arc<dyn Random> =
        Arc::new(TestRandom::seeded(world.seed ^ (u64::from(node) << 32)));
    let vault = Arc::new(AeadVault::new(MasterKey::new([7; 32]), Arc::clone(&random)));
    let ports = Ports {
        store: Arc::new(NodeStore {
            world: Arc::clone(world),
            node,
        }),
        bus: Arc::new(NodeBus::new(world, node)),
        clock: Arc::new(world.clock.clone()),
        random,
    };
    let agent = SimAgent {
        world: Arc::clone(world),
        node,
    };
    let settings = world.plan.settings.clone();
    let providers: Vec<Arc<dyn AgentRuntime>> = vec![Arc::new(agent)];
    Switchboard::start(ports, vault, providers, settings).await
}
