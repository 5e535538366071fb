//! Asking remote agents what they are, again and again until they answer.

use super::{AgentType, AgentTypes, Known, PREFIX, Reach, Runner, Tables, urls};
use crate::app::Switchboard;
use futures::future::join_all;
use std::sync::Arc;
use switchboard_domain::{
    Result, Timestamp,
    ports::{CallError, Registration, RemoteAgents, RemoteEndpoint, Topic},
    text::clip,
};

/// How long to wait after the first vain try, in seconds; doubled after each further one.
const FIRST_S: i64 = 1;
/// How long to wait at most between two vain tries, in seconds.
const LONGEST_S: i64 = 60;
/// After how long an agent that answered is asked again, in seconds: it may have changed.
const AGAIN_S: i64 = 600;
/// How long the loop sleeps at most, in seconds: another node may have added an address.
const LOOK_S: i64 = 30;
/// How much of a description is kept, in bytes.
const DESCRIPTION_MAX: usize = 64 << 10;

/// Starts the loop that asks.
pub fn start(app: &Arc<Switchboard>) {
    let app = Arc::clone(app);
    app.clone().tasks.spawn(async move {
        while !app.stopping.is_cancelled() {
            let next = match step(&app).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(?error, "the addresses of remote agents could not be read");
                    app.ports.now().plus_seconds(FIRST_S)
                }
            };
            tokio::select! {
                // In this order, so that a simulation can be repeated.
                biased;
                () = app.stopping.cancelled() => return,
                () = app.types.changed.notified() => {}
                () = app.ports.clock.sleep_until(next) => {}
            }
        }
    });
}

/// Asks those whose turn it is, and tells when the next one's is.
async fn step(app: &Switchboard) -> Result<Timestamp> {
    let now = app.ports.now();
    let Some(remote) = app.types.remote.clone() else {
        return Ok(now.plus_seconds(LOOK_S));
    };
    urls::take_in(app).await?;
    let due: Vec<RemoteEndpoint> = {
        let tables = app.types.read();
        let due = tables.urls.values().filter(|known| known.ask_at <= now);
        due.map(|known| known.endpoint.clone()).collect()
    };
    let asking = due.into_iter().map(|endpoint| ask(app, &remote, endpoint));
    tokio::select! {
        biased;
        () = app.stopping.cancelled() => {}
        _ = join_all(asking) => {}
    }
    let next = app
        .types
        .read()
        .urls
        .values()
        .map(|known| known.ask_at)
        .min();
    let latest = app.ports.now().plus_seconds(LOOK_S);
    Ok(next.map_or(latest, |next| next.min(latest)))
}

async fn ask(app: &Switchboard, remote: &Arc<dyn RemoteAgents>, endpoint: RemoteEndpoint) {
    let answer = remote.register(&endpoint).await;
    let now = app.ports.now();
    let is_new = app
        .types
        .write()
        .answered(&endpoint.url, answer, remote, now);
    if is_new {
        // Calls of agents of this type may have waited for it.
        app.ring(&Topic::Queue);
    }
}

impl Tables {
    /// Notes what an agent said, and tells whether its type is new.
    fn answered(
        &mut self,
        url: &str,
        answer: std::result::Result<Registration, CallError>,
        remote: &Arc<dyn RemoteAgents>,
        now: Timestamp,
    ) -> bool {
        let Some(mut known) = self.urls.remove(url) else {
            // It was removed meanwhile.
            return false;
        };
        let is_new = match answer {
            Ok(registration) => self.registered(&mut known, registration, remote, now),
            Err(error) => {
                known.missed(error.to_string(), now);
                false
            }
        };
        self.urls.insert(url.to_owned(), known);
        is_new
    }

    fn registered(
        &mut self,
        known: &mut Known,
        mut registration: Registration,
        remote: &Arc<dyn RemoteAgents>,
        now: Timestamp,
    ) -> bool {
        known.failures = 0;
        known.ask_at = now.plus_seconds(AGAIN_S);
        let name = registration.name.clone();
        if let Err(why) = self.admits(known, &name) {
            tracing::error!(
                url = known.endpoint.url,
                why,
                "a remote agent cannot be used"
            );
            known.reach = Reach::Refused(why);
            known.ask_at = now.plus_seconds(LONGEST_S);
            return false;
        }
        if let Some(old) = known.name.take().filter(|old| *old != name) {
            self.types.remove(&old);
        }
        registration.description = clip(registration.description, DESCRIPTION_MAX);
        let kind = AgentType {
            registration,
            retry: known.retry,
            runner: Runner::Remote(Arc::clone(remote), Box::new(known.endpoint.clone())),
        };
        known.reach = Reach::Registered;
        known.name = Some(name.clone());
        self.types.insert(name, Arc::new(kind)).is_none()
    }

    /// Whether the agent at this address may have this name.
    fn admits(&self, known: &Known, name: &str) -> std::result::Result<(), String> {
        if !is_name(name) {
            return Err(format!(
                "`{}` is no name of a type: it must begin with a capital letter, and have letters and digits only",
                clip(name.to_owned(), 60)
            ));
        }
        let url = &known.endpoint.url;
        let other = self
            .urls
            .values()
            .find(|other| other.name.as_deref() == Some(name));
        match (other, self.types.contains_key(name)) {
            (Some(other), _) => Err(format!(
                "the agents at {} and at {url} have the same name, {name}: rename one of them",
                other.endpoint.url
            )),
            (None, true) if known.name.as_deref() != Some(name) => Err(format!(
                "the agent at {url} has the name of a type that is built in, {PREFIX}{name}: rename it"
            )),
            _ => Ok(()),
        }
    }
}

impl Known {
    fn missed(&mut self, why: String, now: Timestamp) {
        let since = match &self.reach {
            Reach::Unreachable(_, since) => *since,
            _ => now,
        };
        tracing::warn!(
            url = self.endpoint.url,
            why,
            "a remote agent is unreachable"
        );
        self.reach = Reach::Unreachable(why, since);
        let wait_s = FIRST_S << self.failures.min(6);
        self.failures = self.failures.saturating_add(1);
        self.ask_at = now.plus_seconds(wait_s.min(LONGEST_S));
    }
}

/// `^[A-Z][A-Za-z0-9]*$`
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
}

impl AgentTypes {
    /// Forgets an address, and its type.
    pub(super) fn forget(&self, url: &str) {
        let mut tables = self.write();
        if let Some(name) = tables.urls.remove(url).and_then(|known| known.name) {
            tables.types.remove(&name);
        }
    }
}
