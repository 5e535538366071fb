//! The queries of the memory store.

use super::state::State;
use crate::{queries::LOCKOUT_FORGOTTEN_S, search};
use std::cmp::Reverse;
use switchboard_domain::{
    Timestamp,
    ids::Username,
    nouns::{
        Account, Action, ActionState, Agent, AgentUrl, ApiToken, Artifact, Blob, Challenge,
        DueCheck, Grant, Lane, Links, Lockout, Revocation, Session, SessionStatus, Step, Task,
        TaskState, User, Workflow, WorkflowAgent,
    },
    ports::{Key, Kind, Noun, Query, Record},
    text,
};

impl State {
    /// Several records of one kind.
    pub(super) fn list(&self, query: &Query) -> Vec<Record> {
        match query {
            Query::Users => records(self.all::<User>()),
            Query::ApiTokens(owner) => {
                let mut tokens: Vec<ApiToken> = self
                    .all()
                    .filter(|token: &ApiToken| {
                        owner.as_ref().is_none_or(|owner| token.owner == *owner)
                    })
                    .collect();
                tokens.sort_by_key(|token| Reverse((token.created_at, token.id.clone())));
                records(tokens)
            }
            Query::ApiTokenByHash(hash) => {
                let hash = text::storable(hash);
                records(
                    self.all()
                        .filter(|token: &ApiToken| token.hash.reveal() == hash),
                )
            }
            Query::Sealed { after, limit } => self.sealed(after.as_ref(), *limit),
            Query::Sessions {
                owner,
                status,
                limit,
            } => records(self.sessions(owner, *status, *limit)),
            Query::NextToExpire { limit } => {
                let is_due = |session: &Session| {
                    session.status == SessionStatus::Active && session.expires_at.is_some()
                };
                let mut sessions: Vec<Session> = self.all().filter(is_due).collect();
                sessions.sort_by_key(|session| (session.expires_at, session.id.clone()));
                records(sessions.into_iter().take(*limit))
            }
            Query::WorkflowAgentsOf(owner) => {
                self.by_id(|it: &WorkflowAgent| (it.owner == *owner).then_some(it.id))
            }
            Query::ForgetfulAgents => {
                self.by_id(|it: &WorkflowAgent| (it.keep_messages_for > Some(0)).then_some(it.id))
            }
            Query::LinksOf(owner) => self.by_id(|it: &Links| (it.owner == *owner).then_some(it.id)),
            Query::WorkflowsOf(owner) => {
                self.by_id(|it: &Workflow| (it.owner == *owner).then_some(it.id))
            }
            Query::AgentUrls => self.by_id(|it: &AgentUrl| Some(it.id.clone())),
            Query::AccountsOf(_) | Query::ChallengesOf(_) | Query::DueChallenges { .. } => {
                self.of_accounts(query)
            }
            Query::TasksOf { .. }
            | Query::ArtifactsOf { .. }
            | Query::DeletedTasks { .. }
            | Query::StepsOf { .. }
            | Query::UnusedBlobs { .. } => self.of_tasks(query),
            Query::ActionsOf { .. }
            | Query::UntoldActions { .. }
            | Query::ReadyActions { .. }
            | Query::DueActions { .. } => self.actions(query),
            Query::GrantsOf(owner) => self
                .by_id(|it: &Grant| (it.owner == *owner).then(|| (it.created_at, it.id.clone()))),
            Query::DueChecks { limit } => {
                let mut due = self.by_id(|it: &DueCheck| Some((it.due_at, it.id)));
                due.truncate(*limit);
                due
            }
            Query::LanesHeldBy(life) => {
                let held = |lane: &Lane| !lane.is_idle() && lane.life.as_ref() == Some(life);
                let mut lanes: Vec<Lane> = self.all().filter(held).collect();
                lanes.sort_by(|a, b| a.id.cmp(&b.id));
                records(lanes)
            }
            Query::AgentsVisibleTo(user) => records(self.visible(user)),
            Query::AgentsMatching { user, text, limit } => {
                records(self.matching(user, text, *limit))
            }
            Query::Stale { now, limit } => self.stale(*now, *limit),
        }
    }

