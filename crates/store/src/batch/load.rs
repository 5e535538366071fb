//! Loading and locking the rows of a batch.

use super::{set::Set, set::Slot, wants::Wants};
use crate::{
    engine::{Arg, Conn},
    fault::Fault,
    rows::{self, DeliveryRow, NamedRow},
    sql::Sql,
    tables::KINDS,
};
use serde_json::{Value, json};
use switchboard_domain::{Timestamp, nouns::Position, ports::Kind};

/// Loads what the batch wants. Records are locked first, in the order of their keys: what is read
/// after that is what the holder of these locks may rely on.
pub(crate) async fn load(
    conn: &mut dyn Conn,
    sql: &Sql,
    wants: Wants,
    now: Timestamp,
) -> Result<Set, Fault> {
    let mut set = Set::at(now);
    for kind in KINDS {
        let ids: Vec<Value> = wants
            .keys
            .iter()
            .filter(|key| key.kind == kind)
            .filter_map(|key| rows::key_value(kind, &key.id))
            .collect();
        load_kind(conn, sql, kind, ids, &mut set).await?;
    }
    load_names(conn, sql, &wants, &mut set).await?;
    load_heads(conn, sql, &wants, &mut set).await?;
    for key in wants.keys {
        set.records.entry(key).or_insert_with(Slot::absent);
    }
    Ok(set)
}

async fn load_kind(
    conn: &mut dyn Conn,
    sql: &Sql,
    kind: Kind,
    ids: Vec<Value>,
    set: &mut Set,
) -> Result<(), Fault> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids = Arg::Text(Value::from(ids).to_string());
    for row in conn.rows(&sql.of(kind).lock, &[ids]).await? {
        set.take_in(rows::decode(kind, &row)?);
    }
    Ok(())
}

async fn load_names(
    conn: &mut dyn Conn,
    sql: &Sql,
    wants: &Wants,
    set: &mut Set,
) -> Result<(), Fault> {
    let names = wants
        .names
        .iter()
        .map(|(stream, name)| json!({"stream": stream, "dedup": name}));
    for array in rows::arrays(names)? {
        for row in conn.rows(&sql.named, &[Arg::Text(array)]).await? {
            let NamedRow {
                stream,
                no,
                at,
                dedup,
            } = serde_json::from_str(&row)?;
            set.named.insert((stream, dedup), Position { no, at });
        }
    }
    Ok(())
}

async fn load_heads(
    conn: &mut dyn Conn,
    sql: &Sql,
    wants: &Wants,
    set: &mut Set,
) -> Result<(), Fault> {
    let spans: Vec<Value> = wants
        .heads
        .iter()
        .filter_map(|(lane, count)| {
            let low = *set.heads.get(lane)?;
            Some(json!({"lane": lane, "low": low, "high": low.saturating_add(*count)}))
        })
        .collect();
    for array in rows::arrays(spans.into_iter())? {
        for row in conn.rows(&sql.heads, &[Arg::Text(array)]).await? {
            set.take_in_delivery(serde_json::from_str::<DeliveryRow>(&row)?);
        }
    }
    Ok(())
}
