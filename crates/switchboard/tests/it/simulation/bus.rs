//! A bus between nodes that loses, doubles and delays signals.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{StreamExt as _, stream::unfold};
use switchboard_domain::{
    Timestamp,
    ports::{Bus, Clock as _, Signal, Signals, Topic},
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::world::World;

/// What is between the nodes.
#[derive(Default)]
pub struct Hub(Mutex<Wires>);

#[derive(Default)]
struct Wires {
    nodes: BTreeSet<u32>,
    listeners: HashMap<(u32, Topic), Vec<UnboundedSender<Signal>>>,
    /// When the last signal on its way arrives: signals of one publisher for one topic keep their order.
    last: HashMap<(u32, u32, Topic), Timestamp>,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Wires> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A node comes.
    pub fn enter(&self, node: u32) {
        self.lock().nodes.insert(node);
    }

    /// A node is gone, and so is what was on its way to it.
    pub fn leave(&self, node: u32) {
        let mut wires = self.lock();
        wires.nodes.remove(&node);
        wires.listeners.retain(|(of, _), _| *of != node);
    }

    fn deliver(&self, node: u32, topic: &Topic, signal: &Signal) {
        let mut wires = self.lock();
        if let Some(listeners) = wires.listeners.get_mut(&(node, topic.clone())) {
            listeners.retain(|listener| listener.send(signal.clone()).is_ok());
        }
    }
}

/// The bus as one node sees it.
pub struct NodeBus {
    elsewhere: Elsewhere,
    alone: bool,
}

/// The part of it that rings on other nodes.
struct Elsewhere {
    world: Arc<World>,
    node: u32,
}

impl NodeBus {
    pub fn new(world: &Arc<World>, node: u32) -> Self {
        let world = Arc::clone(world);
        world.hub.enter(node);
        Self {
            alone: world.plan.nodes == 1,
            elsewhere: Elsewhere { world, node },
        }
    }
}

impl Bus for NodeBus {
    fn publish(&self, topic: &Topic, signal: Signal) {
        let Elsewhere { world, node } = &self.elsewhere;
        // Where there are no others, nothing is lost.
        if self.alone || !world.faulty(world.plan.bus_local_loss) {
            world.hub.deliver(*node, topic, &signal);
        }
        self.elsewhere.publish(topic, signal);
    }

    fn subscribe(&self, topic: &Topic) -> Signals {
        let (sender, receiver) = unbounded_channel();
        let Elsewhere { world, node } = &self.elsewhere;
        let mut wires = world.hub.lock();
        wires
            .listeners
            .entry((*node, topic.clone()))
            .or_default()
            .push(sender);
        unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|signal| (signal, receiver))
        })
        .boxed()
    }

    fn elsewhere(&self) -> Option<&dyn Bus> {
        (!self.alone).then_some(&self.elsewhere)
    }
}

impl Elsewhere {
    fn send(&self, to: u32, topic: &Topic, signal: Signal) {
        let world = Arc::clone(&self.world);
        let delay = world.micros(world.plan.bus_delay_us);
        let at = {
            let mut wires = world.hub.lock();
            let last = wires
                .last
                .entry((self.node, to, topic.clone()))
                .or_default();
            *last = world.clock.now().plus_micros(delay).max(*last);
            *last
        };
        let topic = topic.clone();
        self.world.clock.at(at, move || {
            world.note(|| format!("bus: {topic:?} for node {to}"));
            world.hub.deliver(to, &topic, &signal);
        });
    }
}

impl Bus for Elsewhere {
    fn publish(&self, topic: &Topic, signal: Signal) {
        let world = &self.world;
        let others: Vec<u32> = world.hub.lock().nodes.iter().copied().collect();
        for to in others.into_iter().filter(|node| *node != self.node) {
            if world.faulty(world.plan.bus_loss) {
                continue;
            }
            let copies = if world.faulty(10) { 2 } else { 1 };
            for _ in 0..copies {
                self.send(to, topic, signal.clone());
            }
        }
    }

    fn subscribe(&self, _: &Topic) -> Signals {
        futures::stream::pending().boxed()
    }
}
