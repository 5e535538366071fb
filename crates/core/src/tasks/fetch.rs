//! Fetching the files that an agent left on another server.

use super::files::{FileName, Made, Upload};
use crate::app::Switchboard;
use futures::TryStreamExt;
use std::{sync::Arc, time::Duration};
use switchboard_domain::{
    Error, Result, Timestamp,
    ports::{CallError, Elsewhere},
};

/// How often a file is asked for.
const TRIES: u32 = 6;
/// How long to wait before the second try; doubled for each further one.
const BACKOFF: Duration = Duration::from_millis(500);

/// Why a file did not come.
enum Failed {
    /// The other server, or the way to it.
    There(CallError),
    /// This server.
    Here(Error),
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        Self::There(error)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Here(error)
    }
}

/// Until when the files of a step may be fetched, all of them together: for as long as a step may take.
pub fn deadline(app: &Switchboard) -> Option<Timestamp> {
    let limit_s = i64::try_from(app.settings.limits.step_timeout_s).unwrap_or(i64::MAX);
    (limit_s > 0).then(|| app.ports.now().plus_seconds(limit_s))
}

/// Takes a file in, piece by piece. What broke off is begun anew.
///
/// # Errors
/// [`Error::Invalid`] says why it cannot be fetched; [`Error::TooLarge`]; what the artifacts' store
/// answers; [`Error::Unavailable`] when the server goes down meanwhile.
pub async fn take_in(
    app: &Arc<Switchboard>,
    source: &dyn Elsewhere,
    name: FileName,
    deadline: Option<Timestamp>,
) -> Result<Made> {
    let end = async {
        match deadline {
            Some(deadline) => app.ports.clock.sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    };
    let limit_s = app.settings.limits.step_timeout_s;
    tokio::select! {
        // In this order, so that a simulation can be repeated.
        biased;
        () = app.queue.broken_off() => Err(Error::Unavailable),
        () = end => Err(Error::Invalid(format!(
            "it could not be fetched: the files of a step may take {limit_s} s together"
        ))),
        made = again_and_again(app, source, name) => made,
    }
}

async fn again_and_again(
    app: &Arc<Switchboard>,
    source: &dyn Elsewhere,
    mut name: FileName,
) -> Result<Made> {
    let mut tries = 1;
    loop {
        let (message, retry_after) = match fetch(app, source, &mut name).await {
            Ok(upload) => return Ok(Made::new(upload, name)),
            Err(Failed::Here(error)) => return Err(error),
            Err(Failed::There(CallError::Permanent { message })) => (message, None),
            Err(Failed::There(CallError::Transient {
                message,
                retry_after,
            })) => {
                let pause = BACKOFF * 2_u32.pow(tries - 1);
                (message, Some(retry_after.unwrap_or(pause)))
            }
        };
        match retry_after {
            Some(pause) if tries < TRIES => wait(app, pause).await,
            _ => {
                return Err(Error::Invalid(format!(
                    "it could not be fetched: {message}"
                )));
            }
        }
        tries += 1;
    }
}

async fn wait(app: &Switchboard, pause: Duration) {
    let micros = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
    let until: Timestamp = app.ports.now().plus_micros(micros);
    app.ports.clock.sleep_until(until).await;
}

async fn fetch(
    app: &Arc<Switchboard>,
    source: &dyn Elsewhere,
    name: &mut FileName,
) -> std::result::Result<Upload, Failed> {
    let mut opened = source.open().await?;
    if name.content_type.is_none() {
        name.content_type = opened.content_type.take();
    }
    let mut upload = Upload::begin(app).await?;
    while let Some(bytes) = opened.content.try_next().await? {
        upload.write(bytes).await?;
    }
    Ok(upload)
}
