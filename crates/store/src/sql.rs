//! The statements on rows, written once for both engines and made once at start.

use crate::{
    dialect::Dialect,
    tables::{self, DELIVERIES, EVENTS, Table},
};
use switchboard_domain::ports::Kind;

/// A statement that stores rows.
pub(crate) struct Bulk {
    /// Stores many rows, given as one JSON array of objects.
    pub(crate) many: String,
    /// Stores one row, given by its columns, in the order of their numbers: `?1`, `?2` and so on.
    pub(crate) one: String,
    /// Which columns a row is given by.
    pub(crate) columns: Vec<&'static str>,
}

/// The statements on one table. Those that read and remove take many keys as one JSON array.
pub(crate) struct TableSql {
    /// Reads the rows with these keys.
    pub(crate) load: String,
    /// Reads and locks them, in the order of their keys.
    pub(crate) lock: String,
    /// Adds rows. A row that is there already is an error.
    pub(crate) insert: Bulk,
    /// Changes rows.
    pub(crate) update: Bulk,
    /// Removes the rows with these keys.
    pub(crate) delete: String,
}

impl TableSql {
    fn new(dialect: Dialect, table: &Table) -> Self {
        let (key, of) = table.columns[0];
        let object = dialect.object("t", table.read());
        let among = dialect.among(&format!("t.\"{key}\""), of);
        let load = format!("SELECT {object} FROM {} t WHERE {among}", table.name);
        Self {
            lock: format!("{load} ORDER BY t.\"{key}\"{}", dialect.lock()),
            load,
            insert: insert(dialect, table, dialect.inserted_into(table)),
            update: update(dialect, table),
            delete: format!("DELETE FROM {} AS t WHERE {among}", table.name),
        }
    }
}

fn insert(dialect: Dialect, table: &Table, name: &str) -> Bulk {
    let columns = names(table.columns);
    let quoted: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let into = format!("INSERT INTO {name} ({})", quoted.join(", "));
    let given: Vec<String> = columns.iter().map(|name| dialect.given(name)).collect();
    let bound: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    let rows = dialect.table(table.columns);
    Bulk {
        many: format!("{into} SELECT {} FROM {rows}", given.join(", ")),
        one: format!("{into} VALUES ({})", bound.join(", ")),
        columns,
    }
}

fn update(dialect: Dialect, table: &Table) -> Bulk {
    let columns = names(table.columns);
    let given = |n: usize| dialect.given(columns[n]);
    let rows = dialect.table(table.columns);
    Bulk {
        many: set(table, &format!(" FROM {rows}"), given),
        one: set(table, "", |n| format!("?{}", n + 1)),
        columns,
    }
}

/// Sets all columns but the key's, where the key is the same.
fn set(table: &Table, from: &str, value: impl Fn(usize) -> String) -> String {
    let pair = |of: &str, n: usize| format!("{of}\"{}\" = {}", table.columns[n].0, value(n));
    let values: Vec<String> = (table.keys..table.columns.len())
        .map(|n| pair("", n))
        .collect();
    let same: Vec<String> = (0..table.keys).map(|n| pair("t.", n)).collect();
    format!(
        "UPDATE {} AS t SET {}{from} WHERE {}",
        table.name,
        values.join(", "),
        same.join(" AND ")
    )
}

fn names(columns: &[tables::Column]) -> Vec<&'static str> {
    columns.iter().map(|(name, _)| *name).collect()
}

/// All statements of the batches and claims.
pub(crate) struct Sql {
    /// The engine's language.
    pub(crate) dialect: Dialect,
    tables: Vec<TableSql>,
    /// Those on events.
    pub(crate) events: TableSql,
    /// Those on deliveries.
    pub(crate) deliveries: TableSql,
    /// Reads the places of events by `stream` and `dedup`.
    pub(crate) named: String,
    /// Reads the deliveries of each `lane` with numbers from `low` to `high`.
    pub(crate) heads: String,
    /// Removes the deliveries of each `lane` with numbers from `low` to `high`, but for the dead.
    pub(crate) free: Bulk,
    /// Reads the dead deliveries of each `lane` with numbers from `low` to `high`.
    pub(crate) dead: String,
    /// Removes the dead deliveries of each `lane` with numbers from `low` to `high`.
    pub(crate) forget: Bulk,
    /// Removes the events of each `stream` with numbers from `low` to `high`.
    pub(crate) purge: Bulk,
    /// Reads and locks lanes that can be claimed: ready at `$1`, not held at `$2`, at most `$3`.
    pub(crate) claimable: String,
    /// When the next lane that nobody holds becomes ready, after `$1`.
    pub(crate) next_ready: String,
    /// Reads the events of the stream `$1` above `$2`, at most `$3` and `$4` bytes.
    pub(crate) after: String,
    /// Reads the newest events of the stream `$1` up to `$2`, at most `$3` and `$4` bytes.
    pub(crate) up_to: String,
}

