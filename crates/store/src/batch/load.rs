//! Loading and locking the rows of a batch.

use super::{set::Set, set::Slot, wants::Wants};
use crate::{
    cache::Cache,
    engine::{Arg, Conn},
    fault::Fault,
    rows::{self, DeliveryRow, NamedRow},
    sql::Sql,
};
use foldhash::HashSet;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use switchboard_domain::{
    Timestamp,
    nouns::Position,
    ports::{Key, Kind},
};

/// Loads what the batch wants. Records are locked first, in the order of their keys: what is read
/// after that is what the holder of these locks may rely on.
///
/// What the cache knows is not read again.
pub(crate) async fn load(
    conn: &mut dyn Conn,
    sql: &Sql,
    wants: Wants,
    now: Timestamp,
    mut cache: Option<&mut Cache>,
) -> Result<Set, Fault> {
    let mut set = Set::at(now);
    if let Some(cache) = &mut cache {
        for key in wants.keys.iter().chain(&wants.reads) {
            if let Some(record) = cache.get(key) {
                set.take_in_known(key.clone(), record, false);
            }
        }
    }
    for (kind, ids) in missing(&wants.keys, &set) {
        load_kind(conn, kind, &sql.of(kind).lock, ids, &mut set).await?;
    }
    for (kind, ids) in missing(&wants.reads, &set) {
        load_kind(conn, kind, &sql.of(kind).load, ids, &mut set).await?;
    }
    load_names(conn, sql, &wants, &mut set).await?;
    load_heads(conn, sql, &wants, &mut set).await?;
    load_dead(conn, sql, &wants, &mut set).await?;
    for key in wants.keys.into_iter().chain(wants.reads) {
        set.records.entry(key).or_insert_with(Slot::absent);
    }
    Ok(set)
}

/// The ids that the set does not have, in the order in which rows are locked.
fn missing(keys: &HashSet<Key>, set: &Set) -> BTreeMap<Kind, Vec<Value>> {
    let mut missing: BTreeMap<Kind, Vec<Value>> = BTreeMap::new();
    for key in keys.iter().filter(|key| !set.records.contains_key(key)) {
        let ids = missing.entry(key.kind).or_default();
        ids.extend(rows::key_value(key.kind, &key.id));
    }
    missing
}

async fn load_kind(
    conn: &mut dyn Conn,
    kind: Kind,
    sql: &str,
    ids: Vec<Value>,
    set: &mut Set,
) -> Result<(), Fault> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids = Arg::Text(Value::from(ids).to_string());
    for row in conn.rows(sql, &[ids]).await? {
        set.take_in(Arc::new(rows::decode(kind, &row)?));
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
        .filter_map(|(lane, heads)| {
            let head = *set.heads.get(lane)?;
            let low = head + i64::from(!heads.first);
            let high = head
                .saturating_add(heads.count)
                .min(set.lane(lane).next_no - 1);
            (low <= high).then(|| json!({"lane": lane, "low": low, "high": high}))
        })
        .collect();
    for array in rows::arrays(spans.into_iter())? {
        for row in conn.rows(&sql.heads, &[Arg::Text(array)]).await? {
            set.take_in_delivery(serde_json::from_str::<DeliveryRow>(&row)?);
        }
    }
    Ok(())
}

async fn load_dead(
    conn: &mut dyn Conn,
    sql: &Sql,
    wants: &Wants,
    set: &mut Set,
) -> Result<(), Fault> {
    let places = wants.dead.iter();
    let spans = places.map(|(lane, no)| json!({"lane": lane, "low": no, "high": no}));
    for array in rows::arrays(spans)? {
        for row in conn.rows(&sql.dead, &[Arg::Text(array)]).await? {
            set.take_in_delivery(serde_json::from_str::<DeliveryRow>(&row)?);
        }
    }
    Ok(())
}
