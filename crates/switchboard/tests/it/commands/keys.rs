//! The master key, and one server at a time on a folder.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
};

use super::program::Program;
use crate::support::{Engine, PASSWORD, on_both_stores};

/// 32 bytes in base64, which no store was started with.
const ANOTHER: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

on_both_stores!(
    what_is_secret_is_for_the_owner_only,
    a_key_that_others_may_read_is_refused,
    another_key_is_refused,
    a_lost_key_is_told_and_not_made_up_anew,
    a_damaged_key_is_told,
    a_key_from_a_variable_lies_in_no_file,
);

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused() {
    let program = Program::with_root(Engine::Sqlite).await;
    let server = program.start().await;
    let said = program.refuses_to_start().await;
    assert!(said.contains("in use by another server"), "{said}");
    server.client.login("root", PASSWORD).await;
    server.stop().await;
    program.start().await;
}

#[tokio::test]
async fn nothing_secret_lies_open_in_the_folder() {
    let program = Program::with_root(Engine::Sqlite).await;
    let server = program.start().await;
    let arguments = ["token", "create", "ci", "--user", "root", "--scope", "chat"];
    let api_token = program.run(&arguments).await.ok();
    let access_token = server.client.login("root", PASSWORD).await.token.unwrap();
    server.stop().await;
    for entry in fs::read_dir(program.file(".")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for secret in [PASSWORD, api_token.trim(), &access_token] {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "a secret lies in {}", path.display());
        }
    }
}

async fn what_is_secret_is_for_the_owner_only(engine: Engine) {
    let program = Program::with_root(engine).await;
    let folder = program.file("data");
    let program = program.with("DATA", folder.to_str().unwrap());
    program.start().await.stop().await;
    let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().mode() & 0o777;
    assert_eq!((mode("."), mode("master.key")), (0o700, 0o600));
    for name in fs::read_dir(program.file(".")).unwrap() {
        let path = name.unwrap().path();
        if path.to_string_lossy().contains("switchboard.db") {
            assert_eq!(
                fs::metadata(&path).unwrap().mode() & 0o077,
                0,
                "{}",
                path.display()
            );
        }
    }
    let key = fs::read_to_string(folder.join("master.key")).unwrap();
    assert_eq!(key.trim().len(), 44, "32 bytes in base64");
}

async fn a_key_that_others_may_read_is_refused(engine: Engine) {
    let program = Program::with_root(engine).await;
    program.start().await.stop().await;
    let key = program.file("master.key");
    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let said = program.refuses_to_start().await;
        assert!(
            said.contains("may be read by others") && said.contains("chmod 600"),
            "{said}"
        );
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).unwrap();
    program.start().await;
}

async fn another_key_is_refused(engine: Engine) {
    let program = Program::with_root(engine).await;
    program.start().await.stop().await;
    let key = fs::read_to_string(program.file("master.key")).unwrap();
    let program = program.with("MASTER_KEY", ANOTHER);
    let said = program.refuses_to_start().await;
    assert!(
        said.contains("does not open") && said.contains("SWITCHBOARD_MASTER_KEY"),
        "{said}"
    );
    assert!(
        !said.contains(ANOTHER) && !said.contains(key.trim()),
        "{said}"
    );
    program.with("MASTER_KEY", key.trim()).start().await;
}

async fn a_lost_key_is_told_and_not_made_up_anew(engine: Engine) {
    let program = Program::with_root(engine).await;
    program.start().await.stop().await;
    let (key, away) = (program.file("master.key"), program.file("away"));
    fs::rename(&key, &away).unwrap();
    for _ in 0..2 {
        let said = program.refuses_to_start().await;
        assert!(
            said.contains("needs its master key") && said.contains("master.key"),
            "{said}"
        );
        assert!(!key.exists());
    }
    fs::rename(&away, &key).unwrap();
    program.start().await.client.login("root", PASSWORD).await;
}

async fn a_damaged_key_is_told(engine: Engine) {
    let program = Program::with_root(engine).await;
    program.start().await.stop().await;
    let key = program.file("master.key");
    for damaged in ["", "AAAA", "not base64 at all"] {
        fs::write(&key, damaged).unwrap();
        let said = program.refuses_to_start().await;
        assert!(
            said.contains("master.key") && said.contains("no key"),
            "{said}"
        );
    }
    let said = program.with("MASTER_KEY", "AAAA").refuses_to_start().await;
    assert!(
        said.contains("SWITCHBOARD_MASTER_KEY") && said.contains("32 bytes"),
        "{said}"
    );
}

async fn a_key_from_a_variable_lies_in_no_file(engine: Engine) {
    let program = Program::with_root(engine).await.with("MASTER_KEY", ANOTHER);
    program.start().await.stop().await;
    assert!(!program.file("master.key").exists());
    program.start().await.client.login("root", PASSWORD).await;
}
