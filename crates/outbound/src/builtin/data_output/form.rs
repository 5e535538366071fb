//! The two forms of a feed.

use super::super::options::Options;
use super::super::xml;
use serde_json::{Value, json};
use switchboard_domain::nouns::Object;

/// All that a feed says, before it has a form.
pub(super) struct Said {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) link: String,
    pub(super) itself: String,
    pub(super) icon: String,
    pub(super) now: String,
    pub(super) items: Vec<Object>,
}

/// The feed as JSON.
pub(super) fn as_json(said: Said) -> String {
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

/// The feed as RSS 2.0.
pub(super) fn as_rss(said: &Said, options: Options<'_>) -> String {
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
