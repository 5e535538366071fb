//! What the program says about itself.

use super::program::Program;
use crate::support::Engine;

#[tokio::test]
async fn every_command_that_starts_or_makes_something_has_examples() {
    let program = Program::new(Engine::Sqlite).await;
    for command in [
        [].as_slice(),
        &["serve"],
        &["chat"],
        &["agent", "add"],
        &["task", "run"],
        &["workflow", "import"],
        &["workflow", "export"],
        &["credential", "set"],
        &["action", "list"],
        &["action", "edit"],
        &["grant", "add"],
        &["user", "add"],
        &["token", "create"],
        &["key", "rotate"],
    ] {
        let help = program.run(&[command, &["--help"]].concat()).await.ok();
        let (_, examples) = help
            .split_once("Examples:")
            .unwrap_or_else(|| panic!("{help}"));
        assert!(examples.contains("  switchboard"), "{help}");
    }
}

#[tokio::test]
async fn the_examples_of_the_help_are_understood() {
    let program = Program::new(Engine::Sqlite).await;
    for command in [
        [].as_slice(),
        &["serve"],
        &["chat"],
        &["agent", "add"],
        &["task", "run"],
        &["workflow", "import"],
        &["workflow", "export"],
        &["credential", "set"],
        &["action", "list"],
        &["action", "edit"],
        &["grant", "add"],
        &["user", "add"],
        &["token", "create"],
        &["key", "rotate"],
    ] {
        let help = program.run(&[command, &["--help"]].concat()).await.ok();
        let (_, examples) = help.split_once("Examples:").unwrap();
        for line in examples
            .lines()
            .filter_map(|line| line.trim().strip_prefix("switchboard"))
        {
            // Two spaces divide an example from what is said about it.
            let line = line
                .split("  ")
                .next()
                .unwrap()
                .split(['<', '>'])
                .next()
                .unwrap();
            let words: Vec<_> = line.split_whitespace().chain(["--help"]).collect();
            program.run(&words).await.ok();
        }
    }
}

#[tokio::test]
async fn it_knows_its_version_and_all_its_commands() {
    let program = Program::new(Engine::Sqlite).await;
    let version = program.run(&["--version"]).await.ok();
    assert_eq!(
        version,
        format!("switchboard {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = program.run(&["--help"]).await.ok();
    for word in [
        "serve",
        "chat",
        "agent",
        "task",
        "workflow",
        "credential",
        "user",
        "token",
        "key",
        "config",
        "--data",
        "--store",
        "--config",
        "--listen",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
    assert!(!program.file("master.key").exists());
}
