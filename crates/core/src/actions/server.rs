//! Actions that the server runs itself.

use super::{
    Book, account, after,
    claim::{self, Finished, finished_by},
    onward,
};
use crate::app::Switchboard;
use secrecy::{ExposeSecret, SecretString};
use std::{sync::Arc, time::Duration};
use switchboard_domain::{
    Result, Timestamp,
    nouns::{
        Action, ActionState, Grants, Object, Place, Wallet,
        action::{ActionEvent, ActionResult, FunctionAuth},
    },
    ports::{ActionRunner, Injected, RunFailed, ServerCall, Write, find},
};

/// Who the server is, as trails name it.
const SERVER: &str = "server";

/// Begins what is ready to be run by the server, as far as there are places; the rest when one is free.
pub async fn run_ready(app: &Arc<Switchboard>) -> Result<Option<Timestamp>> {
    let Some(runner) = &app.runner else {
        return Ok(None);
    };
    loop {
        let free = tokio::select! {
            biased;
            () = app.stopping.cancelled() => return Ok(None),
            free = Arc::clone(&app.running).acquire_owned() => free,
        };
        let Ok(place) = free else {
            return Ok(None);
        };
        let Some(action) = claim::oldest(app, None, Place::Server, SERVER, |_| true).await? else {
            return Ok(None);
        };
        let (app, runner) = (Arc::clone(app), Arc::clone(runner));
        app.clone().tasks.spawn(async move {
            let _place = place;
            run(&app, &*runner, &action).await;
        });
    }
}

/// Runs an action that was claimed, and stores what came of it.
async fn run(app: &Arc<Switchboard>, runner: &dyn ActionRunner, action: &Action) {
    let came = match prepare(app, action).await {
        Ok(call) => {
            tokio::select! {
                biased;
                // What breaks off here may have been done: the lease lapses, and somebody looks.
                () = app.queue.broken_off() => return,
                came = runner.run(call) => came,
            }
        }
        Err(why) => Err(RunFailed::NotMade(why)),
    };
    let came = &came;
    let build = || async move {
        let mut book = Book::open(app, &action.owner).await?;
        let found: Option<Action> = find(&*app.ports.store, action.id.key()).await?;
        let still =
            |found: &Action| found.state == ActionState::Running && found.lease == action.lease;
        let Some(running) = found.filter(still) else {
            return Ok(((), Write::new()));
        };
        store(&mut book, &running, came).await?;
        Ok(((), book.into_write(Write::new())))
    };
    if let Err(error) = super::commit(app, build).await {
        tracing::error!(action = %action.id, ?error, "the result of an action was not stored");
    }
}

async fn store(
    book: &mut Book<'_>,
    running: &Action,
    came: &std::result::Result<serde_json::Value, RunFailed>,
) -> Result<()> {
    let result = match came {
        Ok(output) => match running.function.gives(output) {
            Ok(()) => ActionResult::Succeeded(output.clone()),
            Err(why) => ActionResult::Failed(format!("The result does not fit: {why}")),
        },
        Err(RunFailed::Unknown(why)) => {
            let now = book.app().ports.now();
            let event = ActionEvent::Lose(running.lease, why.clone());
            let next = after(running, &event, now)?;
            book.unchanged(running.clone());
            book.enter("lost", SERVER, Some(&next), Object::new())?;
            onward::store(book, next).await?;
            return Ok(());
        }
        Err(error) => ActionResult::Failed(error.to_string()),
    };
    let finished = Finished {
        lease: running.lease,
        digest: running.digest.clone(),
        result,
    };
    finished_by(book, running, SERVER, &finished).await?;
    Ok(())
}

/// The call of an action, with the secret that it needs.
async fn prepare(app: &Switchboard, action: &Action) -> std::result::Result<ServerCall, String> {
    let http = action.function.http.as_ref();
    let http = http.ok_or("the function says nothing of what to call")?;
    let request = http
        .render(&action.arguments)
        .map_err(|error| error.to_string())?;
    let auth = match &action.function.auth {
        None => None,
        Some(FunctionAuth::Credential { credential, header }) => {
            Some(credential_of(app, action, credential, header.as_deref()).await?)
        }
        Some(FunctionAuth::Account { provider, scopes }) => {
            Some(account::secret(app, action, provider, scopes).await?)
        }
    };
    Ok(ServerCall {
        request,
        auth,
        timeout: Duration::from_secs(action.function.timeout_s.into()),
    })
}

/// A credential of the owner's, for the header that the function names.
async fn credential_of(
    app: &Switchboard,
    action: &Action,
    name: &str,
    header: Option<&str>,
) -> std::result::Result<Injected, String> {
    let failed = |error: switchboard_domain::Error| {
        tracing::error!(?error, "a credential could not be read");
        "the credential could not be read".to_owned()
    };
    let wallet = find::<Wallet>(&*app.ports.store, action.owner.as_str()).await;
    let wallet = wallet.map_err(|error| failed(error.into()))?;
    let grants = Grants {
        implied: vec![name.to_owned()],
        ..Grants::default()
    };
    let granted = crate::workflows::granted(app, &action.owner, &grants, wallet.as_ref());
    let secret = granted.map_err(failed)?.pop();
    let secret =
        secret.ok_or_else(|| format!("there is no credential `{name}`; store it first"))?;
    let value = match header {
        Some(_) => secret.value,
        None => SecretString::from(format!("Bearer {}", secret.value.expose_secret())),
    };
    Ok(Injected {
        header: header.unwrap_or("authorization").to_owned(),
        value,
        hosts: None,
    })
}