    /// How many records the query would give without its limit.
    pub(super) fn count(&self, query: &Query) -> u64 {
        let found = match query {
            Query::TasksOf { .. } | Query::ArtifactsOf { .. } => self.paged(query),
            other => self.list(other),
        };
        found.len() as u64
    }

    /// Which actions.
    fn actions(&self, query: &Query) -> Vec<Record> {
        let place = |it: &Action| (it.created_at, it.id.clone());
        let (mut found, limit) = match query {
            Query::ActionsOf {
                owner,
                states,
                before,
                limit,
            } => {
                let among = |it: &Action| {
                    it.owner == *owner
                        && (states.is_empty() || states.contains(&it.state))
                        && before.as_ref().is_none_or(|before| place(it) < *before)
                };
                let found = self.by_id(|it: &Action| among(it).then(|| Reverse(place(it))));
                (found, *limit)
            }
            Query::UntoldActions { source, limit } => {
                let among = |it: &Action| it.source == *source && it.told.is_none();
                let found = self.by_id(|it: &Action| among(it).then(|| place(it)));
                (found, *limit)
            }
            Query::ReadyActions {
                owner,
                at,
                after,
                limit,
            } => {
                let among = |it: &Action| {
                    it.state == ActionState::Ready
                        && it.at == *at
                        && owner.as_ref().is_none_or(|owner| it.owner == *owner)
                        && after.as_ref().is_none_or(|after| place(it) > *after)
                };
                let found = self.by_id(|it: &Action| among(it).then(|| place(it)));
                (found, *limit)
            }
            Query::DueActions { limit } => {
                let found = self.by_id(|it: &Action| Some((it.due_at?, it.id.clone())));
                (found, *limit)
            }
            _ => (Vec::new(), 0),
        };
        found.truncate(limit);
        found
    }

    fn sealed(&self, after: Option<&Key>, limit: usize) -> Vec<Record> {
        let behind =
            |key: &Key| Kind::SEALED.contains(&key.kind) && after.is_none_or(|it| key > it);
        // Keys come in order here.
        let found = self.records.iter().filter(|(key, _)| behind(key));
        let found = found.take(limit);
        found.map(|(_, record)| record.clone()).collect()
    }

    /// What accounts ask for.
    fn of_accounts(&self, query: &Query) -> Vec<Record> {
        match query {
            Query::AccountsOf(owner) => {
                self.by_id(|it: &Account| (it.owner == *owner).then(|| it.id.clone()))
            }
            Query::ChallengesOf(owner) => self.by_id(|it: &Challenge| {
                (it.owner == *owner).then(|| (it.created_at, it.id.clone()))
            }),
            Query::DueChallenges { limit } => {
                let mut due = self.by_id(|it: &Challenge| Some((it.due_at, it.id.clone())));
                due.truncate(*limit);
                due
            }
            _ => Vec::new(),
        }
    }

    /// What tasks ask for.
    fn of_tasks(&self, query: &Query) -> Vec<Record> {
        match query {
            Query::TasksOf { skip, limit, .. } | Query::ArtifactsOf { skip, limit, .. } => {
                let all = self.paged(query).into_iter();
                all.skip(*skip).take(*limit).collect()
            }
            Query::DeletedTasks { limit } => {
                let deleted = |task: &Task| task.state == TaskState::Deleted;
                let mut tasks = self.by_id(|it: &Task| deleted(it).then(|| it.id.clone()));
                tasks.truncate(*limit);
                tasks
            }
            Query::StepsOf { task, after, limit } => {
                let among = |it: &Step| it.task == *task && it.place > *after;
                let mut steps = self.by_id(|it: &Step| among(it).then_some(it.place));
                steps.truncate(*limit);
                steps
            }
            Query::UnusedBlobs { limit } => {
                let mut blobs = self.by_id(|it: &Blob| (it.used == 0).then(|| it.id.clone()));
                blobs.truncate(*limit);
                blobs
            }
            _ => Vec::new(),
        }
    }

