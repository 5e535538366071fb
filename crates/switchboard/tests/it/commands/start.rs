//! Starting the server, and what keeps it from starting.

use tokio::net::TcpListener;

use super::{SESSIONS, program::Program, refused};
use crate::support::{Engine, PASSWORD, on_both_stores};

on_both_stores!(
    the_first_start_prints_a_made_up_password_once,
    the_first_administrator_can_be_named,
    a_weak_or_odd_first_administrator_is_refused,
    what_was_there_is_there_after_a_restart,
    a_port_in_use_is_told,
    a_server_without_a_command_serves,
);

fn password_in(greeting: &str) -> &str {
    let (_, rest) = greeting
        .split_once("with the password: ")
        .expect("a password is printed");
    rest.lines().next().unwrap()
}

async fn the_first_start_prints_a_made_up_password_once(engine: Engine) {
    let program = Program::new(engine).await;
    let server = program.start().await;
    let password = password_in(&server.greeting).to_owned();
    assert!(password.len() >= 16, "{password}");
    assert_eq!(server.greeting.matches(&password).count(), 1);
    assert!(server.greeting.contains("`admin`"), "{}", server.greeting);
    server
        .client
        .login("admin", &password)
        .await
        .get(SESSIONS)
        .await
        .ok();
    let (said, log) = server.stop().await;
    assert!(!said.contains(&password) && !log.contains(&password));
    let again = program.start().await;
    assert!(
        !again.greeting.to_lowercase().contains("password"),
        "{}",
        again.greeting
    );
    again
        .client
        .login("admin", &password)
        .await
        .get(SESSIONS)
        .await
        .ok();
}

async fn the_first_administrator_can_be_named(engine: Engine) {
    let program = Program::with_root(engine).await;
    let server = program.start().await;
    assert!(
        server.greeting.contains("`root`") && !server.greeting.contains(PASSWORD),
        "{}",
        server.greeting
    );
    server
        .client
        .login("root", PASSWORD)
        .await
        .get(SESSIONS)
        .await
        .ok();
    refused(&server.client.try_login("admin", PASSWORD).await, 401);
    server.stop().await;
    // Later the variables change nothing: the password may have been changed since.
    let program = program.with("ADMIN_PASSWORD", "another horse");
    let server = program.start().await;
    refused(&server.client.try_login("root", "another horse").await, 401);
    server.client.login("root", PASSWORD).await;
}

async fn a_weak_or_odd_first_administrator_is_refused(engine: Engine) {
    let program = Program::new(engine).await.with("ADMIN_PASSWORD", "short");
    let said = program.refuses_to_start().await;
    assert!(said.contains("8 to 1024 characters"), "{said}");
    let program = program
        .with("ADMIN_PASSWORD", PASSWORD)
        .with("ADMIN_USERNAME", "not a name");
    let said = program.refuses_to_start().await;
    assert!(
        said.contains("SWITCHBOARD_ADMIN_USERNAME") && said.contains("64 letters"),
        "{said}"
    );
}

async fn what_was_there_is_there_after_a_restart(engine: Engine) {
    let program = Program::with_root(engine).await;
    let server = program.start().await;
    let root = server.client.login("root", PASSWORD).await;
    let session = root.demo_session("echo").await;
    let mut socket = root.connect(&session, "").await;
    socket.say("Hello!").await;
    socket.expect("response").await;
    server.stop().await;
    let server = program.start().await;
    let root = server.client.with_token(root.token.unwrap());
    let page = root
        .get(&format!("{SESSIONS}/{session}/messages"))
        .await
        .ok();
    assert_eq!(page["messages"].as_array().unwrap().len(), 2);
    let mut socket = root.connect(&session, "?after=1").await;
    assert_eq!(socket.expect("response").await["content"], "Hello!");
}

async fn a_port_in_use_is_told(engine: Engine) {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let program = Program::with_root(engine).await.with("LISTEN", &address);
    let said = program.refuses_to_start().await;
    assert!(
        said.contains(&format!("cannot listen on {address}")),
        "{said}"
    );
    assert!(said.contains("--listen"), "it says what to do: {said}");
}

async fn a_server_without_a_command_serves(engine: Engine) {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let program = Program::with_root(engine).await;
    let said = program.run(&["--listen", &address]).await.failed();
    assert!(said.contains("cannot listen"), "{said}");
}
