//! The files in an agent's answer.

use super::answer::{BadAnswer, list, wrong};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use switchboard_domain::nouns::{NewArtifact, Object};

/// The files that an agent made with a step: each has a `file_name`, and `text` or `base64`.
pub(super) fn artifacts(result: &mut Object) -> Result<Vec<NewArtifact>, BadAnswer> {
    let files = list(result, "artifacts")?;
    let files = files.into_iter().enumerate();
    files
        .map(|(at, file)| artifact(&file, &format!("artifacts[{at}]")))
        .collect()
}

fn artifact(file: &Value, member: &str) -> Result<NewArtifact, BadAnswer> {
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
    let content = encoded.transpose()?.or(plain);
    Ok(NewArtifact {
        file_name: text("file_name")?
            .filter(|name| !name.is_empty())
            .ok_or_else(|| wrong(&format!("{member}.file_name"), "a text"))?,
        relative_path: text("relative_path")?,
        content_type: text("content_type")?,
        content: content
            .ok_or_else(|| wrong(member, "an object with the member `text` or `base64`"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(files: Value) -> Result<Vec<NewArtifact>, BadAnswer> {
        artifacts(&mut Object::from_iter([("artifacts".to_owned(), files)]))
    }

    #[test]
    fn files_are_texts_or_bytes() {
        let files = read(json!([
            {"file_name": "a", "text": "hi"},
            {"file_name": "b", "base64": "aGk=", "relative_path": "x/", "content_type": "text/plain"},
        ]));
        let files = files.unwrap();
        assert_eq!(
            (&files[0].content, &files[1].content),
            (&b"hi".to_vec(), &b"hi".to_vec())
        );
        assert_eq!(files[1].relative_path.as_deref(), Some("x/"));
        assert_eq!(artifacts(&mut Object::new()), Ok(Vec::new()));
    }

    #[test]
    fn no_other_sort_of_file_counts() {
        for bad in [
            json!([1]),
            json!([{"text": "x"}]),
            json!([{"file_name": "a"}]),
            json!([{"file_name": "a", "base64": "?"}]),
            json!([{"file_name": 1, "text": "x"}]),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
