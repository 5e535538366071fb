//! Those who try.

use std::time::Duration;

use jsonwebtoken::{EncodingKey, Header, encode};
use secrecy::ExposeSecret as _;
use serde_json::json;
use switchboard_core::identity::{self, NewApiToken};
use switchboard_domain::{
    Timestamp,
    ids::ApiTokenId,
    nouns::{Role, Scope},
    ports::Clock as _,
};
use switchboard_testkit::{chat::ChatClient, clock::TestClock};

use crate::{
    rest::post_nothing,
    support::{PASSWORD, Server},
};

/// Somebody who tries.
pub struct Visitor {
    pub name: String,
    pub standing: Standing,
    client: ChatClient,
}

/// What the server makes of somebody.
#[derive(Debug, Clone, Copy)]
pub enum Standing {
    /// What they show has not even the form of an access token.
    Malformed,
    /// What they show is nothing, or not good.
    Unknown,
    /// They show a good API token with this scope.
    Program(Scope),
    /// They are signed in, and are not alice.
    Stranger,
}

impl Visitor {
    /// The client to try with. Who is signed in may have signed out at the last try.
    pub async fn client(&self, server: &Server) -> ChatClient {
        match self.standing {
            Standing::Stranger => server.login(&self.name).await,
            _ => self.client.clone(),
        }
    }
}

/// All of them. The clock is moved, so that some of what they have is out of date.
pub async fn visitors(server: &Server, clock: &TestClock) -> Vec<Visitor> {
    let make = |name: &str, standing, token: &str| Visitor {
        name: name.to_owned(),
        standing,
        client: server.client.with_token(token),
    };
    let soon = clock.now().plus_seconds(60);
    let (_, outdated) = api_token(server, "alice", Scope::Chat, Some(soon)).await;
    let expired = signed_in(server, "alice").await;
    clock.advance(Duration::from_mins(30));
    let nobody = Visitor {
        client: server.client.clone(),
        ..make("nobody", Standing::Unknown, "")
    };
    let mut all = vec![
        nobody,
        make("garbage", Standing::Malformed, "garbage"),
        make("an expired token", Standing::Unknown, &expired),
        make(
            "a token that was logged out",
            Standing::Unknown,
            &logged_out(server).await,
        ),
        make(
            "a token signed with another key",
            Standing::Unknown,
            &forged(clock),
        ),
        make("an expired API token", Standing::Malformed, &outdated),
        make(
            "a revoked API token",
            Standing::Malformed,
            &revoked(server).await,
        ),
    ];
    let [access, program] = disabled(server).await;
    all.push(make("a disabled user", Standing::Unknown, &access));
    all.push(make(
        "a disabled user's API token",
        Standing::Malformed,
        &program,
    ));
    for scope in Scope::ALL {
        // Those that open the doors are another user's; the others could only harm their owner.
        let opens = scope != Scope::Admin;
        let owner = if opens { "bob" } else { "alice" };
        let owner = if scope == Scope::Admin { "root" } else { owner };
        let (_, token) = api_token(server, owner, scope, None).await;
        all.push(make(
            &format!("an API token for {scope}"),
            Standing::Program(scope),
            &token,
        ));
    }
    all.push(make("bob", Standing::Stranger, ""));
    all.push(make("root", Standing::Stranger, ""));
    all
}

async fn signed_in(server: &Server, name: &str) -> String {
    server.login(name).await.token.unwrap()
}

async fn logged_out(server: &Server) -> String {
    let alice = server.login("alice").await;
    post_nothing(&alice, "/api/auth/logout").await.ok();
    alice.token.unwrap()
}

/// A token that says all that a good one says, and is signed by somebody else.
fn forged(clock: &TestClock) -> String {
    let now = clock.now().as_seconds();
    let claims = json!({
        "sub": "alice", "type": "access", "jti": format!("jwt_{:032x}", 7), "generation": 0,
        "iat": now, "exp": now + 1800,
    });
    encode(
        &Header::default(),
        &claims,
        &EncodingKey::from_secret(b"another key"),
    )
    .unwrap()
}

async fn api_token(
    server: &Server,
    owner: &str,
    scope: Scope,
    expires_at: Option<Timestamp>,
) -> (ApiTokenId, String) {
    let (name, owner) = (scope.to_string(), owner.parse().unwrap());
    let new = NewApiToken {
        name,
        owner,
        scopes: vec![scope],
        expires_at,
    };
    let (token, secret) = identity::create_token(&server.ports, new).await.unwrap();
    (token.id, secret.expose_secret().to_owned())
}

async fn revoked(server: &Server) -> String {
    let (id, token) = api_token(server, "alice", Scope::Chat, None).await;
    identity::revoke_token(&server.ports, &id).await.unwrap();
    token
}

/// The access token and the API token of somebody who was shown the door.
async fn disabled(server: &Server) -> [String; 2] {
    let carol = "carol".parse().unwrap();
    let password = PASSWORD.to_owned().into();
    identity::add_user(&server.ports, carol, Role::Admin, password)
        .await
        .unwrap();
    let access = signed_in(server, "carol").await;
    let (_, program) = api_token(server, "carol", Scope::Chat, None).await;
    identity::disable_user(&server.ports, &"carol".parse().unwrap())
        .await
        .unwrap();
    [access, program]
}
