//! What `list` reads, with its statements.

use crate::{
    database::{Database, integer},
    dialect::Dialect,
    engine::Arg,
    fault::Fault,
    rows, search,
    tables::{AGENTS, table},
};
use switchboard_domain::{
    Timestamp,
    ids::{ActionId, Username},
    nouns::{ActionState, SessionStatus},
    ports::{Key, Kind, Query, Record},
};

/// A lock-out that locks nobody out is forgotten when nobody tried for so long.
pub(crate) const LOCKOUT_FORGOTTEN_S: i64 = 24 * 60 * 60;

/// The name of a session's state in its column.
fn status_name(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Active => "active",
        SessionStatus::Ended => "ended",
        SessionStatus::Expired => "expired",
    }
}

impl Database {
    /// Several records of one kind.
    pub(crate) async fn list(&self, query: &Query) -> Result<Vec<Record>, Fault> {
        match query {
            Query::Users => self.select(Kind::User, "ORDER BY t.id", &[]).await,
            Query::ApiTokens(None) => {
                self.select(Kind::ApiToken, "ORDER BY t.created_at DESC, t.id DESC", &[])
                    .await
            }
            Query::ApiTokens(Some(owner)) => {
                let rest = "WHERE t.owner = $1 ORDER BY t.created_at DESC, t.id DESC";
                self.select(Kind::ApiToken, rest, &[Arg::text(owner.as_str())])
                    .await
            }
            Query::ApiTokenByHash(hash) => {
                let sql = self.selection(Kind::ApiToken, "WHERE t.hash = $1");
                let rows = self.read_one(&sql, &[Arg::text(hash)]).await?;
                decoded(Kind::ApiToken, &rows)
            }
            Query::Sealed { after, limit } => self.sealed(after.as_ref(), *limit).await,
            Query::Sessions {
                owner,
                status,
                limit,
            } => self.sessions(owner, *status, *limit).await,
            Query::NextToExpire { limit } => {
                let rest = "WHERE t.status = 'active' AND t.expires_at IS NOT NULL \
                            ORDER BY t.expires_at, t.id LIMIT $1";
                self.select(Kind::Session, rest, &[Arg::limit(*limit)])
                    .await
            }
            Query::WorkflowAgentsOf(owner) => self.owned(Kind::WorkflowAgent, owner, "t.id").await,
            Query::LinksOf(owner) => self.owned(Kind::Links, owner, "t.id").await,
            Query::WorkflowsOf(owner) => self.owned(Kind::Workflow, owner, "t.id").await,
            Query::ForgetfulAgents => {
                let rest = "WHERE t.keep_messages_for > 0 ORDER BY t.id";
                self.select(Kind::WorkflowAgent, rest, &[]).await
            }
            Query::AgentUrls => self.select(Kind::AgentUrl, "ORDER BY t.id", &[]).await,
            Query::AccountsOf(_) | Query::ChallengesOf(_) | Query::DueChallenges { .. } => {
                self.of_accounts(query).await
            }
            Query::TasksOf { skip, limit, .. } | Query::ArtifactsOf { skip, limit, .. } => {
                self.page(query, *skip, *limit).await
            }
            Query::DeletedTasks { .. } | Query::StepsOf { .. } | Query::UnusedBlobs { .. } => {
                self.of_tasks(query).await
            }
            Query::ActionsOf { .. }
            | Query::UntoldActions { .. }
            | Query::ReadyActions { .. }
            | Query::DueActions { .. } => self.actions(query).await,
            Query::GrantsOf(owner) => self.owned(Kind::Grant, owner, "t.created_at, t.id").await,
            Query::DueChecks { limit } => {
                let rest = "ORDER BY t.due_at, t.id LIMIT $1";
                self.select(Kind::DueCheck, rest, &[Arg::limit(*limit)])
                    .await
            }
            Query::LanesHeldBy(life) => {
                // Idle lanes are held by nobody, and the index leaves them out.
                let rest = "WHERE t.ready_at IS NOT NULL AND t.life = $1 ORDER BY t.id";
                self.select(Kind::Lane, rest, &[Arg::text(life.as_str())])
                    .await
            }
            Query::AgentsVisibleTo(user) => {
                let rest = format!("WHERE {} ORDER BY t.id", visible(self.sql.dialect));
                self.select(Kind::Agent, &rest, &[Arg::text(user.as_str())])
                    .await
            }
            Query::AgentsMatching { user, text, limit } => self.matching(user, text, *limit).await,
            Query::Stale { now, limit } => self.stale(*now, *limit).await,
        }
    }

