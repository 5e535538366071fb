//! The headers by which two sides say what they can do, as structured fields (RFC 9651).

use super::{error::ApiError, problem::Problem};
use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};
use serde_json::Value;
use sfv::{
    BareItem, Dictionary, Item, KeyRef, List, ListEntry, ListSerializer, Parser, RefBareItem,
    StringRef, TokenRef,
};
use std::collections::HashSet;
use switchboard_domain::nouns::{
    Applied, Autonomy, ClientCapabilities, Mode, Need, Pattern, Place, ServerCapabilities, Wish,
};

/// What a client can, prefers or demands to do.
pub const CLIENT: HeaderName = HeaderName::from_static("x-client-capabilities");
/// What a run may do without asking.
pub const AUTONOMY: HeaderName = HeaderName::from_static("agent-autonomy");
/// What the server offers.
pub const SERVER: HeaderName = HeaderName::from_static("x-server-capabilities");
/// Where each capability is run.
pub const APPLIED: HeaderName = HeaderName::from_static("x-capabilities-applied");

/// A longer header is not read, in bytes.
const LONGEST: usize = 8 << 10;
/// More capabilities are in no header.
const MOST: usize = 200;

/// What a client says of itself and of the run, if it says anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// What it can do; none if it does not say.
    pub client: Option<ClientCapabilities>,
    /// What the run may do; none if it does not say.
    pub autonomy: Option<Autonomy>,
}

impl<S: Send + Sync> FromRequestParts<S> for Said {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(&parts.headers)
    }
}

impl Said {
    /// What these headers say.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] tells which header is wrong, and how.
    pub fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        Ok(Self {
            client: read(headers, &CLIENT, parse_client)?,
            autonomy: read(headers, &AUTONOMY, parse_autonomy)?,
        })
    }
}

