//! A name is locked after too many failures in a row, whether or not somebody has it.

use std::time::Duration;

use crate::{
    rest::{refused, too_often},
    support::{Engine, PASSWORD, Server, on_both_stores},
};

on_both_stores!(
    ten_failures_in_a_row_lock_a_name_for_five_minutes,
    names_that_nobody_has_are_locked_alike,
    a_success_forgets_the_failures,
    failures_long_ago_do_not_count,
    a_lock_survives_a_restart,
    the_numbers_can_be_set_and_zero_means_never,
);

async fn fail(server: &Server, name: &str, times: usize) {
    for _ in 0..times {
        let answer = server.client.try_login(name, "wrong password").await;
        assert_eq!(refused(&answer, 401), "Invalid credentials");
    }
}

async fn ten_failures_in_a_row_lock_a_name_for_five_minutes(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[]).await;
    fail(&server, "alice", 10).await;
    assert_eq!(
        too_often(&server.client.try_login("alice", PASSWORD).await),
        300
    );
    server.client.try_login("bob", PASSWORD).await.ok();
    clock.advance(Duration::from_millis(299_500));
    assert_eq!(
        too_often(&server.client.try_login("alice", PASSWORD).await),
        1
    );
    clock.advance(Duration::from_millis(500));
    fail(&server, "alice", 1).await;
    server.client.try_login("alice", PASSWORD).await.ok();
}

async fn names_that_nobody_has_are_locked_alike(engine: Engine) {
    let (server, _clock) = Server::start_with_clock(engine, &[]).await;
    fail(&server, "nobody", 10).await;
    assert_eq!(
        too_often(&server.client.try_login("nobody", PASSWORD).await),
        300
    );
}

async fn a_success_forgets_the_failures(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_LOGIN_FAILURES", "3")]).await;
    for _ in 0..3 {
        fail(&server, "alice", 2).await;
        server.client.try_login("alice", PASSWORD).await.ok();
    }
}

async fn failures_long_ago_do_not_count(engine: Engine) {
    let limit = [("LIMITS_LOGIN_FAILURES", "3")];
    let (server, clock) = Server::start_with_clock(engine, &limit).await;
    fail(&server, "alice", 2).await;
    clock.advance(Duration::from_mins(5));
    fail(&server, "alice", 2).await;
    server.client.try_login("alice", PASSWORD).await.ok();
}

async fn a_lock_survives_a_restart(engine: Engine) {
    let limit = [("LIMITS_LOGIN_FAILURES", "3")];
    let (server, clock) = Server::start_with_clock(engine, &limit).await;
    fail(&server, "alice", 3).await;
    let place = server.stop().await;
    let server = Server::start_at(place, &limit, std::sync::Arc::new(clock.clone())).await;
    assert_eq!(
        too_often(&server.client.try_login("alice", PASSWORD).await),
        300
    );
}

async fn the_numbers_can_be_set_and_zero_means_never(engine: Engine) {
    let limits = [("LIMITS_LOGIN_FAILURES", "2"), ("LIMITS_LOCKOUT_S", "7")];
    let (server, _clock) = Server::start_with_clock(engine, &limits).await;
    fail(&server, "alice", 2).await;
    assert_eq!(
        too_often(&server.client.try_login("alice", PASSWORD).await),
        7
    );
    let server = Server::start(engine, &[("LIMITS_LOGIN_FAILURES", "0")]).await;
    fail(&server, "alice", 12).await;
    server.client.try_login("alice", PASSWORD).await.ok();
}
