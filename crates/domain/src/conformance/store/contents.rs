//! Contents: what was stored comes back, whatever it is.

use super::make::{
    agent, commit, content, delivery, events, find, id, lane, must, refused, session, stream, text,
};
use crate::{
    ids::{LaneId, StreamId},
    nouns::{Agent, Event, Lockout, Object, Session},
    ports::{Change, Key, Page, Refusal, Store, Write},
};
use serde_json::{Value, json};
use std::sync::Arc;

const SORTS: [&str; 9] = [
    "",
    " \t\r\n ",
    "quotes ' \" ` and \\ and $1 and ? and :name and --",
    "Grüße, 你好, שלום, मानक हिन्दी",
    "👩‍👩‍👧‍👦 🇩🇪 \u{10FFFF}",
    "e\u{301} and \u{e9} stay apart",
    "\u{1}\u{7f}\u{85}\u{2028}\u{feff}",
    "{\"json\": [1, null]} \\u0000 \\n",
    "'; DROP TABLE users; --",
];

fn event(content: &str, structured: Value) -> Event {
    match (text(content), structured) {
        (Event::Text(mut text), Value::Object(members)) => {
            text.structured = Some(members.clone());
            text.metadata = members;
            Event::Text(text)
        }
        (event, _) => event,
    }
}

async fn comes_back(store: &dyn Store, event: Event) {
    let receipt = commit(store, Write::new().append(stream(1), event.clone())).await;
    let (stream, position) = receipt.appended[0].clone();
    let mut stored = must(
        store
            .events(
                &stream,
                Page::UpTo {
                    no: position.no,
                    limit: 1,
                    bytes: 0,
                },
            )
            .await,
    );
    let stored = stored.remove(0);
    assert_eq!((stored.position, stored.stream), (position, stream));
    assert!(stored.event == event, "an event came back changed");
}

/// Text is bytes of UTF-8 to the store, and nothing in it is syntax.
pub async fn text_of_all_sorts_comes_back(store: Arc<dyn Store>) {
    for (n, sort) in (1..).zip(SORTS) {
        comes_back(&*store, event(sort, json!({sort: [sort, {sort: sort}]}))).await;
        let agent = agent(n, sort, &[sort, sort], sort);
        commit(&*store, Write::new().put(agent.clone())).await;
        assert_eq!(
            find::<Agent>(&*store, n.to_string()).await,
            Some(agent.clone())
        );
        commit(&*store, Write::new().unchanged(agent)).await;
        let key = format!("key {sort}");
        let to = Change::Append {
            stream: StreamId::from_key(&key),
            event: text("x"),
            dedup: Some(key.clone()),
        };
        commit(&*store, Write::new().change(to.clone())).await;
        assert!(matches!(
            refused(&*store, Write::new().change(to)).await,
            Refusal::Duplicate(_)
        ));
        assert_eq!(events(&*store, &StreamId::from_key(key)).await.len(), 1);
    }
}

/// U+0000, which not every engine can store, is U+FFFD in keys and columns, and is found by either.
pub async fn nul_is_replaced_in_keys_and_names(store: Arc<dyn Store>) {
    let lockout = |id: &str| Lockout {
        id: id.to_owned(),
        failures: 1,
        locked_until: None,
        last_at: id_time(),
    };
    commit(&*store, Write::new().put(lockout("a\0b"))).await;
    for id in ["a\0b", "a\u{fffd}b"] {
        assert_eq!(find(&*store, id).await, Some(lockout("a\u{fffd}b")));
        assert!(matches!(
            refused(&*store, Write::new().absent(Key::of::<Lockout>(id))).await,
            Refusal::Exists(_)
        ));
        commit(&*store, Write::new().unchanged(lockout(id))).await;
    }
    let nul = StreamId::from_key("stream\0");
    let named = |name: &str| {
        let dedup = Some(name.to_owned());
        Write::new().change(Change::Append {
            stream: nul.clone(),
            event: text("x"),
            dedup,
        })
    };
    commit(&*store, named("n\0")).await;
    refused(&*store, named("n\u{fffd}")).await;
    refused(&*store, named("n\0")).await;
    assert_eq!(events(&*store, &nul).await.len(), 1);
    let lane = LaneId::from_key("lane\0");
    let write = Write::new()
        .change(Change::Enqueue(delivery(&lane, 1)))
        .change(Change::Bury {
            lane: lane.clone(),
            reason: "why\0".to_owned(),
        });
    commit(&*store, write).await;
    assert_eq!(
        must(store.dead(&id("ann"), 1).await)[0].reason,
        "why\u{fffd}"
    );
    let named = agent(1, "na\0me", &["cap\0"], "per\0sona");
    commit(&*store, Write::new().put(named)).await;
    let stored: Agent = must(find(&*store, "1").await.ok_or("no agent"));
    assert_eq!(
        (stored.name.as_str(), stored.capabilities[0].as_str()),
        ("na\u{fffd}me", "cap\u{fffd}")
    );
}

