//! Which functions an agent has, and who defined them.

use serde_json::Value;
use switchboard_domain::{
    error::FieldError,
    nouns::{DefinedBy, Function, Object, action::Approve},
};

/// How many functions one list may have.
const MOST: usize = 128;
/// The member of options, metadata and inputs that lists functions.
const MEMBER: &str = "functions";

/// Reads the functions that stand in an object.
///
/// # Errors
/// Which of them is none, and why.
pub fn of_options(options: &Object, by: DefinedBy) -> Result<Vec<Function>, FieldError> {
    let wrong = |at: &[&str], why: String, value: &Value| FieldError::value(at, why, value.clone());
    let list = match options.get(MEMBER) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(wrong(&[MEMBER], "must be a list".to_owned(), other)),
    };
    if list.len() > MOST {
        let why = format!("may have at most {MOST}");
        return Err(wrong(&[MEMBER], why, &Value::Null));
    }
    let mut functions: Vec<Function> = Vec::new();
    for (index, definition) in list.iter().enumerate() {
        let at = index.to_string();
        let Value::Object(definition) = definition else {
            return Err(wrong(
                &[MEMBER, &at],
                "must be an object".to_owned(),
                definition,
            ));
        };
        let function = Function::read(definition, by)
            .map_err(|bad| wrong(&[MEMBER, &at, &bad.member], bad.why, &Value::Null))?;
        if functions.iter().any(|other| other.name == function.name) {
            let why = format!("`{}` is defined twice", function.name);
            return Err(wrong(&[MEMBER, &at, "name"], why, &Value::Null));
        }
        functions.push(function);
    }
    Ok(functions)
}

/// All functions that an agent has in a call. Where two have one name, the owner's counts, then the
/// agent's, then the client's.
pub fn definitions<'a>(lists: impl IntoIterator<Item = &'a [Function]>) -> Vec<Function> {
    let mut all: Vec<Function> = lists.into_iter().flatten().cloned().collect();
    let weight = |function: &Function| match function.defined_by {
        DefinedBy::Owner => 0,
        DefinedBy::Agent => 1,
        DefinedBy::Client => 2,
    };
    all.sort_by_key(weight);
    let mut named = Vec::new();
    all.retain(|function| {
        let is_first = !named.contains(&function.name);
        if is_first {
            named.push(function.name.clone());
        }
        is_first
    });
    all
}

/// Whether a configuration has functions of which only a person may say so: those that the server
/// runs, that use the user's accounts, or that ask nobody.
pub fn needs_a_person(functions: &[Function]) -> bool {
    functions.iter().any(|function| {
        function.http.is_some()
            || function.auth.is_some()
            || function.approve == Approve::Never
            || function.risk == switchboard_domain::nouns::Risk::Low
    })
}
