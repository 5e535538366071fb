//! Streams: every event has its number and time, and whoever reads on misses none.

use super::make::{
    commit, content, delivery, events, lane, must, pass, refused, said, stream, text,
};
use crate::{
    ids::StreamId,
    nouns::{Position, Recorded, Stream},
    ports::{About, Change, NewDelivery, Page, Refusal, Store, Write, WriteError},
};
use futures::future::{join, join_all};
use std::sync::Arc;

fn named(id: &StreamId, name: &str, content: &str) -> Write {
    Write::new().change(Change::Append {
        stream: id.clone(),
        event: text(content),
        dedup: Some(name.to_owned()),
    })
}

/// Numbers count from 1 in each stream, times strictly grow, and the receipt tells both.
pub async fn numbers_and_times_grow(store: Arc<dyn Store>) {
    let write = Write::new()
        .append(stream(1), text("a"))
        .append(stream(2), text("b"))
        .append(stream(1), text("c"));
    let receipt = commit(&*store, write).await;
    let places: Vec<_> = receipt
        .appended
        .iter()
        .map(|(id, position)| (id.clone(), position.no))
        .collect();
    assert_eq!(places, [(stream(1), 1), (stream(2), 1), (stream(1), 2)]);
    for n in 3..=20 {
        commit(
            &*store,
            Write::new().append(stream(1), text(&n.to_string())),
        )
        .await;
    }
    let events = events(&*store, &stream(1)).await;
    assert_eq!(events[1].position, receipt.appended[2].1);
    assert_grows(&events);
    assert_eq!(events.len(), 20);
    let row: Option<Stream> = super::make::find(&*store, "stream1").await;
    let last = events[19].position;
    assert_eq!(
        row,
        Some(Stream {
            id: stream(1),
            last_no: last.no,
            last_at: last.at
        })
    );
}

#[track_caller]
fn assert_grows(events: &[Recorded]) {
    for pair in events.windows(2) {
        assert_eq!(
            pair[0].position.no + 1,
            pair[1].position.no,
            "numbers have no gaps"
        );
        assert!(
            pair[0].position.at < pair[1].position.at,
            "times strictly grow"
        );
    }
}

/// An event with a name is stored once; again it is refused with its place.
pub async fn the_same_name_is_stored_once(store: Arc<dyn Store>) {
    let first = commit(&*store, named(&stream(1), "name", "once"))
        .await
        .appended[0]
        .1;
    commit(&*store, named(&stream(1), "other", "other")).await;
    commit(&*store, Write::new().append(stream(1), text("unnamed"))).await;
    commit(&*store, Write::new().append(stream(1), text("unnamed"))).await;
    let again = refused(&*store, named(&stream(1), "name", "twice")).await;
    assert_eq!(again, Refusal::Duplicate(first));
    assert_eq!(
        said(&*store, &stream(1)).await,
        ["once", "other", "unnamed", "unnamed"]
    );
}

/// The same name in another stream is another name.
pub async fn names_belong_to_their_stream(store: Arc<dyn Store>) {
    commit(&*store, named(&stream(1), "name", "one")).await;
    commit(&*store, named(&stream(2), "name", "two")).await;
    let both = named(&stream(3), "name", "three")
        .change(named(&stream(4), "name", "four").changes.remove(0));
    assert_eq!(commit(&*store, both).await.appended.len(), 2);
}

/// Of many writes with one name exactly one wins, and the others learn where it stands.
pub async fn names_among_concurrent_writes(store: Arc<dyn Store>) {
    let writes = (0..100).map(|n| store.commit(named(&stream(1), &format!("name{}", n % 10), "x")));
    let outcomes = join_all(writes).await;
    let mut won = Vec::new();
    let mut lost = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(receipt) => won.push(receipt.appended[0].1),
            Err(WriteError::Refused(Refusal::Duplicate(position))) => lost.push(position),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((won.len(), lost.len()), (10, 90));
    assert!(lost.iter().all(|position| won.contains(position)));
    assert_eq!(events(&*store, &stream(1)).await.len(), 10);
}

