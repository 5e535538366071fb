//! Topics as broadcast channels that exist only while somebody listens.

use futures::StreamExt;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use switchboard_domain::ports::{Bus, Signal, Signals, Topic};
use tokio::sync::broadcast::{Sender, channel};
use tokio_stream::wrappers::BroadcastStream;

/// How many signals wait for a listener before the oldest are dropped for it.
const BUFFER: usize = 256;

/// The bus within one process.
#[derive(Default)]
pub struct LocalBus {
    topics: Arc<Topics>,
}

#[derive(Default)]
struct Topics(Mutex<HashMap<Topic, Sender<Signal>>>);

impl Topics {
    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, Sender<Signal>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes the topic when its last listener went.
struct Listening {
    topics: Arc<Topics>,
    topic: Topic,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut topics = self.topics.lock();
        // The receiver of this listener is dropped after this guard, so it still counts as one.
        if topics
            .get(&self.topic)
            .is_some_and(|sender| sender.receiver_count() <= 1)
        {
            topics.remove(&self.topic);
        }
    }
}

impl Bus for LocalBus {
    fn publish(&self, topic: &Topic, signal: Signal) {
        if let Some(sender) = self.topics.lock().get(topic) {
            // Nobody listening any more is no error: the rows have it.
            let _ = sender.send(signal);
        }
    }

    fn subscribe(&self, topic: &Topic) -> Signals {
        let receiver = {
            let mut topics = self.topics.lock();
            topics
                .entry(topic.clone())
                .or_insert_with(|| channel(BUFFER).0)
                .subscribe()
        };
        let listening = Listening {
            topics: Arc::clone(&self.topics),
            topic: topic.clone(),
        };
        BroadcastStream::new(receiver)
            .map(move |signal| {
                let _alive = &listening;
                signal.unwrap_or(Signal::Look)
            })
            .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn topics_go_with_their_last_listener() {
        let bus = LocalBus::default();
        bus.publish(&Topic::Queue, Signal::Look);
        let mut first = bus.subscribe(&Topic::Queue);
        let second = bus.subscribe(&Topic::Queue);
        drop(second);
        bus.publish(&Topic::Queue, Signal::Look);
        assert!(matches!(first.next().await, Some(Signal::Look)));
        assert!(
            first.next().now_or_never().is_none(),
            "what was published before is not seen"
        );
        drop(first);
        assert!(bus.topics.lock().is_empty());
    }

    #[tokio::test]
    async fn a_slow_listener_is_told_to_look() {
        let bus = LocalBus::default();
        let mut slow = bus.subscribe(&Topic::Queue);
        for _ in 0..BUFFER * 2 {
            bus.publish(
                &Topic::Queue,
                Signal::Cancelled(switchboard_domain::ids::LaneId::from_key("x")),
            );
        }
        assert!(matches!(slow.next().await, Some(Signal::Look)));
        assert!(matches!(slow.next().await, Some(Signal::Cancelled(_))));
    }
}