const fn id_time() -> crate::Timestamp {
    super::make::time(1)
}

/// Inside of events and objects U+0000 is kept.
pub async fn nul_inside_json_comes_back(store: Arc<dyn Store>) {
    comes_back(&*store, event("a\0b", json!({"k\0": "v\0"}))).await;
    let metadata: Object = [("k\0".to_owned(), Value::from("v\0"))]
        .into_iter()
        .collect();
    let session = Session {
        metadata,
        ..session(1, "ann")
    };
    commit(&*store, Write::new().put(session.clone())).await;
    assert_eq!(find(&*store, session.id.as_str()).await, Some(session));
}

/// A text of a mebibyte is a text, and several of them share a commit.
pub async fn big_texts_come_back(store: Arc<dyn Store>) {
    let big = |sort: &str| sort.repeat((1 << 20) / sort.len());
    comes_back(&*store, event(&big("x"), json!({}))).await;
    comes_back(&*store, event(&big("\"\\\n"), json!({"big": big("é")}))).await;
    let sized = |n: u32| Write::new().append(stream(2), text(&n.to_string().repeat(1 << 20)));
    futures::future::join_all((0..10).map(|n| commit(&*store, sized(n)))).await;
    let lengths = events(&*store, &stream(2))
        .await
        .into_iter()
        .map(|it| content(it.event).map_or(0, |it| it.len()));
    assert_eq!(lengths.collect::<Vec<_>>(), [1 << 20; 10]);
}

/// Numbers keep their value and their kind.
pub async fn numbers_come_back(store: Arc<dyn Store>) {
    let numbers = json!({
        "integers": [0, -1, i64::MAX, i64::MIN, u64::MAX],
        "floats": [0.1, -2.5, 1e300, 1e-300, 5e-324, f64::MAX, 1.0, 0.1 + 0.2, 123_456_789.123_456_78, 2.0f64.powi(60)],
    });
    comes_back(&*store, event("numbers", numbers.clone())).await;
    let metadata = numbers.as_object().cloned().unwrap_or_default();
    let session = Session {
        metadata,
        ..session(1, "ann")
    };
    commit(&*store, Write::new().put(session.clone())).await;
    assert_eq!(
        find(&*store, session.id.as_str()).await,
        Some(session.clone())
    );
    commit(&*store, Write::new().unchanged(session)).await;
}

/// What a client may nest can be read again.
pub async fn deep_objects_come_back(store: Arc<dyn Store>) {
    let deep = (0..115).fold(json!("bottom"), |inner, _| json!({"in": inner}));
    comes_back(&*store, event("deep", deep.clone())).await;
    let metadata = deep.as_object().cloned().unwrap_or_default();
    let session = Session {
        metadata,
        ..session(1, "ann")
    };
    commit(&*store, Write::new().put(session.clone())).await;
    assert_eq!(find(&*store, session.id.as_str()).await, Some(session));
    let lane = lane(1);
    commit(
        &*store,
        Write::new().change(Change::Enqueue(delivery(&lane, 1))),
    )
    .await;
}
