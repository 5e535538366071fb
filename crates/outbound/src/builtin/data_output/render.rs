//! The feed, as whoever knows its address gets it.

use super::super::options::{Options, is_set, text};
use super::super::secret;
use super::form::{self, Said};
use super::order;
use crate::liquid::{self, LiquidError, Scope, Work};
use jiff::Zoned;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use switchboard_domain::Timestamp;
use switchboard_domain::nouns::Object;

/// In which form a feed is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedFormat {
    /// RSS 2.0.
    Rss,
    /// JSON.
    Json,
}

/// A request to the address of a feed.
#[derive(Debug, Clone, Copy)]
pub struct FeedRequest<'a> {
    /// The secret that stands in the address, decoded.
    pub secret: &'a str,
    /// What is asked for.
    pub format: FeedFormat,
    /// The whole address of the feed.
    pub url: &'a str,
    /// The agent's name.
    pub agent: &'a str,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// The HTTP status.
    pub status: u16,
    /// All headers; the agent's owner chose some of them, so they may not fit.
    pub headers: Vec<(String, String)>,
    /// The feed.
    pub body: String,
}

/// Headers that an agent's owner may not choose.
const OURS: [&str; 8] = [
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "x-content-type-options",
];

impl Feed {
    fn of(status: u16, media_type: &str, body: String) -> Self {
        // What is shown comes from anywhere: it must not run as a page of this server.
        let headers = [
            ("content-type", media_type),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox"),
        ];
        let one_line = |value: &str| value.chars().filter(|c| !c.is_control()).collect();
        Self {
            status,
            headers: headers
                .map(|(name, value)| (name.to_owned(), one_line(value)))
                .into(),
            body,
        }
    }

    fn error(status: u16, format: FeedFormat, message: &str) -> Self {
        match format {
            FeedFormat::Json => Self::of(
                status,
                "application/json",
                json!({ "error": message }).to_string(),
            ),
            FeedFormat::Rss => Self::of(status, "text/plain; charset=utf-8", message.to_owned()),
        }
    }
}

/// What an agent with these options and this memory shows. Who does not know the secret learns nothing.
pub fn feed(options: &Object, memory: &Object, request: FeedRequest<'_>, now: Timestamp) -> Feed {
    let options = Options(options);
    let mut is_known = false;
    for wanted in options.list("secrets") {
        is_known |= secret::is_same(request.secret, &text(wanted));
    }
    if !is_known {
        return Feed::error(401, request.format, "Not Authorized");
    }
    let messages = match memory.get("messages") {
        Some(Value::Array(messages)) => messages.clone(),
        _ => Vec::new(),
    };
    match render(options, messages, request, now) {
        Ok(feed) => feed,
        Err(error) => {
            let message = format!("The agent cannot show its messages: {error}");
            Feed::error(500, request.format, &message)
        }
    }
}

fn render(
    options: Options<'_>,
    messages: Vec<Value>,
    request: FeedRequest<'_>,
    now: Timestamp,
) -> Result<Feed, LiquidError> {
    let at = At {
        now,
        work: Work::default(),
    };
    let messages = in_order(options, messages, &at)?;
    let payloads = messages.iter().map(|message| message["payload"].clone());
    let around = Object::from_iter([("messages".to_owned(), payloads.collect())]);
    let said = said(options, &messages, request, &around, &at)?;
    let filled = |name: &str| liquid::fill(options.get(name), &at.scope(vec![&around]));
    let mut feed = match request.format {
        FeedFormat::Json => Feed::of(200, "application/json", form::as_json(said)),
        FeedFormat::Rss => {
            let media_type = text(&filled("rss_content_type")?);
            // What a browser would run is no feed.
            let media_type = Some(media_type).filter(|given| given.contains("xml"));
            let media_type = media_type.unwrap_or_else(|| "application/rss+xml".to_owned());
            Feed::of(200, &media_type, form::as_rss(&said, options))
        }
    };
    if let Value::Object(headers) = filled("response_headers")? {
        let chosen = headers.into_iter().map(|(name, value)| {
            let value = text(&value).chars().filter(|c| !c.is_control()).collect();
            (name.to_lowercase(), value)
        });
        let allowed = chosen.filter(|(name, _)| !OURS.contains(&&**name));
        feed.headers.extend(allowed);
    }
    Ok(feed)
}

