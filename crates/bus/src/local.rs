//! Topics as broadcast channels that exist only while somebody listens.

use futures::{StreamExt, stream::unfold};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use switchboard_domain::ports::{Bus, Signal, Signals, Topic};
use tokio::sync::broadcast::{Sender, channel};
use tokio_stream::wrappers::BroadcastStream;

/// How many signals wait for a listener before the oldest are dropped for it. Each listener pays for
/// them, so they are few: what was dropped is made up by one look.
const BUFFER: usize = 16;

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

/// One listener. When it goes it takes the topic with it, if it was the last.
struct Listening {
    signals: Option<BroadcastStream<Signal>>,
    topics: Arc<Topics>,
    topic: Topic,
}

impl Listening {
    async fn next(mut self) -> Option<(Signal, Self)> {
        let signal = self.signals.as_mut()?.next().await?;
        // What was missed is made up by looking at the rows.
        Some((signal.unwrap_or(Signal::Look), self))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut topics = self.topics.lock();
        // First, so that this listener does not count as one that is left.
        self.signals = None;
        let left = topics.get(&self.topic).map(Sender::receiver_count);
        if left == Some(0) {
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
            signals: Some(BroadcastStream::new(receiver)),
            topics: Arc::clone(&self.topics),
            topic: topic.clone(),
        };
        unfold(listening, Listening::next).boxed()
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
