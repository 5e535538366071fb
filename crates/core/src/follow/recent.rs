//! The newest events of the streams that are busy on this node, so that they need not be read back.
//!
//! An event never changes and numbers have no gaps, so what is here is right as far as it goes. That
//! it goes as far as the stream does, the reader checks.

use super::Shared;
use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    mem::take,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use switchboard_domain::{
    ids::StreamId,
    nouns::{Action, Event, Object, Recorded},
};

/// How many bytes of events are kept, about, of all streams and of one.
const BYTES: usize = 64 << 20;
const STREAM_BYTES: usize = 1 << 20;
/// What an event takes besides its text, about.
const EVENT_BYTES: usize = 600;

/// The newest events of busy streams. Streams that were not busy for long are forgotten.
#[derive(Default)]
pub struct Recent(Mutex<Tails>);

#[derive(Default)]
struct Tails {
    young: HashMap<StreamId, Tail>,
    young_bytes: usize,
    /// Those that were not used since the young ones began. They are forgotten next.
    old: HashMap<StreamId, Tail>,
}

/// The last events of a stream, with no gap between them.
#[derive(Default)]
struct Tail {
    events: VecDeque<Arc<Shared>>,
    bytes: usize,
}

impl Recent {
    fn lock(&self) -> MutexGuard<'_, Tails> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an event, and keeps at most `limit` of its stream.
    pub fn note(&self, event: Arc<Shared>, limit: usize) {
        let mut tails = self.lock();
        let tail = tails.young(&event.recorded.stream);
        let before = tail.bytes;
        tail.push(event, limit);
        let after = tail.bytes;
        tails.young_bytes = (tails.young_bytes + after).saturating_sub(before);
        tails.age();
    }

    /// Notes what was read: the last events of their stream.
    pub fn fill(&self, events: Vec<Arc<Shared>>, limit: usize) {
        for event in events {
            self.note(event, limit);
        }
    }

    /// The newest events of a stream up to its `head`, if they are here: as many as are kept, or all
    /// that there are.
    pub fn up_to(&self, stream: &StreamId, head: i64, limit: usize) -> Option<Vec<Arc<Shared>>> {
        let mut tails = self.lock();
        let events = &tails.young(stream).events;
        let (first, last) = (no(events.front()?), no(events.back()?));
        let whole = last >= head && (first == 1 || events.len() >= limit);
        whole.then(|| events.iter().cloned().collect())
    }

    /// The event with this number, if it is here.
    pub fn at(&self, stream: &StreamId, no: i64) -> Option<Arc<Shared>> {
        let mut tails = self.lock();
        let events = &tails.young(stream).events;
        let first = self::no(events.front()?);
        let place = usize::try_from(no.checked_sub(first)?).ok()?;
        events.get(place).cloned()
    }

    /// Forgets a stream that is over.
    pub fn forget(&self, stream: &StreamId) {
        let mut tails = self.lock();
        if let Some(tail) = tails.young.remove(stream) {
            tails.young_bytes = tails.young_bytes.saturating_sub(tail.bytes);
        }
        tails.old.remove(stream);
    }
}

impl Tails {
    /// The tail of this stream, among the young.
    fn young(&mut self, stream: &StreamId) -> &mut Tail {
        if let Some(tail) = self.old.remove(stream) {
            self.young_bytes += tail.bytes;
            self.young.insert(stream.clone(), tail);
        }
        self.young.entry(stream.clone()).or_default()
    }

    fn age(&mut self) {
        if self.young_bytes > BYTES / 2 {
            self.old = take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

impl Tail {
    /// Adds an event, and lets the oldest go for it. Behind a gap the tail begins anew.
    fn push(&mut self, event: Arc<Shared>, limit: usize) {
        match self.events.back().map(|last| no(last) + 1) {
            // It is there already.
            Some(next) if no(&event) < next => return,
            Some(next) if no(&event) > next => *self = Self::default(),
            _ => {}
        }
        self.bytes += size(&event.recorded);
        self.events.push_back(event);
        while self.events.len() > limit || (self.bytes > STREAM_BYTES && self.events.len() > 1) {
            let gone = self.events.pop_front();
            self.bytes -= gone.map_or(0, |event| size(&event.recorded));
        }
    }
}

/// About how many bytes an action takes besides its schema and its arguments.
const ACTION_BYTES: usize = 2048;

fn no(event: &Arc<Shared>) -> i64 {
    event.recorded.position.no
}

fn size(recorded: &Recorded) -> usize {
    let text = match &recorded.event {
        // Twice: as it was said, and as it is sent.
        Event::Text(text) => 2 * text.content.len(),
        Event::Response(response) => 2 * response.content.len(),
        Event::Emitted { payload } => weight(payload),
        Event::TaskCreated { input, .. } => input.as_ref().map_or(0, String::len),
        Event::StepAccepted {
            input,
            additional_input,
            ..
        } => input.as_ref().map_or(0, String::len) + weight(additional_input),
        Event::StepDone { result, .. } => {
            let of_action = |action: &Action| {
                let schema = of_value(&action.function.parameters);
                ACTION_BYTES + schema + weight(&action.arguments)
            };
            let functions = result.functions.iter().map(of_action).sum::<usize>();
            let output = result.output.as_ref().map_or(0, String::len);
            output + weight(&result.additional_output) + functions
        }
        _ => 0,
    };
    text + EVENT_BYTES
}

/// About how many bytes an object takes.
fn weight(object: &Object) -> usize {
    let members = object.iter();
    members
        .map(|(name, value)| name.len() + of_value(value))
        .sum()
}

fn of_value(value: &Value) -> usize {
    let own = size_of::<Value>();
    own + match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(of_value).sum(),
        Value::Object(object) => weight(object),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchboard_domain::{
        Timestamp,
        nouns::{Position, StopReason},
    };

    const LIMIT: usize = 3;

    fn event(no: i64) -> Arc<Shared> {
        Shared::new(Recorded {
            stream: StreamId::from_key("s"),
            position: Position {
                no,
                at: Timestamp::from_micros(no),
            },
            event: Event::Stop {
                reason: StopReason::GoalAchieved,
            },
        })
    }

    fn known(recent: &Recent, head: i64) -> Option<Vec<i64>> {
        let events = recent.up_to(&StreamId::from_key("s"), head, LIMIT)?;
        Some(events.iter().map(no).collect())
    }

    #[test]
    fn only_what_is_whole_is_told() {
        let recent = Recent::default();
        assert_eq!(known(&recent, 0), None);
        recent.fill(vec![event(1), event(2)], LIMIT);
        assert_eq!(known(&recent, 2), Some(vec![1, 2]));
        assert_eq!(known(&recent, 3), None, "the stream went on elsewhere");
        recent.note(event(4), LIMIT);
        assert_eq!(known(&recent, 4), None, "there is a gap before it");
        recent.fill(vec![event(4), event(5), event(6), event(7)], LIMIT);
        assert_eq!(known(&recent, 7), Some(vec![5, 6, 7]));
        recent.forget(&StreamId::from_key("s"));
        assert_eq!(known(&recent, 7), None);
    }
}
