//! Agents and workflows by their names.

use serde::Deserialize;
use switchboard_client::{Access, Verb};

use super::{Failure, sign_in::failure};

/// Something with an id and a name.
#[derive(Deserialize)]
struct Named {
    id: i64,
    name: String,
}

/// The id of what the person calls so: an id is taken as it is, a name is looked for.
///
/// # Errors
/// When nothing has the name, or several have.
pub async fn id_of(
    access: &Access,
    noun: &str,
    path: &str,
    called: &str,
) -> Result<String, Failure> {
    if called.parse::<i64>().is_ok() {
        return Ok(called.to_owned());
    }
    let all: Vec<Named> = access
        .ask(Verb::Get, &[path], None)
        .await
        .map_err(|error| failure(&error))?;
    let ids: Vec<String> = all
        .into_iter()
        .filter(|it| it.name == called)
        .map(|it| it.id.to_string())
        .collect();
    match &ids[..] {
        [id] => Ok(id.clone()),
        [] => Err(Failure::Other {
            what: format!("you have no {noun} called `{called}`"),
            hint: Some(format!(
                "`switchboard {noun} list` shows those that you have"
            )),
        }),
        _ => Err(Failure::Other {
            what: format!("several of yours are called `{called}`"),
            hint: Some(format!("say which by its id: {}", ids.join(", "))),
        }),
    }
}
