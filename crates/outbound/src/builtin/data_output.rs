//! Shows the newest messages at an address, as JSON or RSS.

mod form;
mod order;
mod render;

pub use render::{Feed, FeedFormat, FeedRequest, feed};

use super::fetch::{Request, fetch};
use super::options::{Faults, Options, text};
use super::run::Run;
use super::{About, Builtin};
use crate::Outgoing;
use async_trait::async_trait;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use switchboard_domain::nouns::{Object, Outcome};
use switchboard_domain::ports::CallError;

pub(super) struct DataOutput(pub(super) Outgoing);

/// How many messages are shown, where nothing is said, and at the most.
const SHOWN: i64 = 40;
const MOST: i64 = 1000;
/// How much is kept to be shown, in bytes of JSON.
const LARGEST: usize = 2 << 20;

const DESCRIPTION: &str = "\
Shows the newest messages that it received at an address that ends in a secret, as RSS or as JSON.

* `secrets`: a list of secrets; each is the end of an address that works. They must not contain a slash or a dot.
* `template`: an object. `title`, `description`, `link`, `icon` and `self` (the address of the feed itself) describe \
the feed; `item` is an object of templates that are filled with each message. An item's `pubDate` is the time of its \
message, and its `guid` the message's id, unless the template says otherwise. A member with `_attributes` and \
`_contents` becomes an element with attributes.
* `messages_to_show`: how many, 40 if nothing is said, 1,000 at the most, and 2 MiB together.
* `messages_order`, `messages_list_order`: lists of templates by which the messages are chosen and listed, each a text \
or a list such as `[\"{{date}}\", \"time\", true]` with its kind (`string`, `number` or `time`) and whether the largest \
comes first. The newest are listed first if nothing is said.
* `ttl`: for how many minutes readers may keep the feed, 60 if nothing is said. `rss_content_type`, \
`response_headers`: as they say. `ns_media`, `ns_itunes`: `true` adds these namespaces of XML.
* `push_hubs`: a list of WebSub hubs that are told of each message; `template.self` must say the address of the feed.

In `template`, `messages` is the list of all messages that are shown.";

#[async_trait]
impl Builtin for DataOutput {
    fn about(&self) -> About {
        About {
            name: "DataOutputAgent",
            display_name: "Data Output Agent",
            description: DESCRIPTION,
            default_options: || {
                json!({
                    "secrets": [],
                    "expected_receive_period_in_days": 2,
                    "template": {
                        "title": "Newest messages",
                        "description": "What came last",
                        "item": {"title": "{{title}}", "description": "{{description}}", "link": "{{url}}"},
                    },
                })
            },
            default_schedule: "never",
            can_check: false,
            can_receive: true,
            can_emit: false,
        }
    }

    fn check(&self, options: Options<'_>, faults: &mut Faults) {
        let secrets = options.list("secrets");
        if secrets.is_empty() {
            faults.add(
                &["secrets"],
                "must be a list of at least one secret",
                &Value::Null,
            );
        }
        for (at, secret) in secrets.iter().enumerate() {
            let secret = secret.as_str().unwrap_or_default();
            if secret.is_empty() || secret.contains(['/', '.', '?', '#']) {
                let message = "must be a text without a slash, a dot, ? or #";
                faults.add(&["secrets", &at.to_string()], message, &Value::Null);
            }
        }
        let item = options.get("template").get("item");
        if item
            .and_then(Value::as_object)
            .is_none_or(serde_json::Map::is_empty)
        {
            faults.of(
                options,
                "template",
                "must be an object with the object item in it",
            );
        }
        let shown = options.whole("messages_to_show");
        if options.is_set("messages_to_show") && !shown.is_some_and(|n| (1..=MOST).contains(&n)) {
            faults.of(
                options,
                "messages_to_show",
                "must be a whole number from 1 to 1000",
            );
        }
        for name in ["messages_order", "messages_list_order"] {
            if let Err(reason) = order::read(options.get(name)) {
                faults.of(options, name, reason);
            }
        }
        self.check_hubs(options, faults);
    }

    async fn run(&self, run: &Run<'_>) -> Result<Outcome, CallError> {
        let mut outcome = Outcome {
            memory: Some(remembered(run)?),
            ..Outcome::default()
        };
        for hub in run.options().list("push_hubs") {
            let hub = text(&run.fill(hub, &[])?);
            let feed = text(&run.fill(&run.options().get("template")["self"], &[])?);
            if let Err(failed) = self.tell(hub, &feed).await {
                outcome.errors.push(format!("A hub was not told: {failed}"));
            }
        }
        Ok(outcome)
    }
}

impl DataOutput {
    fn check_hubs(&self, options: Options<'_>, faults: &mut Faults) {
        let hubs = options.get("push_hubs");
        if hubs.is_null() {
            return;
        }
        let good = |hub: &Value| {
            hub.as_str().is_some_and(|hub| {
                crate::liquid::is_template(hub) || self.0.check(hub, crate::Trust::User).is_ok()
            })
        };
        if !hubs.as_array().is_some_and(|hubs| hubs.iter().all(good)) {
            faults.of(options, "push_hubs", "must be a list of public addresses");
        } else if options.is_set("push_hubs") && options.get("template").get("self").is_none() {
            faults.of(
                options,
                "template",
                "must say the address of the feed as self, for push_hubs",
            );
        }
    }

    /// Tells a hub that the feed has something new (`WebSub` §7).
    async fn tell(&self, hub: String, feed: &str) -> Result<(), CallError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("hub.mode", "publish")
            .append_pair("hub.url", feed)
            .finish();
        let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        fetch(
            &self.0,
            Request {
                method: Method::POST,
                url: hub,
                headers: HeaderMap::from_iter([(CONTENT_TYPE, media_type)]),
                body: form.into_bytes(),
                follows: false,
            },
        )
        .await?;
        Ok(())
    }
}

/// The memory with the message in it, and without those that are no longer shown.
fn remembered(run: &Run<'_>) -> Result<Object, CallError> {
    let mut memory = run.call.memory.clone();
    let Some(message) = &run.message else {
        return Ok(memory);
    };
    let mut shown = match memory.remove("messages") {
        Some(Value::Array(messages)) => messages,
        _ => Vec::new(),
    };
    shown.push(json!({
        "id": message.id, "created_at": message.created_at.to_string(), "payload": message.payload,
    }));
    let order = order::read(run.options().get("messages_order")).unwrap_or_default();
    let mut shown = order.sorted(shown, run)?;
    let most = run
        .options()
        .whole("messages_to_show")
        .unwrap_or(SHOWN)
        .clamp(1, MOST);
    let old = shown
        .len()
        .saturating_sub(usize::try_from(most).unwrap_or(1));
    shown.drain(..old);
    let mut size: usize = shown.iter().map(|message| message.to_string().len()).sum();
    while size > LARGEST && shown.len() > 1 {
        size -= shown.remove(0).to_string().len();
    }
    memory.insert("messages".into(), shown.into());
    Ok(memory)
}
