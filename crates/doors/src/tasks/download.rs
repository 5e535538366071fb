//! The content of a file.

use super::place::Place;
use crate::{
    AppState,
    kit::{
        describe::{Tasks, TasksNamed},
        error::ApiError,
        etag,
    },
};
use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::ops::Range;
use switchboard_core::tasks;
use switchboard_domain::nouns::{Artifact, Principal};

/// What a file is said to be that nobody gave a type.
const ANYTHING: HeaderValue = HeaderValue::from_static("application/octet-stream");

at_both_places! {
    /// The content of a file, or a part of it.
    get "/ap/v1/agent/tasks/{task_id}/artifacts/{artifact_id}" "downloadAgentTaskArtifact",
    "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/artifacts/{artifact_id}" "downloadTaskArtifactOfAgent",
    params(
        ("task_id" = String, Path, description = "The task"), ("artifact_id" = String, Path, description = "The file"),
        ("Range" = Option<String>, Header, description = "One range of bytes; others are ignored"),
    ),
    responses(
        (status = 200, description = "The content", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, description = "The part that was asked for", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 304, description = "It is what the client has"),
        (status = 416, description = "There is no such part", body = crate::kit::describe::TaskErrorResponse),
        Tasks, TasksNamed,
    ),
    download
}

async fn download(
    state: &AppState,
    caller: &Principal,
    place: &Place,
    request: Request,
) -> Result<Response, ApiError> {
    let (app, agent, task) = (&state.app, place.agent(), &place.task);
    let artifact = tasks::artifact(caller, app, agent, task, &place.artifact).await?;
    let size = u64::try_from(artifact.size).unwrap_or(0);
    let tag = format!("\"{}\"", artifact.hash);
    let headers = request.headers();
    if etag::is_known(headers, &tag) {
        return Ok(answer(
            StatusCode::NOT_MODIFIED,
            &artifact,
            &tag,
            Body::empty(),
        ));
    }
    let (status, range) = match part(headers, &tag, size) {
        Part::Whole => (StatusCode::OK, 0..size),
        Part::Some(range) => (StatusCode::PARTIAL_CONTENT, range),
        Part::Nothing => return Ok(unsatisfiable(size)),
    };
    let content = tasks::content(app, &artifact, range.clone()).await?;
    let mut response = answer(status, &artifact, &tag, Body::from_stream(content));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    if status == StatusCode::PARTIAL_CONTENT {
        let value = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        headers.extend(
            HeaderValue::try_from(value)
                .ok()
                .map(|value| (header::CONTENT_RANGE, value)),
        );
    }
    Ok(response)
}

/// An answer that no browser takes for a page.
fn answer(status: StatusCode, artifact: &Artifact, tag: &str, body: Body) -> Response {
    let kind = artifact.content_type.as_deref();
    let kind = kind
        .and_then(|kind| HeaderValue::from_str(kind).ok())
        .unwrap_or(ANYTHING);
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let policy = HeaderValue::from_static("sandbox; default-src 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    let named = [
        (header::ETAG, tag.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            disposition(&artifact.file_name),
        ),
    ];
    for (name, value) in named {
        headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
    }
    response
}

fn unsatisfiable(size: u64) -> Response {
    let body = serde_json::json!({"message": "The file has no such part", "code": "NO_SUCH_RANGE"});
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let value = HeaderValue::try_from(format!("bytes */{size}"));
    headers.extend(value.ok().map(|value| (header::CONTENT_RANGE, value)));
    response
}

/// The name of a file for who saves it (RFC 6266): its last part, and nothing that means something.
fn disposition(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let last = if last.trim_matches('.').is_empty() {
        "file"
    } else {
        last
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._- ".contains(c);
    let ascii: String = last
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .take(200)
        .collect();
    let exact: String = last.chars().take(200).collect();
    let exact: String = exact.bytes().map(escaped).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{exact}")
}

fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[derive(Debug, PartialEq)]
enum Part {
    Whole,
    Some(Range<u64>),
    Nothing,
}

/// The part that is asked for (RFC 9110 §14.2). What is not understood is ignored.
fn part(headers: &HeaderMap, tag: &str, size: u64) -> Part {
    if text(headers, &header::IF_RANGE).is_some_and(|given| given != tag) {
        return Part::Whole;
    }
    let range = text(headers, &header::RANGE).and_then(|range| range.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.trim().split_once('-')) else {
        return Part::Whole;
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return Part::Whole;
    }
    match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), _) if first >= size => Part::Nothing,
        (Some(first), Some(last)) if last < first => Part::Whole,
        (Some(first), Some(last)) => Part::Some(first..last.saturating_add(1).min(size)),
        (Some(first), None) => Part::Some(first..size),
        (None, Some(0)) => Part::Nothing,
        (None, Some(_)) if size == 0 => Part::Nothing,
        (None, Some(count)) => Part::Some(size.saturating_sub(count)..size),
        (None, None) => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str) -> Part {
        let headers = HeaderMap::from_iter([(header::RANGE, range.parse().unwrap())]);
        part(&headers, "\"t\"", 10)
    }

    #[test]
    fn ranges_are_read() {
        assert_eq!(asked("bytes=2-4"), Part::Some(2..5));
        assert_eq!(asked("bytes=2-"), Part::Some(2..10));
        assert_eq!(asked("bytes=8-99"), Part::Some(8..10));
        assert_eq!(asked("bytes=-3"), Part::Some(7..10));
        assert_eq!(asked("bytes=-30"), Part::Some(0..10));
        for none in ["bytes=10-", "bytes=-0", "bytes=99-100"] {
            assert_eq!(asked(none), Part::Nothing, "{none}");
        }
        for other in [
            "bytes=4-2",
            "bytes=a-b",
            "bytes=0-1,3-4",
            "lines=1-2",
            "bytes=-",
        ] {
            assert_eq!(asked(other), Part::Whole, "{other}");
        }
    }

    #[test]
    fn a_name_is_no_path() {
        let named = |name: &str| disposition(name);
        assert_eq!(
            named("a.py"),
            "attachment; filename=\"a.py\"; filename*=UTF-8''a.py"
        );
        assert!(named("../../etc/pass wd").contains("filename=\"pass wd\""));
        assert!(named("..").contains("filename=\"file\""));
        assert!(named("a\"\r\nb").contains("filename=\"a___b\""));
        assert!(named("ä").ends_with("UTF-8''%C3%A4"));
    }
}
