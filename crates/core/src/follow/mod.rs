//! Following a stream: replay from a cursor, then live, with no gap and no repeat.
//!
//! A stream that somebody follows has a feed, which hands each event, once, to all followers of this
//! node. A follower reads rows until it has caught up with the feed.

mod feeds;
mod recent;

use crate::app::Switchboard;
use bytes::Bytes;
pub use feeds::Feeds;
use feeds::Joined;
pub use recent::Recent;
use std::{
    collections::VecDeque,
    mem::take,
    sync::{Arc, OnceLock},
};
use switchboard_domain::{
    Error, Result,
    ids::StreamId,
    nouns::{Event, Recorded, Stream},
    ports::{Delta, Page, find},
};
use tokio::{
    sync::broadcast::error::{RecvError, TryRecvError},
    task::JoinHandle,
};

/// How many events a follower that missed something may be behind before it is too slow.
const BEHIND: i64 = 256;
/// How many events are read at a time.
const PAGE: usize = 32;
/// How many bytes of events are read at a time. Each follower that is behind holds so many, and of those whose clients
/// read slowly there may be hundreds.
const PAGE_BYTES: usize = 128 << 10;

/// What a follower sees.
#[derive(Debug, Clone)]
pub enum Live {
    /// Something happened.
    Event(Arc<Shared>),
    /// A piece of an answer that is being made.
    Delta(Arc<Delta>),
}

/// An event that all followers share, with its text on the wire once somebody made it.
#[derive(Debug)]
pub struct Shared {
    /// The event.
    pub recorded: Recorded,
    wire: OnceLock<Bytes>,
}

impl Shared {
    pub(crate) fn new(recorded: Recorded) -> Arc<Self> {
        Arc::new(Self {
            recorded,
            wire: OnceLock::new(),
        })
    }

    /// The event as it is sent, serialized by whoever needs it first.
    pub fn wire(&self, serialize: impl FnOnce(&Recorded) -> Bytes) -> Bytes {
        self.wire.get_or_init(|| serialize(&self.recorded)).clone()
    }
}

/// Why following ended.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The follower did not keep up; it may follow again from its cursor.
    #[error("the follower is too slow")]
    SlowConsumer,
    /// This node goes down; the follower may follow again from its cursor, by another.
    #[error("this node goes down")]
    GoingDown,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// A page, and the feed as it goes on from before the page was read.
type Read = (Joined, Vec<Recorded>);

/// One follower of a stream.
pub struct Follower {
    app: Arc<Switchboard>,
    stream: StreamId,
    cursor: i64,
    /// Events up to this number are known to be there.
    known: i64,
    /// Whether it wants pieces of answers.
    pieces: bool,
    replay: VecDeque<Arc<Shared>>,
    live: Option<Joined>,
    /// The read that is under way.
    reading: Option<JoinHandle<std::result::Result<Read, FollowError>>>,
    /// Whether it missed something since the last read.
    lagged: bool,
    /// Pieces of answers to events up to this number come too late.
    answered: i64,
    /// The newest attempt at the answer that is being made.
    attempt: u32,
}