    async fn actions(&self, query: &Query) -> Result<Vec<Record>, Fault> {
        let (rest, args) = actions(query);
        self.select(Kind::Action, &rest, &args).await
    }

    /// What tasks ask for.
    async fn of_tasks(&self, query: &Query) -> Result<Vec<Record>, Fault> {
        match query {
            Query::DeletedTasks { limit } => {
                let rest = "WHERE t.state = 'deleted' ORDER BY t.id LIMIT $1";
                self.select(Kind::Task, rest, &[Arg::limit(*limit)]).await
            }
            Query::StepsOf { task, after, limit } => {
                let rest = "WHERE t.task = $1 AND t.place > $2 ORDER BY t.place LIMIT $3";
                let args = [
                    Arg::text(task.as_str()),
                    Arg::Int(*after),
                    Arg::limit(*limit),
                ];
                self.select(Kind::Step, rest, &args).await
            }
            Query::UnusedBlobs { limit } => {
                let rest = "WHERE t.used = 0 ORDER BY t.id LIMIT $1";
                self.select(Kind::Blob, rest, &[Arg::limit(*limit)]).await
            }
            _ => Ok(Vec::new()),
        }
    }

    /// What accounts ask for.
    async fn of_accounts(&self, query: &Query) -> Result<Vec<Record>, Fault> {
        match query {
            Query::AccountsOf(owner) => self.owned(Kind::Account, owner, "t.id").await,
            Query::ChallengesOf(owner) => {
                self.owned(Kind::Challenge, owner, "t.created_at, t.id")
                    .await
            }
            Query::DueChallenges { limit } => {
                let rest = "ORDER BY t.due_at, t.id LIMIT $1";
                self.select(Kind::Challenge, rest, &[Arg::limit(*limit)])
                    .await
            }
            _ => Ok(Vec::new()),
        }
    }

    async fn page(&self, query: &Query, skip: usize, limit: usize) -> Result<Vec<Record>, Fault> {
        let (kind, which, order, mut args) = paged(query);
        let (limit_at, skip_at) = (args.len() + 1, args.len() + 2);
        args.extend([Arg::limit(limit), Arg::limit(skip)]);
        let rest = format!("WHERE {which} ORDER BY {order} LIMIT ${limit_at} OFFSET ${skip_at}");
        self.select(kind, &rest, &args).await
    }

