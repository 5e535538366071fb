//! The feeds: what happens in a stream, handed once to all who follow it on this node.
//!
//! Whoever commits an event on this node hands it on at once. What others commit, the feed reads when
//! they ring.

use super::{Live, PAGE, PAGE_BYTES, Shared};
use crate::app::Switchboard;
use futures::StreamExt;
use std::{
    cmp::Ordering,
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use switchboard_domain::{
    Result,
    ids::StreamId,
    ports::{Delta, Page, Signal, Signals, Topic},
};
use tokio::sync::{
    Notify,
    broadcast::{Receiver, Sender, channel},
};

/// How many events and pieces of answers wait for a follower. Who misses events reads them.
const BUFFER: usize = 16;
/// How often the rows are read even when nobody rang, in seconds, where other nodes may ring.
const LOOK_S: i64 = 30;

/// The streams that are followed on this node.
#[derive(Default)]
pub struct Feeds(Mutex<HashMap<StreamId, Arc<Feed>>>);

/// A stream that is followed.
pub struct Feed {
    stream: StreamId,
    sender: Sender<Live>,
    /// The number of the last event that was handed on.
    handed: Mutex<i64>,
    /// Rung when events are missing before one that was offered.
    behind: Notify,
    /// How many followers want pieces of answers.
    wanting: Arc<AtomicUsize>,
}

/// A follower's place at a feed.
pub struct Joined {
    pub receiver: Receiver<Live>,
    /// Where it is counted, if it wants pieces. Not the feed itself: whoever holds that keeps it open, and
    /// nobody would learn that it ended.
    wanted: Option<Arc<AtomicUsize>>,
}

impl Drop for Joined {
    fn drop(&mut self) {
        if let Some(wanting) = &self.wanted {
            wanting.fetch_sub(1, Relaxed);
        }
    }
}

impl Feeds {
    fn lock(&self) -> MutexGuard<'_, HashMap<StreamId, Arc<Feed>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, stream: &StreamId) -> Option<Arc<Feed>> {
        self.lock().get(stream).cloned()
    }

    /// Hands an event to the followers of its stream on this node. Says whether there are any.
    pub fn offer(&self, event: &Arc<Shared>) -> bool {
        let feed = self.get(&event.recorded.stream);
        feed.inspect(|feed| feed.hand_on(event)).is_some()
    }

    /// Hands a piece of an answer to the followers on this node that want pieces.
    pub fn offer_piece(&self, stream: &StreamId, make: impl FnOnce() -> Arc<Delta>) {
        if let Some(feed) = self.get(stream)
            && feed.wanting.load(Relaxed) > 0
        {
            let _ = feed.sender.send(Live::Delta(make()));
        }
    }
}

impl Switchboard {
    /// Joins the feed of a stream whose events up to `known` were there before.
    ///
    /// A new feed goes on from `known`: whoever reads to the end after joining has seen that far.
    pub(super) fn join_feed(
        self: &Arc<Self>,
        stream: &StreamId,
        known: i64,
        pieces: bool,
    ) -> Joined {
        let mut feeds = self.feeds.lock();
        let feed = feeds.get(stream).cloned().unwrap_or_else(|| {
            let feed = Arc::new(Feed {
                stream: stream.clone(),
                sender: channel(BUFFER).0,
                handed: Mutex::new(known),
                behind: Notify::new(),
                wanting: Arc::default(),
            });
            feeds.insert(stream.clone(), Arc::clone(&feed));
            let signals = self.ports.bus.subscribe(&Topic::Stream(stream.clone()));
            self.tasks
                .spawn(Arc::clone(&feed).run(Arc::clone(self), signals));
            feed
        });
        if pieces {
            feed.wanting.fetch_add(1, Relaxed);
        }
        Joined {
            receiver: feed.sender.subscribe(),
            wanted: pieces.then(|| Arc::clone(&feed.wanting)),
        }
    }
}

impl Feed {
    fn handed(&self) -> MutexGuard<'_, i64> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands an event on if it is the next.
    fn hand_on(&self, event: &Arc<Shared>) {
        let mut handed = self.handed();
        let no = event.recorded.position.no;
        match no.cmp(&(*handed + 1)) {
            Ordering::Equal => {
                *handed = no;
                let _ = self.sender.send(Live::Event(Arc::clone(event)));
            }
            Ordering::Greater => self.behind.notify_one(),
            Ordering::Less => {}
        }
    }

    async fn run(self: Arc<Self>, app: Arc<Switchboard>, mut signals: Signals) {
        loop {
            let signal = tokio::select! {
                // In this order, so that a simulation can be repeated; a flood of signals is last.
                biased;
                () = app.stopping.cancelled() => break,
                () = self.sender.closed() => None,
                () = self.behind.notified() => None,
                () = look_again(&app) => None,
                signal = signals.next() => signal,
            };
            if self.is_forsaken(&app) {
                return;
            }
            if let Some(Signal::Delta(delta)) = signal {
                let _ = self.sender.send(Live::Delta(delta));
            } else if let Err(error) = self.read(&app).await {
                tracing::error!(stream = %self.stream, ?error, "a stream cannot be read; its followers are sent away");
                break;
            }
        }
        app.feeds.lock().remove(&self.stream);
    }

    /// Hands on what the rows have beyond what was handed on.
    async fn read(&self, app: &Switchboard) -> Result<()> {
        loop {
            let page = Page::After {
                after: *self.handed(),
                limit: PAGE,
                bytes: PAGE_BYTES,
            };
            let events = app.ports.store.events(&self.stream, page).await?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events {
                self.hand_on(&Shared::new(event));
            }
        }
    }

    /// Ends the feed when nobody follows any more. Under the lock, so that nobody joins meanwhile.
    fn is_forsaken(&self, app: &Switchboard) -> bool {
        let mut feeds = app.feeds.lock();
        let forsaken = self.sender.receiver_count() == 0;
        if forsaken {
            feeds.remove(&self.stream);
        }
        forsaken
    }
}

/// Signals of other nodes may be lost; those of this one are not.
async fn look_again(app: &Switchboard) {
    if app.ports.bus.elsewhere().is_none() {
        return std::future::pending().await;
    }
    let next = app.ports.now().plus_seconds(LOOK_S);
    app.ports.clock.sleep_until(next).await;
}
