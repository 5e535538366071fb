//! `connect`.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Write},
    process::{Command, Stdio},
    time::Duration,
};

use serde::Deserialize;
use serde_json::json;
use switchboard_client::{Access, Verb};

use super::{
    Failure, harmless,
    sign_in::{failure, sign_in_quietly},
};
use crate::cli::ConnectArgs;

/// How long one question waits for an answer.
const WAIT: Duration = Duration::from_secs(30);
/// What opens a page in the browser of whoever sits here.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// A way to connect an account, as the server tells of it.
#[derive(Deserialize)]
struct Way {
    challenge_id: String,
    state: String,
    connect_url: Option<String>,
    device: Option<Device>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Device {
    user_code: String,
    verification_uri: String,
}

/// Connects an account, and waits until it is.
///
/// # Errors
/// Why it could not be done.
pub async fn run(
    arguments: ConnectArgs,
    variables: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let access = sign_in_quietly(&arguments.at, variables).await?;
    let body = json!({
        "provider": arguments.provider, "scopes": arguments.scopes, "device": arguments.device,
    });
    let begun = access.ask_for(Verb::Post, &["accounts"], Some(&body), Duration::ZERO);
    let way: Way = begun.await.map_err(|error| failure(&error))?;
    tell(&way, arguments.no_browser, out)?;
    let ended = wait(&access, &way.challenge_id).await?;
    if ended.state == "connected" {
        writeln!(
            out,
            "the account with {} is connected",
            harmless::line(&arguments.provider)
        )?;
        return Ok(());
    }
    let why = ended
        .error
        .unwrap_or_else(|| "nothing came of it".to_owned());
    Err(Failure::Other {
        what: format!("the account is not connected: {}", harmless::line(&why)),
        hint: None,
    })
}

/// Says what the person is to do.
fn tell(way: &Way, no_browser: bool, out: &mut dyn Write) -> Result<(), Failure> {
    if let Some(device) = &way.device {
        let (place, code) = (&device.verification_uri, &device.user_code);
        writeln!(
            out,
            "Open {} and enter {}",
            harmless::line(place),
            harmless::line(code)
        )?;
    }
    if let Some(page) = &way.connect_url {
        writeln!(
            out,
            "Open this page, and sign in there:\n{}",
            harmless::line(page)
        )?;
        if !no_browser && io::stdout().is_terminal() && is_web(page) {
            open(page);
        }
    }
    Ok(out.flush()?)
}

/// The address is given to another program, which might take other things for something else.
fn is_web(page: &str) -> bool {
    page.starts_with("http://") || page.starts_with("https://")
}

/// Opens a page; where that is not possible, the person does it.
fn open(page: &str) {
    let mut opener = Command::new(OPENER);
    opener.arg(page).stdin(Stdio::null());
    let _ = opener.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

async fn wait(access: &Access, id: &str) -> Result<Way, Failure> {
    let path = ["accounts", "challenges", id];
    loop {
        let asked = access.ask_for(Verb::Get, &path, None, WAIT).await;
        let way: Way = asked.map_err(|error| failure(&error))?;
        if way.state != "waiting" {
            return Ok(way);
        }
    }
}
