//! In which order messages are shown.

use super::super::options::text;
use super::super::run::Run;
use crate::liquid;
use serde_json::Value;
use std::cmp::Ordering;
use switchboard_domain::ports::CallError;

/// By what messages are sorted, first things first. Without anything they stay as they came.
#[derive(Default)]
pub(super) struct Order<'a>(Vec<By<'a>>);

struct By<'a> {
    template: &'a Value,
    kind: Kind,
    descending: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Time,
}

/// What a message is sorted by.
enum Place {
    Text(String),
    Number(f64),
}

/// Reads an option: none, or a list of templates, each alone or in a list with its kind and whether
/// the largest comes first.
pub(super) fn read(option: &Value) -> Result<Order<'_>, &'static str> {
    let list = match option {
        Value::Null => return Ok(Order::default()),
        Value::Array(list) => list,
        _ => return Err("must be a list"),
    };
    list.iter().map(by).collect::<Result<_, _>>().map(Order)
}

fn by(entry: &Value) -> Result<By<'_>, &'static str> {
    let parts = match entry {
        Value::Array(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let template = parts.first().filter(|template| template.is_string());
    let kind = match parts.get(1).and_then(Value::as_str) {
        None | Some("string") => Kind::Text,
        Some("number") => Kind::Number,
        Some("time") => Kind::Time,
        Some(_) => return Err("must name as kind string, number or time"),
    };
    let descending = match parts.get(2) {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(other) => text(other) == "true",
    };
    Ok(By {
        template: template.ok_or("must have a template in each entry")?,
        kind,
        descending,
    })
}

impl Order<'_> {
    pub(super) const fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The remembered messages in this order.
    pub(super) fn sorted(
        &self,
        messages: Vec<Value>,
        run: &Run<'_>,
    ) -> Result<Vec<Value>, CallError> {
        self.sorted_by(messages, |template, more| run.fill(template, &[more]))
    }

    /// The same, filling templates in another way.
    pub(super) fn sorted_by<E>(
        &self,
        messages: Vec<Value>,
        fill: impl Fn(&Value, &switchboard_domain::nouns::Object) -> Result<Value, E>,
    ) -> Result<Vec<Value>, E> {
        if self.is_none() {
            return Ok(messages);
        }
        let mut placed = Vec::with_capacity(messages.len());
        for (index, message) in messages.into_iter().enumerate() {
            let mut payload = message["payload"].as_object().cloned().unwrap_or_default();
            payload.insert("_index_".into(), index.into());
            let sorts_by = self.0.iter().map(|by| {
                let value = text(&fill(by.template, &payload)?);
                Ok(by.place(value))
            });
            placed.push((sorts_by.collect::<Result<Vec<_>, E>>()?, message));
        }
        placed.sort_by(|(left, _), (right, _)| self.compare(left, right));
        Ok(placed.into_iter().map(|(_, message)| message).collect())
    }

    fn compare(&self, left: &[Place], right: &[Place]) -> Ordering {
        let pairs = self.0.iter().zip(left.iter().zip(right));
        let orders = pairs.map(|(by, (left, right))| {
            let order = match (left, right) {
                (Place::Text(left), Place::Text(right)) => left.cmp(right),
                (Place::Number(left), Place::Number(right)) => left.total_cmp(right),
                _ => Ordering::Equal,
            };
            if by.descending {
                order.reverse()
            } else {
                order
            }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    }
}

impl By<'_> {
    fn place(&self, value: String) -> Place {
        match self.kind {
            Kind::Text => Place::Text(value),
            Kind::Number => Place::Number(liquid::number_of(&value)),
            #[expect(
                clippy::cast_precision_loss,
                reason = "milliseconds fit until the year 287396"
            )]
            Kind::Time => {
                Place::Number(liquid::time_of(&value).map_or(f64::NEG_INFINITY, |time| {
                    time.timestamp().as_millisecond() as f64
                }))
            }
        }
    }
}
