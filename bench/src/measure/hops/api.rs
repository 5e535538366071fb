//! The server's API for workflows, as far as the hops need it.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::{agents::TYPE, child::Switchboard, failure::Failure, http::Http};

/// How long the server may take to learn what the agents are.
const PATIENCE: Duration = Duration::from_secs(20);
const JSON: &str = "content-type: application/json\r\n";

/// The API of the server.
pub struct Api {
    http: Http,
    headers: String,
}

impl Api {
    /// Signed in as the admin.
    pub async fn of(server: &Switchboard) -> Result<Self, Failure> {
        Ok(Self {
            http: Http::connect(server.at).await?,
            headers: format!("{}{JSON}", server.bearer),
        })
    }

    async fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<u64, Failure> {
        let answer = self.http.ask(method, path, &self.headers, body).await?;
        answer.number("id")
    }

    /// Makes the agents, each of which receives from the one before it and the first from the last.
    /// Tells the id of the last.
    pub async fn ring(&mut self, count: usize) -> Result<u64, Failure> {
        let mut ids = Vec::with_capacity(count);
        for no in 0..count {
            let sources: &[u64] = ids.last().map_or(&[], std::slice::from_ref);
            let body = format!(
                r#"{{"type":"Agents::{TYPE}","name":"hop {no}","options":{{}},"sources":{sources:?}}}"#
            );
            ids.push(self.ask("POST", "/api/v1/agents", &body).await?);
        }
        let (first, last) = (ids[0], ids[count - 1]);
        let path = format!("/api/v1/agents/{first}");
        self.ask("PATCH", &path, &format!(r#"{{"sources":[{last}]}}"#))
            .await?;
        Ok(last)
    }

    /// Makes agents of these types, which all receive from one that calls nobody. Tells the id of that one.
    pub async fn fan(&mut self, kinds: &[&str]) -> Result<u64, Failure> {
        let source = format!(r#"{{"type":"Agents::{TYPE}","name":"source","options":{{}}}}"#);
        let source = self.ask("POST", "/api/v1/agents", &source).await?;
        for kind in kinds {
            let body = format!(
                r#"{{"type":"Agents::{kind}","name":"{kind}","options":{{}},"sources":[{source}]}}"#
            );
            self.ask("POST", "/api/v1/agents", &body).await?;
        }
        Ok(source)
    }

    /// Waits until the server knows what all agents are.
    pub async fn wait_for(&mut self, kinds: &[&str]) -> Result<(), Failure> {
        let known = timeout(PATIENCE, self.know(kinds)).await;
        known.map_err(|_| Failure::unexpected("waiting for the agents", "nothing"))?
    }

    async fn know(&mut self, kinds: &[&str]) -> Result<(), Failure> {
        loop {
            let types = self
                .http
                .ask("GET", "/api/v1/agent_types", &self.headers, "")
                .await?;
            if kinds.iter().all(|kind| types.body.contains(kind)) {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends a message on its way.
    pub async fn emit(&mut self, agent: u64) -> Result<(), Failure> {
        let path = format!("/api/v1/agents/{agent}/messages");
        self.ask("POST", &path, r#"{"payload":{"hop":0}}"#)
            .await
            .map(drop)
    }
}