    /// How many records the query would give without its limit.
    pub(crate) async fn count(&self, query: &Query) -> Result<u64, Fault> {
        if !matches!(query, Query::TasksOf { .. } | Query::ArtifactsOf { .. }) {
            return Ok(self.list(query).await?.len() as u64);
        }
        let (kind, which, _, args) = paged(query);
        let name = table(kind).name;
        let sql = format!("SELECT CAST(count(*) AS TEXT) FROM {name} t WHERE {which}");
        let count = integer(&self.read(&sql, &args).await?)?.unwrap_or(0);
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn select(&self, kind: Kind, rest: &str, args: &[Arg]) -> Result<Vec<Record>, Fault> {
        decoded(kind, &self.read(&self.selection(kind, rest), args).await?)
    }

    fn selection(&self, kind: Kind, rest: &str) -> String {
        let table = table(kind);
        let object = self.sql.dialect.object("t", table.read());
        format!("SELECT {object} FROM {} t {rest}", table.name)
    }

    /// What belongs to a user, in the order of this column.
    async fn owned(&self, kind: Kind, owner: &Username, by: &str) -> Result<Vec<Record>, Fault> {
        let rest = format!("WHERE t.owner = $1 ORDER BY {by}");
        self.select(kind, &rest, &[Arg::text(owner.as_str())]).await
    }

    async fn sealed(&self, after: Option<&Key>, limit: usize) -> Result<Vec<Record>, Fault> {
        let mut found = Vec::new();
        for kind in Kind::SEALED {
            // Of the kind of the last one those behind it, of the kinds behind that all.
            let behind = match after {
                Some(after) if after.kind > kind => continue,
                Some(after) if after.kind == kind => after.id.as_ref(),
                _ => "",
            };
            let rest = "WHERE t.id > $1 ORDER BY t.id LIMIT $2";
            let args = [Arg::text(behind), Arg::limit(limit - found.len())];
            found.extend(self.select(kind, rest, &args).await?);
        }
        Ok(found)
    }

    async fn sessions(
        &self,
        owner: &Username,
        status: Option<SessionStatus>,
        limit: usize,
    ) -> Result<Vec<Record>, Fault> {
        let mut args = vec![Arg::text(owner.as_str()), Arg::limit(limit)];
        args.extend(status.map(|status| Arg::text(status_name(status))));
        let only = if status.is_some() {
            "AND t.status = $3"
        } else {
            ""
        };
        let rest =
            format!("WHERE t.owner = $1 {only} ORDER BY t.created_at DESC, t.id DESC LIMIT $2");
        let mut sessions = self.select(Kind::Session, &rest, &args).await?;
        sessions.reverse();
        Ok(sessions)
    }

    async fn stale(&self, now: Timestamp, limit: usize) -> Result<Vec<Record>, Fault> {
        let revoked = "WHERE t.\"until\" <= $1 ORDER BY t.\"until\", t.id LIMIT $2";
        let args = [Arg::Int(now.as_micros()), Arg::limit(limit)];
        let mut stale = self.select(Kind::Revocation, revoked, &args).await?;
        let locked = "WHERE t.locked_until <= $1 OR (t.locked_until IS NULL AND t.last_at <= $3) \
                      ORDER BY t.last_at, t.id LIMIT $2";
        let forgotten = now.plus_seconds(-LOCKOUT_FORGOTTEN_S);
        let args = [args.as_slice(), &[Arg::Int(forgotten.as_micros())]].concat();
        stale.extend(self.select(Kind::Lockout, locked, &args).await?);
        Ok(stale)
    }

    async fn matching(
        &self,
        user: &Username,
        text: &str,
        limit: usize,
    ) -> Result<Vec<Record>, Fault> {
        let (exact, words) = (search::exact(text), search::asked(text));
        if exact.is_empty() {
            return Ok(Vec::new());
        }
        let sql = matching(self.sql.dialect);
        let words = asked(self.sql.dialect, &words);
        let args = [
            Arg::text(user.as_str()),
            Arg::text(&exact),
            Arg::Text(words),
            Arg::limit(limit),
        ];
        let rows = self.read(&sql, &args).await?;
        rows.iter()
            .map(|row| rows::decode(Kind::Agent, row))
            .collect()
    }
}

/// Which actions, in which order and how many, and what is asked for.
fn actions(query: &Query) -> (String, Vec<Arg>) {
    let behind = |place: Option<&(Timestamp, ActionId)>, none: (i64, &str)| {
        let (at, id) = place.map_or(none, |(at, id)| (at.as_micros(), id.as_str()));
        [Arg::Int(at), Arg::text(id)]
    };
    match query {
        Query::ActionsOf {
            owner,
            states,
            before,
            limit,
        } => {
            let names = states.iter().map(|state| state.as_str());
            let names: Vec<String> = names.map(|name| format!("'{name}'")).collect();
            let only = match &*names {
                [] => String::new(),
                names => format!("AND t.state IN ({}) ", names.join(", ")),
            };
            let [at, id] = behind(before.as_ref(), (i64::MAX, ""));
            let rest = format!(
                "WHERE t.owner = $1 {only}AND (t.created_at, t.id) < ($2, $3) \
                 ORDER BY t.created_at DESC, t.id DESC LIMIT $4"
            );
            let args = vec![Arg::text(owner.as_str()), at, id, Arg::limit(*limit)];
            (rest, args)
        }
        Query::UntoldActions { source, limit } => {
            let rest =
                "WHERE t.source = $1 AND t.told IS NULL ORDER BY t.created_at, t.id LIMIT $2";
            (rest.to_owned(), vec![Arg::text(source), Arg::limit(*limit)])
        }
        Query::ReadyActions {
            owner,
            at,
            after,
            limit,
        } => {
            let [from, id] = behind(after.as_ref(), (i64::MIN, ""));
            let mut args = vec![Arg::text(at.word()), from, id, Arg::limit(*limit)];
            args.extend(owner.as_ref().map(|owner| Arg::text(owner.as_str())));
            let own = owner.as_ref().map_or("", |_| "AND t.owner = $5 ");
            let ready = ActionState::Ready.as_str();
            let rest = format!(
                "WHERE t.state = '{ready}' AND t.\"at\" = $1 AND (t.created_at, t.id) > ($2, $3) \
                 {own}ORDER BY t.created_at, t.id LIMIT $4"
            );
            (rest, args)
        }
        Query::DueActions { limit } => {
            let rest = "WHERE t.due_at IS NOT NULL ORDER BY t.due_at, t.id LIMIT $1";
            (rest.to_owned(), vec![Arg::limit(*limit)])
        }
        _ => ("WHERE 1 = 0".to_owned(), Vec::new()),
    }
}

/// What is read in pages: the kind, which of it, the order, and what is asked for.
fn paged(query: &Query) -> (Kind, &'static str, &'static str, Vec<Arg>) {
    match query {
        Query::TasksOf { owner, agent, .. } => (
            Kind::Task,
            "t.owner = $1 AND t.agent = $2 AND t.state <> 'deleted'",
            "t.created_at, t.id",
            vec![Arg::text(owner.as_str()), Arg::text(agent)],
        ),
        Query::ArtifactsOf { task, .. } => (
            Kind::Artifact,
            "t.task = $1",
            "t.created_at, t.id",
            vec![Arg::text(task.as_str())],
        ),
        _ => (Kind::Task, "1 = 0", "t.id", Vec::new()),
    }
}

/// A condition: the user `$1` may see the agent `t`.
fn visible(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "(t.owner = $1 OR t.shared = '\"everyone\"' OR EXISTS \
             (SELECT 1 FROM json_each(t.shared, '$.with') u WHERE u.value = $1))"
        }
        Dialect::Postgres => {
            "(t.owner = $1 OR t.shared = '\"everyone\"' OR \
             t.shared::jsonb @> jsonb_build_object('with', jsonb_build_array($1::text)))"
        }
    }
}

