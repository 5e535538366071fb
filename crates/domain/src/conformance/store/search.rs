//! Searching for agents.

use super::make::{agent, commit, id, list};
use crate::{
    ids::AgentId,
    nouns::{Agent, Sharing},
    ports::{Change, Key, Query, Store, Write},
};
use std::sync::Arc;

async fn found_by(store: &dyn Store, user: &str, text: &str, limit: usize) -> Vec<i64> {
    let query = Query::AgentsMatching {
        user: id(user),
        text: text.to_owned(),
        limit,
    };
    list::<Agent>(store, query)
        .await
        .iter()
        .map(|agent| agent.id.0)
        .collect()
}

async fn found(store: &dyn Store, text: &str) -> Vec<i64> {
    found_by(store, "bob", text, 100).await
}

async fn put_all(store: &dyn Store, agents: impl IntoIterator<Item = Agent>) {
    commit(store, agents.into_iter().fold(Write::new(), Write::put)).await;
}

/// An agent of exactly that name, or with exactly that capability, comes before all others.
pub async fn exact_names_come_first(store: Arc<dyn Store>) {
    let chatty = "billing billing billing questions about billing";
    put_all(
        &*store,
        [
            agent(1, "Helper", &["talking"], chatty),
            agent(2, "Billing", &["talking"], "x"),
            agent(3, "Clerk", &["BILLING", "refunds"], "y"),
            agent(4, "Billing Clerk", &["none"], chatty),
        ],
    )
    .await;
    let mut all = found(&*store, "billing").await;
    assert_eq!(all[..2], [2, 3]);
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3, 4]);
    assert_eq!(found(&*store, " bILLing clerk ").await[0], 4);
    assert_eq!(found_by(&*store, "bob", "billing", 1).await, [2]);
    assert_eq!(found_by(&*store, "bob", "billing", 0).await, [0; 0]);
    put_all(&*store, [agent(5, "🤖", &["ÄRGER machen"], "")]).await;
    assert_eq!(found(&*store, "🤖").await, [5]);
    assert_eq!(found(&*store, "ärger Machen").await, [5]);
}

/// Words are found in the name, the capabilities and the personality, in whatever case, and by
/// their beginning.
pub async fn words_are_found_in_all_texts(store: Arc<dyn Store>) {
    put_all(
        &*store,
        [
            agent(
                1,
                "Travel-Planner",
                &["flight booking"],
                "Knows Zürich & trains.",
            ),
            agent(
                2,
                "Cook",
                &["vegan_recipes"],
                "Straße, crème brûlée; plan B",
            ),
        ],
    )
    .await;
    for (text, expected) in [
        ("planner", &[1][..]),
        ("BOOK", &[1]),
        ("zÜRICH", &[1]),
        ("recipes please", &[2]),
        ("crème", &[2]),
        ("straße", &[2]),
        ("plan", &[1, 2]),
        ("who can cook or book", &[1, 2]),
        ("reche", &[]),
        ("anner", &[]),
    ] {
        let mut ids = found(&*store, text).await;
        ids.sort_unstable();
        assert_eq!(ids, expected, "{text}");
    }
}

/// Nobody finds what they may not see.
pub async fn only_what_the_user_may_see_is_found(store: Arc<dyn Store>) {
    let hidden = Agent {
        shared: Sharing::Private,
        ..agent(1, "Diary", &["secrets"], "private")
    };
    let shared = Agent {
        id: AgentId(2),
        shared: Sharing::With(vec![id("bob")]),
        ..hidden.clone()
    };
    put_all(&*store, [hidden, shared]).await;
    for text in ["diary", "secrets", "priv"] {
        assert_eq!(found_by(&*store, "ann", text, 10).await.len(), 2);
        assert_eq!(found_by(&*store, "bob", text, 10).await, [2]);
        assert_eq!(found_by(&*store, "eve", text, 10).await, [0; 0]);
    }
}

/// Whatever is asked for, the search answers.
pub async fn no_text_breaks_the_search(store: Arc<dyn Store>) {
    put_all(
        &*store,
        [agent(
            1,
            "AND",
            &["NOT or NEAR"],
            "C++ \"quoted\" a:b 1e5 foo@bar.example 3.14",
        )],
    )
    .await;
    let odd = [
        "",
        " ",
        "\"",
        "'",
        "\0",
        "a\0b",
        "*",
        "a*",
        "(",
        ")",
        "a AND",
        "NOT",
        "OR",
        "NEAR(a b)",
        "a:b",
        "-a",
        "+a",
        "^a",
        "{a}",
        "a & | b",
        "!a",
        "a <-> b",
        ":*",
        "\\",
        "%_",
        "1e5",
        "3.14",
        "--",
        ";",
        "words:x",
        "日本語",
        "´`",
        "foo@bar.example",
        "https://a.example/b?c=d",
        "-1",
        "0x1f",
        "\u{301}",
        "١٢٣",
    ];
    for text in odd {
        found(&*store, text).await;
    }
    assert_eq!(found(&*store, "and").await, [1]);
    assert_eq!(found(&*store, "not").await, [1]);
    assert_eq!(found(&*store, "1e5").await, [1]);
    assert_eq!(found(&*store, "example").await, [1]);
    found(&*store, &"word ".repeat(100_000)).await;
    found(&*store, &"x".repeat(1_000_000)).await;
    let many = (0..20_000)
        .map(|n| format!("w{n}"))
        .collect::<Vec<_>>()
        .join(" ");
    put_all(&*store, [agent(2, &many, &[&"y".repeat(100_000)], "")]).await;
    assert_eq!(found(&*store, "w1999").await, [2]);
}

/// The search follows what is changed and removed.
pub async fn what_changed_is_found_anew(store: Arc<dyn Store>) {
    put_all(&*store, [agent(1, "Painter", &["oil"], "colours")]).await;
    put_all(&*store, [agent(1, "Plumber", &["water"], "pipes")]).await;
    for (text, expected) in [
        ("painter", &[][..]),
        ("colours", &[]),
        ("plumber", &[1]),
        ("pip", &[1]),
    ] {
        assert_eq!(found(&*store, text).await, expected, "{text}");
    }
    commit(
        &*store,
        Write::new().change(Change::Remove(Key::of::<Agent>("1"))),
    )
    .await;
    assert_eq!(found(&*store, "plumber").await, [0; 0]);
}
