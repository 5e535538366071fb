//! The command of one action, in a group of its own.

use std::{io, process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{self, Command},
    time::timeout,
};

/// More is no result, in bytes.
const LARGEST: usize = 1 << 20;
/// How much of what a command says of an error is passed on, in bytes.
const WORDS: usize = 2000;
/// What the command must not find.
const SECRETS: [&str; 2] = ["SWITCHBOARD_TOKEN", "SWITCHBOARD_PASSWORD"];

/// What came of a command.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// It printed this.
    Succeeded(Value),
    /// Why it did not.
    Failed(String),
}

/// A command that runs. When this is dropped, all that the command began is killed.
pub struct Child {
    child: process::Child,
    group: Option<Pid>,
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // There is nobody to tell that there was nothing left to kill.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Child {
    /// Starts the command.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn start(command: &[String], id: &str, name: &str) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("ACTION_ID", id)
            .env("ACTION_NAME", name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        for secret in SECRETS {
            command.env_remove(secret);
        }
        let child = command.spawn()?;
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        Ok(Self { child, group })
    }

    /// Gives it the arguments, and waits until it ends.
    pub async fn run(mut self, arguments: &Value, limit: Duration) -> Outcome {
        match timeout(limit, self.whole(arguments)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Failed(format!("it took longer than {} s", limit.as_secs())),
        }
    }

    async fn whole(&mut self, arguments: &Value) -> Outcome {
        let pipes = (
            self.child.stdin.take(),
            self.child.stdout.take(),
            self.child.stderr.take(),
        );
        let (Some(mut stdin), Some(stdout), Some(stderr)) = pipes else {
            return Outcome::Failed("the command has no pipes".to_owned());
        };
        let text = arguments.to_string();
        let give = async move {
            // A command need not read what it is given.
            let _ = stdin.write_all(text.as_bytes()).await;
            let _ = stdin.shutdown().await;
            drop(stdin);
        };
        let ((), out, said) = tokio::join!(give, read(stdout), last_words(stderr));
        let out = match out {
            Ok(Some(out)) => out,
            Ok(None) => {
                return Outcome::Failed(format!("it printed more than {} MiB", LARGEST >> 20));
            }
            Err(error) => {
                return Outcome::Failed(format!("what it printed cannot be read: {error}"));
            }
        };
        match self.child.wait().await {
            Ok(status) if status.success() => Outcome::Succeeded(value(&out)),
            Ok(status) => {
                let said = said.trim();
                let said = if said.is_empty() {
                    String::new()
                } else {
                    format!(": {said}")
                };
                Outcome::Failed(format!("the command ended with {status}{said}"))
            }
            Err(error) => Outcome::Failed(format!("the command was lost: {error}")),
        }
    }
}

/// What a command printed: JSON, or else text; nothing is null.
fn value(out: &[u8]) -> Value {
    let text = String::from_utf8_lossy(out);
    if text.trim().is_empty() {
        return Value::Null;
    }
    serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.trim_end_matches('\n')))
}

/// All that comes, unless that is too much.
async fn read(from: impl AsyncRead + Unpin) -> io::Result<Option<Vec<u8>>> {
    let mut out = Vec::new();
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    from.take(most.saturating_add(1))
        .read_to_end(&mut out)
        .await?;
    Ok((out.len() <= LARGEST).then_some(out))
}

/// The end of what comes.
async fn last_words(mut from: impl AsyncRead + Unpin) -> String {
    let mut last = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(count) = from.read(&mut piece).await {
        if count == 0 {
            break;
        }
        last.extend_from_slice(piece.get(..count).unwrap_or_default());
        let before = last.len().saturating_sub(WORDS);
        last.drain(..before);
    }
    String::from_utf8_lossy(&last).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    async fn run(command: &[&str], arguments: &Value, limit_ms: u64) -> Outcome {
        let command: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
        let child = Child::start(&command, "act_1", "read").unwrap();
        child.run(arguments, Duration::from_millis(limit_ms)).await
    }

    #[tokio::test]
    async fn what_is_printed_is_the_result() {
        let given = json!({"path": "/a b", "n": 1});
        assert_eq!(run(&["cat"], &given, 9000).await, Outcome::Succeeded(given));
        let text = run(&["echo", "hi; $(x)"], &json!({}), 9000).await;
        assert_eq!(text, Outcome::Succeeded(json!("hi; $(x)")));
        assert_eq!(
            run(&["true"], &json!({}), 9000).await,
            Outcome::Succeeded(Value::Null)
        );
        let id = run(
            &["sh", "-c", "echo $ACTION_ID $SWITCHBOARD_TOKEN"],
            &json!({}),
            9000,
        )
        .await;
        assert_eq!(id, Outcome::Succeeded(json!("act_1")));
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told() {
        let failed = run(
            &["sh", "-c", "echo no such file >&2; exit 3"],
            &json!({}),
            9000,
        )
        .await;
        let told = "the command ended with exit status: 3: no such file";
        assert_eq!(failed, Outcome::Failed(told.to_owned()));
        let slow = run(&["sleep", "60"], &json!({}), 50).await;
        assert!(matches!(slow, Outcome::Failed(why) if why.contains("longer than")));
        let large = run(&["head", "-c", "2000000", "/dev/zero"], &json!({}), 9000).await;
        assert!(matches!(large, Outcome::Failed(why) if why.contains("1 MiB")));
        let none = ["no-such-program".to_owned()];
        assert!(Child::start(&none, "", "").is_err());
    }

    #[tokio::test]
    async fn nothing_of_a_command_is_left_when_its_time_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pipe");
        // Whoever holds the pipe open keeps the reader waiting.
        std::process::Command::new("mkfifo")
            .arg(&file)
            .status()
            .unwrap();
        let held = format!("(sleep 60 > '{}') & sleep 60", file.display());
        let reading = tokio::task::spawn_blocking(move || std::fs::read(file));
        run(&["sh", "-c", &held], &json!({}), 300).await;
        let read = timeout(Duration::from_secs(20), reading).await;
        assert!(read.is_ok(), "the sleep in the background was killed, too");
    }
}