impl Follower {
    /// Follows a stream after a cursor; without one, from now on. With or without pieces of answers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn new(
        app: &Arc<Switchboard>,
        stream: StreamId,
        after: Option<i64>,
        pieces: bool,
    ) -> Result<Self> {
        let head = head(app, &stream).await?;
        let cursor = after.map_or(head, |after| after.clamp(0, head));
        let (app, replay) = (Arc::clone(app), VecDeque::new());
        Ok(Self {
            app,
            stream,
            cursor,
            known: head,
            pieces,
            replay,
            live: None,
            reading: None,
            lagged: false,
            answered: 0,
            attempt: 0,
        })
    }

    /// The number of the last event that was seen.
    pub fn cursor(&self) -> i64 {
        self.cursor
    }

    /// What comes next. May be dropped and called again without losing anything: a read that is
    /// under way goes on, and is taken up again.
    ///
    /// # Errors
    /// [`FollowError`].
    pub async fn next(&mut self) -> std::result::Result<Live, FollowError> {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            let Some(live) = &mut self.live else {
                // Feeds end with the node, and a new one would end at once.
                if self.app.stopping.is_cancelled() {
                    return Err(FollowError::GoingDown);
                }
                self.read_on().await?;
                continue;
            };
            match live.receiver.recv().await {
                Ok(live) => {
                    if let Some(live) = self.sift(live) {
                        return Ok(live);
                    }
                }
                Err(RecvError::Lagged(_)) => self.lag(),
                Err(RecvError::Closed) => self.live = None,
            }
        }
    }

    /// What is there already. Never begins to read.
    pub fn try_next(&mut self) -> Option<std::result::Result<Live, FollowError>> {
        loop {
            if let Some(event) = self.replay.pop_front() {
                return Some(Ok(Live::Event(self.saw(event))));
            }
            match self.live.as_mut()?.receiver.try_recv() {
                Ok(live) => {
                    if let Some(live) = self.sift(live) {
                        return Some(Ok(live));
                    }
                }
                Err(TryRecvError::Lagged(_)) => self.lag(),
                Err(TryRecvError::Closed) => self.live = None,
                Err(TryRecvError::Empty) => return None,
            }
        }
    }

    /// What the feed had was more than waits for a follower. Pieces of answers may be missed; whether
    /// it was events the next read finds out.
    fn lag(&mut self) {
        self.live = None;
        self.lagged = true;
    }

    /// What of the feed is news to this follower.
    fn sift(&mut self, live: Live) -> Option<Live> {
        match live {
            Live::Event(event) => {
                let no = event.recorded.position.no;
                if no == self.cursor + 1 {
                    return Some(Live::Event(self.saw(event)));
                }
                if no > self.cursor {
                    // The feed began after this follower's cursor: read what lies between.
                    self.live = None;
                }
                None
            }
            Live::Delta(delta) => self.is_news(&delta).then_some(Live::Delta(delta)),
        }
    }

    fn saw(&mut self, event: Arc<Shared>) -> Arc<Shared> {
        let Recorded {
            position,
            event: what,
            ..
        } = &event.recorded;
        self.cursor = position.no;
        let over = if matches!(what, Event::Stop { .. }) {
            Some(position.no)
        } else {
            what.concludes()
        };
        if let Some(over) = over {
            self.answered = self.answered.max(over);
            self.attempt = 0;
        }
        event
    }

    /// Nothing follows a final answer, and a new attempt voids the former: pieces that come late are
    /// dropped.
    fn is_news(&mut self, delta: &Delta) -> bool {
        let news = delta.reply_to > self.answered && delta.attempt >= self.attempt;
        if news {
            self.attempt = delta.attempt;
        }
        news
    }

    /// Reads the next page; when there is none, goes live. The feed is joined before the last read,
    /// so nothing falls between. Each read is a task of its own: broken off, it would cost the store a
    /// connection; left waiting while a client is written to, it would keep one from others.
    async fn read_on(&mut self) -> std::result::Result<(), FollowError> {
        if self.reading.is_none() {
            self.reading = Some(self.begin_to_read());
        }
        let Some(reading) = &mut self.reading else {
            return Ok(());
        };
        let read = reading.await;
        self.reading = None;
        let (live, events) =
            read.map_err(|error| Error::Internal(format!("a read broke off: {error}")))??;
        if events.is_empty() {
            self.live = Some(live);
        }
        self.replay = events.into_iter().map(Shared::new).collect();
        Ok(())
    }

    fn begin_to_read(&mut self) -> JoinHandle<std::result::Result<Read, FollowError>> {
        let (app, stream) = (Arc::clone(&self.app), self.stream.clone());
        let live = app.join_feed(&stream, self.known.max(self.cursor), self.pieces);
        let page = Page::After {
            after: self.cursor,
            limit: PAGE,
            bytes: PAGE_BYTES,
        };
        let (cursor, lagged) = (self.cursor, take(&mut self.lagged));
        self.app.tasks.spawn(async move {
            if lagged && head(&app, &stream).await? - cursor > BEHIND {
                return Err(FollowError::SlowConsumer);
            }
            let events = app.ports.store.events(&stream, page).await;
            Ok((live, events.map_err(Error::from)?))
        })
    }
}

/// The number of a stream's last event.
async fn head(app: &Switchboard, stream: &StreamId) -> Result<i64> {
    let stream = find::<Stream>(&*app.ports.store, stream.as_str()).await?;
    Ok(stream.map_or(0, |stream| stream.last_no))
}
