//! The way in: signing in, and opening or joining a session.

use std::collections::BTreeMap;

use switchboard_client::{Access, Error, Frame, Ports, Session};

use super::{agents, screen::Screen};
use crate::{
    cli::ChatArgs,
    commands::{
        Failure,
        sign_in::{failure, sign_in},
    },
};

/// How many messages of a session that is joined are shown.
const SHOWN: usize = 20;
/// How long the server may ask to wait before a session, in seconds, and how often.
const PATIENCE_S: u64 = 90;
const WAITS: usize = 3;

/// A session to talk in, and what was said in it last.
pub struct Entry {
    pub access: Access,
    pub session: Session,
    pub last: Vec<Frame>,
}

/// Signs in, and opens or joins the session.
///
/// # Errors
/// Why there is none.
pub async fn enter(
    arguments: &ChatArgs,
    variables: &BTreeMap<String, String>,
    ports: &Ports,
    screen: &mut Screen,
) -> Result<Entry, Failure> {
    let access = sign_in(&arguments.at, variables, |what| screen.error(what)).await?;
    if let Some(id) = &arguments.session {
        let session = access.session(id).await.map_err(|error| failure(&error))?;
        if session.status != "active" {
            return Err(Failure::Other {
                what: format!("the session is {}", session.status),
                hint: Some("`switchboard chat` without --session begins another".to_owned()),
            });
        }
        let last = access
            .last_messages(id, SHOWN)
            .await
            .map_err(|error| failure(&error))?;
        return Ok(Entry {
            access,
            session,
            last,
        });
    }
    let seats = agents::wanted(arguments);
    agents::check(
        &seats,
        &access.providers().await.map_err(|error| failure(&error))?,
    )?;
    let mut waits = 0;
    loop {
        match access.create(&seats).await {
            Ok(session) => {
                return Ok(Entry {
                    access,
                    session,
                    last: Vec::new(),
                });
            }
            // A server that has a hint wants something else than patience.
            Err(Error::Refused {
                retry_after: Some(seconds @ 1..=PATIENCE_S),
                hint: None,
                ..
            }) if waits < WAITS => {
                waits += 1;
                screen.notice(&format!("too many sessions; trying again in {seconds} s"))?;
                let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
                let until = ports.clock.now().plus_seconds(seconds);
                ports.clock.sleep_until(until).await;
            }
            Err(error) => return Err(failure(&error)),
        }
    }
}
