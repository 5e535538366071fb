//! What several operations read of a request.

use crate::{
    AppState,
    kit::{action::ActionResultBody, body::Json, error::ApiError, problem::Problem, query::Query},
};
use axum::extract::{FromRequestParts, Request};
use garde::Validate;
use http::{HeaderMap, HeaderName, StatusCode, request::Parts};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::time::Duration;
use switchboard_core::{
    actions::Finished,
    tasks::{Pages, Patience},
};
use switchboard_domain::nouns::{Delegation, Object};
use utoipa::ToSchema;

/// The header with the client's own name for a step.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest such name, in bytes.
const KEY_MAX: usize = 255;
/// The headers that tell through how many and which servers a request came.
const DELEGATION_DEPTH: HeaderName = HeaderName::from_static("x-delegation-depth");
const DELEGATION_VIA: HeaderName = HeaderName::from_static("x-delegation-via");
/// How many servers may be named, and the longest id of one in bytes.
const VIA_MAX: usize = 16;
const VIA_ID_MAX: usize = 64;
/// How deep an object may be that a client gives.
const DEEPEST: usize = 100;
/// How many items a page has unless asked otherwise.
const PAGE: i64 = 10;

/// What a task or a step is to do.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[schema(as = TaskRequestBody)]
pub struct Asked {
    /// What is to be done, in words.
    #[serde(default)]
    #[garde(skip)]
    #[schema(example = "Write 'Washington' to the file 'output.txt'.")]
    pub input: Option<String>,
    /// What the agent is given besides: any object.
    #[serde(default)]
    #[garde(custom(not_deep))]
    pub additional_input: Object,
}

/// What a step is to do, and what came of the functions that the step before proposed.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[schema(as = StepRequestBody)]
pub struct StepAsked {
    /// What is to be done, in words.
    #[serde(default)]
    #[garde(skip)]
    #[schema(example = "Write 'Washington' to the file 'output.txt'.")]
    pub input: Option<String>,
    /// What the agent is given besides: any object. A member `function_results` is read as if it stood
    /// beside.
    #[serde(default)]
    #[garde(custom(not_deep))]
    pub additional_input: Object,
    /// What came of functions that the client called.
    #[serde(default)]
    #[garde(length(max = RESULTS), dive)]
    #[schema(max_items = 64)]
    function_results: Vec<FunctionResult>,
}

/// How many results a step may bring.
const RESULTS: usize = 64;

/// What came of a function.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct FunctionResult {
    /// The action.
    #[garde(length(max = 64))]
    #[schema(max_length = 64, example = "act_0190a0b1c2d3e4f5a6b7c8d9e0f10203")]
    id: String,
    /// What came of it.
    #[serde(flatten)]
    #[garde(dive)]
    result: ActionResultBody,
}

impl StepAsked {
    /// Reads it from a body, which may be absent.
    ///
    /// # Errors
    /// 422 for what is not such an object.
    pub async fn read(request: Request, state: &AppState) -> Result<Self, ApiError> {
        of_body(request, state).await
    }

    /// Takes the results out, wherever they stand.
    ///
    /// # Errors
    /// 422 for what is no result.
    pub fn results(&mut self) -> Result<Vec<(String, Finished)>, ApiError> {
        let mut results = std::mem::take(&mut self.function_results);
        if let Some(given) = self.additional_input.remove("function_results") {
            let more: Vec<FunctionResult> = serde_json::from_value(given).map_err(|error| {
                let place = ("body", "additional_input.function_results");
                Problem::at(place, "value_error", error.to_string(), Value::Null)
            })?;
            results.extend(more.into_iter().take(RESULTS));
        }
        let each = results.into_iter();
        Ok(each.map(|it| (it.id, it.result.into())).collect())
    }
}

async fn of_body<T>(request: Request, state: &AppState) -> Result<T, ApiError>
where
    T: DeserializeOwned + Validate<Context = ()> + Default,
{
    Json::or_empty(request, state)
        .await
        .map_err(|error| match error {
            ApiError::Http {
                status: StatusCode::BAD_REQUEST,
                detail,
                ..
            } => Problem::at(("body", "body"), "json_invalid", detail, Value::Null).into(),
            other => other,
        })
}

fn not_deep<C>(object: &Object, _: &C) -> garde::Result {
    if object.values().all(|value| is_within(value, DEEPEST)) {
        return Ok(());
    }
    Err(garde::Error::new(format!(
        "may be at most {DEEPEST} levels deep"
    )))
}

fn is_within(value: &Value, levels: usize) -> bool {
    levels > 0
        && match value {
            Value::Array(items) => items.iter().all(|item| is_within(item, levels - 1)),
            Value::Object(object) => object.values().all(|item| is_within(item, levels - 1)),
            _ => true,
        }
}

impl Asked {
    /// Reads it from a body, which may be absent.
    ///
    /// # Errors
    /// 422 for what is not such an object.
    pub async fn read(request: Request, state: &AppState) -> Result<Self, ApiError> {
        of_body(request, state).await
    }
}