    /// All pages of what is read in pages.
    fn paged(&self, query: &Query) -> Vec<Record> {
        match query {
            Query::TasksOf { owner, agent, .. } => self.by_id(|it: &Task| {
                let among = it.owner == *owner && it.agent == *agent;
                let there = among && it.state != TaskState::Deleted;
                there.then(|| (it.created_at, it.id.clone()))
            }),
            Query::ArtifactsOf { task, .. } => self
                .by_id(|it: &Artifact| (it.task == *task).then(|| (it.created_at, it.id.clone()))),
            _ => Vec::new(),
        }
    }

    /// All that have a place, in the order of their places.
    fn by_id<T: Noun, P: Ord>(&self, place: impl Fn(&T) -> Option<P>) -> Vec<Record> {
        let mut found: Vec<(P, T)> = self
            .all()
            .filter_map(|noun: T| Some((place(&noun)?, noun)))
            .collect();
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        records(found.into_iter().map(|(_, noun)| noun))
    }

    fn all<T: Noun>(&self) -> impl Iterator<Item = T> {
        let of_kind = self.records.iter().filter(|(key, _)| key.kind == T::KIND);
        of_kind.filter_map(|(_, record)| T::try_from(record.clone()).ok())
    }

    fn sessions(
        &self,
        owner: &Username,
        status: Option<SessionStatus>,
        limit: usize,
    ) -> Vec<Session> {
        let matches = |session: &Session| {
            session.owner == *owner && status.is_none_or(|status| session.status == status)
        };
        let mut sessions: Vec<Session> = self.all().filter(matches).collect();
        sessions.sort_by_key(|session| (session.created_at, session.id.clone()));
        sessions.split_off(sessions.len().saturating_sub(limit))
    }

    fn visible(&self, user: &Username) -> Vec<Agent> {
        let mut agents: Vec<Agent> = self
            .all()
            .filter(|agent: &Agent| agent.is_visible_to(user))
            .collect();
        agents.sort_by_key(|agent| agent.id);
        agents
    }

    fn matching(&self, user: &Username, text: &str, limit: usize) -> Vec<Agent> {
        let ranked = |agent: Agent| search::rank(&agent, text).map(|rank| (rank, agent));
        let mut found: Vec<_> = self.visible(user).into_iter().filter_map(ranked).collect();
        found.sort_by_key(|(rank, agent)| (Reverse(*rank), agent.id));
        found
            .into_iter()
            .take(limit)
            .map(|(_, agent)| agent)
            .collect()
    }

    fn stale(&self, now: Timestamp, limit: usize) -> Vec<Record> {
        let mut revoked: Vec<Revocation> = self
            .all()
            .filter(|it: &Revocation| it.until <= now)
            .collect();
        revoked.sort_by_key(|it| (it.until, it.id.clone()));
        let forgotten = now.plus_seconds(-LOCKOUT_FORGOTTEN_S);
        let is_over = |it: &Lockout| match it.locked_until {
            Some(until) => until <= now,
            None => it.last_at <= forgotten,
        };
        let mut locked: Vec<Lockout> = self.all().filter(is_over).collect();
        locked.sort_by_key(|it| (it.last_at, it.id.clone()));
        let mut stale = records(revoked.into_iter().take(limit));
        stale.extend(records(locked.into_iter().take(limit)));
        stale
    }
}

fn records<T: Into<Record>>(nouns: impl IntoIterator<Item = T>) -> Vec<Record> {
    nouns.into_iter().map(Into::into).collect()
}
