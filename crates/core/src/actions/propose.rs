//! From an agent's proposals to actions.

use super::{Book, account, after, onward, policy::Standing};
use serde_json::json;
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::ActionId,
    nouns::{
        Action, ActionState, Function, Object, Place, ProposedAction, Reserved, Said,
        action::{ActionEvent, ActionResult, Holder, Origin, json as ijson},
    },
    text::clip,
};

/// How many actions an agent may propose at once; what is beyond goes back as an error.
pub const AT_ONCE: usize = 16;
/// How many actions of one task, session or agent may be open.
pub const OPEN: usize = 64;
/// How long arguments may be, in bytes of their JSON.
const LONGEST: usize = 64 << 10;
/// The longest reason why a proposal is none, in bytes.
const WORDS: usize = 1000;

/// What agents propose in one call.
pub struct Proposal<'a> {
    /// The agent, by the text form of its id.
    pub agent: &'a str,
    /// Where the call came from.
    pub origin: Origin,
    /// The functions that the agent has there.
    pub functions: &'a [Function],
    /// What the client said.
    pub said: &'a Said,
    /// When the run began.
    pub since: Timestamp,
}

/// What became of proposals.
#[derive(Debug, Default)]
pub struct Proposed {
    /// The actions.
    pub actions: Vec<Action>,
    /// Why others are none, for the agent.
    pub errors: Vec<String>,
}

/// Makes actions of what an agent proposes, and adds them to the book. What does not fit is no action.
///
/// # Errors
/// When the store fails.
pub async fn propose(
    book: &mut Book<'_>,
    proposal: &Proposal<'_>,
    proposed: &[ProposedAction],
) -> Result<Proposed> {
    let mut made = Proposed::default();
    if proposed.is_empty() {
        return Ok(made);
    }
    let app = book.app();
    let source = proposal.origin.source();
    let open = super::untold(app, &source).await?;
    let mut room = OPEN.saturating_sub(open.len());
    let mut standing = Standing::read(app, book.owner()).await?;
    standing.begin(app, proposal).await?;
    for (index, wanted) in proposed.iter().enumerate() {
        let fits = if index >= AT_ONCE || room == 0 {
            Err("too many actions are open; wait for their results".to_owned())
        } else {
            check(proposal, wanted)
        };
        match fits {
            Ok(function) => {
                room -= 1;
                let action = action(book, proposal, function, wanted)?;
                let by_device = shows_codes(proposal.said);
                made.actions
                    .push(decided(book, &mut standing, action, by_device).await?);
            }
            Err(why) => {
                let name = clip(wanted.name.clone(), 64);
                let why = clip(why, WORDS);
                made.errors
                    .push(format!("`{name}` was not proposed: {why}"));
            }
        }
    }
    standing.store(book);
    Ok(made)
}

/// Whether the client can show a person a code to connect an account with.
fn shows_codes(said: &Said) -> bool {
    let capabilities = said.capabilities.as_ref();
    capabilities.is_some_and(|capabilities| capabilities.can(Reserved::Device))
}

/// The function that is meant, if these are arguments for it.
fn check<'a>(
    proposal: &Proposal<'a>,
    wanted: &ProposedAction,
) -> std::result::Result<&'a Function, String> {
    let functions = proposal.functions.iter();
    let names: Vec<&str> = functions.clone().map(|function| &*function.name).collect();
    let function = functions
        .into_iter()
        .find(|function| function.name == wanted.name)
        .ok_or_else(|| format!("there is no such function; there are: {}", names.join(", ")))?;
    ijson::check(&wanted.arguments)?;
    let length = ijson::canonical(&wanted.arguments)?.len();
    if length > LONGEST {
        return Err(format!(
            "the arguments have {length} bytes; {LONGEST} may be"
        ));
    }
    function.takes(&wanted.arguments)?;
    if let Some(http) = &function.http {
        http.render(&wanted.arguments)
            .map_err(|error| error.to_string())?;
    }
    Ok(function)
}

/// The action, before anything was decided about it.
fn action(
    book: &Book<'_>,
    proposal: &Proposal<'_>,
    function: &Function,
    wanted: &ProposedAction,
) -> Result<Action> {
    let now = book.app().ports.now();
    let capability = function
        .capability()
        .ok_or_else(|| Error::Internal("a function without a capability".to_owned()))?;
    let origin = proposal.origin.clone();
    let at = onward::place(&origin, function, proposal.said);
    let mut action = Action {
        id: ActionId::from_uuid(book.app().ports.uuid()),
        owner: book.owner().clone(),
        agent: proposal.agent.to_owned(),
        function: Box::new(function.clone()),
        capability: capability.to_string(),
        at,
        arguments: wanted.arguments.clone(),
        account: None,
        digest: String::new(),
        state: ActionState::Proposed,
        source: origin.source(),
        origin,
        approval: None,
        auth: None,
        lease: 0,
        holder: None,
        output: None,
        error: None,
        superseded_by: None,
        told: None,
        created_at: now,
        expires_at: now.plus_seconds(function.expires_s.into()),
        due_at: None,
        ended_at: None,
    };
    action.digest = action.fresh_digest().map_err(Error::Internal)?;
    Ok(action)
}

/// The action as the policy decides about it, with all that follows from that.
pub async fn decided(
    book: &mut Book<'_>,
    standing: &mut Standing,
    mut action: Action,
    by_device: bool,
) -> Result<Action> {
    account::name(book, &mut action).await?;
    let now = book.app().ports.now();
    let by = format!("agent:{}", action.agent);
    let verdict = standing.decide(&action, now);
    let mut next = after(&action, &ActionEvent::Decide(verdict.clone()), now)?;
    standing.count(&verdict);
    account::offer(book, &mut next, by_device).await?;
    if let Origin::Task { waits, .. } = &mut next.origin {
        // A step waits for what runs at once, and for nothing that a person has to look at.
        *waits = *waits && next.state == ActionState::Ready && next.at == Place::Server;
    }
    let details = Object::from_iter([
        ("name".to_owned(), json!(next.function.name)),
        ("approval".to_owned(), json!(next.approval)),
    ]);
    book.enter("proposed", &by, Some(&next), details)?;
    let next = begun(book, next)?;
    onward::store(book, next).await
}

/// What is ready and runs where nobody claims it begins at once.
pub fn begun(book: &mut Book<'_>, action: Action) -> Result<Action> {
    if action.state != ActionState::Ready {
        return Ok(action);
    }
    let now = book.app().ports.now();
    let holder = |by: String| Holder {
        by,
        until: now.plus_seconds(action.function.timeout_s.into()),
    };
    match action.at {
        Place::Internal => {
            let by = format!("agent:{}", action.agent);
            let running = after(&action, &ActionEvent::Claim(holder(by.clone())), now)?;
            let done = ActionResult::Succeeded(serde_json::Value::Null);
            let event = ActionEvent::Finish(running.lease, running.digest.clone(), done);
            let next = after(&running, &event, now)?;
            book.enter("announced", &by, Some(&next), Object::new())?;
            Ok(next)
        }
        Place::Client => {
            let by = onward::client(&action.owner);
            let next = after(&action, &ActionEvent::Claim(holder(by.clone())), now)?;
            book.enter("claimed", &by, Some(&next), Object::new())?;
            Ok(next)
        }
        Place::Executor | Place::Server => Ok(action),
    }
}