/// Which page of a list is asked for.
///
/// # Errors
/// 422 for what is no positive integer.
pub async fn pages(parts: &mut Parts, state: &AppState) -> Result<Pages, ApiError> {
    let query = Query::from_request_parts(parts, state).await?;
    let number = |name, default| query.integer(name, 1..=i64::MAX, default);
    let (current, size) = (number("current_page", 1)?, number("page_size", PAGE)?);
    Ok(Pages::new(current.unsigned_abs(), size.unsigned_abs()))
}

/// The client's own name for a step.
///
/// # Errors
/// 422 for one that is empty, too long, or no text.
pub fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(&IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() || text.len() > KEY_MAX {
        let msg = format!("must be 1 to {KEY_MAX} visible characters of ASCII");
        let place = ("header", "Idempotency-Key");
        return Err(Problem::at(place, "value_error", msg, Value::Null).into());
    }
    Ok(Some(text.to_owned()))
}

/// The servers that a request came through.
///
/// # Errors
/// 422 for headers that say it in no way that is known.
pub fn delegation(headers: &HeaderMap) -> Result<Delegation, ApiError> {
    let wrong = |name, msg: &str| Problem::at(("header", name), "value_error", msg, Value::Null);
    let depth = match headers.get(&DELEGATION_DEPTH) {
        None => 0,
        Some(value) => {
            let text = value.to_str().unwrap_or_default().trim();
            let depth = text.parse::<u8>();
            depth.map_err(|_| wrong("X-Delegation-Depth", "must be a number from 0 to 255"))?
        }
    };
    let mut via = Vec::new();
    for value in headers.get_all(&DELEGATION_VIA) {
        let ids = value.to_str().unwrap_or_default().split(',').map(str::trim);
        via.extend(ids.map(str::to_owned));
    }
    let is_id = |id: &String| {
        (1..=VIA_ID_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if via.len() > VIA_MAX || !via.iter().all(is_id) {
        let msg = format!(
            "must be up to {VIA_MAX} ids, each of 1 to {VIA_ID_MAX} visible characters of ASCII, divided \
             by commas"
        );
        return Err(wrong("X-Delegation-Via", &msg).into());
    }
    Ok(Delegation { depth, via })
}

/// How long the client waits (RFC 7240 §4.1 and §4.3). What is not understood is ignored.
pub fn patience(headers: &HeaderMap) -> Patience {
    let values = headers.get_all("prefer").iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    let (mut at_once, mut wait) = (false, None);
    for preference in texts.flat_map(|text| text.split(',')) {
        let preference = preference.split(';').next().unwrap_or_default().trim();
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "respond-async" => at_once = true,
            "wait" => wait = wait.or_else(|| value.parse::<u32>().ok()),
            _ => {}
        }
    }
    match (at_once, wait) {
        (_, Some(seconds)) => Patience::For(Duration::from_secs(seconds.into())),
        (true, None) => Patience::For(Duration::ZERO),
        (false, None) => Patience::UntilDone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferring(texts: &[&'static str]) -> Patience {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append("prefer", text.parse().unwrap());
        }
        patience(&headers)
    }

    #[test]
    fn preferences_are_read() {
        let seconds = |n| Patience::For(Duration::from_secs(n));
        assert_eq!(preferring(&[]), Patience::UntilDone);
        assert_eq!(preferring(&["Respond-Async"]), seconds(0));
        assert_eq!(preferring(&["wait=10"]), seconds(10));
        assert_eq!(preferring(&["respond-async, wait=\"2\""]), seconds(2));
        assert_eq!(preferring(&["foo; bar", "wait = 3; x"]), seconds(3));
        assert_eq!(
            preferring(&["wait=soon", "handling=lenient"]),
            Patience::UntilDone
        );
    }

    #[test]
    fn the_way_through_servers_is_read() {
        let read = |pairs: &[(&'static str, &str)]| {
            let pairs = pairs.iter();
            let headers =
                pairs.map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
            delegation(&headers.collect::<HeaderMap>()).ok()
        };
        assert!(read(&[]).unwrap().is_direct());
        let way = read(&[("x-delegation-depth", "2"), ("x-delegation-via", "a, b")]);
        let wanted = Delegation {
            depth: 2,
            via: vec!["a".to_owned(), "b".to_owned()],
        };
        assert_eq!(way, Some(wanted));
        for bad in ["", "-1", "256", "two"] {
            assert_eq!(read(&[("x-delegation-depth", bad)]), None, "{bad}");
        }
        let long = "x".repeat(65);
        let many = vec!["x"; 17].join(",");
        for bad in ["", "a,,b", "a b", &long, &many] {
            assert_eq!(read(&[("x-delegation-via", bad)]), None, "{bad}");
        }
    }

    #[test]
    fn keys_are_short_texts() {
        let read = |text: &str| {
            key(&HeaderMap::from_iter([(
                IDEMPOTENCY_KEY,
                text.parse().unwrap(),
            )]))
        };
        assert_eq!(read(" a-1 ").unwrap(), Some("a-1".to_owned()));
        assert_eq!(key(&HeaderMap::new()).unwrap(), None);
        assert!(read("").is_err());
        assert!(read(&"x".repeat(256)).is_err());
    }
}
