//! What is asked of the API for workflows, by one who is signed in.

use reqwest::{Method, Url, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{access::Access, error::Error};

/// What is to be done with what a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Tell of it.
    Get,
    /// Make it, or do it.
    Post,
    /// Set it.
    Put,
    /// Change it.
    Patch,
    /// Remove it.
    Delete,
}

impl From<Verb> for Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
            Verb::Patch => Self::PATCH,
            Verb::Delete => Self::DELETE,
        }
    }
}

impl Access {
    /// Asks the API for workflows. The parts of the path stand behind `/api/v1`.
    ///
    /// # Errors
    /// Why the server refused, or that its answer has another form.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        verb: Verb,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<T, Error> {
        let token = self.token();
        let path = self.api_path(path)?;
        let request = self.server.request(verb.into(), &path, Some(&token));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.read(self.server.ask(request).await?)
    }

    /// A file, byte by byte as the server gives it.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn fetch_file(&self, path: &[&str]) -> Result<String, Error> {
        let token = self.token();
        let path = self.api_path(path)?;
        let request = self.server.request(Method::GET, &path, Some(&token));
        self.server.ask_for_text(request).await
    }

    /// Sends a file of JSON, byte by byte as it is.
    ///
    /// # Errors
    /// Why the server refused, or that its answer has another form.
    pub async fn send_file<T: DeserializeOwned>(
        &self,
        path: &[&str],
        text: String,
    ) -> Result<T, Error> {
        let token = self.token();
        let path = self.api_path(path)?;
        let request = self.server.request(Method::POST, &path, Some(&token));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.read(self.server.ask(request.body(text)).await?)
    }

    /// The path of these parts, whatever characters they have.
    fn api_path(&self, parts: &[&str]) -> Result<String, Error> {
        self.path_behind(&["api", "v1"], parts)
    }

    /// The path of these parts behind those of a door.
    pub(crate) fn path_behind(&self, door: &[&str], parts: &[&str]) -> Result<String, Error> {
        let base = self.server.base();
        let odd = || Error::Address {
            address: base.to_owned(),
            why: "nothing can stand behind it".to_owned(),
        };
        let mut url: Url = base.parse().map_err(|_| odd())?;
        let before = url.path().trim_end_matches('/').len();
        url.path_segments_mut()
            .map_err(|()| odd())?
            .pop_if_empty()
            .extend(door.iter().chain(parts));
        Ok(url.path().get(before..).unwrap_or_default().to_owned())
    }
}
