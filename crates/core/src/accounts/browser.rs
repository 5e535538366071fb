//! The way with a browser: to the provider, and back.

use super::{digest, failed, keep, oauth};
use crate::{
    app::{Switchboard, id_or_not_found},
    keys::Sealing,
    retry::optimistic,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use switchboard_domain::{
    Error, Result,
    ids::ChallengeId,
    nouns::{Challenge, Flow, Hidden, Principal},
    ports::{AuthorizationAsk, CodeGrant, Topic, Write, find},
};

/// A person who is to be sent to the provider.
#[derive(Debug)]
pub struct Started {
    /// Where.
    pub location: String,
    /// What their browser is to keep, and to bring along when it comes back.
    pub cookie: SecretString,
}

/// What came back with a person.
#[derive(Debug)]
pub struct Returned {
    /// The `state` that they were sent with.
    pub state: String,
    /// The cookie of their browser.
    pub cookie: Option<SecretString>,
    /// The code.
    pub code: Option<SecretString>,
    /// Who says that they issued it.
    pub issuer: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// Where they were sent back to.
    pub redirect_uri: String,
}

/// Sends the caller to the provider, if this is their way. Only a person who signed in can go: what an
/// API token could begin, somebody else could finish.
///
/// # Errors
/// [`Error::Forbidden`] for an API token; [`Error::NotFound`] for a way that is not there or somebody
/// else's; [`Error::Conflict`] for one that came to its end; what the provider answers.
pub async fn start(
    caller: &Principal,
    app: &Switchboard,
    id: &str,
    redirect_uri: &str,
) -> Result<Started> {
    let Principal::User { name, .. } = caller else {
        return Err(Error::Forbidden(
            "An account is connected by its owner in a browser: sign in".to_owned(),
        ));
    };
    let id: ChallengeId = id_or_not_found(id, "Challenge")?;
    let (cookie, verifier) = (random(app), random(app));
    let state: SecretString = format!("{id}.{}", random(app).expose_secret()).into();
    let store = &*app.ports.store;
    let (challenge, _) = optimistic(store, async || {
        let was = find::<Challenge>(store, id.key()).await?;
        let was = was.filter(|it| it.owner == *name);
        let was = was.ok_or(Error::NotFound("Challenge"))?;
        if !matches!(was.flow, Flow::Open | Flow::Browser { .. })
            || was.expires_at <= app.ports.now()
        {
            return Err(over());
        }
        let sealing = Sealing::begin(store, &*app.vault).await?;
        let mut begun = was.clone();
        let secret = verifier.expose_secret().as_bytes();
        begun.sealed = Some(sealing.seal(&Challenge::seal(&id), secret)?);
        begun.flow = Flow::Browser {
            state: Hidden::new(digest(state.expose_secret())),
            cookie: Hidden::new(digest(cookie.expose_secret())),
        };
        let write = Write::new().unchanged(was).put(begun.clone());
        Ok((begun, sealing.guard(write)?))
    })
    .await?;
    let ask = AuthorizationAsk {
        redirect_uri: redirect_uri.to_owned(),
        state,
        verifier,
        scopes: challenge.scopes,
    };
    let location = oauth(app)?.authorization(&challenge.provider, &ask).await;
    Ok(Started {
        location: location.map_err(failed)?,
        cookie,
    })
}

fn over() -> Error {
    Error::Conflict("This way to connect an account has come to its end; begin anew".to_owned())
}

fn random(app: &Switchboard) -> SecretString {
    let mut bytes = [0; 32];
    app.ports.random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes).into()
}

/// Takes a person in who comes back, and connects the account. What they bring is used once. Gives the
/// provider.
///
/// # Errors
/// [`Error::Invalid`] for anything that this browser was not sent with, and where the person or the
/// provider said no; [`Error::Unavailable`] when the provider does not answer: begin anew.
pub async fn finish(app: &Switchboard, returned: Returned) -> Result<String> {
    let challenge = take(app, &returned).await?;
    let provider = challenge.provider.clone();
    let Some(code) = returned.code.filter(|_| returned.error.is_none()) else {
        // What an error is called was chosen by whoever sent it.
        let why = format!("{provider} gave no access, or you did not: begin anew if you want to");
        keep::fail(app, challenge, &why).await?;
        return Err(Error::Invalid(why));
    };
    let sealed = challenge.sealed.as_ref().ok_or_else(foreign)?;
    let verifier = keep::open(app, &Challenge::seal(&challenge.id), sealed)?;
    let grant = CodeGrant {
        code,
        issuer: returned.issuer,
        redirect_uri: returned.redirect_uri,
        verifier,
    };
    match oauth(app)?.exchange(&provider, &grant).await {
        Ok(tokens) => keep::connect(app, challenge, tokens).await?,
        Err(error) => {
            keep::fail(app, challenge, &error.to_string()).await?;
            return Err(failed(error));
        }
    }
    Ok(provider)
}

/// The way that this browser was sent on. Nobody can come back by it a second time.
async fn take(app: &Switchboard, returned: &Returned) -> Result<Challenge> {
    let (id, _) = returned.state.split_once('.').ok_or_else(foreign)?;
    let id: ChallengeId = id.parse().map_err(|_| foreign())?;
    let store = &*app.ports.store;
    let (challenge, _) = optimistic(store, async || {
        let was = find::<Challenge>(store, id.key())
            .await?
            .ok_or_else(foreign)?;
        let Flow::Browser { state, cookie } = &was.flow else {
            return Err(foreign());
        };
        let brought = returned.cookie.as_ref().ok_or_else(foreign)?;
        // Digests are compared, so the time that it takes tells nothing.
        let is_own = digest(&returned.state) == state.reveal()
            && digest(brought.expose_secret()) == cookie.reveal();
        if !is_own || was.expires_at <= app.ports.now() {
            return Err(foreign());
        }
        let mut taken = was.clone();
        taken.flow = Flow::Exchanging;
        Ok((taken.clone(), Write::new().unchanged(was).put(taken)))
    })
    .await?;
    app.ring(&Topic::Accounts(challenge.owner.clone()));
    Ok(challenge)
}

fn foreign() -> Error {
    Error::Invalid(
        "This browser was not sent to the provider by this server, or too long ago: open the address \
         to connect the account once more"
            .to_owned(),
    )
}
