//! What another server answered, read from bytes alone.

use crate::remote::answer::{BadAnswer, Care, list, object, text, wrong};
use serde_json::Value;
use switchboard_domain::nouns::Object;

/// No id is longer, in bytes.
const LONGEST_ID: usize = 1000;
/// The member of the additional output that repeats the functions, for clients that drop what they do
/// not know.
pub(super) const FUNCTIONS: &str = "functions";

/// A step of another server's, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct FarStep {
    /// Its id over there.
    pub id: String,
    /// What was done, in a few words.
    pub name: Option<String>,
    /// Whether it is done.
    pub is_done: bool,
    /// What the agent says.
    pub output: Option<String>,
    /// What it gave besides.
    pub additional_output: Object,
    /// The files that it made.
    pub artifacts: Vec<FarArtifact>,
    /// Whether nothing comes after it.
    pub is_last: bool,
    /// The functions that it proposes to call.
    pub functions: Vec<Object>,
}

/// A file of another server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FarArtifact {
    /// Its id over there.
    pub id: String,
    /// Its name.
    pub file_name: String,
    /// The folder in the agent's workspace.
    pub relative_path: Option<String>,
}

/// The id of the task that an answer shows.
pub(super) fn task(bytes: &[u8]) -> Result<String, BadAnswer> {
    id(&mut object(bytes)?, "task_id", "task_id")
}

/// The step that an answer of another server of the Agent Protocol shows. Whatever the bytes, it ends and
/// does not panic.
///
/// # Errors
/// [`BadAnswer`], where the call failed.
pub fn parse_step(bytes: &[u8]) -> Result<FarStep, BadAnswer> {
    let mut step = object(bytes)?;
    let care = Care::of(bytes);
    let status = text(&mut step, "status")?;
    let is_done = match status.as_deref() {
        Some("completed") => true,
        Some("created" | "running") => false,
        _ => return Err(wrong("status", "`created`, `running` or `completed`")),
    };
    let is_last = match step.remove("is_last") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(is_last)) => is_last,
        Some(_) => return Err(wrong("is_last", "true or false")),
    };
    let additional_output = match step.remove("additional_output") {
        None | Some(Value::Null) => Object::new(),
        Some(Value::Object(output)) => care.take(output, "additional_output")?,
        Some(_) => return Err(wrong("additional_output", "an object")),
    };
    Ok(FarStep {
        id: id(&mut step, "step_id", "step_id")?,
        name: text(&mut step, "name")?,
        output: text(&mut step, "output")?,
        artifacts: artifacts(&mut step)?,
        functions: functions(&mut step, &additional_output, care)?,
        additional_output,
        is_done,
        is_last,
    })
}

fn artifacts(step: &mut Object) -> Result<Vec<FarArtifact>, BadAnswer> {
    let mut artifacts = Vec::new();
    for (at, artifact) in list(step, "artifacts")?.into_iter().enumerate() {
        let member = |name: &str| format!("artifacts[{at}].{name}");
        let Value::Object(mut artifact) = artifact else {
            return Err(wrong(&format!("artifacts[{at}]"), "an object"));
        };
        // What a client uploaded was not made by the step.
        if artifact.get("agent_created") == Some(&Value::Bool(false)) {
            continue;
        }
        let file_name = text(&mut artifact, "file_name")?.filter(|name| !name.is_empty());
        artifacts.push(FarArtifact {
            id: id(&mut artifact, "artifact_id", &member("artifact_id"))?,
            file_name: file_name.ok_or_else(|| wrong(&member("file_name"), "a text"))?,
            relative_path: text(&mut artifact, "relative_path")?,
        });
    }
    Ok(artifacts)
}

/// The functions stand in the step, or in its additional output, or in both.
fn functions(
    step: &mut Object,
    additional_output: &Object,
    care: Care,
) -> Result<Vec<Object>, BadAnswer> {
    let functions = match step.remove(FUNCTIONS) {
        None | Some(Value::Null) => additional_output.get(FUNCTIONS).cloned(),
        functions => functions,
    };
    let functions = match functions {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(functions)) => functions,
        Some(_) => return Err(wrong(FUNCTIONS, "a list")),
    };
    let functions = functions.into_iter().enumerate().map(|(at, function)| {
        let member = format!("{FUNCTIONS}[{at}]");
        match function {
            Value::Object(function) => care.take(function, &member),
            _ => Err(wrong(&member, "an object")),
        }
    });
    functions.collect()
}

/// An id becomes a part of addresses, so it is no way up in them.
fn id(object: &mut Object, name: &str, member: &str) -> Result<String, BadAnswer> {
    let id = text(object, name)?.filter(|id| {
        (1..=LONGEST_ID).contains(&id.len())
            && !matches!(id.as_str(), "." | "..")
            && !id.contains(char::is_control)
    });
    id.ok_or_else(|| wrong(member, "an id"))
}
