//! Rows as JSON: what goes to and comes from the statements of every engine.

use crate::{
    fault::Fault,
    search,
    tables::{Table, Type, table},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchboard_domain::{
    Timestamp,
    ids::{LaneId, StreamId, Username},
    nouns::{Agent, DeadDelivery, Delivery, Event, Object, Position, Recorded, Work},
    ports::{Kind, Record},
    text,
};

/// A row to be stored: one member a column, JSON as text.
pub(crate) fn encode(record: &Record) -> Result<Object, Fault> {
    let mut row = members(record)?;
    for (name, of) in table(record.key().kind).columns {
        if let (Type::Json | Type::Looked, Some(value)) = (of, row.get_mut(*name)) {
            *value = Value::String(value.to_string());
        }
    }
    if let Record::Agent(agent) = record {
        add_made(&mut row, agent);
    }
    Ok(row)
}

fn add_made(row: &mut Object, agent: &Agent) {
    row.insert(
        "names".to_owned(),
        Value::from(Value::from(search::names(agent)).to_string()),
    );
    row.insert(
        "words".to_owned(),
        Value::from(search::words(agent).join(" ")),
    );
}

fn members(record: &Record) -> Result<Object, Fault> {
    match serde_json::to_value(record).map_err(Fault::bad)? {
        Value::Object(members) => Ok(members),
        other => Err(Fault::bad(format!("a record that is no object: {other}"))),
    }
}

/// The record as it will be read back: U+0000 is replaced wherever a column is text.
pub(crate) fn storable(record: Record) -> Result<Record, Fault> {
    let json = serde_json::to_string(&record).map_err(Fault::bad)?;
    if !json.contains("\\u0000") {
        return Ok(record);
    }
    let kind = record.key().kind;
    let mut row = members(&record)?;
    let Table { columns, .. } = table(kind);
    for (name, of) in *columns {
        if let (Type::Text | Type::Looked, Some(value)) = (of, row.get_mut(*name)) {
            clean(value);
        }
    }
    decode(kind, &Value::Object(row).to_string())
}

fn clean(value: &mut Value) {
    match value {
        Value::String(string) => *string = text::storable(string).into_owned(),
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::Object(members) => members.values_mut().for_each(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A record from its row.
pub(crate) fn decode(kind: Kind, row: &str) -> Result<Record, Fault> {
    Ok(Record::parse(kind, row)?)
}

/// An id as its column wants it; none if no row can have it.
pub(crate) fn key_value(kind: Kind, id: &str) -> Option<Value> {
    match table(kind).columns[0].1 {
        Type::Int => id
            .parse::<i64>()
            .ok()
            .filter(|number| number.to_string() == id)
            .map(Value::from),
        _ => Some(Value::from(text::storable(id))),
    }
}

/// A row of the events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) stream: StreamId,
    pub(crate) no: i64,
    pub(crate) at: Timestamp,
    pub(crate) dedup: Option<String>,
    #[serde(with = "as_text")]
    pub(crate) body: Event,
}

impl EventRow {
    /// How many bytes its body has.
    pub(crate) fn size(&self) -> usize {
        serde_json::to_string(&self.body).map_or(0, |body| body.len())
    }

    /// The event with its place.
    pub(crate) fn recorded(self) -> Recorded {
        let position = Position {
            no: self.no,
            at: self.at,
        };
        Recorded {
            stream: self.stream,
            position,
            event: self.body,
        }
    }
}

/// The place of an event that has a name.
#[derive(Debug, Deserialize)]
pub(crate) struct NamedRow {
    pub(crate) stream: StreamId,
    pub(crate) no: i64,
    pub(crate) at: Timestamp,
    pub(crate) dedup: String,
}

/// A row of the deliveries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeliveryRow {
    pub(crate) lane: LaneId,
    pub(crate) no: i64,
    pub(crate) agent: String,
    pub(crate) user: Username,
    #[serde(with = "as_text")]
    pub(crate) work: Work,
    pub(crate) about: Option<i64>,
    pub(crate) created_at: Timestamp,
    pub(crate) died_at: Option<Timestamp>,
    pub(crate) reason: Option<String>,
}

impl DeliveryRow {
    /// The delivery.
    pub(crate) fn delivery(self) -> Delivery {
        let Self {
            lane,
            no,
            agent,
            user,
            work,
            about,
            created_at,
            ..
        } = self;
        Delivery {
            lane,
            no,
            agent,
            user,
            work,
            about,
            created_at,
        }
    }

    /// The delivery, if it is dead.
    pub(crate) fn dead(mut self) -> Option<DeadDelivery> {
        let (died_at, reason) = (self.died_at?, self.reason.take().unwrap_or_default());
        Some(DeadDelivery {
            delivery: self.delivery(),
            reason,
            died_at,
        })
    }
}

/// A column that holds JSON, as text.
mod as_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        serde_json::to_string(value)
            .map_err(serde::ser::Error::custom)?
            .serialize(to)
    }

    pub(super) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        serde_json::from_str(&text).map_err(serde::de::Error::custom)
    }
}

/// The rows as JSON arrays for one statement each. None is much longer than a few mebibytes, so a
/// batch of long texts stays below the engines' limits.
pub(crate) fn arrays<T: Serialize>(rows: impl Iterator<Item = T>) -> Result<Vec<String>, Fault> {
    const ENOUGH: usize = 4 << 20;
    let mut arrays = Vec::new();
    let mut array = String::new();
    for row in rows {
        array.push(if array.is_empty() { '[' } else { ',' });
        array.push_str(&serde_json::to_string(&row).map_err(Fault::bad)?);
        if array.len() >= ENOUGH {
            array.push(']');
            arrays.push(std::mem::take(&mut array));
        }
    }
    if !array.is_empty() {
        array.push(']');
        arrays.push(array);
    }
    Ok(arrays)
}
