//! What is asked about accounts and actions, by one who is signed in.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{access::Access, api::Verb, error::Error, http::REQUEST};

impl Access {
    /// Asks about accounts and actions. The parts of the path stand behind `/api`; what the server may
    /// take its time for, it is given so much time for besides. An access token that has run out is
    /// replaced, where it can be.
    ///
    /// # Errors
    /// Why the server refused, or that its answer has another form.
    pub async fn ask_about(
        &self,
        verb: Verb,
        path: &[&str],
        body: Option<&Value>,
        wait: Duration,
    ) -> Result<Option<Value>, Error> {
        let asked = self.once(verb, path, body, wait).await;
        match asked {
            Err(error) if error.status() == Some(401) && self.renewable() => {
                self.renew().await?;
                self.once(verb, path, body, wait).await
            }
            asked => asked,
        }
    }

    /// The same, where there has to be an answer of a known form.
    ///
    /// # Errors
    /// As for [`Access::ask_about`].
    pub async fn ask_for<T: DeserializeOwned>(
        &self,
        verb: Verb,
        path: &[&str],
        body: Option<&Value>,
        wait: Duration,
    ) -> Result<T, Error> {
        let answer = self.ask_about(verb, path, body, wait).await?;
        self.read(answer.unwrap_or_default())
    }

    /// A list, as far as the query asks for it. The parts of the path stand behind `/api`.
    ///
    /// # Errors
    /// Why the server refused, or that its answer has another form.
    pub async fn list_of<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        let token = self.token();
        let address = self.path_behind(&["api"], path)?;
        let request = self
            .server
            .request(Verb::Get.into(), &address, Some(&token));
        self.read(self.server.ask(request.query(query)).await?)
    }

    async fn once(
        &self,
        verb: Verb,
        path: &[&str],
        body: Option<&Value>,
        wait: Duration,
    ) -> Result<Option<Value>, Error> {
        let token = self.token();
        let mut address = self.path_behind(&["api"], path)?;
        if matches!(verb, Verb::Get) && !wait.is_zero() {
            address = format!("{address}?wait_s={}", wait.as_secs());
        }
        let request = self.server.request(verb.into(), &address, Some(&token));
        let request = request.timeout(REQUEST + wait);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let text = self.server.ask_for_text(request).await?;
        if text.is_empty() {
            return Ok(None);
        }
        let answer = serde_json::from_str(&text);
        answer.map_err(|_| self.server.strange("what it says is no JSON"))
    }
}