impl Sql {
    /// The statements in this language.
    pub(crate) fn new(dialect: Dialect) -> Self {
        let lanes = dialect.object("l", tables::LANES.read());
        let lock_free = dialect.lock_free();
        Self {
            dialect,
            tables: tables::KINDS
                .iter()
                .map(|kind| TableSql::new(dialect, tables::table(*kind)))
                .collect(),
            events: TableSql::new(dialect, &EVENTS),
            deliveries: TableSql::new(dialect, &DELIVERIES),
            named: named(dialect),
            heads: spanned(dialect, ALIVE),
            free: remove(dialect, &DELIVERIES, &SPAN, ALIVE),
            dead: spanned(dialect, DEAD),
            forget: remove(dialect, &DELIVERIES, &SPAN, DEAD),
            purge: remove(dialect, &EVENTS, &STREAM_SPAN, ""),
            claimable: format!(
                "SELECT {lanes} FROM lanes l WHERE l.ready_at <= $1 AND (l.life IS NULL OR \
                 (l.life <> $4 AND NOT EXISTS \
                 (SELECT 1 FROM lives v WHERE v.id = l.life AND v.until_at > $2))) \
                 ORDER BY l.ready_at, l.id LIMIT $3{lock_free}"
            ),
            next_ready:
                "SELECT CAST(ready_at AS TEXT) FROM lanes WHERE ready_at > $1 AND life IS NULL \
                 ORDER BY ready_at LIMIT 1"
                    .to_owned(),
            after: page(dialect, (">", "<="), "max", "ASC"),
            up_to: page(dialect, ("<=", ">="), "min", "DESC"),
        }
    }

    /// The statements on a kind of record.
    pub(crate) fn of(&self, kind: Kind) -> &TableSql {
        // The kinds are in the order of their declaration, so the index always exists.
        &self.tables[kind as usize]
    }
}

/// A page of events: from the bound on, in the given order, to the last that fits. Both engines know
/// the length of a text in bytes without reading the text, so what does not fit is never read. The
/// rows come in any order, since sorting them would copy the texts.
fn page(dialect: Dialect, (begins, ends): (&str, &str), last: &str, order: &str) -> String {
    let object = dialect.object("t", EVENTS.read());
    format!(
        "SELECT {object} FROM events t WHERE t.stream = $1 AND t.no {begins} $2 AND t.no {ends} \
         (SELECT {last}(no) FROM (SELECT no, size, sum(size) OVER (ORDER BY no {order}) AS total \
         FROM (SELECT no, octet_length(body) AS size FROM events WHERE stream = $1 AND no {begins} $2 \
         ORDER BY no {order} LIMIT $3) AS sized) AS summed WHERE total <= $4 OR total = size)"
    )
}

fn named(dialect: Dialect) -> String {
    use tables::Type::{Int, Text};
    let object = dialect.object(
        "t",
        [("stream", Text), ("no", Int), ("at", Int), ("dedup", Text)].iter(),
    );
    let rows = dialect.table(&[("stream", Text), ("dedup", Text)]);
    let (stream, dedup) = (dialect.given("stream"), dialect.given("dedup"));
    format!(
        "SELECT {object} FROM {rows} JOIN events t ON t.stream = {stream} AND t.dedup = {dedup}"
    )
}

/// The lane and the two numbers between which its deliveries are meant.
const SPAN: [tables::Column; 3] = [
    ("lane", tables::Type::Text),
    ("low", tables::Type::Int),
    ("high", tables::Type::Int),
];

/// The stream and the two numbers between which its events are meant.
const STREAM_SPAN: [tables::Column; 3] = [
    ("stream", tables::Type::Text),
    ("low", tables::Type::Int),
    ("high", tables::Type::Int),
];

/// A condition on deliveries: they wait or are worked on.
const ALIVE: &str = " AND died_at IS NULL";
/// A condition on deliveries: they are dead or set aside.
const DEAD: &str = " AND died_at IS NOT NULL";

/// A condition: `t` is within a span.
fn within(dialect: Dialect, span: &[tables::Column; 3]) -> String {
    let [group, low, high] = span.map(|(name, _)| dialect.given(name));
    format!(
        "t.{} = {group} AND t.no BETWEEN {low} AND {high}",
        span[0].0
    )
}

fn spanned(dialect: Dialect, which: &str) -> String {
    let object = dialect.object("t", DELIVERIES.read());
    let (rows, within) = (dialect.table(&SPAN), within(dialect, &SPAN));
    format!("SELECT {object} FROM {rows} JOIN deliveries t ON {within}{which}")
}

/// Removes the rows within spans that are such.
fn remove(dialect: Dialect, table: &Table, span: &[tables::Column; 3], which: &str) -> Bulk {
    let (rows, within) = (dialect.table(span), within(dialect, span));
    let (name, group) = (table.name, span[0].0);
    let many = match dialect {
        Dialect::Sqlite => format!(
            "DELETE FROM {name} WHERE ({group}, no) IN \
             (SELECT t.{group}, t.no FROM {rows} JOIN {name} t ON {within}{which})"
        ),
        Dialect::Postgres => format!("DELETE FROM {name} t USING {rows} WHERE {within}{which}"),
    };
    Bulk {
        many,
        one: format!("DELETE FROM {name} WHERE {group} = ?1 AND no BETWEEN ?2 AND ?3{which}"),
        columns: names(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_their_order() {
        for (index, kind) in tables::KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, index);
        }
    }
}
