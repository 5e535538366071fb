//! Which functions an agent has, and who defined them.

use serde_json::Value;
use switchboard_domain::{
    Error, Reason, Result,
    error::FieldError,
    nouns::{DefinedBy, Function, Object, Principal, Said, action::Approve},
};

/// How many functions one list may have.
const MOST: usize = 128;
/// The member of options, metadata and inputs that lists functions.
const MEMBER: &str = "functions";

/// Reads the functions that stand in an object.
///
/// # Errors
/// Which of them is none, and why.
pub fn of_options(options: &Object, by: DefinedBy) -> Result<Vec<Function>> {
    let wrong = |at: &[&str], why: String, value: &Value| {
        Error::from(FieldError::value(at, why, value.clone()))
    };
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

/// Checks the functions in a configuration that its owner saves: that they are in order, and that a
/// program without the scope `approve` brings in none that acts without asking.
///
/// # Errors
/// Which of them is wrong, and why; [`Error::Named`] for who may not.
pub fn check_options(caller: &Principal, options: &Object) -> Result<()> {
    let functions = of_options(options, DefinedBy::Owner)?;
    if !needs_a_person(&functions) {
        return Ok(());
    }
    super::require_approver(caller).map_err(|_| {
        let words = "Functions that the server runs, that use accounts or credentials, or that ask \
                     nobody are defined by a person, or by a token with the scope `approve`";
        Error::Named(Reason::ApproverNotAllowed, words.to_owned())
    })
}

/// Checks the functions in a file, which somebody else may have written.
///
/// # Errors
/// Which of them is wrong, and why.
pub fn check_file(options: &Object) -> Result<()> {
    if !needs_a_person(&of_options(options, DefinedBy::Owner)?) {
        return Ok(());
    }
    let words = "a file brings in no functions that the server runs, that use accounts or credentials, \
                 or that ask nobody; add them to the agent yourself";
    Err(FieldError::value(&[MEMBER], words, Value::Null).into())
}

/// What the owner of an agent says in its options of what may be done without asking.
pub fn autonomy_of(options: &Object) -> Result<Said> {
    let own = options.iter().filter(|(name, _)| *name == "autonomy");
    read_said(
        &own.map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

/// The options without what only their owner may say: which functions there are, and what may be done
/// without asking. For options that somebody else gives.
pub fn without_functions(mut options: Object) -> Object {
    options.retain(|name, _| ![MEMBER, "autonomy"].contains(&&**name));
    options
}

/// What the owner of a session says in its metadata of what the client can do, and of what may be done
/// without asking.
///
/// # Errors
/// Which member is wrong.
pub fn read_said(settings: &Object) -> Result<Said> {
    let wrong = |name: &str, error: &serde_json::Error| {
        Error::from(FieldError::value(&[name], error.to_string(), Value::Null))
    };
    let member = |name: &str| settings.get(name).filter(|value| !value.is_null()).cloned();
    let capabilities = member("capabilities")
        .map(serde_json::from_value)
        .transpose();
    let autonomy = member("autonomy").map(serde_json::from_value).transpose();
    Ok(Said {
        capabilities: capabilities.map_err(|error| wrong("capabilities", &error))?,
        autonomy: autonomy.map_err(|error| wrong("autonomy", &error))?,
    })
}

/// Whether a configuration has functions of which only a person may say so: those that the server
/// runs, that use the user's accounts, or that ask nobody.
fn needs_a_person(functions: &[Function]) -> bool {
    functions.iter().any(|function| {
        function.http.is_some()
            || function.auth.is_some()
            || function.approve == Approve::Never
            || function.risk == switchboard_domain::nouns::Risk::Low
    })
}