/// A header, whose lines are one (RFC 9651 §4.2).
fn read<T>(
    headers: &HeaderMap,
    name: &HeaderName,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Option<T>, ApiError> {
    let lines: Vec<&[u8]> = headers
        .get_all(name)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let whole = String::from_utf8_lossy(&lines.join(&b", "[..])).into_owned();
    parse(&whole).map(Some).map_err(|wrong| {
        let place = ("header", name.as_str());
        let shown = switchboard_domain::text::clip(whole, 200);
        Problem::at(place, "value_error", wrong, Value::from(shown)).into()
    })
}

/// Reads `mail.send;need=demand, fs.*;need=prefer;at=executor, approve`. Parameters that are not known
/// mean nothing.
///
/// # Errors
/// What is wrong, in words.
pub fn parse_client(text: &str) -> Result<ClientCapabilities, String> {
    let list: List = Parser::new(bounded(text)?).parse().map_err(|error| {
        not_a(
            "list of capabilities",
            "mail.send;need=demand, fs.*",
            &error,
        )
    })?;
    if list.len() > MOST {
        return Err(format!("names more than {MOST} capabilities"));
    }
    let mut names = HashSet::new();
    let mut wishes = Vec::with_capacity(list.len());
    for entry in &list {
        let ListEntry::Item(item) = entry else {
            return Err("a capability is a name, and no list in parentheses".to_owned());
        };
        let wish = wish(item)?;
        if !names.insert(wish.name.clone()) {
            return Err(format!("names {} twice", wish.name));
        }
        wishes.push(wish);
    }
    Ok(ClientCapabilities(wishes))
}

fn wish(item: &Item) -> Result<Wish, String> {
    let name = pattern(&item.bare_item)?;
    let parameter = |key: &str| item.params.get(key);
    let need = parameter("need").map(|value| word(value, "need", Need::WORDS, Need::from_word));
    let place = |word: &str| Place::from_word(word).filter(|place| *place != Place::Internal);
    let places = &["client", "executor", "server"];
    let at = parameter("at").map(|value| word(value, "at", places, place));
    Ok(Wish {
        name,
        need: need.transpose()?.unwrap_or_default(),
        at: at.transpose()?.unwrap_or(Place::Client),
    })
}

/// Reads `mode=continuous, auto=("fs.read" "web.*"), ttl=900, max=20`. Members that are not known mean
/// nothing.
///
/// # Errors
/// What is wrong, in words.
pub fn parse_autonomy(text: &str) -> Result<Autonomy, String> {
    let example = "mode=continuous, auto=(\"fs.read\" \"web.*\"), ttl=900, max=20";
    let members: Dictionary = Parser::new(bounded(text)?)
        .parse()
        .map_err(|error| not_a("dictionary", example, &error))?;
    let item = |name: &str| match members.get(name) {
        None => Ok(None),
        Some(ListEntry::Item(item)) => Ok(Some(&item.bare_item)),
        Some(ListEntry::InnerList(_)) => Err(format!("{name} is one value, and no list")),
    };
    let mode = item("mode")?.map(|value| word(value, "mode", Mode::WORDS, Mode::from_word));
    let number = |name: &str| item(name)?.map(|value| count(value, name)).transpose();
    Ok(Autonomy {
        mode: mode.transpose()?.unwrap_or_default(),
        auto: members.get("auto").map(patterns).transpose()?,
        ttl: number("ttl")?,
        max: number("max")?,
    })
}

fn patterns(entry: &ListEntry) -> Result<Vec<Pattern>, String> {
    let items = match entry {
        ListEntry::Item(item) => std::slice::from_ref(item),
        ListEntry::InnerList(list) => &list.items,
    };
    if items.len() > MOST {
        return Err(format!("auto names more than {MOST} capabilities"));
    }
    items.iter().map(|item| pattern(&item.bare_item)).collect()
}

fn bounded(text: &str) -> Result<&str, String> {
    if text.len() > LONGEST {
        return Err(format!("is longer than {LONGEST} bytes"));
    }
    Ok(text)
}

fn not_a(what: &str, example: &str, error: &sfv::Error) -> String {
    format!("is no {what} as RFC 9651 writes it ({error}); an example: {example}")
}

/// A name, as a token or as a text.
fn text(value: &BareItem) -> Option<&str> {
    let token = value.as_token().map(TokenRef::as_str);
    token.or_else(|| value.as_string().map(StringRef::as_str))
}

fn pattern(value: &BareItem) -> Result<Pattern, String> {
    let name = text(value).ok_or("a capability is a name, such as mail.send or \"mail.send\"")?;
    name.parse()
        .map_err(|error: switchboard_domain::nouns::BadCapability| error.to_string())
}

fn word<T>(
    value: &BareItem,
    name: &str,
    words: &[&str],
    from: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    let found = text(value).and_then(from);
    found.ok_or_else(|| format!("{name} is one of {}", words.join(", ")))
}

fn count(value: &BareItem, name: &str) -> Result<u32, String> {
    let number = value.as_integer().map(i64::from);
    let number = number.and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| format!("{name} is a whole number from 0 to {}", u32::MAX))
}

/// The header with what the server offers; none if that is nothing.
pub fn server(offered: &ServerCapabilities) -> Option<HeaderValue> {
    let mut list = ListSerializer::new();
    for offer in &offered.offers {
        let item = list.bare_item(bare(offer.name.as_str())?);
        let item = item.parameter(key("at")?, token(offer.at.word())?);
        let item = item.parameter(key("risk")?, token(offer.risk.word())?);
        let item = match offer.need {
            Need::Can => item,
            need => item.parameter(key("need")?, token(need.word())?),
        };
        if let Some(auth) = offer.auth {
            item.parameter(key("auth")?, token(auth.word())?);
        }
    }
    for reserved in &offered.reserved {
        list.bare_item(bare(reserved.name())?);
    }
    list.finish().and_then(|text| text.try_into().ok())
}

/// The header that says where each capability is run; none if there is none.
pub fn applied(applied: &Applied) -> Option<HeaderValue> {
    let mut list = ListSerializer::new();
    for (name, place) in &applied.0 {
        list.bare_item(bare(name.as_str())?)
            .parameter(key("at")?, token(place.word())?);
    }
    list.finish().and_then(|text| text.try_into().ok())
}

/// A name, as a token if it can be one.
fn bare(name: &str) -> Option<RefBareItem<'_>> {
    TokenRef::from_str(name)
        .map(RefBareItem::Token)
        .ok()
        .or_else(|| StringRef::from_str(name).map(RefBareItem::String).ok())
}