/// The agents that `$1` may see, whose names have `$2` or whose words match `$3`; at most `$4`.
fn matching(dialect: Dialect) -> String {
    let object = dialect.object("t", AGENTS.read());
    let visible = visible(dialect);
    match dialect {
        Dialect::Sqlite => format!(
            "WITH found AS MATERIALIZED (SELECT rowid AS id, rank FROM agents_words WHERE agents_words MATCH $3), \
             named AS (SELECT t.id, EXISTS (SELECT 1 FROM json_each(t.names) n WHERE n.value = $2) AS exact \
             FROM agents t WHERE {visible}) \
             SELECT {object} FROM named JOIN agents t ON t.id = named.id LEFT JOIN found ON found.id = t.id \
             WHERE named.exact OR found.id IS NOT NULL \
             ORDER BY named.exact DESC, coalesce(found.rank, 0), t.id LIMIT $4"
        ),
        Dialect::Postgres => format!(
            "SELECT {object} FROM agents t, to_tsquery('simple', $3) q WHERE {visible} \
             AND (t.names::jsonb @> to_jsonb($2::text) OR to_tsvector('simple', t.words) @@ q) \
             ORDER BY t.names::jsonb @> to_jsonb($2::text) DESC, \
             ts_rank(to_tsvector('simple', t.words), q) DESC, t.id LIMIT $4"
        ),
    }
}

fn decoded(kind: Kind, rows: &[String]) -> Result<Vec<Record>, Fault> {
    rows.iter().map(|row| rows::decode(kind, row)).collect()
}

/// The words as the engine's full-text search wants them: any of them, or what begins with it.
/// They have letters and digits only, so nothing in them is read as syntax.
fn asked(dialect: Dialect, words: &[String]) -> String {
    let (terms, or): (Vec<String>, _) = match dialect {
        Dialect::Sqlite => (
            words.iter().map(|word| format!("\"{word}\" *")).collect(),
            " OR ",
        ),
        Dialect::Postgres => (
            words.iter().map(|word| format!("'{word}':*")).collect(),
            " | ",
        ),
    };
    match (dialect, terms.is_empty()) {
        (Dialect::Sqlite, true) => "\"\"".to_owned(),
        _ => terms.join(or),
    }
}
