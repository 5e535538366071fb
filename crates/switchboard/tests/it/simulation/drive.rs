//! The simulation itself: step by step, something is done or due, and then all nodes run until they wait.

use std::sync::Arc;

use switchboard_core::Switchboard;
use switchboard_domain::{
    nouns::{Hidden, Lane, Role, Session, SessionKind, User},
    ports::{Clock as _, Write, find},
};

use super::{
    checks,
    node::Node,
    people::{self, Following},
    world::{World, at_once},
};

/// How many users there are.
const USERS: usize = 2;
/// How long it may take, in seconds, until all is quiet once nothing goes wrong any more; and how long that is watched.
const QUIET_S: i64 = 1200;
const WATCHED_S: i64 = 100;

/// A simulation under way.
struct Simulation {
    world: Arc<World>,
    nodes: Vec<Node>,
    /// How many lives of nodes there were.
    lives: u32,
    /// How many texts there were.
    texts: u64,
}

/// Runs a seed for so many steps, and then until all is quiet. Gives the hash of all that happened, or what was
/// violated.
pub fn run(seed: u64, steps: usize) -> Result<u64, String> {
    let world = World::new(seed);
    for user in 0..USERS {
        let user = User {
            id: people::principal(user).user().clone(),
            role: Role::User,
            password_hash: Hidden::new(""),
            created_at: world.clock.now(),
            tokens_from: world.clock.now(),
            disabled_at: None,
        };
        at_once(world.store.commit(Write::new().put(user))).unwrap();
    }
    let mut simulation = Simulation {
        world,
        nodes: Vec::new(),
        lives: 0,
        texts: 0,
    };
    let result = simulation.play(steps);
    simulation.nodes.drain(..).for_each(Node::crash);
    result.map(|()| simulation.world.hash())
}

impl Simulation {
    fn play(&mut self, steps: usize) -> Result<(), String> {
        self.populate();
        for _ in 0..steps {
            if self.world.chance(25) {
                self.act();
            } else {
                self.world.clock.step();
            }
            self.settle()?;
        }
        self.world.note(|| "calm".into());
        self.world.calm_down();
        self.come_to_rest()?;
        checks::check(&self.world);
        self.world.violation().map_or(Ok(()), Err)
    }

    /// Starts nodes until there are as many as there should be.
    fn populate(&mut self) {
        while self.nodes.len() < self.world.plan.nodes as usize {
            self.lives += 1;
            self.nodes.push(Node::start(&self.world, self.lives));
        }
    }

    /// Lets everything run until it waits.
    fn settle(&mut self) -> Result<(), String> {
        self.nodes.iter().for_each(Node::settle);
        let gone = |node: &mut Node| node.is_gone();
        self.nodes.extract_if(.., gone).for_each(Node::crash);
        self.world.violation().map_or(Ok(()), Err)
    }

    /// Time goes on with no further faults, until nothing is to be done and nobody is behind.
    fn come_to_rest(&mut self) -> Result<(), String> {
        let now = self.world.clock.now();
        let (first, last) = (now.plus_seconds(WATCHED_S), now.plus_seconds(QUIET_S));
        loop {
            self.populate();
            self.follow_all();
            self.world.clock.step();
            self.settle()?;
            let now = self.world.clock.now();
            if now >= last || (now >= first && self.is_at_rest()) {
                return Ok(());
            }
        }
    }

    fn is_at_rest(&self) -> bool {
        let shadow = self.world.shadow.lock().unwrap();
        let idle = shadow.lanes.iter().all(|lane| {
            let lane: Option<Lane> = at_once(find(&*self.world.store, lane.as_str())).unwrap();
            lane.is_none_or(|lane| lane.is_idle())
        });
        let people = self.world.people.lock().unwrap();
        idle && people
            .followers
            .iter()
            .all(|follower| checks::has_caught_up(&shadow, follower))
    }

    /// A node that is there.
    fn somewhere(&self) -> Option<(&Node, Arc<Switchboard>)> {
        let there: Vec<_> = self
            .nodes
            .iter()
            .filter_map(|node| Some((node, node.app()?)))
            .collect();
        let chosen = self.world.random.below(there.len().max(1));
        there.into_iter().nth(chosen)
    }

