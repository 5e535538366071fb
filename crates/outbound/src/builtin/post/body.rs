//! What is sent, in the form that is asked for.

use super::super::options::text;
use super::super::run::{Run, permanent};
use super::super::xml;
use reqwest::{Method, Url};
use serde_json::Value;
use switchboard_domain::nouns::Object;
use switchboard_domain::ports::CallError;

/// The body of a request, or what goes into its address.
pub(super) struct Body {
    pub(super) media_type: Option<String>,
    pub(super) bytes: Vec<u8>,
    query: Option<String>,
}

impl Body {
    pub(super) fn make(run: &Run<'_>, method: &Method) -> Result<Self, CallError> {
        let payload = merged(run)?;
        if matches!(*method, Method::GET | Method::DELETE) {
            return Ok(Self {
                media_type: None,
                bytes: Vec::new(),
                query: Some(form(&payload)).filter(|query| !query.is_empty()),
            });
        }
        let content_type = text(&run.filled("content_type")?);
        let (media_type, bytes) = match content_type.as_str() {
            "json" => ("application/json; charset=utf-8", payload.to_string()),
            "xml" => {
                let root = text(&run.filled("xml_root")?);
                let root = if root.is_empty() { "post" } else { &root };
                let document = xml::document(root, &payload);
                let document = document
                    .ok_or_else(|| permanent("xml_root cannot be the name of an element".into()))?;
                ("text/xml; charset=utf-8", document)
            }
            media_type if media_type.contains('/') => (media_type, text(&payload)),
            _ => ("application/x-www-form-urlencoded", form(&payload)),
        };
        Ok(Self {
            media_type: Some(media_type.to_owned()),
            bytes: bytes.into_bytes(),
            query: None,
        })
    }

    /// The address with what goes into it. One that is none stays so, and is refused later.
    pub(super) fn with_query(&self, address: &str) -> String {
        let (Some(query), Ok(mut url)) = (&self.query, Url::parse(address)) else {
            return address.to_owned();
        };
        let all = match url.query().filter(|query| !query.is_empty()) {
            Some(given) => format!("{given}&{query}"),
            None => query.clone(),
        };
        url.set_query(Some(&all));
        url.into()
    }
}

/// The payload with what was received.
fn merged(run: &Run<'_>) -> Result<Value, CallError> {
    let payload = run.filled("payload")?;
    if text(&run.filled("no_merge")?) == "true" {
        return Ok(payload);
    }
    match payload {
        Value::Object(mut payload) => {
            payload.extend(run.payload());
            Ok(payload.into())
        }
        Value::Null => Ok(run.payload().into()),
        Value::String(text) if text.is_empty() => Ok(run.payload().into()),
        _ => Err(permanent(
            "payload must be an object, so that the message can be merged into it".into(),
        )),
    }
}

/// A form (RFC 1866 §8.2.1), where `a[b]` is a member of a member and `a[]` one of a list.
fn form(payload: &Value) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    if let Value::Object(members) = payload {
        add_members(&mut form, "", members);
    }
    form.finish()
}

fn add_members(form: &mut form_urlencoded::Serializer<'_, String>, within: &str, members: &Object) {
    for (name, value) in members {
        let name = if within.is_empty() {
            name.clone()
        } else {
            format!("{within}[{name}]")
        };
        add(form, &name, value);
    }
}

fn add(form: &mut form_urlencoded::Serializer<'_, String>, name: &str, value: &Value) {
    match value {
        Value::Object(members) => add_members(form, name, members),
        Value::Array(list) => {
            let name = format!("{name}[]");
            for value in list {
                add(form, &name, value);
            }
        }
        other => {
            form.append_pair(name, &text(other));
        }
    }
}
