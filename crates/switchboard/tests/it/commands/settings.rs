//! Settings that are wrong, and how those in force are shown.

use std::fs;

use super::program::Program;
use crate::support::Engine;

#[tokio::test]
async fn an_unknown_variable_suggests_the_nearest_name() {
    let program = Program::with_root(Engine::Sqlite)
        .await
        .with("LISTN", "127.0.0.1:0");
    for command in [
        ["serve"].as_slice(),
        &["config", "check"],
        &["user", "list"],
    ] {
        let said = program.run(command).await.failed();
        let wanted = "unknown variable `SWITCHBOARD_LISTN`; did you mean `SWITCHBOARD_LISTEN`?";
        assert!(said.contains(wanted), "{said}");
        assert!(said.contains("docs/CONFIGURATION.md"), "{said}");
    }
}

#[tokio::test]
async fn an_unknown_setting_of_the_file_suggests_the_nearest_name() {
    let program = Program::with_root(Engine::Sqlite).await;
    fs::write(
        program.file("switchboard.toml"),
        "[limits]\nlogins_per_minute = 3\n",
    )
    .unwrap();
    let said = program.refuses_to_start().await;
    assert!(
        said.contains("switchboard.toml:2") && said.contains("`login_per_minute`"),
        "{said}"
    );
    assert!(
        !program.file("master.key").exists(),
        "nothing is touched before all is right"
    );
}

#[tokio::test]
async fn an_unknown_flag_or_command_suggests_the_nearest() {
    let program = Program::with_root(Engine::Sqlite).await;
    assert!(
        program
            .run(&["--listn", "x"])
            .await
            .failed()
            .contains("--listen")
    );
    assert!(program.run(&["serv"]).await.failed().contains("serve"));
    assert!(program.run(&["user", "ad"]).await.failed().contains("add"));
}

#[tokio::test]
async fn check_says_ok_or_all_that_is_wrong() {
    let program = Program::with_root(Engine::Sqlite).await;
    assert_eq!(program.run(&["config", "check"]).await.ok(), "ok\n");
    let program = program
        .with("WORKERS", "many")
        .with("LISTEN", "nowhere")
        .with("LOG_FORMAT", "xml");
    let said = program.run(&["config", "check"]).await.failed();
    for name in [
        "SWITCHBOARD_WORKERS",
        "SWITCHBOARD_LISTEN",
        "SWITCHBOARD_LOG_FORMAT",
    ] {
        assert!(said.contains(name), "{said}");
    }
}

#[tokio::test]
async fn show_prints_what_is_in_force_and_no_secret() {
    let program = Program::with_root(Engine::Sqlite)
        .await
        .with("PROVIDERS_GROQ_API_KEY", "gsk-canary")
        .with("STORE", "postgres://user:canary-of-postgres@db/x")
        .with("MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    fs::write(program.file("switchboard.toml"), "workers = 3\n").unwrap();
    let said = program
        .run(&["config", "show", "--listen", "127.0.0.1:4711"])
        .await;
    let said = if said.good {
        said
    } else {
        program
            .run(&["--listen", "127.0.0.1:4711", "config", "show"])
            .await
    };
    let shown = said.ok();
    assert!(
        shown.contains("listen = \"127.0.0.1:4711\"  # --listen"),
        "{shown}"
    );
    assert!(
        shown.contains("workers = 3  # switchboard.toml:1"),
        "{shown}"
    );
    assert!(shown.contains("lockout_s = 300  # default"), "{shown}");
    assert!(
        shown.contains("SWITCHBOARD_LIMITS_LOGIN_PER_MINUTE"),
        "{shown}"
    );
    assert!(shown.contains("postgres://user:********@db/x"), "{shown}");
    for secret in [
        "gsk-canary",
        "canary-of-postgres",
        "correct horse",
        "AAAAAAAA",
    ] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    assert!(!program.file("master.key").exists());
}
