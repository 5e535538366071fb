//! Sends messages to a server.

mod body;

use super::fetch::{Answer, Request, fetch};
use super::options::{Faults, Options, is_set, text};
use super::run::{Run, permanent};
use super::{About, Builtin};
use crate::Outgoing;
use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use body::Body;
use reqwest::Method;
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use serde_json::{Value, json};
use switchboard_domain::nouns::{Object, Outcome};
use switchboard_domain::ports::CallError;

pub(super) struct Post(pub(super) Outgoing);

const DESCRIPTION: &str = "\
Sends a request to a server for each message that it receives, and on its schedule.

* `post_url`: the address, a template, with `http` or `https`. It must be public; the operator can allow others.
* `method`: `post` (if nothing is said), `get`, `put`, `patch` or `delete`.
* `payload`: what is sent; its values are templates. The message that was received is merged into it, unless \
`no_merge` is `true`. With `get` and `delete` it goes into the address.
* `content_type`: `form` (if nothing is said), `json`, `xml` (with `xml_root` as its outermost element, `post` if \
nothing is said), or any media type such as `text/plain`: then `payload` is a text that is sent as it is, and \
`no_merge` must be `true`.
* `headers`: an object with further headers; `basic_auth`: `user:password` or a list of both; `user_agent`. Credentials \
are filled in by `{% credential name %}`.
* `emit_messages`: `true` emits the answer, with `body`, `headers` and `status`. `output_mode` `merge` adds it to what \
was received. `message_headers_style` writes the names of headers `capitalized`, `downcased`, `snakecased` or `raw`.
* `disable_redirect_follow`: `true` takes a redirect as the answer of a `get`. Other requests are never redirected.

If the server cannot be reached, the message is tried again; so the server may see it twice. It can tell by the header \
`Idempotency-Key`, which stays the same. Certificates are always checked, and proxies are not used.";

const METHODS: [&str; 5] = ["post", "get", "put", "delete", "patch"];
const STYLES: [&str; 4] = ["capitalized", "downcased", "snakecased", "raw"];

#[async_trait]
impl Builtin for Post {
    fn about(&self) -> About {
        About {
            name: "PostAgent",
            display_name: "Post Agent",
            description: DESCRIPTION,
            default_options: || {
                json!({
                    "post_url": "https://example.com",
                    "expected_receive_period_in_days": "1",
                    "content_type": "form",
                    "method": "post",
                    "payload": {"key": "value", "something": "the message contained {{ somekey }}"},
                    "headers": {},
                    "emit_messages": "false",
                    "no_merge": "false",
                    "output_mode": "clean",
                })
            },
            default_schedule: "never",
            can_check: true,
            can_receive: true,
            can_emit: true,
        }
    }

    fn check(&self, options: Options<'_>, faults: &mut Faults) {
        faults.require(options, "post_url");
        faults.one_of(options, "output_mode", &["clean", "merge"]);
        faults.one_of(options, "message_headers_style", &STYLES);
        for name in ["emit_messages", "no_merge", "disable_redirect_follow"] {
            faults.flag(options, name);
        }
        if options.is_set("method") && method(options).is_none() {
            faults.of(
                options,
                "method",
                &format!("must be one of {}", METHODS.join(", ")),
            );
        }
        check_payload(options, faults);
        if options.is_set("headers") && !options.get("headers").is_object() {
            faults.of(options, "headers", "must be an object");
        }
        if options.is_set("basic_auth") && basic_auth(options.get("basic_auth")).is_none() {
            faults.add(
                &["basic_auth"],
                "must be user:password or a list of both",
                &Value::Null,
            );
        }
        if options.is_on("disable_ssl_verification") {
            faults.of(
                options,
                "disable_ssl_verification",
                "is not possible: certificates are checked",
            );
        }
        if options.is_set("proxy") {
            faults.add(
                &["proxy"],
                "is not possible: no proxy is used",
                &Value::Null,
            );
        }
    }

    async fn run(&self, run: &Run<'_>) -> Result<Outcome, CallError> {
        let options = run.options();
        let method = method(options).unwrap_or(Method::POST);
        let body = Body::make(run, &method)?;
        let mut headers = headers(run)?;
        if let Some(media_type) = &body.media_type {
            headers.entry(CONTENT_TYPE).or_insert(value(media_type)?);
        }
        let answer = fetch(
            &self.0,
            Request {
                follows: method == Method::GET && !options.is_on("disable_redirect_follow"),
                method,
                url: body.with_query(&text(&run.filled("post_url")?)),
                headers,
                body: body.bytes,
            },
        )
        .await?;
        outcome(run, &answer)
    }
}

