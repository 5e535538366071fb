//! What is asked of the Agent Protocol, by one who is signed in.

use bytes::{Bytes, BytesMut};
use futures::stream::{once, try_unfold};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use reqwest::{Body, Method, RequestBuilder, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::io;
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};

use crate::{access::Access, backoff::Backoff, conversation::Ports, error::Error};

/// For how many seconds the server is asked to wait for a step, before it is asked again.
const WAIT_S: u32 = 20;
/// How many bytes of a file are read at once.
const PIECE: usize = 64 * 1024;
/// What divides the parts of an upload. It is made longer by something that no file can guess.
const BOUNDARY: &str = "switchboard-";

/// The tasks of an agent.
pub struct Tasks<'a> {
    access: &'a Access,
    ports: &'a Ports,
    /// The agent; none for the server's default agent.
    agent: Option<&'a str>,
}

/// A task, as the server tells of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Task {
    /// Its id.
    pub task_id: String,
    /// What is to be done, in words.
    pub input: Option<String>,
    /// How far it is.
    pub status: String,
    /// The agent.
    pub agent: String,
    /// When it was made (RFC 3339).
    pub created_at: String,
}

/// A step, as the server tells of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    /// Its id.
    pub step_id: String,
    /// How far it is.
    pub status: String,
    /// What is to be done, in words.
    pub input: Option<String>,
    /// What the agent says.
    pub output: Option<String>,
    /// What it gave besides.
    pub additional_output: Option<Map<String, Value>>,
    /// The files that it made.
    pub artifacts: Vec<Artifact>,
    /// Whether nothing comes after it.
    pub is_last: bool,
}

impl Step {
    /// Why it failed, if it did.
    pub fn error(&self) -> Option<&str> {
        self.additional_output.as_ref()?.get("error")?.as_str()
    }
}

/// A file of a task, as the server tells of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Artifact {
    /// Its id.
    pub artifact_id: String,
    /// Whether the agent made it.
    pub agent_created: bool,
    /// Its name, as the agent gave it.
    pub file_name: String,
    /// The folder in the agent's workspace, as the agent gave it.
    pub relative_path: Option<String>,
    /// How many bytes it has.
    pub size: u64,
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many pages there are.
    pub pages: u64,
}

