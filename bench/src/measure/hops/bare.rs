//! What the agents are called with where there is no server: the HTTP client that the server uses, and
//! nothing around it.

use tokio::{task::JoinSet, time::Instant};

use crate::{failure::Failure, load::Span};

/// Calls a second of as many connections as there are agents, each one call after the other, with
/// the body that the server sent.
#[expect(
    clippy::disallowed_methods,
    reason = "it is bare, and calls nobody but our own agents"
)]
pub async fn bare(url: &str, count: usize, body: &str, span: Span) -> Result<f64, Failure> {
    let begin = Instant::now() + span.warm_up;
    let end = begin + span.measured;
    let client = reqwest::Client::new();
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (client, url, body) = (client.clone(), url.to_owned(), body.to_owned());
        tasks.spawn(async move {
            let mut calls = 0_u32;
            while Instant::now() < end {
                call(&client, &url, body.clone()).await?;
                calls += u32::from(Instant::now() >= begin);
            }
            Ok::<u32, reqwest::Error>(calls)
        });
    }
    let mut calls = 0.0;
    for done in tasks.join_all().await {
        calls += f64::from(done?);
    }
    Ok(calls / span.measured.as_secs_f64())
}

async fn call(client: &reqwest::Client, url: &str, body: String) -> Result<(), reqwest::Error> {
    let request = client.post(url).header("content-type", "application/json");
    let answer = request.body(body).send().await?.error_for_status()?;
    answer.bytes().await.map(drop)
}
