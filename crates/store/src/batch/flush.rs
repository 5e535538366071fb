//! Storing what a batch changed.

use super::set::Set;
use crate::{
    engine::{Arg, Conn, Row},
    fault::Fault,
    rows::{self, DeliveryRow, EventRow},
    sql::{Bulk, Sql},
};
use serde_json::Value;
use std::collections::BTreeMap;
use switchboard_domain::ports::Kind;

/// Stores what the writes changed. Rows that were absent are inserted plainly, so one that another
/// node added meanwhile is an error and not overwritten.
pub(crate) async fn flush(conn: &mut dyn Conn, sql: &Sql, set: &Set) -> Result<(), Fault> {
    for (kind, changes) in changes(set)? {
        let sql = sql.of(kind);
        for array in rows::arrays(changes.gone.iter())? {
            conn.run(&sql.delete, &[Arg::Text(array)]).await?;
        }
        store(conn, &sql.update, &changes.changed).await?;
        store(conn, &sql.insert, &changes.added).await?;
    }
    let gone: Vec<Row> = set
        .gone()
        .map(|(stream, low, high)| vec![Arg::text(stream.as_str()), Arg::Int(low), Arg::Int(high)])
        .collect();
    store(conn, &sql.purge, &gone).await?;
    let appended: Vec<Row> = set.appended.iter().map(EventRow::row).collect();
    store(conn, &sql.events.insert, &appended).await?;
    flush_deliveries(conn, sql, set).await
}

/// What happened to the records of one kind.
#[derive(Default)]
struct Changes {
    gone: Vec<Value>,
    changed: Vec<Row>,
    added: Vec<Row>,
}

/// What changed, in the order in which rows are locked: two nodes that add the same rows wait for each
/// other in one direction only, and neighbours in a tree are changed one after the other.
fn changes(set: &Set) -> Result<BTreeMap<Kind, Changes>, Fault> {
    let mut changes: BTreeMap<Kind, Changes> = BTreeMap::new();
    for (key, slot) in set.records.iter().filter(|(_, slot)| slot.changed) {
        let of_kind = changes.entry(key.kind).or_default();
        match (&slot.value, slot.stored) {
            (Some(record), true) => of_kind.changed.push(rows::encode(record)?),
            (Some(record), false) => of_kind.added.push(rows::encode(record)?),
            (None, true) => of_kind.gone.extend(rows::key_value(key.kind, &key.id)),
            (None, false) => {}
        }
    }
    for of_kind in changes.values_mut() {
        of_kind.changed.sort_unstable();
        of_kind.added.sort_unstable();
    }
    Ok(changes)
}

async fn flush_deliveries(conn: &mut dyn Conn, sql: &Sql, set: &Set) -> Result<(), Fault> {
    let rows = |stored| -> Result<Vec<Row>, Fault> {
        let slots = set.deliveries.values();
        let matching = slots.filter(|slot| slot.changed && slot.stored == stored);
        let rows = matching.filter_map(|slot| slot.value.as_ref());
        rows.map(DeliveryRow::row).collect()
    };
    // The dead are marked first, so that freeing the numbers below the head leaves them.
    store(conn, &sql.deliveries.update, &rows(true)?).await?;
    let freed: Vec<Row> = set
        .freed()
        .map(|(lane, low, high)| vec![Arg::text(lane.as_str()), Arg::Int(low), Arg::Int(high)])
        .collect();
    store(conn, &sql.free, &freed).await?;
    let forgotten: Vec<Row> = set
        .forgotten()
        .map(|(lane, no)| vec![Arg::text(lane.as_str()), Arg::Int(*no), Arg::Int(*no)])
        .collect();
    store(conn, &sql.forget, &forgotten).await?;
    store(conn, &sql.deliveries.insert, &rows(false)?).await
}

async fn store(conn: &mut dyn Conn, sql: &Bulk, rows: &[Row]) -> Result<(), Fault> {
    if rows.is_empty() {
        return Ok(());
    }
    conn.store(sql, rows).await
}
