//! Messages from anybody who knows an address.

use super::options::{Faults, Options, text};
use super::path::Path;
use super::run::{Run, permanent};
use super::{About, Builtin, secret};
use crate::liquid::{self, LiquidError, Scope, Work};
use async_trait::async_trait;
use serde_json::{Value, json};
use switchboard_domain::Timestamp;
use switchboard_domain::nouns::{Object, Outcome};
use switchboard_domain::ports::CallError;

pub(super) struct Webhook;

const DESCRIPTION: &str = "\
Emits a message for each request to its address, which is shown on its page and ends in its secret.

* `secret`: the end of the address. Whoever knows it can send; make it long.
* `payload_path`: which part of the request becomes the message, as in `data.items[0]`; `.` (if nothing is said) is all \
of it. A list becomes a message for each of its values; a value that is no object stands in `value`.
* `verbs`: the methods that are accepted, divided by commas; `post` if nothing is said.
* `response`: the text of the answer, `Message Created` if nothing is said; `code`: its status, 201 if nothing is said. \
With 301 or 302, `response` is the address that the sender is redirected to. `response_headers`: an object with further \
headers. All three are templates that can use the request.

The request is the query of the address, with the members of the body's form or JSON object over it. JSON that is no \
object stands in `_json`.";

/// A request makes no more messages than these.
const MOST: usize = 1000;
/// Headers that the server alone decides about.
const OURS: [&str; 9] = [
    "connection",
    "content-length",
    "content-security-policy",
    "date",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "upgrade",
    "x-content-type-options",
];

#[async_trait]
impl Builtin for Webhook {
    fn about(&self) -> About {
        About {
            name: "WebhookAgent",
            display_name: "Webhook Agent",
            description: DESCRIPTION,
            default_options: || json!({"secret": "", "expected_receive_period_in_days": 1, "payload_path": "."}),
            default_schedule: "never",
            can_check: false,
            can_receive: false,
            can_emit: true,
        }
    }

    fn check(&self, options: Options<'_>, faults: &mut Faults) {
        faults.require(options, "secret");
        if options.text("secret").contains(['/', '?', '#']) {
            faults.add(
                &["secret"],
                "must not contain a slash, ? or #",
                &Value::Null,
            );
        }
        if options.is_set("payload_path")
            && !options.is_template("payload_path")
            && let Err(bad) = Path::parse(&options.text("payload_path"))
        {
            faults.of(options, "payload_path", &bad.to_string());
        }
        let code = options.whole("code");
        if options.is_set("code") && !options.is_template("code") {
            if !code.is_some_and(|code| (200..=599).contains(&code)) {
                faults.of(options, "code", "must be a status from 200 to 599");
            }
            if matches!(code, Some(301 | 302)) && !options.is_set("response") {
                faults.of(options, "response", "must be the address to redirect to");
            }
        }
        if options.is_set("response_headers") && !options.get("response_headers").is_object() {
            faults.of(options, "response_headers", "must be an object");
        }
        if options.is_set("recaptcha_secret") {
            faults.add(
                &["recaptcha_secret"],
                "is not supported; take it out",
                &Value::Null,
            );
        }
    }

    async fn run(&self, _: &Run<'_>) -> Result<Outcome, CallError> {
        Err(permanent("it emits only what comes to its address".into()))
    }
}

/// A request to the address of an agent.
#[derive(Debug, Clone)]
pub struct WebhookRequest<'a> {
    /// The secret that stands in the address, decoded.
    pub secret: &'a str,
    /// The method, in any case.
    pub method: &'a str,
    /// The query, and over it the members of the body's form or JSON object; other JSON as `_json`.
    pub params: Object,
}

/// What is answered, and what is emitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// All headers; the agent's owner chose some of them, so they may not fit.
    pub headers: Vec<(String, String)>,
    /// The text.
    pub body: String,
    /// The messages to emit.
    pub messages: Vec<Object>,
}

impl WebhookAnswer {
    fn text(status: u16, body: impl Into<String>) -> Self {
        // Its owner's text must not run as a page of this server.
        let headers = [
            ("content-type", "text/plain; charset=utf-8"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox"),
        ];
        Self {
            status,
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            body: body.into(),
            messages: Vec::new(),
        }
    }
}

/// What an agent with these options makes of a request. Who does not know the secret learns nothing.
pub fn webhook(options: &Object, request: WebhookRequest<'_>, now: Timestamp) -> WebhookAnswer {
    let options = Options(options);
    if !secret::is_same(request.secret, &options.text("secret")) {
        return WebhookAnswer::text(401, "Not Authorized");
    }
    let verbs = options.text("verbs");
    let verbs: Vec<String> = verbs
        .split(',')
        .map(|verb| verb.trim().to_lowercase())
        .collect();
    let verbs: Vec<&str> = verbs
        .iter()
        .map(|verb| &**verb)
        .filter(|verb| !verb.is_empty())
        .collect();
    let verbs = if verbs.is_empty() {
        vec!["post"]
    } else {
        verbs
    };
    if !verbs.contains(&&*request.method.to_lowercase()) {
        let allowed = verbs.join(", ").to_uppercase();
        let mut answer = WebhookAnswer::text(405, format!("Please use {allowed}"));
        answer.headers.push(("allow".to_owned(), allowed));
        return answer;
    }
    match answer(options, request.params, now) {
        Ok(answer) => answer,
        // Only the agent's owner can mend it, and sees the template in the agent's options.
        Err(error) => WebhookAnswer::text(500, format!("The agent cannot answer: {error}")),
    }
}

fn answer(
    options: Options<'_>,
    params: Object,
    now: Timestamp,
) -> Result<WebhookAnswer, LiquidError> {
    let scope = Scope {
        layers: vec![&params],
        credentials: &[],
        now,
        work: &Work::default(),
    };
    let filled = |name: &str| liquid::fill(options.get(name), &scope);
    let response = text(&filled("response")?);
    let response = if response.is_empty() {
        "Message Created".to_owned()
    } else {
        response
    };
    let status = text(&filled("code")?).trim().parse().ok();
    let status = status
        .filter(|status| (200..=599).contains(status))
        .unwrap_or(201);
    let mut answer = WebhookAnswer::text(status, response.clone());
    if matches!(status, 301 | 302) {
        answer
            .headers
            .push(("location".to_owned(), one_line(&response)));
    }
    if let Value::Object(headers) = filled("response_headers")? {
        for (name, value) in headers {
            let name = name.to_lowercase();
            if !OURS.contains(&&*name) {
                answer.headers.retain(|(given, _)| *given != name);
                answer.headers.push((name, one_line(&text(&value))));
            }
        }
    }
    let path = text(&filled("payload_path")?);
    answer.messages = messages(&path, &Value::Object(params));
    if answer.messages.len() > MOST {
        return Ok(WebhookAnswer::text(
            413,
            format!("Please send at most {MOST} values"),
        ));
    }
    Ok(answer)
}

/// The messages that a request stands for. Where the path leads to nothing, it is an empty one.
fn messages(path: &str, params: &Value) -> Vec<Object> {
    let path = if path.is_empty() { "." } else { path };
    let path = Path::parse(path).ok();
    match path.and_then(|path| path.find(params)).cloned() {
        None | Some(Value::Null | Value::Bool(false)) => vec![Object::new()],
        Some(Value::Array(list)) => list.into_iter().map(payload).collect(),
        Some(one) => vec![payload(one)],
    }
}

fn payload(value: Value) -> Object {
    match value {
        Value::Object(payload) => payload,
        other => Object::from_iter([("value".to_owned(), other)]),
    }
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
