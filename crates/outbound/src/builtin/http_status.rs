//! Looks whether a page is there.

use super::fetch::{Answer, Failure, Request, fetch};
use super::options::{Faults, Options, text};
use super::run::{Run, emits};
use super::{About, Builtin};
use crate::Outgoing;
use async_trait::async_trait;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use switchboard_domain::nouns::{Object, Outcome};
use switchboard_domain::ports::CallError;

pub(super) struct HttpStatus(pub(super) Outgoing);

const DESCRIPTION: &str = "\
Asks for a page, on its schedule or when it receives a message, and emits what came: `url`, `response_received`, \
`elapsed_time` in seconds, and if there was an answer `status`, `final_url`, `redirected`, and `headers` where some \
are asked for.

* `url`: the address, a template. It must be public; the operator can allow others.
* `disable_redirect_follow`: `true` takes a redirect as the answer. Else up to five are followed.
* `changes_only`: `true` emits only when the status is another than last time.
* `headers_to_save`: the names of headers that are emitted, divided by commas.";

#[async_trait]
impl Builtin for HttpStatus {
    fn about(&self) -> About {
        About {
            name: "HttpStatusAgent",
            display_name: "HTTP Status Agent",
            description: DESCRIPTION,
            default_options: || json!({"url": "https://example.com", "disable_redirect_follow": "true"}),
            default_schedule: "every_12h",
            can_check: true,
            can_receive: true,
            can_emit: true,
        }
    }

    fn check(&self, options: Options<'_>, faults: &mut Faults) {
        faults.require(options, "url");
        faults.flag(options, "disable_redirect_follow");
        faults.flag(options, "changes_only");
    }

    async fn run(&self, run: &Run<'_>) -> Result<Outcome, CallError> {
        let url = text(&run.filled("url")?);
        let began = run.clock.now();
        let asked = fetch(
            &self.0,
            Request {
                method: Method::GET,
                url: url.clone(),
                headers: HeaderMap::new(),
                body: Vec::new(),
                follows: !run.options().is_on("disable_redirect_follow"),
            },
        )
        .await;
        let elapsed = run.clock.now().since(began).as_secs_f64();
        let answer = match asked {
            Ok(answer) => Some(answer),
            Err(Failure::Broken(_)) => None,
            Err(refused @ Failure::Refused(_)) => return Err(refused.into()),
        };
        let status = answer
            .as_ref()
            .map(|answer| answer.status.as_str().to_owned());
        let last = run.call.memory.get("last_status").and_then(Value::as_str);
        if run.options().is_on("changes_only") && status.as_deref() == last {
            return Ok(Outcome::default());
        }
        let mut payload = Object::new();
        payload.insert("url".into(), url.as_str().into());
        payload.insert("response_received".into(), answer.is_some().into());
        payload.insert("elapsed_time".into(), elapsed.into());
        if let Some(answer) = answer {
            let names = text(&run.filled("headers_to_save")?);
            describe(&answer, &url, &names, run, &mut payload);
        }
        let mut memory = run.call.memory.clone();
        memory.insert("last_status".into(), status.into());
        Ok(Outcome {
            memory: Some(memory),
            ..emits(payload)
        })
    }
}

fn describe(answer: &Answer, url: &str, names: &str, run: &Run<'_>, payload: &mut Object) {
    // A URL that was not redirected is shown as it was written.
    let is_same = reqwest::Url::parse(url).is_ok_and(|url| url == answer.url);
    let stays = is_same || run.options().is_on("disable_redirect_follow");
    let last = if stays { url } else { answer.url.as_str() };
    payload.insert("status".into(), answer.status.as_str().into());
    payload.insert("final_url".into(), last.into());
    payload.insert("redirected".into(), (!stays).into());
    let names = names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let saved: Object = names
        .map(|name| {
            let value = answer
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok());
            (name.to_owned(), value.into())
        })
        .collect();
    if !saved.is_empty() {
        payload.insert("headers".into(), saved.into());
    }
}
