//! The files in an agent's answer.

use super::answer::{BadAnswer, list, wrong};
use crate::file::WebFile;
use crate::outgoing::Outgoing;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::sync::Arc;
use switchboard_domain::nouns::{NewArtifact, NewContent, Object, Source};

/// The files that an agent made with a step: each has a `file_name`, and `text`, `base64` or `url`.
pub(super) fn artifacts(
    result: &mut Object,
    outgoing: Option<&Outgoing>,
) -> Result<Vec<NewArtifact>, BadAnswer> {
    let files = list(result, "artifacts")?;
    let files = files.into_iter().enumerate();
    files
        .map(|(at, file)| artifact(&file, &format!("artifacts[{at}]"), outgoing))
        .collect()
}

fn artifact(
    file: &Value,
    member: &str,
    outgoing: Option<&Outgoing>,
) -> Result<NewArtifact, BadAnswer> {
    let text = |name: &str| match &file[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(wrong(&format!("{member}.{name}"), "a text")),
    };
    let encoded = text("base64")?.map(|encoded| {
        let bytes = STANDARD.decode(encoded.trim());
        bytes.map_err(|_| wrong(&format!("{member}.base64"), "Base64"))
    });
    let plain = text("text")?.map(String::into_bytes);
    let url = text("url")?.map(|url| {
        let file = WebFile::new(outgoing.cloned(), url);
        NewContent::Elsewhere(Source(Arc::new(file)))
    });
    let bytes = encoded.transpose()?.or(plain).map(NewContent::Bytes);
    let content = bytes.or(url);
    Ok(NewArtifact {
        file_name: text("file_name")?
            .filter(|name| !name.is_empty())
            .ok_or_else(|| wrong(&format!("{member}.file_name"), "a text"))?,
        relative_path: text("relative_path")?,
        content_type: text("content_type")?,
        content: content.ok_or_else(|| {
            wrong(
                member,
                "an object with the member `text`, `base64` or `url`",
            )
        })?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(files: Value) -> Result<Vec<NewArtifact>, BadAnswer> {
        artifacts(
            &mut Object::from_iter([("artifacts".to_owned(), files)]),
            None,
        )
    }

    #[test]
    fn files_are_texts_or_bytes() {
        let files = read(json!([
            {"file_name": "a", "text": "hi"},
            {"file_name": "b", "base64": "aGk=", "relative_path": "x/", "content_type": "text/plain"},
        ]));
        let files = files.unwrap();
        let hi = NewContent::Bytes(b"hi".to_vec());
        assert_eq!((&files[0].content, &files[1].content), (&hi, &hi));
        assert_eq!(files[1].relative_path.as_deref(), Some("x/"));
        assert_eq!(artifacts(&mut Object::new(), None), Ok(Vec::new()));
        let far = read(json!([{"file_name": "c", "url": "https://example.org/c"}])).unwrap();
        assert!(matches!(far[0].content, NewContent::Elsewhere(_)));
    }

    #[test]
    fn no_other_sort_of_file_counts() {
        for bad in [
            json!([1]),
            json!([{"text": "x"}]),
            json!([{"file_name": "a"}]),
            json!([{"file_name": "a", "base64": "?"}]),
            json!([{"file_name": "a", "url": 1}]),
            json!([{"file_name": 1, "text": "x"}]),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
