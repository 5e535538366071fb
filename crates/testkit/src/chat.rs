//! A client of the chat API's REST part.

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

/// A client, signed in or not.
#[derive(Debug, Clone)]
pub struct ChatClient {
    http: reqwest::Client,
    base: String,
    /// The token it shows, if it has one.
    pub token: Option<String>,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null where it is none.
    pub body: Value,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The body, of an answer that has to be 200.
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.body
    }

    /// A header as text; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap_or(""))
    }

    /// The member `detail` of an error, as text.
    pub fn detail(&self) -> &str {
        self.body["detail"].as_str().unwrap_or_default()
    }
}

impl ChatClient {
    /// A client that nobody signed in, for the server at `base` (`http://127.0.0.1:8000`).
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: base.into(),
            token: None,
        }
    }

    /// The same with this token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// The address of the server.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Signs in.
    pub async fn login(&self, user: &str, password: &str) -> Self {
        let answer = self.try_login(user, password).await.ok();
        self.with_token(answer["access_token"].as_str().expect("a token"))
    }

    /// Tries to sign in.
    pub async fn try_login(&self, user: &str, password: &str) -> Answer {
        let form = [("username", user), ("password", password)];
        send(self.http.post(self.url("/api/auth/login")).form(&form)).await
    }

    /// A GET.
    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// A POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// A DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    /// Any request with this client's token, for what the others do not cover.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, self.url(path));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Creates a session with one agent of the demo provider, and answers with its id.
    pub async fn demo_session(&self, model: &str) -> String {
        let body = json!({"session_type": "human_agent", "agents": {"primary": {"provider": "demo", "model": model}}});
        self.create(&body).await
    }

    /// Creates a session, and answers with its id.
    pub async fn create(&self, body: &Value) -> String {
        let session = self.post("/api/chat/sessions/create", body).await.ok();
        session["session_id"].as_str().expect("an id").to_owned()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// Sends a request and reads the answer whole.
pub async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request
        .timeout(crate::PATIENCE)
        .send()
        .await
        .expect("the server answers");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.expect("the answer is text");
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer {
        status,
        headers,
        body,
        text,
    }
}
