//! Being signed in, and what can be asked for then.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use reqwest::Method;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    error::Error,
    frame::Frame,
    server::Server,
    session::{Provider, Seat, Session},
};

/// How many messages are asked for at once.
const PAGE: usize = 1000;

/// By what the server knows who asks.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A token that was made before: an API token or an access token.
    Token(SecretString),
    /// A name and a password, good for as many access tokens as are needed.
    Password {
        /// The name of the account.
        user: String,
        /// Its password.
        password: SecretString,
    },
}

/// A server at which somebody is signed in. The access token is nowhere but here.
#[derive(Debug)]
pub struct Access {
    /// The server.
    pub server: Server,
    credentials: Credentials,
    token: Mutex<SecretString>,
}

impl Access {
    /// Signs in. A token is taken as it is: the first request shows whether it is good.
    ///
    /// # Errors
    /// [`Error::Refused`] with the status 401 for a wrong name or password.
    pub async fn sign_in(server: Server, credentials: Credentials) -> Result<Self, Error> {
        let token = match &credentials {
            Credentials::Token(token) => token.clone(),
            Credentials::Password { user, password } => login(&server, user, password).await?,
        };
        Ok(Self {
            server,
            credentials,
            token: Mutex::new(token),
        })
    }

    /// Whether a void token can be replaced.
    pub fn renewable(&self) -> bool {
        matches!(self.credentials, Credentials::Password { .. })
    }

    /// Signs in again, as far as that is possible.
    pub(crate) async fn renew(&self) -> Result<(), Error> {
        if let Credentials::Password { user, password } = &self.credentials {
            let token = login(&self.server, user, password).await?;
            *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
        }
        Ok(())
    }

    /// The token of the moment.
    pub(crate) fn token(&self) -> SecretString {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        token.clone()
    }

    /// The providers that can be used.
    ///
    /// # Errors
    /// Why the server did not say.
    pub async fn providers(&self) -> Result<BTreeMap<String, Provider>, Error> {
        self.get("/api/chat/providers").await
    }

    /// Creates a session with one agent, or between two.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn create(&self, seats: &[Seat]) -> Result<Session, Error> {
        let token = self.token();
        let request = self
            .server
            .request(Method::POST, "/api/chat/sessions/create", Some(&token));
        let answer = self.server.ask(request.json(&Seat::request(seats))).await?;
        self.read(answer)
    }

    /// A session that is there already.
    ///
    /// # Errors
    /// [`Error::Refused`] for one that is not there or is somebody else's.
    pub async fn session(&self, id: &str) -> Result<Session, Error> {
        self.get(&path_of(id)?).await
    }

    /// The last messages of a session, oldest first.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn last_messages(&self, id: &str, count: usize) -> Result<Vec<Frame>, Error> {
        let path = path_of(id)?;
        let (mut last, mut after) = (VecDeque::new(), 0);
        loop {
            let page = format!("{path}/messages?after={after}&limit={PAGE}");
            let page: Value = self.get(&page).await?;
            let messages = page["messages"].as_array().cloned().unwrap_or_default();
            for message in messages {
                last.extend(Frame::read(message));
                if last.len() > count {
                    last.pop_front();
                }
            }
            match page["next"].as_i64() {
                Some(next) if next > after => after = next,
                _ => return Ok(last.into()),
            }
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let token = self.token();
        let request = self.server.request(Method::GET, path, Some(&token));
        let answer = self.server.ask(request).await?;
        self.read(answer)
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, answer: Value) -> Result<T, Error> {
        serde_json::from_value(answer).map_err(|error| self.server.strange(&error.to_string()))
    }
}

async fn login(
    server: &Server,
    user: &str,
    password: &SecretString,
) -> Result<SecretString, Error> {
    use secrecy::ExposeSecret as _;
    let form = [("username", user), ("password", password.expose_secret())];
    let request = server.request(Method::POST, "/api/auth/login", None);
    let answer = server.ask(request.form(&form)).await?;
    let token = answer["access_token"].as_str();
    token
        .map(SecretString::from)
        .ok_or_else(|| server.strange("there is no access token in its answer"))
}

/// The path of a session; an id that could lead elsewhere is none.
fn path_of(id: &str) -> Result<String, Error> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if id.is_empty() || !id.chars().all(good) {
        return Err(Error::Refused {
            status: 404,
            detail: "this is no id of a session".to_owned(),
            hint: None,
            retry_after: None,
        });
    }
    Ok(format!("/api/chat/sessions/{id}"))
}
