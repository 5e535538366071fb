//! Rows as JSON: what goes to and comes from the statements of every engine.

use crate::{
    engine::{Arg, Row},
    fault::Fault,
    search,
    tables::{Table, Type, table},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use switchboard_domain::{
    Timestamp,
    ids::{LaneId, StreamId, Username},
    nouns::{Agent, DeadDelivery, Delivery, Lane, Object, Position, Recorded, Work},
    ports::{Kind, Record},
    text::storable as storable_text,
};

/// A record as a row of its table. Rows that every message changes are made by hand.
pub(crate) fn encode(record: &Record) -> Result<Row, Fault> {
    Ok(match record {
        Record::Lane(lane) => of_lane(lane),
        Record::Stream(stream) => vec![
            Arg::Shared(stream.id.key()),
            Arg::Int(stream.last_no),
            Arg::Int(stream.last_at.as_micros()),
            Arg::Int(stream.purged_no),
        ],
        Record::Meter(meter) => vec![
            Arg::Text(meter.id.clone()),
            Arg::Int(meter.window_at.as_micros()),
            Arg::Int(meter.window_tokens),
            Arg::Int(meter.input_tokens),
            Arg::Int(meter.output_tokens),
            Arg::Int(meter.calls),
            Arg::Int(meter.last_at.as_micros()),
        ],
        Record::Activity(activity) => {
            let time = |at: Option<Timestamp>| int(at.map(Timestamp::as_micros));
            vec![
                Arg::Int(activity.id.0),
                time(activity.received_at),
                time(activity.checked_at),
                time(activity.error_at),
                time(activity.failing_since),
            ]
        }
        other => by_columns(other)?,
    })
}

/// The row of a lane.
pub(crate) fn of_lane(lane: &Lane) -> Row {
    vec![
        Arg::Shared(lane.id.key()),
        Arg::Int(lane.head_no),
        Arg::Int(lane.next_no),
        int(lane.ready_at.map(Timestamp::as_micros)),
        Arg::Int(lane.fence),
        lane.life
            .as_ref()
            .map_or(Arg::Null, |life| Arg::Shared(life.key())),
        Arg::Int(lane.attempt),
        Arg::Int(lane.failures),
        int(lane.paused_at.map(Timestamp::as_micros)),
        int(lane.check_no),
    ]
}

fn int(number: Option<i64>) -> Arg {
    number.map_or(Arg::Null, Arg::Int)
}

fn text(text: Option<&str>) -> Arg {
    text.map_or(Arg::Null, |text| Arg::Text(text.to_owned()))
}

fn by_columns(record: &Record) -> Result<Row, Fault> {
    let mut members = members(record)?;
    if let Record::Agent(agent) = record {
        add_made(&mut members, agent);
    }
    let columns = table(record.key().kind).columns.iter();
    columns
        .map(|(name, of)| {
            let value = members.remove(*name).unwrap_or_default();
            Ok(match (of, value) {
                (Type::Json | Type::Looked, value) => Arg::Text(value.to_string()),
                (_, Value::Null) => Arg::Null,
                (_, Value::String(text)) => Arg::Text(text),
                (_, Value::Number(number)) => int(number.as_i64()),
                (_, other) => return Err(Fault::bad(format!("{name} is no column: {other}"))),
            })
        })
        .collect()
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

/// A record by its members.
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
        Value::String(string) => *string = storable_text(string).into_owned(),
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
        _ => Some(Value::from(storable_text(id))),
    }
}

/// A row of the events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) stream: StreamId,
    pub(crate) no: i64,
    pub(crate) at: Timestamp,
    pub(crate) dedup: Option<String>,
    /// The event as JSON.
    pub(crate) body: Arc<str>,
}

impl EventRow {
    /// It as a row of its table.
    pub(crate) fn row(&self) -> Row {
        vec![
            Arg::Shared(self.stream.key()),
            Arg::Int(self.no),
            Arg::Int(self.at.as_micros()),
            text(self.dedup.as_deref()),
            Arg::Shared(Arc::clone(&self.body)),
        ]
    }

    /// The event with its place.
    pub(crate) fn recorded(self) -> Result<Recorded, Fault> {
        let position = Position {
            no: self.no,
            at: self.at,
        };
        Ok(Recorded {
            stream: self.stream,
            position,
            event: serde_json::from_str(&self.body)?,
        })
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
    pub(crate) retry_at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) failures: i64,
    pub(crate) first_no: Option<i64>,
}

impl DeliveryRow {
    /// It as a row of its table.
    pub(crate) fn row(&self) -> Result<Row, Fault> {
        Ok(vec![
            Arg::Shared(self.lane.key()),
            Arg::Int(self.no),
            Arg::Text(self.agent.clone()),
            Arg::Shared(self.user.key()),
            Arg::Text(serde_json::to_string(&self.work).map_err(Fault::bad)?),
            int(self.about),
            Arg::Int(self.created_at.as_micros()),
            int(self.died_at.map(Timestamp::as_micros)),
            text(self.reason.as_deref()),
            int(self.retry_at.map(Timestamp::as_micros)),
            Arg::Int(self.failures),
            int(self.first_no),
        ])
    }

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
            failures,
            first_no,
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
            failures,
            first_no,
        }
    }

    /// The delivery, if it is dead.
    pub(crate) fn dead(mut self) -> Option<DeadDelivery> {
        let (died_at, reason) = (self.died_at?, self.reason.take().unwrap_or_default());
        Some(DeadDelivery {
            retry_at: self.retry_at,
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