/// The messages as they are listed: the newest first, unless the options say otherwise.
fn in_order(
    options: Options<'_>,
    messages: Vec<Value>,
    at: &At,
) -> Result<Vec<Value>, LiquidError> {
    let order = order::read(options.get("messages_list_order")).unwrap_or_default();
    if order.is_none() {
        return Ok(messages.into_iter().rev().collect());
    }
    order.sorted_by(messages, |template, payload| {
        liquid::fill(template, &at.scope(vec![payload]))
    })
}

fn said(
    options: Options<'_>,
    messages: &[Value],
    request: FeedRequest<'_>,
    around: &Object,
    at: &At,
) -> Result<Said, LiquidError> {
    let template = options.get("template");
    let or = |name: &str, otherwise: String| -> Result<String, LiquidError> {
        let given = template.get(name).unwrap_or(&Value::Null);
        let given = text(&liquid::fill(given, &at.scope(vec![around]))?);
        Ok(if given.is_empty() { otherwise } else { given })
    };
    let link = or("link", origin(request.url))?;
    let icon = format!("{}/favicon.ico", link.trim_end_matches('/'));
    let about = format!("A feed of the messages that {} received", request.agent);
    let items = messages
        .iter()
        .map(|message| item(&template["item"], message, around, at));
    Ok(Said {
        title: or("title", format!("{} Message Feed", request.agent))?,
        description: or("description", about)?,
        itself: or("self", request.url.to_owned())?,
        icon: or("icon", icon)?,
        now: date(&zoned(at.now)),
        items: items.collect::<Result<_, _>>()?,
        link,
    })
}

/// When a feed is made, and how much work that may be.
struct At {
    now: Timestamp,
    work: Work,
}

impl At {
    fn scope<'a>(&'a self, layers: Vec<&'a Object>) -> Scope<'a> {
        Scope {
            layers,
            credentials: &[],
            now: self.now,
            work: &self.work,
        }
    }
}

/// One item: the template filled with a message, its id and its time.
fn item(
    template: &Value,
    message: &Value,
    around: &Object,
    at: &At,
) -> Result<Object, LiquidError> {
    let empty = Object::new();
    let payload = message["payload"].as_object().unwrap_or(&empty);
    let own = Object::from_iter([("created_at".to_owned(), message["created_at"].clone())]);
    let filled = liquid::fill(template, &at.scope(vec![payload, &own, around]))?;
    let Value::Object(mut item) = filled else {
        return Ok(empty);
    };
    let guid = item
        .get("guid")
        .filter(|guid| is_set(guid))
        .unwrap_or(&message["id"]);
    let guid = json!({"_attributes": {"isPermaLink": "false"}, "_contents": text(guid)});
    item.insert("guid".into(), guid);
    let given = item
        .get("pubDate")
        .and_then(|given| liquid::time_of(&text(given)));
    let time = given.or_else(|| liquid::time_of(&text(&message["created_at"])));
    item.insert("pubDate".into(), time.map(|time| date(&time)).into());
    Ok(item)
}

fn zoned(time: Timestamp) -> Zoned {
    let time = jiff::Timestamp::from_microsecond(time.as_micros()).unwrap_or_default();
    time.to_zoned(TimeZone::UTC)
}

/// A time as RSS has it (RFC 2822 §3.3).
fn date(time: &Zoned) -> String {
    rfc2822::to_string(time).unwrap_or_default()
}

/// The server of an address.
fn origin(url: &str) -> String {
    let origin = reqwest::Url::parse(url).map(|url| url.origin().ascii_serialization());
    origin.unwrap_or_default()
}