    /// A session that people know; rather a young one.
    fn some_session(&self) -> Option<Session> {
        let people = self.world.people.lock().unwrap();
        let recent = people.sessions.len().min(4);
        let back = self.world.random.below(recent.max(1)) + 1;
        let index = people.sessions.len().checked_sub(back)?;
        people.sessions.get(index).cloned()
    }

    /// Somebody does something, or something happens to a node.
    fn act(&mut self) {
        match self.world.random.below(100) {
            0..8 => self.create(),
            8..55 => self.say(),
            55..61 => self.stop_dialogue(),
            61..62 => self.end(),
            62..78 => self.follow(),
            78..84 => self.repeat(),
            84..86 => self.mute(),
            86..88 => self.crash(),
            88..89 => self.go_down(),
            89..93 => self.populate(),
            _ => self.world.clock.step(),
        }
    }

    fn create(&self) {
        let Some((node, app)) = self.somewhere() else {
            return;
        };
        let kind = if self.world.chance(60) {
            SessionKind::HumanAgent
        } else {
            SessionKind::AgentAgent
        };
        let user = self.world.random.below(USERS);
        node.run(people::create(Arc::clone(&self.world), app, user, kind));
    }

    fn say(&mut self) {
        self.texts += 1;
        let name = format!("t{}", self.texts);
        if let (Some((node, app)), Some(session)) = (self.somewhere(), self.some_session()) {
            node.run(people::say(Arc::clone(&self.world), app, session, name));
        }
    }

    /// Somebody says again what was said, because they do not know whether it was heard.
    fn repeat(&self) {
        let people = self.world.people.lock().unwrap();
        let recent = people.texts.len().min(20);
        let chosen = self.world.random.below(recent.max(1));
        let said = people.texts.iter().rev().nth(chosen);
        let said = said.map(|((_, name), said)| (said.session.clone(), name.clone()));
        drop(people);
        if let (Some((node, app)), Some((session, name))) = (self.somewhere(), said) {
            node.run(people::say(Arc::clone(&self.world), app, session, name));
        }
    }

    fn stop_dialogue(&self) {
        if let (Some((node, app)), Some(session)) = (self.somewhere(), self.some_session()) {
            node.run(people::stop(Arc::clone(&self.world), app, session));
        }
    }

    fn end(&self) {
        if let (Some((node, app)), Some(session)) = (self.somewhere(), self.some_session()) {
            node.run(people::end(Arc::clone(&self.world), app, session));
        }
    }

    /// Somebody begins to follow, or comes back.
    fn follow(&self) {
        let Some((node, app)) = self.somewhere() else {
            return;
        };
        let session = self.some_session();
        let mut people = self.world.people.lock().unwrap();
        let away = people.followers.iter().position(|one| one.node.is_none());
        let which = match (away, session) {
            (Some(which), _) => which,
            (None, Some(session)) if people.followers.len() < 40 => {
                let cursor = self.world.chance(50).then_some(0);
                people.followers.push(Following {
                    session,
                    cursor,
                    node: None,
                });
                people.followers.len() - 1
            }
            _ => return,
        };
        people.followers[which].node = Some(node.number);
        drop(people);
        node.run(people::follow(Arc::clone(&self.world), app, which));
    }

    /// Whoever followed and was sent away comes back.
    fn follow_all(&self) {
        let away = |world: &World| {
            let people = world.people.lock().unwrap();
            people.followers.iter().any(|one| one.node.is_none())
        };
        while self.somewhere().is_some() && away(&self.world) {
            self.follow();
        }
    }

    fn mute(&self) {
        if let Some((node, _)) = self.somewhere() {
            let until = self.world.clock.now().plus_seconds(30);
            let number = node.number;
            self.world
                .note(|| format!("node {number} is not heard until {until}"));
            self.world.shadow.lock().unwrap().mute(number, until);
        }
    }

    fn crash(&mut self) {
        let chosen = self.world.random.below(self.nodes.len().max(1));
        if chosen < self.nodes.len() {
            self.nodes.remove(chosen).crash();
        }
    }

    fn go_down(&self) {
        if let Some((node, _)) = self.somewhere() {
            node.stop();
        }
    }
}
