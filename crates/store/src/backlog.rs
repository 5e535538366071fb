//! How much work there is.

use crate::{
    database::Database,
    engine::{Arg, Reading},
    fault::Fault,
    tables::{Column, Type},
};
use serde::Deserialize;
use switchboard_domain::{Timestamp, ports::Backlog};

/// What the statement counts.
const COUNTS: [Column; 4] = [
    ("held", Type::Int),
    ("waiting", Type::Int),
    ("later", Type::Int),
    ("since", Type::Int),
];

#[derive(Deserialize)]
struct Row {
    held: u64,
    waiting: u64,
    later: u64,
    since: Option<i64>,
}

impl Database {
    /// Counts the lanes that have work at `now`. Those without are not looked at: they are not in the
    /// index of the others.
    pub(crate) async fn backlog(&self, now: Timestamp) -> Result<Backlog, Fault> {
        let mut conn = self.engine.reader(Reading::Many).await?;
        let shared_now = self.shared_now(&mut *conn).await?;
        let object = self.sql.dialect.object("b", COUNTS.iter());
        let sql = format!(
            "SELECT {object} FROM (SELECT count(CASE WHEN s.held THEN 1 END) AS held, \
             count(CASE WHEN NOT s.held AND s.ready_at <= $1 THEN 1 END) AS waiting, \
             count(CASE WHEN NOT s.held AND s.ready_at > $1 THEN 1 END) AS later, \
             min(CASE WHEN NOT s.held AND s.ready_at <= $1 THEN s.ready_at END) AS since \
             FROM (SELECT l.ready_at, EXISTS (SELECT 1 FROM lives v WHERE v.id = l.life \
             AND v.until_at > $2) AS held FROM lanes l WHERE l.ready_at IS NOT NULL) AS s) AS b"
        );
        let times = [now, shared_now].map(|time| Arg::Int(time.as_micros()));
        let rows = conn.rows(&sql, &times).await?;
        let row = rows
            .first()
            .ok_or_else(|| Fault::bad("the database counts nothing"))?;
        let row: Row = serde_json::from_str(row)?;
        Ok(Backlog {
            held: row.held,
            waiting: row.waiting,
            later: row.later,
            waiting_since: row.since.map(Timestamp::from_micros),
        })
    }
}
