//! Those who use the server: they create sessions, talk, repeat themselves, stop, end and follow.

use std::{collections::BTreeMap, sync::Arc};

use switchboard_core::{
    FollowError, Follower, Live, Switchboard,
    dialogue::{self, NewText},
    sessions::{self, NewSession, NewSessionAgent},
};
use switchboard_domain::{
    Result,
    ids::ApiTokenId,
    nouns::{Object, Principal, Recorded, Scope, Session, SessionKind},
    ports::Page,
};

use super::{
    agent::Calls,
    world::{World, at_once},
};

/// What people know and remember.
#[derive(Default)]
pub struct People {
    pub sessions: Vec<Session>,
    /// What was said, by session and by the speaker's name for it.
    pub texts: BTreeMap<(String, String), Said>,
    /// The newest text of each session that was acknowledged.
    floors: BTreeMap<String, i64>,
    pub followers: Vec<Following>,
    pub calls: Calls,
}

/// A text.
#[derive(Clone)]
pub struct Said {
    pub session: Session,
    pub content: String,
    pub tries: u32,
    /// Its number, once it was acknowledged.
    pub no: Option<i64>,
}

/// Somebody who follows a session.
pub struct Following {
    pub session: Session,
    /// What they saw last; none before they began.
    pub cursor: Option<i64>,
    /// The node by which they follow, while they do.
    pub node: Option<u32>,
}

/// A user with one token.
pub fn principal(user: usize) -> Principal {
    Principal::ApiToken {
        id: ApiTokenId::from_uuid(uuid::Uuid::from_u128(user as u128)),
        owner: format!("user{user}").parse().unwrap(),
        scopes: vec![Scope::Chat],
    }
}

/// Who owns the session.
pub fn owner(session: &Session) -> Principal {
    principal(session.owner.as_str()["user".len()..].parse().unwrap())
}

pub async fn create(world: Arc<World>, app: Arc<Switchboard>, user: usize, kind: SessionKind) {
    let agent = |key: usize| NewSessionAgent {
        key: format!("agent{key}"),
        provider: "sim".into(),
        model: None,
        capabilities: Vec::new(),
        personality: None,
        metadata: Object::default(),
    };
    let opening = kind == SessionKind::AgentAgent && world.chance(50);
    let new = NewSession {
        kind,
        agents: (0..kind.agents()).map(agent).collect(),
        interaction_modes: Vec::new(),
        metadata: Object::default(),
        opening: opening.then(|| "opening".into()),
    };
    let created = sessions::create(&principal(user), &app, new).await;
    world.note(|| {
        format!(
            "created: {}",
            told(&created, |session| session.id.to_string())
        )
    });
    if let Ok(session) = created {
        world.people.lock().unwrap().sessions.push(session);
    }
}

fn told<T>(result: &Result<T>, tell: impl FnOnce(&T) -> String) -> String {
    match result {
        Ok(value) => tell(value),
        Err(error) => format!("{error:?}"),
    }
}

/// Says a text, for the first time or again.
pub async fn say(world: Arc<World>, app: Arc<Switchboard>, session: Session, name: String) {
    let key = (session.id.to_string(), name.clone());
    let floor = {
        let mut people = world.people.lock().unwrap();
        let said = people.texts.entry(key.clone()).or_insert_with(|| Said {
            session: session.clone(),
            content: format!("text {name}"),
            tries: 0,
            no: None,
        });
        said.tries += 1;
        people.floors.get(&key.0).copied().unwrap_or(0)
    };
    let text = NewText {
        content: format!("text {name}"),
        client_id: Some(name),
        ..NewText::default()
    };
    let result = dialogue::say(&owner(&session), &app, &session, text).await;
    world.note(|| {
        format!(
            "said {key:?}: {}",
            told(&result, |said| format!("{said:?}"))
        )
    });
    let Ok(answer) = result else { return };
    let no = answer.position.no;
    let mut people = world.people.lock().unwrap();
    let people = &mut *people;
    let said = people.texts.get_mut(&key).unwrap();
    let same = said.no.is_none_or(|before| before == no);
    world.require(same, || format!("{key:?} has two places"));
    world.require(!answer.repeated || said.tries > 1, || {
        format!("{key:?} was said once and told to be a repetition")
    });
    world.require(answer.repeated || no > floor, || {
        format!("{key:?} came behind {floor} and stands before it, at {no}")
    });
    said.no = Some(no);
    let newest = people.floors.entry(key.0).or_default();
    *newest = no.max(*newest);
}

pub async fn stop(world: Arc<World>, app: Arc<Switchboard>, session: Session) {
    let stopped = dialogue::stop(&owner(&session), &app, &session).await;
    world.note(|| {
        format!(
            "stopped {}: {}",
            session.id,
            told(&stopped, bool::to_string)
        )
    });
}

pub async fn end(world: Arc<World>, app: Arc<Switchboard>, session: Session) {
    let ended = sessions::end(&owner(&session), &app, session.id.as_str()).await;
    world.note(|| format!("ended {}: {}", session.id, told(&ended, |()| "done".into())));
}

/// Follows a session until it fails, and sees whether every event comes once and in order.
pub async fn follow(world: Arc<World>, app: Arc<Switchboard>, which: usize) {
    let (session, after) = {
        let people = world.people.lock().unwrap();
        let following = &people.followers[which];
        (following.session.clone(), following.cursor)
    };
    // The connection keeps the session from making room for others.
    let _present = app.enter(&owner(&session), &session.id);
    let pieces = world.chance(50);
    if let Ok(follower) = Follower::new(&app, session.stream(), after, pieces).await {
        let cursor = follower.cursor();
        world.require(after.is_none_or(|after| after == cursor), || {
            format!("follower {which} asked for {after:?} and got {cursor}")
        });
        world.note(|| format!("follower {which} follows {} from {cursor}", session.id));
        world.people.lock().unwrap().followers[which].cursor = Some(cursor);
        let error = listen(&world, follower, which).await;
        world.note(|| format!("follower {which} is sent away: {error:?}"));
    }
    world.people.lock().unwrap().followers[which].node = None;
}

async fn listen(world: &World, mut follower: Follower, which: usize) -> FollowError {
    let mut concluded = 0;
    loop {
        if world.faulty(5) {
            // Others are read to meanwhile.
            world.pause(30_000_000).await;
        }
        let hasty = world.faulty(20);
        let next = tokio::select! {
            biased;
            next = follower.next() => next,
            () = world.pause(500_000), if hasty => continue,
        };
        match next {
            Ok(Live::Event(event)) => {
                concluded = event.recorded.event.concludes().unwrap_or(0).max(concluded);
                saw(world, which, &event.recorded);
            }
            Ok(Live::Delta(delta)) => world.require(delta.reply_to > concluded, || {
                format!("follower {which} got a piece of an answer that was there")
            }),
            Err(error) => return error,
        }
    }
}

fn saw(world: &World, which: usize, recorded: &Recorded) {
    let no = recorded.position.no;
    world.note(|| format!("follower {which} sees {} of {}", no, recorded.stream));
    let mut people = world.people.lock().unwrap();
    let cursor = people.followers[which].cursor.replace(no);
    drop(people);
    world.require(cursor == Some(no - 1), || {
        format!("follower {which} was at {cursor:?} and saw {no}")
    });
    let row = Page::UpTo {
        no,
        limit: 1,
        bytes: usize::MAX,
    };
    let stored = at_once(world.store.events(&recorded.stream, row)).unwrap();
    world.require(stored.last() == Some(recorded), || {
        format!("follower {which} saw {recorded:?} and stored is {stored:?}")
    });
}
