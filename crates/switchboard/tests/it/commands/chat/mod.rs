//! `chat`, against a server that runs.

mod dialogue;
mod entry;
mod person;
mod pipe;
mod restart;
mod session;

use std::fs;

use switchboard_testkit::{PATIENCE, chat::ChatClient, provider::FakeProvider};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdin, ChildStdout},
    time::timeout,
};

use super::program::{Program, Running};
use crate::support::{Engine, PASSWORD};

/// A program that knows a server that runs, and the password of `root`.
async fn house(more: &[(&str, &str)]) -> (Program, Running) {
    let program = Program::with_root(Engine::Sqlite).await;
    let program = more
        .iter()
        .fold(program, |program, (name, value)| program.with(name, value));
    open(program).await
}

/// The same with one provider besides, `fake`.
async fn house_with(provider: &FakeProvider) -> (Program, Running) {
    let program = Program::with_root(Engine::Sqlite).await;
    let settings = format!(
        "[providers.fake]\nbase_url = \"{}\"\nmodels = [\"m\"]\n",
        provider.base_url()
    );
    fs::write(program.file("switchboard.toml"), settings).unwrap();
    open(program).await
}

async fn open(program: Program) -> (Program, Running) {
    let server = program.start().await;
    let base = server.client.base().to_owned();
    let program = program.with("SERVER", &base).with("USER", "root");
    (program.with("PASSWORD", PASSWORD), server)
}

/// The transcript of the only session: who said what.
async fn transcript(client: &ChatClient) -> Vec<(String, String)> {
    let root = client.login("root", PASSWORD).await;
    let sessions = root.get(super::SESSIONS).await.ok();
    let sessions = sessions["sessions"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    let id = sessions[0]["session_id"].as_str().unwrap();
    let page = root
        .get(&format!("{}/{id}/messages", super::SESSIONS))
        .await;
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    page.ok()["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (text(&message["type"]), text(&message["content"])))
        .collect()
}

/// A chat in a pipe.
struct Piped {
    child: Child,
    stdin: Option<ChildStdin>,
    out: Lines<BufReader<ChildStdout>>,
    err: Lines<BufReader<ChildStderr>>,
}

impl Piped {
    fn start(program: &Program, arguments: &[&str]) -> Self {
        let mut child = program.converse(&[&["chat"], arguments].concat());
        Self {
            stdin: child.stdin.take(),
            out: BufReader::new(child.stdout.take().unwrap()).lines(),
            err: BufReader::new(child.stderr.take().unwrap()).lines(),
            child,
        }
    }

    async fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        let line = format!("{line}\n");
        stdin.write_all(line.as_bytes()).await.unwrap();
    }

    /// The next line of its answers.
    async fn answer(&mut self) -> String {
        let line = timeout(PATIENCE, self.out.next_line()).await;
        line.expect("it answers in time").unwrap().expect("a line")
    }

    /// Reads what it tells besides until this is in it.
    async fn tells(&mut self, words: &str) -> String {
        loop {
            let line = timeout(PATIENCE, self.err.next_line()).await;
            let line = line.expect("it tells in time").unwrap();
            let line = line.unwrap_or_else(|| panic!("it did not tell {words}"));
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Ends its input, and gives whether it ended well, with the rest of its answers and its errors.
    async fn end(mut self) -> (bool, String, String) {
        drop(self.stdin.take());
        let (mut out, mut err) = (String::new(), String::new());
        let (mut rest, mut told) = (self.out.into_inner(), self.err.into_inner());
        let reading = async {
            futures::try_join!(rest.read_to_string(&mut out), told.read_to_string(&mut err))
        };
        timeout(PATIENCE, reading).await.expect("it ends").unwrap();
        let status = timeout(PATIENCE, self.child.wait()).await.unwrap();
        (status.unwrap().success(), out, err)
    }
}
