//! Who may come in: from the upgrade request to an admitted connection.

use super::{SUBPROTOCOL, close::Close};
use axum::http::{HeaderMap, header};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use switchboard_core::{
    Follower, Switchboard, identity, identity::Admission, sessions, sessions::Present,
};
use switchboard_domain::{
    Result,
    nouns::{Principal, Session, SessionStatus},
};

/// What the client asked for.
pub struct Request {
    session: String,
    token: Option<Token>,
    /// The cursor after which to resume.
    pub after: Option<std::result::Result<i64, String>>,
    /// Whether pieces of answers are wanted.
    pub stream: bool,
}

/// A token, and where it stood: in an address only access tokens count, never API tokens.
enum Token {
    InQuery(SecretString),
    InHeader(SecretString),
}

/// A connection that may be there.
pub struct Admitted {
    pub caller: Principal,
    pub session: Arc<Session>,
    pub follower: Follower,
    pub admission: Admission,
    pub _present: Present,
}

impl Request {
    /// Reads the request.
    pub fn new(session: String, headers: &HeaderMap, query: Option<&str>) -> Self {
        let member = |name: &str| {
            let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
            pairs
                .filter(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
                .next()
        };
        let after = member("after").map(|text| text.parse::<i64>().map_err(|_| text));
        let token = header_token(headers)
            .map(Token::InHeader)
            .or_else(|| member("token").map(|token| Token::InQuery(token.into())));
        let stream = member("stream").is_some_and(|value| value == "1" || value == "true");
        Self {
            session,
            token,
            after,
            stream,
        }
    }

    /// Lets the caller in, or says with which code to close.
    pub async fn admit(&self, app: &Arc<Switchboard>) -> std::result::Result<Admitted, Close> {
        let caller = self
            .authenticate(app)
            .await
            .map_err(|error| Close::because(&error))?;
        let session = self.open(app, &caller).await?;
        let admission = app.admit(&caller);
        let present = app
            .enter(&caller, &session.id)
            .map_err(|error| Close::because(&error))?;
        let after = self
            .after
            .as_ref()
            .and_then(|after| after.as_ref().ok())
            .copied();
        let follower = Follower::new(app, session.stream(), after, self.stream)
            .await
            .map_err(|error| Close::because(&error))?;
        // Once more, now that news of a lost access or of the session's end would be seen.
        self.authenticate(app)
            .await
            .map_err(|error| Close::because(&error))?;
        let session = Arc::new(self.open(app, &caller).await?);
        Ok(Admitted {
            caller,
            session,
            follower,
            admission,
            _present: present,
        })
    }

    async fn authenticate(&self, app: &Switchboard) -> Result<Principal> {
        match &self.token {
            None => Err(switchboard_domain::Error::Unauthenticated(
                "Not authenticated",
            )),
            Some(Token::InQuery(token)) => {
                identity::authenticate_access_token(app, token.expose_secret()).await
            }
            Some(Token::InHeader(token)) => {
                identity::authenticate(app, token.expose_secret()).await
            }
        }
    }

    async fn open(
        &self,
        app: &Switchboard,
        caller: &Principal,
    ) -> std::result::Result<Session, Close> {
        let session = sessions::open(caller, app, &self.session)
            .await
            .map_err(|error| Close::because(&error))?;
        match session.status {
            SessionStatus::Active => Ok(session),
            SessionStatus::Ended | SessionStatus::Expired => Err(Close::SessionOver),
        }
    }
}

/// The token of `Authorization: Bearer <token>`, or of the subprotocols `bearer, <token>`.
fn header_token(headers: &HeaderMap) -> Option<SecretString> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = |text: &str| {
        let (scheme, token) = text.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| SecretString::from(token.trim()))
    };
    let subprotocol = |text: &str| {
        let mut parts = text.split(',').map(str::trim);
        parts
            .next()
            .filter(|first| first.eq_ignore_ascii_case(SUBPROTOCOL))?;
        parts.next().map(SecretString::from)
    };
    text(header::AUTHORIZATION)
        .and_then(bearer)
        .or_else(|| text(header::SEC_WEBSOCKET_PROTOCOL).and_then(subprotocol))
}
