//! Storing what a batch changed.

use super::set::{Set, Slot};
use crate::{
    engine::{Arg, Conn},
    fault::Fault,
    rows::{self, DeliveryRow},
    sql::{Sql, TableSql},
    tables::KINDS,
};
use serde::Serialize;
use serde_json::{Value, json};
use switchboard_domain::ports::{Kind, Record};

/// Stores what the writes changed. Rows that were absent are inserted plainly, so one that another
/// node added meanwhile is an error and not overwritten.
pub(crate) async fn flush(conn: &mut dyn Conn, sql: &Sql, set: &Set) -> Result<(), Fault> {
    for kind in KINDS {
        flush_kind(conn, sql.of(kind), set, kind).await?;
    }
    run(conn, &sql.events.insert, set.appended.iter()).await?;
    flush_deliveries(conn, sql, set).await
}

async fn flush_kind(
    conn: &mut dyn Conn,
    sql: &TableSql,
    set: &Set,
    kind: Kind,
) -> Result<(), Fault> {
    let slots = || {
        set.records
            .iter()
            .filter(|(key, slot)| key.kind == kind && slot.changed)
    };
    let gone = slots()
        .filter(|(_, slot)| slot.stored && slot.value.is_none())
        .filter_map(|(key, _)| rows::key_value(kind, &key.id));
    run(conn, &sql.delete, gone).await?;
    let encoded = |stored| -> Result<Vec<_>, Fault> {
        let matching = slots().filter(|(_, slot)| slot.stored == stored);
        matching
            .filter_map(|(_, slot)| slot.value.as_ref())
            .map(|record: &Record| rows::encode(record))
            .collect()
    };
    run(conn, &sql.update, encoded(true)?.iter()).await?;
    run(conn, &sql.insert, encoded(false)?.iter()).await
}

async fn flush_deliveries(conn: &mut dyn Conn, sql: &Sql, set: &Set) -> Result<(), Fault> {
    let rows = |stored| {
        let matching = set
            .deliveries
            .values()
            .filter(move |slot| slot.changed && slot.stored == stored);
        matching.filter_map(|slot: &Slot<DeliveryRow>| slot.value.as_ref())
    };
    // The dead are marked first, so that freeing the numbers below the head leaves them.
    run(conn, &sql.deliveries.update, rows(true)).await?;
    let freed: Vec<Value> = set
        .freed()
        .map(|(lane, low, high)| json!({"lane": lane, "low": low, "high": high}))
        .collect();
    run(conn, &sql.free, freed.iter()).await?;
    run(conn, &sql.deliveries.insert, rows(false)).await
}

async fn run<T: Serialize>(
    conn: &mut dyn Conn,
    sql: &str,
    rows: impl Iterator<Item = T> + Send,
) -> Result<(), Fault> {
    for array in rows::arrays(rows)? {
        conn.run(sql, &[Arg::Text(array)]).await?;
    }
    Ok(())
}
