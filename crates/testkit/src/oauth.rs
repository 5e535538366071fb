//! A provider of OAuth where everybody consents at once, and that does what the test says.

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// What came to the provider: the path, and the members of the form.
pub type Asked = (String, HashMap<String, String>);

/// How it behaves.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// How long an access token is good for, in seconds; none to say nothing.
    pub expires_in: Option<i64>,
    /// Whether it gives refresh tokens.
    pub refreshes: bool,
    /// How long it takes to answer at the token endpoint.
    pub delay: Duration,
    /// What it answers there instead: a status and a body.
    pub refuses: Option<(u16, Value)>,
    /// Whom it says to be when it sends people back; none for itself.
    pub issuer: Option<String>,
    /// The scopes that it grants; none for those that were asked for.
    pub scope: Option<String>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            expires_in: Some(3600),
            refreshes: true,
            delay: Duration::ZERO,
            refuses: None,
            issuer: None,
            scope: None,
        }
    }
}

#[derive(Default)]
struct Shared {
    url: String,
    behaviour: Behaviour,
    asked: Vec<Asked>,
    /// The scopes that each code was asked for.
    codes: HashMap<String, String>,
    /// Whether the code for devices was entered.
    entered: bool,
    tokens: u32,
}

type Provider = Arc<Mutex<Shared>>;

/// A running provider. It stops when this is dropped.
pub struct FakeOAuth {
    /// Its issuer.
    pub url: String,
    /// Where it is.
    pub address: SocketAddr,
    shared: Provider,
    server: JoinHandle<()>,
}

impl FakeOAuth {
    /// Starts one.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let url = format!("http://{address}");
        let shared = Provider::default();
        lock(&shared).url.clone_from(&url);
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/device", post(device))
            .route("/revoke", post(revoke))
            .route("/mail", post(mail))
            .with_state(Arc::clone(&shared));
        let server = tokio::task::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Self {
            url,
            address,
            shared,
            server,
        }
    }

    /// Changes how it behaves from now on.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut lock(&self.shared).behaviour);
    }

    /// Somebody enters the code for devices.
    pub fn enter_code(&self) {
        lock(&self.shared).entered = true;
    }

    /// What came so far at this path.
    pub fn asked(&self, path: &str) -> Vec<HashMap<String, String>> {
        let shared = lock(&self.shared);
        let of_path = shared.asked.iter().filter(|(at, _)| at == path);
        of_path.map(|(_, form)| form.clone()).collect()
    }
}

impl Drop for FakeOAuth {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn metadata(State(provider): State<Provider>) -> Json<Value> {
    let url = lock(&provider).url.clone();
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "device_authorization_endpoint": format!("{url}/device"),
        "revocation_endpoint": format!("{url}/revoke"),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn authorize(
    State(provider): State<Provider>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let mut shared = lock(&provider);
    shared.asked.push(("/authorize".to_owned(), query.clone()));
    let code = format!("code-{}", shared.asked.len());
    let of = |name: &str| query.get(name).cloned().unwrap_or_default();
    shared.codes.insert(code.clone(), of("scope"));
    let issuer = shared.behaviour.issuer.clone();
    let issuer = issuer.unwrap_or_else(|| shared.url.clone());
    let back = format!(
        "{}?code={code}&state={}&iss={issuer}",
        of("redirect_uri"),
        of("state")
    );
    (StatusCode::FOUND, [(header::LOCATION, back)]).into_response()
}

async fn token(State(provider): State<Provider>, body: String) -> Response {
    let form = form(&body);
    let delay = {
        let mut shared = lock(&provider);
        shared.asked.push(("/token".to_owned(), form.clone()));
        shared.behaviour.delay
    };
    tokio::time::sleep(delay).await;
    let mut shared = lock(&provider);
    if let Some((status, body)) = shared.behaviour.refuses.clone() {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        return (status, Json(body)).into_response();
    }
    let of = |name: &str| form.get(name).map_or("", String::as_str);
    let refused = |error: &str| {
        let body = Json(json!({"error": error}));
        (StatusCode::BAD_REQUEST, body).into_response()
    };
    let scope = match of("grant_type") {
        "authorization_code" => match shared.codes.remove(of("code")) {
            Some(scope) => Some(scope),
            None => return refused("invalid_grant"),
        },
        "refresh_token" => None,
        _ if shared.entered => None,
        _ => return refused("authorization_pending"),
    };
    shared.tokens += 1;
    let number = shared.tokens;
    let mut answer = json!({
        "access_token": format!("canary-access-{number}"), "token_type": "Bearer",
    });
    if shared.behaviour.refreshes {
        answer["refresh_token"] = format!("canary-refresh-{number}").into();
    }
    if let Some(seconds) = shared.behaviour.expires_in {
        answer["expires_in"] = seconds.into();
    }
    if let Some(scope) = shared.behaviour.scope.clone().or(scope) {
        answer["scope"] = scope.into();
    }
    Json(answer).into_response()
}

async fn device(State(provider): State<Provider>, body: String) -> Json<Value> {
    let mut shared = lock(&provider);
    shared.asked.push(("/device".to_owned(), form(&body)));
    Json(json!({
        "device_code": "canary-device-code", "user_code": "WDJB-MJHT",
        "verification_uri": format!("{}/enter", shared.url), "expires_in": 600, "interval": 1,
    }))
}

async fn revoke(State(provider): State<Provider>, body: String) -> StatusCode {
    lock(&provider)
        .asked
        .push(("/revoke".to_owned(), form(&body)));
    StatusCode::OK
}

/// A mailbox that tells who asked.
async fn mail(State(provider): State<Provider>, headers: HeaderMap, body: String) -> Json<Value> {
    let by = headers.get(header::AUTHORIZATION);
    let by = by.and_then(|by| by.to_str().ok()).unwrap_or_default();
    let asked = [("authorization", by), ("body", &body)];
    let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let asked = ("/mail".to_owned(), HashMap::from(asked));
    lock(&provider).asked.push(asked);
    Json(json!({"sent": true, "by": by}))
}

/// The members of a form.
fn form(body: &str) -> HashMap<String, String> {
    let uri = format!("http://form/?{body}").parse().expect("a form");
    let pairs = Query::<HashMap<String, String>>::try_from_uri(&uri);
    pairs.map(|Query(pairs)| pairs).unwrap_or_default()
}