fn method(options: Options<'_>) -> Option<Method> {
    match options.text("method").to_ascii_lowercase().as_str() {
        "" | "post" => Some(Method::POST),
        "get" => Some(Method::GET),
        "put" => Some(Method::PUT),
        "patch" => Some(Method::PATCH),
        "delete" => Some(Method::DELETE),
        _ => None,
    }
}

fn check_payload(options: Options<'_>, faults: &mut Faults) {
    if !options.is_set("payload") {
        return;
    }
    let is_text = options.text("content_type").contains('/');
    match options.get("payload") {
        Value::Object(_) => {}
        Value::Array(_) if options.is_on("no_merge") && options.text("content_type") == "json" => {}
        Value::Array(_) => {
            faults.of(
                options,
                "payload",
                "may be a list only as json, with no_merge set to true",
            );
        }
        Value::String(_) if is_text && options.is_on("no_merge") => {}
        Value::String(_) if is_text => {
            faults.of(options, "no_merge", "must be true where payload is a text");
        }
        _ => faults.of(
            options,
            "payload",
            "must be an object, or a text with a media type",
        ),
    }
}

/// The value of `Authorization` for a user and a password (RFC 7617).
fn basic_auth(given: &Value) -> Option<String> {
    let pair = match given {
        Value::String(pair) => pair.contains(':').then(|| pair.clone())?,
        Value::Array(list) => match list.as_slice() {
            [user, password] => format!("{}:{}", text(user), text(password)),
            _ => return None,
        },
        _ => return None,
    };
    Some(format!("Basic {}", BASE64_STANDARD.encode(pair)))
}

fn headers(run: &Run<'_>) -> Result<HeaderMap, CallError> {
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", value(&run.call.id)?);
    let auth = run.filled("basic_auth")?;
    if is_set(&auth) {
        let auth = basic_auth(&auth);
        let auth = auth.ok_or_else(|| permanent("basic_auth must be user:password".into()))?;
        headers.insert(AUTHORIZATION, value(&auth)?);
    }
    let agent = text(&run.filled("user_agent")?);
    if !agent.is_empty() {
        headers.insert(USER_AGENT, value(&agent)?);
    }
    if let Value::Object(given) = run.filled("headers")? {
        for (name, given) in &given {
            let name = HeaderName::try_from(name.as_str());
            let name =
                name.map_err(|_| permanent("headers has a name that no header can have".into()))?;
            headers.insert(name, value(&text(given))?);
        }
    }
    Ok(headers)
}

/// What is wrong with it is not shown: it may be a credential.
fn value(text: &str) -> Result<HeaderValue, CallError> {
    HeaderValue::from_str(text)
        .map_err(|_| permanent("headers has a value that no header can have".into()))
}

fn outcome(run: &Run<'_>, answer: &Answer) -> Result<Outcome, CallError> {
    let status = answer.status;
    let mut outcome = Outcome::default();
    if text(&run.filled("emit_messages")?) == "true" {
        let mut message = if text(&run.filled("output_mode")?) == "merge" {
            run.payload()
        } else {
            Object::new()
        };
        let style = text(&run.filled("message_headers_style")?);
        let body = String::from_utf8_lossy(&answer.body);
        message.insert(
            "body".into(),
            switchboard_domain::text::storable(&body).into(),
        );
        message.insert("headers".into(), styled(&answer.headers, &style).into());
        message.insert("status".into(), status.as_u16().into());
        outcome.messages.push(message);
    } else if status.is_client_error() || status.is_server_error() {
        outcome
            .errors
            .push(format!("The server answered {}.", status.as_u16()));
    }
    Ok(outcome)
}

/// Headers with their names as they are wanted. One that comes several times has its values in a row.
fn styled(headers: &HeaderMap, style: &str) -> Object {
    let mut styled = Object::new();
    for name in headers.keys() {
        let values = headers.get_all(name).into_iter();
        let values: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let name = match style {
            "snakecased" => name.as_str().replace('-', "_"),
            "downcased" | "raw" => name.as_str().to_owned(),
            _ => capitalized(name.as_str()),
        };
        styled.insert(name, values.join(", ").into());
    }
    styled
}

fn capitalized(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let mut part = part.to_owned();
        part.get_mut(..1).map(str::make_ascii_uppercase);
        part
    });
    parts.collect::<Vec<_>>().join("-")
}
