//! What was acknowledged is on disk: the engines say so themselves.

use std::collections::BTreeMap;

use crate::support::{Engine, Server, on_both_stores};

on_both_stores!(the_engine_waits_for_the_disk);

async fn the_engine_waits_for_the_disk(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let settings: BTreeMap<_, _> = server
        .ports
        .store
        .durability()
        .await
        .unwrap()
        .into_iter()
        .collect();
    let wanted: &[(&str, &str)] = match engine {
        // 2 is FULL: each commit waits until the log is on disk.
        Engine::Sqlite => &[("journal_mode", "wal"), ("synchronous", "2")],
        Engine::Postgres => &[
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
        ],
    };
    for (name, value) in wanted {
        assert_eq!(
            settings.get(*name).map(String::as_str),
            Some(*value),
            "{settings:?}"
        );
    }
}
