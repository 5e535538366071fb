//! `executor`: claims actions, and runs a command for each.

mod child;

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Value, json};
use switchboard_client::{Access, Error, Verb};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    Failure, harmless,
    sign_in::{failure, sign_in_quietly},
};
use crate::cli::ExecutorArgs;
use child::{Child, Outcome};

/// How long a claim waits for an action.
const WAIT: Duration = Duration::from_secs(30);
/// The longest pause before a server is asked again that cannot be reached.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often the server hears of a command that runs, at least and at most.
const BEATS: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(10));
/// How long it is tried to tell a server of a result.
const TELLING: Duration = Duration::from_mins(2);

/// An action as the server tells of it.
#[derive(Deserialize)]
struct Action {
    id: String,
    name: String,
    digest: String,
    lease: i64,
    /// For how many seconds a lease is good.
    timeout_s: u64,
    arguments: Value,
}

#[derive(Deserialize)]
struct Claimed {
    action: Option<Action>,
}

/// Runs actions until it is stopped.
///
/// # Errors
/// Why it could not go on.
pub async fn run(
    arguments: ExecutorArgs,
    variables: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let access = sign_in_quietly(&arguments.at, variables).await?;
    tokio::select! {
        // What runs is killed with its group when it is dropped.
        _ = tokio::signal::ctrl_c() => Ok(()),
        result = work(&access, &arguments) => result,
    }
}

async fn work(access: &Access, arguments: &ExecutorArgs) -> Result<(), Failure> {
    say(&format!(
        "waiting for {}",
        arguments.capabilities.join(", ")
    ))?;
    loop {
        let Some(action) = claim(access, &arguments.capabilities).await? else {
            continue;
        };
        say(&format!("{} {}", action.id, action.name))?;
        perform(access, arguments, &action).await?;
        if arguments.once {
            return Ok(());
        }
    }
}

/// Claims an action; while the server cannot be reached, it is asked again and again.
async fn claim(access: &Access, capabilities: &[String]) -> Result<Option<Action>, Failure> {
    let body = json!({"capabilities": capabilities, "wait_s": WAIT.as_secs()});
    let mut pause = Duration::from_secs(1);
    loop {
        let asked = access
            .ask_for(Verb::Post, &["actions", "claim"], Some(&body), WAIT)
            .await;
        match asked {
            Ok(Claimed { action }) => return Ok(action),
            Err(error) if passes(&error) => {
                say(&format!(
                    "{error}; it is tried again in {} s",
                    pause.as_secs()
                ))?;
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => return Err(failure(&error)),
        }
    }
}

/// Whether another try may go better.
fn passes(error: &Error) -> bool {
    match error.status() {
        None => matches!(error, Error::Unreachable { .. }),
        Some(status) => matches!(status, 408 | 409 | 429 | 500..),
    }
}

/// Runs the command, and tells the server what came of it; if the lease is lost, nothing is told.
async fn perform(
    access: &Access,
    arguments: &ExecutorArgs,
    action: &Action,
) -> Result<(), Failure> {
    let limit = Duration::from_secs(arguments.timeout.into());
    let outcome = match Child::start(&arguments.command, &action.id, &action.name) {
        Ok(child) => tokio::select! {
            biased;
            outcome = child.run(&action.arguments, limit) => outcome,
            why = beat(access, action) => return say(&format!("{}: {why}; the command is killed", action.id)),
        },
        Err(error) => Outcome::Failed(format!("the command cannot be started: {error}")),
    };
    let (status, output, error) = match outcome {
        Outcome::Succeeded(output) => ("succeeded", output, None),
        Outcome::Failed(why) => ("failed", Value::Null, Some(why)),
    };
    say(&format!("{} {status}", action.id))?;
    let body = json!({
        "lease": action.lease, "digest": action.digest, "status": status, "output": output,
        "error": error,
    });
    tell(access, action, &body).await
}

/// Lets the server hear of the command, and ends when it is not to run any more.
async fn beat(access: &Access, action: &Action) -> String {
    let good_for = Duration::from_secs(action.timeout_s);
    let pause = (good_for / 3).clamp(BEATS.0, BEATS.1);
    let body = json!({"lease": action.lease, "digest": action.digest});
    let path = ["actions", &action.id, "heartbeat"];
    let mut until = Instant::now() + good_for;
    loop {
        sleep(pause).await;
        let began = Instant::now();
        let heard = tokio::select! {
            heard = access.ask_about(Verb::Post, &path, Some(&body), Duration::ZERO) => heard,
            () = sleep_until(until) => return "its lease lapsed, since the server was not reached".to_owned(),
        };
        match heard {
            Ok(_) => until = began + good_for,
            // A conflict is no other one's writing here: the lease is lost.
            Err(error) if error.status() != Some(409) && passes(&error) => {}
            Err(error) => return error.to_string(),
        }
    }
}

async fn tell(access: &Access, action: &Action, body: &Value) -> Result<(), Failure> {
    let path = ["actions", &action.id, "result"];
    let until = Instant::now() + TELLING;
    let mut pause = Duration::from_millis(500);
    loop {
        match access
            .ask_about(Verb::Post, &path, Some(body), Duration::ZERO)
            .await
        {
            Ok(_) => return Ok(()),
            Err(error)
                if error.status() != Some(409) && passes(&error) && Instant::now() < until =>
            {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => return say(&format!("{}: the result was not taken: {error}", action.id)),
        }
    }
}

/// Says what happens, beside what commands print.
fn say(what: &str) -> Result<(), Failure> {
    Ok(writeln!(
        io::stderr(),
        "executor: {}",
        harmless::line(what)
    )?)
}
