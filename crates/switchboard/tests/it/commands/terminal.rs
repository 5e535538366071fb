//! A person at a terminal.

use std::{fs::File, os::unix::ffi::OsStrExt as _, path::Path};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use switchboard_testkit::PATIENCE;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Child,
    time::timeout,
};

use super::program::Program;

/// A person at a terminal.
pub struct Person {
    pub child: Child,
    keys: tokio::fs::File,
    screen: tokio::fs::File,
    /// What was shown and not looked at.
    shown: String,
}

impl Person {
    /// Runs a command at a terminal.
    pub fn sit_down(program: &Program, arguments: &[&str]) -> Self {
        Self::sit_down_at(|terminal| program.converse_at(terminal, arguments))
    }

    /// Runs a command whose own terminal this is, at which it may ask for secrets.
    pub fn take_over(program: &Program, arguments: &[&str]) -> Self {
        Self::sit_down_at(|terminal| program.converse_alone_at(terminal, arguments))
    }

    fn sit_down_at(begin: impl FnOnce(&File) -> Child) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let name = std::ffi::OsStr::from_bytes(name.as_bytes());
        let inner = File::options().read(true).write(true).open(Path::new(name));
        let inner = inner.unwrap();
        let terminal = File::from(terminal);
        Self {
            child: begin(&inner),
            keys: terminal.try_clone().unwrap().into(),
            screen: terminal.into(),
            shown: String::new(),
        }
    }

    /// Types this.
    pub async fn types(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).await.unwrap();
        self.keys.flush().await.unwrap();
    }

    /// Reads until this is shown, and gives all up to there.
    pub async fn sees(&mut self, words: &str) -> String {
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

    /// Whether it ended well.
    pub async fn left(mut self) -> bool {
        let status = timeout(PATIENCE, self.child.wait()).await;
        status.expect("it ends").unwrap().success()
    }
}