fn token(word: &'static str) -> Option<RefBareItem<'static>> {
    TokenRef::from_str(word).ok().map(RefBareItem::Token)
}

fn key(name: &'static str) -> Option<&'static KeyRef> {
    KeyRef::from_str(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchboard_domain::nouns::{AuthKind, Offer, Reserved, Risk};

    #[test]
    fn what_a_client_says() {
        let text = "mail.send;need=demand, fs.*;need=prefer;at=executor;x=1, approve, \"7z\"";
        let said = parse_client(text).unwrap();
        let told: Vec<_> = said
            .0
            .iter()
            .map(|it| (it.name.as_str(), it.need, it.at))
            .collect();
        let wanted = [
            ("mail.send", Need::Demand, Place::Client),
            ("fs.*", Need::Prefer, Place::Executor),
            ("approve", Need::Can, Place::Client),
            ("7z", Need::Can, Place::Client),
        ];
        assert_eq!(told, wanted);
        assert!(said.can(Reserved::Approve));
        assert_eq!(parse_client("").unwrap(), ClientCapabilities::default());
    }

    #[test]
    fn what_a_run_may_do() {
        let text = "mode=continuous, auto=(\"fs.read\" web.*), ttl=900, max=20, more=?1";
        let autonomy = parse_autonomy(text).unwrap();
        assert_eq!(autonomy.mode, Mode::Continuous);
        assert_eq!((autonomy.ttl, autonomy.max), (Some(900), Some(20)));
        let names = autonomy.auto.unwrap();
        assert!(names.iter().map(Pattern::as_str).eq(["fs.read", "web.*"]));
        assert_eq!(parse_autonomy("").unwrap(), Autonomy::default());
        assert_eq!(parse_autonomy("auto=()").unwrap().auto, Some(Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, wanted) in [
            ("mail.send;need=must", "need is one of can, prefer, demand"),
            ("mail.send;need", "need is one of"),
            (
                "mail.send;at=internal",
                "at is one of client, executor, server",
            ),
            ("a, a", "twice"),
            ("a*b", "neither a capability"),
            ("(a b)", "no list"),
            ("7z", "RFC 9651"),
            ("a,", "RFC 9651"),
            ("a b", "RFC 9651"),
            ("5", "a capability is a name"),
        ] {
            let error = parse_client(text).unwrap_err();
            assert!(error.contains(wanted), "{text}: {error}");
        }
        for (text, wanted) in [
            ("mode=always", "mode is one of manual, continuous"),
            ("mode=(continuous)", "one value"),
            ("ttl=-1", "ttl is a whole number"),
            ("max=1.5", "max is a whole number"),
            ("max=4294967296", "max is a whole number"),
            ("auto=(1)", "a capability is a name"),
            ("Mode=manual", "RFC 9651"),
        ] {
            let error = parse_autonomy(text).unwrap_err();
            assert!(error.contains(wanted), "{text}: {error}");
        }
        assert!(
            parse_client(&"a".repeat(LONGEST + 1))
                .unwrap_err()
                .contains("longer")
        );
    }

    #[test]
    fn lines_are_one_header() {
        let mut headers = HeaderMap::new();
        assert_eq!(Said::of(&headers).unwrap(), Said::default());
        headers.append(CLIENT, HeaderValue::from_static("a"));
        headers.append(CLIENT, HeaderValue::from_static("b;need=prefer"));
        assert_eq!(Said::of(&headers).unwrap().client.unwrap().0.len(), 2);
        headers.append(AUTONOMY, HeaderValue::from_bytes(b"\xff").unwrap());
        assert!(Said::of(&headers).is_err());
    }

    #[test]
    fn what_the_server_says() {
        let offer = |name: &str, at, need, auth| Offer {
            name: name.parse().unwrap(),
            at,
            need,
            has_http: true,
            risk: Risk::High,
            auth,
        };
        let offered = ServerCapabilities {
            offers: vec![
                offer(
                    "mail.send",
                    Place::Server,
                    Need::Can,
                    Some(AuthKind::Oauth2),
                ),
                offer("7z", Place::Client, Need::Demand, None),
            ],
            reserved: vec![Reserved::Approve],
        };
        let wanted = "mail.send;at=server;risk=high;auth=oauth2, \
                      \"7z\";at=client;risk=high;need=demand, approve";
        assert_eq!(server(&offered).unwrap(), wanted);
        assert_eq!(server(&ServerCapabilities::default()), None);
        let places = Applied(vec![("mail.send".parse().unwrap(), Place::Client)]);
        assert_eq!(applied(&places).unwrap(), "mail.send;at=client");
    }
}
