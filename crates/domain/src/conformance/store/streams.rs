//! Streams: every event has its number and time, and whoever reads on misses none.

use super::make::{
    commit, content, delivery, events, lane, must, pass, refused, said, stream, text,
};
use crate::{
    ids::StreamId,
    nouns::{Event, Position, Recorded, Stream},
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
            last_at: last.at,
            purged_no: 0,
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
            store.events(&stream(1), self::after(after, 7, 700)).await,
        ));
        pass().await;
    }
    seen
}

const ALL: usize = usize::MAX;

const fn after(after: i64, limit: usize, bytes: usize) -> Page {
    Page::After {
        after,
        limit,
        bytes,
    }
}

const fn up_to(no: i64, limit: usize, bytes: usize) -> Page {
    Page::UpTo { no, limit, bytes }
}

/// The numbers of the events on a page of the first stream.
async fn page(store: &dyn Store, page: Page) -> Vec<i64> {
    let events = must(store.events(&stream(1), page).await);
    assert!(events.iter().all(|event| event.stream == stream(1)));
    events.iter().map(|event| event.position.no).collect()
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
    assert_eq!(page(&*store, after(0, 3, ALL)).await, [1, 2, 3]);
    assert_eq!(page(&*store, after(8, 3, ALL)).await, [9, 10]);
    assert_eq!(page(&*store, after(10, 3, ALL)).await, [0; 0]);
    assert_eq!(page(&*store, after(99, 3, ALL)).await, [0; 0]);
    assert_eq!(page(&*store, after(i64::MAX, 3, ALL)).await, [0; 0]);
    assert_eq!(page(&*store, after(0, 0, ALL)).await, [0; 0]);
    assert_eq!(page(&*store, after(-1, usize::MAX, ALL)).await.len(), 10);
    assert_eq!(page(&*store, up_to(10, 3, ALL)).await, [8, 9, 10]);
    assert_eq!(page(&*store, up_to(2, 3, ALL)).await, [1, 2]);
    assert_eq!(page(&*store, up_to(i64::MAX, 2, ALL)).await, [9, 10]);
    assert_eq!(page(&*store, up_to(0, 3, ALL)).await, [0; 0]);
    assert_eq!(page(&*store, up_to(5, 0, ALL)).await, [0; 0]);
    let other = store.events(&stream(2), up_to(5, 5, ALL)).await;
    assert_eq!(must(other), []);
}

/// A page ends before the event with which it would have too many bytes. The bytes are those of the
/// events' JSON in UTF-8. Forward it keeps the oldest events, backward the newest.
pub async fn pages_end_before_too_many_bytes(store: Arc<dyn Store>) {
    let bytes = |event: &Event| must(serde_json::to_string(event)).len();
    let long = "\u{e9}\u{1f916}\"\n\0".repeat(10);
    let (short, long) = (text("x"), text(&long));
    let (small, big) = (bytes(&short), bytes(&long));
    for event in [&short, &long, &short, &long, &short, &short] {
        let write = Write::new()
            .append(stream(1), event.clone())
            .append(stream(2), long.clone());
        commit(&*store, write).await;
    }
    let whole = 4 * small + 2 * big;
    let cases = [
        (after(0, 9, 2 * small + big), &[1, 2, 3][..]),
        (after(0, 9, 2 * small + big - 1), &[1, 2]),
        (after(0, 9, small + big - 1), &[1]),
        (after(0, 2, ALL), &[1, 2]),
        (after(2, 9, small + big), &[3, 4]),
        (after(3, 9, 2 * small + big), &[4, 5, 6]),
        (after(0, 9, whole), &[1, 2, 3, 4, 5, 6]),
        (after(0, 9, whole - 1), &[1, 2, 3, 4, 5]),
        (up_to(6, 9, 2 * small + big), &[4, 5, 6]),
        (up_to(6, 9, 2 * small + big - 1), &[5, 6]),
        (up_to(6, 1, ALL), &[6]),
        (up_to(5, 9, small + big), &[4, 5]),
        (up_to(3, 9, 2 * small + big), &[1, 2, 3]),
        (up_to(i64::MAX, 9, whole), &[1, 2, 3, 4, 5, 6]),
        (up_to(i64::MAX, 9, whole - 1), &[2, 3, 4, 5, 6]),
    ];
    for (asked, expected) in cases {
        assert_eq!(page(&*store, asked).await, expected, "{asked:?}");
    }
}

/// However few bytes are asked for, a page has an event if there is one; so whoever reads on gets
/// to the end.
pub async fn pages_have_at_least_one_event(store: Arc<dyn Store>) {
    for size in [1, 1 << 20, 10, 1 << 20] {
        let event = text(&"x".repeat(size));
        commit(&*store, Write::new().append(stream(1), event)).await;
    }
    for bytes in [0, 1, 1 << 20] {
        assert_eq!(page(&*store, up_to(4, 9, bytes)).await, [4]);
        assert_eq!(page(&*store, after(1, 9, bytes)).await, [2]);
        assert_eq!(page(&*store, after(4, 9, bytes)).await, [0; 0]);
    }
    assert_eq!(page(&*store, after(0, 0, 0)).await, [0; 0]);
    let mut seen = Vec::new();
    while let Some(&last) = page(&*store, after(seen.last().map_or(0, |no| *no), 9, 1000))
        .await
        .last()
    {
        seen.push(last);
    }
    assert_eq!(seen, [1, 2, 3, 4]);
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
