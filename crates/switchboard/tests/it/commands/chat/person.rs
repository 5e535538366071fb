//! At a terminal.

use std::{fs::File, os::unix::ffi::OsStrExt as _, path::Path};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use switchboard_testkit::PATIENCE;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Child,
    time::timeout,
};

use super::house;
use crate::{
    commands::program::{Program, signal},
    support::PASSWORD,
};

/// A person at a terminal.
struct Person {
    child: Child,
    keys: tokio::fs::File,
    screen: tokio::fs::File,
    /// What was shown and not looked at.
    shown: String,
}

impl Person {
    fn sit_down(program: &Program, arguments: &[&str]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let name = std::ffi::OsStr::from_bytes(name.as_bytes());
        let inner = File::options().read(true).write(true).open(Path::new(name));
        let inner = inner.unwrap();
        let terminal = File::from(terminal);
        Self {
            child: program.converse_at(&inner, &[&["chat"], arguments].concat()),
            keys: terminal.try_clone().unwrap().into(),
            screen: terminal.into(),
            shown: String::new(),
        }
    }

    async fn types(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).await.unwrap();
        self.keys.flush().await.unwrap();
    }

    /// Reads until this is shown, and gives all up to there.
    async fn sees(&mut self, words: &str) -> String {
        loop {
            if let Some(at) = self.shown.find(words) {
                let rest = self.shown.split_off(at + words.len());
                return std::mem::replace(&mut self.shown, rest);
            }
            let mut bytes = [0; 4096];
            let read = timeout(PATIENCE, self.screen.read(&mut bytes)).await;
            let read = read.unwrap_or_else(|_| panic!("no {words} in {:?}", self.shown));
            let read = read.unwrap_or_else(|_| panic!("no {words} in {:?}", self.shown));
            self.shown
                .push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    }

    async fn left(mut self) -> bool {
        let status = timeout(PATIENCE, self.child.wait()).await;
        status.expect("it ends").unwrap().success()
    }
}

#[tokio::test]
async fn a_conversation() {
    let (program, _server) = house(&[]).await;
    let program = program.with_bare("NO_COLOR", "1");
    let mut person = Person::sit_down(&program, &[]);
    person.sees("you> ").await;
    person.types("Hello, you\n").await;
    person.sees("demo/echo> Hello, you").await;
    person.sees("you> ").await;
    person.types("/help\n").await;
    person.sees("/quit").await;
    person.types("/nonsense\n").await;
    person.sees("there is no /nonsense").await;
    person.types("//slash\n").await;
    person.sees("demo/echo> /slash").await;
    person.types("/quit\n").await;
    person.sees("switchboard chat --session session_").await;
    assert!(person.left().await);
}

#[tokio::test]
async fn escape_sequences_of_agents_are_shown_and_not_obeyed() {
    let (program, _server) = house(&[]).await;
    let program = program.with_bare("NO_COLOR", "1").with_bare("TERM", "dumb");
    let text = "\x1b]0;title\x07\x1b[2J";
    let mut person = Person::sit_down(&program, &[text]);
    let shown = person.sees("␛]0;title␇␛[2J").await;
    assert!(!shown.contains('\x1b'), "{shown:?}");
}

#[tokio::test]
async fn a_session_shows_what_was_said_and_goes_on() {
    let (program, server) = house(&[]).await;
    let root = server.client.login("root", PASSWORD).await;
    let session = root.demo_session("echo").await;
    let mut socket = root.connect(&session, "").await;
    for text in ["first", "second"] {
        socket.say(text).await;
        socket.expect("response").await;
    }
    let mut person = Person::sit_down(&program, &["--session", &session]);
    let before = person.sees("you> ").await;
    for text in ["first", "second"] {
        assert_eq!(before.matches(text).count(), 2, "{before:?}");
    }
    socket.say("from elsewhere").await;
    person.sees("demo/echo> ").await;
    person.types("third\n").await;
    person.sees("demo/echo> ").await;
    person.sees("third").await;
}

#[tokio::test]
async fn an_interrupt_stops_and_the_next_one_leaves() {
    let (program, _server) = house(&[]).await;
    let program = program.with_bare("NO_COLOR", "1");
    let mut person = Person::sit_down(&program, &["--model", "script"]);
    person.sees("you> ").await;
    person.types("delay 100000\n").await;
    person.sees("you> ").await;
    signal(&person.child, "-INT").await;
    person.sees("stopping").await;
    signal(&person.child, "-INT").await;
    person.sees("--session").await;
    assert!(person.left().await);
}
