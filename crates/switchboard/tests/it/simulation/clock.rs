//! Time that passes only when the simulation lets it: one sleeper wakes at a time.

use std::{
    collections::BTreeMap,
    mem::replace,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use futures::future::BoxFuture;
use switchboard_domain::{Timestamp, ports::Clock};

/// A clock, and all that is to happen at some time. What is due at the same time happens in the order in which it was
/// asked for.
#[derive(Clone)]
pub struct SimClock(Arc<Mutex<Timeline>>);

struct Timeline {
    now: Timestamp,
    next: u64,
    due: BTreeMap<Place, Due>,
}

type Place = (Timestamp, u64);

enum Due {
    Wake(Waker),
    Do(Box<dyn FnOnce() + Send>),
}

impl SimClock {
    /// A clock that shows 2026-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Timeline {
            now: Timestamp::from_micros(1_767_225_600_000_000),
            next: 0,
            due: BTreeMap::new(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Timeline> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has something done at this time.
    pub fn at(&self, time: Timestamp, what: impl FnOnce() + Send + 'static) {
        let mut timeline = self.lock();
        let place = timeline.place(time);
        timeline.due.insert(place, Due::Do(Box::new(what)));
    }

    /// Moves to the next thing that is due, and lets it happen.
    pub fn step(&self) {
        let first = {
            let mut timeline = self.lock();
            let first = timeline.due.pop_first();
            if let Some(((at, _), _)) = first {
                timeline.now = timeline.now.max(at);
            }
            first
        };
        match first {
            Some((_, Due::Wake(waker))) => waker.wake(),
            Some((_, Due::Do(what))) => what(),
            None => {}
        }
    }
}

impl Timeline {
    fn place(&mut self, time: Timestamp) -> Place {
        self.next += 1;
        (time, self.next)
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    fn sleep_until(&self, deadline: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(Sleep {
            clock: self.clone(),
            deadline,
            place: None,
        })
    }
}

struct Sleep {
    clock: SimClock,
    deadline: Timestamp,
    place: Option<Place>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut timeline = clock.lock();
        if timeline.now >= self.deadline {
            return Poll::Ready(());
        }
        let place = self.place.unwrap_or_else(|| timeline.place(self.deadline));
        self.place = Some(place);
        let mut woken = Due::Wake(cx.waker().clone());
        if let Some(due) = timeline.due.get_mut(&place) {
            woken = replace(due, woken);
            drop(timeline);
            // Only now: whoever goes with the old waker may want the clock.
            drop(woken);
        } else {
            timeline.due.insert(place, woken);
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let due = self
            .place
            .and_then(|place| self.clock.lock().due.remove(&place));
        drop(due);
    }
}
