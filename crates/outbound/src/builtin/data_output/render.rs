//! The feed, as whoever knows its address gets it.

use super::super::options::{Options, is_set, text};
use super::super::{secret, xml};
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

/// All that a feed says, before it has a form.
struct Said {
    title: String,
    description: String,
    link: String,
    itself: String,
    icon: String,
    now: String,
    items: Vec<Object>,
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
    let order = order::read(options.get("messages_list_order")).unwrap_or_default();
    let messages = if order.is_none() {
        messages.into_iter().rev().collect()
    } else {
        order.sorted_by(messages, |template, payload| {
            liquid::fill(template, &at.scope(vec![payload]))
        })?
    };
    let payloads: Value = messages
        .iter()
        .map(|message| message["payload"].clone())
        .collect();
    let around = Object::from_iter([("messages".to_owned(), payloads)]);
    let filled = |value: &Value| liquid::fill(value, &at.scope(vec![&around]));
    let template = options.get("template");
    let or = |name: &str, otherwise: String| -> Result<String, LiquidError> {
        let given = text(&filled(template.get(name).unwrap_or(&Value::Null))?);
        Ok(if given.is_empty() { otherwise } else { given })
    };
    let link = or("link", origin(request.url))?;
    let items = messages
        .iter()
        .map(|message| item(&template["item"], message, &around, &at));
    let said = Said {
        title: or("title", format!("{} Message Feed", request.agent))?,
        description: or(
            "description",
            format!("A feed of the messages that {} received", request.agent),
        )?,
        itself: or("self", request.url.to_owned())?,
        icon: or(
            "icon",
            format!("{}/favicon.ico", link.trim_end_matches('/')),
        )?,
        now: date(&zoned(now)),
        items: items.collect::<Result<_, _>>()?,
        link,
    };
    let mut feed = match request.format {
        FeedFormat::Json => Feed::of(200, "application/json", as_json(said)),
        FeedFormat::Rss => {
            let media_type = text(&filled(options.get("rss_content_type"))?);
            // What a browser would run is no feed.
            let media_type = Some(media_type).filter(|given| given.contains("xml"));
            let media_type = media_type.unwrap_or_else(|| "application/rss+xml".to_owned());
            Feed::of(200, &media_type, as_rss(&said, options))
        }
    };
    if let Value::Object(headers) = filled(options.get("response_headers"))? {
        let chosen = headers.into_iter().map(|(name, value)| {
            let value = text(&value).chars().filter(|c| !c.is_control()).collect();
            (name.to_lowercase(), value)
        });
        feed.headers
            .extend(chosen.filter(|(name, _)| !OURS.contains(&&**name)));
    }
    Ok(feed)
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

fn as_json(said: Said) -> String {
    let items: Value = said
        .items
        .into_iter()
        .map(Value::Object)
        .map(plain)
        .collect();
    json!({
        "title": said.title, "description": said.description, "pubDate": said.now, "items": items,
    })
    .to_string()
}

/// Attributes of XML as members: JSON has no others.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Object(mut members) => {
            let attributes = members.remove("_attributes");
            if let Some(contents) = members.remove("_contents") {
                match plain(contents) {
                    Value::Object(contents) => members.extend(contents),
                    other => {
                        members.insert("contents".into(), other);
                    }
                }
            }
            if let Some(Value::Object(attributes)) = attributes {
                members.extend(attributes);
            }
            let members = members
                .into_iter()
                .map(|(name, value)| (name, plain(value)));
            Value::Object(members.collect())
        }
        other => other,
    }
}

fn as_rss(said: &Said, options: Options<'_>) -> String {
    let mut names = String::from(" xmlns:atom=\"http://www.w3.org/2005/Atom\"");
    if options.is_on("ns_media") {
        names.push_str(" xmlns:media=\"http://search.yahoo.com/mrss/\"");
    }
    if options.is_on("ns_itunes") {
        names.push_str(" xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\"");
    }
    let link = |address: &str, relation: &str, media_type: &str| json!({"_attributes": {"href": address, "rel": relation, "type": media_type}});
    let mut rss = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"{names}>\n<channel>\n"
    );
    xml::element(
        &mut rss,
        "atom:link",
        &link(&said.itself, "self", "application/rss+xml"),
    );
    for hub in options.list("push_hubs") {
        xml::element(
            &mut rss,
            "atom:link",
            &json!({"_attributes": {"rel": "hub", "href": hub}}),
        );
    }
    if options.is_on("ns_itunes") {
        xml::element(
            &mut rss,
            "itunes:image",
            &json!({"_attributes": {"href": said.icon}}),
        );
    }
    let ttl = options.whole("ttl").unwrap_or(60).to_string();
    for (name, value) in [
        ("atom:icon", &said.icon),
        ("title", &said.title),
        ("description", &said.description),
        ("link", &said.link),
        ("lastBuildDate", &said.now),
        ("pubDate", &said.now),
        ("ttl", &ttl),
    ] {
        xml::element(&mut rss, name, &value.as_str().into());
    }
    for item in &said.items {
        rss.push('\n');
        xml::element(&mut rss, "item", &Value::Object(item.clone()));
    }
    rss + "\n</channel>\n</rss>\n"
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