/// Why a file did not get from here to there, or back.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The server, or the way to it.
    #[error(transparent)]
    Server(#[from] Error),
    /// The file here.
    #[error(transparent)]
    Here(#[from] io::Error),
}

impl<'a> Tasks<'a> {
    /// The tasks of this agent; none for the server's default agent.
    pub fn of(access: &'a Access, ports: &'a Ports, agent: Option<&'a str>) -> Self {
        Self {
            access,
            ports,
            agent,
        }
    }

    /// Makes a task. A server that is away is waited for, and it is one task all the same.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn create(&self, input: &str) -> Result<Task, Error> {
        let (key, body) = (self.key(), json!({"input": input}));
        self.again(async || {
            let request = self.request(Method::POST, &["tasks"])?;
            self.ask(request.header("idempotency-key", &key).json(&body))
                .await
        })
        .await
    }

    /// Does the next step, and waits until it is done. A server that is away is waited for, and it is
    /// one step all the same.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn step(&self, task: &str) -> Result<Step, Error> {
        let (key, prefer) = (self.key(), format!("wait={WAIT_S}"));
        loop {
            let asked = self.again(async || {
                let request = self.request(Method::POST, &["tasks", task, "steps"])?;
                let request = request.header("idempotency-key", &key);
                self.ask::<Step>(request.header("prefer", &prefer)).await
            });
            let step = asked.await?;
            if step.status == "completed" {
                return Ok(step);
            }
        }
    }

    /// A task.
    ///
    /// # Errors
    /// [`Error::Refused`] for one that is not there or is somebody else's.
    pub async fn task(&self, task: &str) -> Result<Task, Error> {
        self.ask(self.request(Method::GET, &["tasks", task])?).await
    }

    /// Breaks off what runs of a task, and does no more of it.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn cancel(&self, task: &str) -> Result<Task, Error> {
        self.ask(self.request(Method::POST, &["tasks", task, "cancel"])?)
            .await
    }

    /// A page of the tasks, oldest first; the first one is 1.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn list(&self, page: u64, size: u64) -> Result<Page<Task>, Error> {
        self.page(&["tasks"], "tasks", page, size).await
    }

    /// A page of a task's steps, oldest first; the first one is 1.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn steps(&self, task: &str, page: u64, size: u64) -> Result<Page<Step>, Error> {
        self.page(&["tasks", task, "steps"], "steps", page, size)
            .await
    }

    /// A page of a task's files, oldest first; the first one is 1.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn artifacts(
        &self,
        task: &str,
        page: u64,
        size: u64,
    ) -> Result<Page<Artifact>, Error> {
        self.page(&["tasks", task, "artifacts"], "artifacts", page, size)
            .await
    }

    /// Sends a file, piece by piece.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn upload(&self, task: &str, name: &str, file: File) -> Result<Artifact, Error> {
        let boundary = format!("{BOUNDARY}{}", self.key());
        let kind = format!("multipart/form-data; boundary={boundary}");
        let request = self.request(Method::POST, &["tasks", task, "artifacts"])?;
        // It takes as long as it takes.
        let request = request.timeout(std::time::Duration::MAX);
        let body = Body::wrap_stream(form(&boundary, name, file));
        self.ask(request.header(header::CONTENT_TYPE, kind).body(body))
            .await
    }

    /// Fetches a file, piece by piece.
    ///
    /// # Errors
    /// Why the server refused, or the file here took no more.
    pub async fn download(
        &self,
        task: &str,
        artifact: &str,
        into: &mut File,
    ) -> Result<(), FileError> {
        let request = self.request(Method::GET, &["tasks", task, "artifacts", artifact])?;
        let request = request.timeout(std::time::Duration::MAX);
        let mut pieces = self.access.server.ask_for_pieces(request).await?;
        while let Some(piece) = pieces.try_next().await? {
            into.write_all(&piece).await?;
        }
        Ok(into.flush().await?)
    }

    async fn page<T: DeserializeOwned>(
        &self,
        path: &[&str],
        name: &str,
        page: u64,
        size: u64,
    ) -> Result<Page<T>, Error> {
        let query = [("current_page", page), ("page_size", size)];
        let mut seen: Value = self
            .ask(self.request(Method::GET, path)?.query(&query))
            .await?;
        Ok(Page {
            pages: seen["pagination"]["total_pages"].as_u64().unwrap_or(0),
            items: self.access.read(seen[name].take())?,
        })
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Error> {
        let door: Vec<&str> = match self.agent {
            Some(agent) => vec!["agents", agent, "ap", "v1", "agent"],
            None => vec!["ap", "v1", "agent"],
        };
        let path = self.access.path_behind(&door, path)?;
        let token = self.access.token();
        Ok(self.access.server.request(method, &path, Some(&token)))
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Error> {
        self.access.read(self.access.server.ask(request).await?)
    }

    /// Asks until there is an answer, also with a new token where the old one is void.
    async fn again<T>(&self, ask: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
        let (mut backoff, mut renewed) = (Backoff::default(), false);
        loop {
            let error = match ask().await {
                Err(error) => error,
                answer => return answer,
            };
            let is_away = match &error {
                Error::Unreachable { .. } => true,
                Error::Refused { status, .. } => matches!(status, 502..=504),
                _ => false,
            };
            if error.status() == Some(401) && self.access.renewable() && !renewed {
                renewed = true;
                self.access.renew().await?;
                continue;
            }
            let wait = is_away.then(|| backoff.wait(&*self.ports.random)).flatten();
            let Some(wait) = wait else { return Err(error) };
            let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
            let until = self.ports.clock.now().plus_micros(micros);
            self.ports.clock.sleep_until(until).await;
        }
    }

    /// A name that nothing else has.
    fn key(&self) -> String {
        let random = &self.ports.random;
        random.uuid(self.ports.clock.now()).simple().to_string()
    }
}

/// The parts of an upload (RFC 7578): the file, under its name.
fn form(
    boundary: &str,
    name: &str,
    file: File,
) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    let name = quoted(name);
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let content = try_unfold(file, |mut file| async {
        let mut piece = BytesMut::with_capacity(PIECE);
        let count = file.read_buf(&mut piece).await?;
        Ok((count > 0).then(|| (piece.freeze(), file)))
    });
    let whole = |text: String| once(async { Ok(Bytes::from(text)) });
    whole(head).chain(content).chain(whole(tail))
}

/// A name as it stands in the header of a part, escaped as browsers do it (WHATWG HTML, "multipart form
/// data").
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_its_header() {
        assert_eq!(quoted("a\"b\r\nc: d"), "a%22b%0D%0Ac: d");
        assert_eq!(quoted("Grüße.txt"), "Grüße.txt");
    }
}