/// Whoever follows a stream by cursor while many write to it sees every number, in order.
pub async fn readers_see_every_number(store: Arc<dyn Store>) {
    const WRITERS: usize = 8;
    const EACH: usize = 40;
    let writers = (0..WRITERS).map(|writer| {
        let store = store.clone();
        async move {
            for n in 0..EACH {
                let other = stream(u32::try_from(writer).unwrap_or_default() + 10);
                let content = text(&format!("{writer}:{n}"));
                commit(
                    &*store,
                    Write::new()
                        .append(other, text("x"))
                        .append(stream(1), content),
                )
                .await;
                pass().await;
            }
        }
    });
    let readers = (0..3).map(|_| follow(store.clone(), WRITERS * EACH));
    let (_, seen) = join(join_all(writers), join_all(readers)).await;
    for events in seen {
        assert_eq!(events.len(), WRITERS * EACH);
        assert_eq!(events[0].position.no, 1);
        assert_grows(&events);
        let mut next = [0; WRITERS];
        for said in events
            .into_iter()
            .filter_map(|recorded| content(recorded.event))
        {
            let (writer, n) = must(said.split_once(':').ok_or("no writer"));
            let (writer, n): (usize, usize) = (must(writer.parse()), must(n.parse()));
            assert_eq!(
                std::mem::replace(&mut next[writer], n + 1),
                n,
                "a writer's events keep their order"
            );
        }
    }
}

async fn follow(store: Arc<dyn Store>, count: usize) -> Vec<Recorded> {
    let mut seen: Vec<Recorded> = Vec::new();
    while seen.len() < count {
        let after = seen.last().map_or(0, |last| last.position.no);
        seen.extend(must(
            store
                .events(&stream(1), Page::After { after, limit: 7 })
                .await,
        ));
        pass().await;
    }
    seen
}

/// Pages run forward from a cursor, and backward from a number.
pub async fn pages_run_both_ways(store: Arc<dyn Store>) {
    for n in 1..=10 {
        commit(
            &*store,
            Write::new().append(stream(1), text(&n.to_string())),
        )
        .await;
    }
    let page = async |page| {
        let events = must(store.events(&stream(1), page).await);
        assert!(events.iter().all(|event| event.stream == stream(1)));
        events
            .iter()
            .map(|event| event.position.no)
            .collect::<Vec<_>>()
    };
    assert_eq!(page(Page::After { after: 0, limit: 3 }).await, [1, 2, 3]);
    assert_eq!(page(Page::After { after: 8, limit: 3 }).await, [9, 10]);
    assert_eq!(
        page(Page::After {
            after: 10,
            limit: 3
        })
        .await,
        [0; 0]
    );
    assert_eq!(
        page(Page::After {
            after: 99,
            limit: 3
        })
        .await,
        [0; 0]
    );
    assert_eq!(
        page(Page::After {
            after: -1,
            limit: usize::MAX
        })
        .await
        .len(),
        10
    );
    assert_eq!(page(Page::UpTo { no: 10, limit: 3 }).await, [8, 9, 10]);
    assert_eq!(page(Page::UpTo { no: 2, limit: 3 }).await, [1, 2]);
    assert_eq!(
        page(Page::UpTo {
            no: i64::MAX,
            limit: 2
        })
        .await,
        [9, 10]
    );
    assert_eq!(page(Page::UpTo { no: 0, limit: 3 }).await, [0; 0]);
    assert_eq!(page(Page::UpTo { no: 5, limit: 0 }).await, [0; 0]);
    assert_eq!(
        must(
            store
                .events(&stream(2), Page::UpTo { no: 5, limit: 5 })
                .await
        ),
        []
    );
}

/// A delivery names the event that it answers: none, one by its number, or the newest of its write.
pub async fn a_delivery_knows_what_it_is_about(store: Arc<dyn Store>) {
    let put = |about| {
        Change::Enqueue(NewDelivery {
            about,
            ..delivery(&lane(1), 1)
        })
    };
    commit(&*store, Write::new().append(stream(1), text("before"))).await;
    let write = Write::new()
        .change(put(About::LastAppended))
        .append(stream(2), text("other"))
        .append(stream(1), text("asked"))
        .change(put(About::LastAppended))
        .change(put(About::Event(77)))
        .change(put(About::Nothing));
    let asked: Position = commit(&*store, write).await.appended[1].1;
    for (no, about) in [(1, None), (2, Some(asked.no)), (3, Some(77)), (4, None)] {
        let delivery = must(store.delivery(&lane(1), no).await);
        assert_eq!(delivery.and_then(|delivery| delivery.about), about);
    }
}
