//! The trail.

use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Named, WithQuery},
        error::ApiError,
        query::Query,
    },
};
use axum::{Json, extract::State};
use serde::Serialize;
use switchboard_core::actions;
use switchboard_domain::nouns::{ActionState, Object, TrailEntry};
use utoipa::ToSchema;

/// An entry of the trail.
#[derive(Serialize, ToSchema)]
#[schema(as = TrailEntry)]
pub struct EntryBody {
    /// Its number.
    no: i64,
    /// When it was written.
    #[schema(format = DateTime)]
    at: String,
    /// What happened.
    #[schema(example = "approved")]
    what: String,
    /// Who did it.
    #[schema(example = "user:ann")]
    by: String,
    /// The action that it is about.
    #[schema(required)]
    action_id: Option<String>,
    /// Where the action stands since.
    #[schema(required)]
    state: Option<&'static str>,
    /// The action's digest.
    #[schema(required)]
    digest: Option<String>,
    /// What else is to be known.
    details: Object,
    /// The seal of the entry before.
    previous: String,
    /// The keyed hash of all that.
    seal: String,
}

impl From<TrailEntry> for EntryBody {
    fn from(entry: TrailEntry) -> Self {
        Self {
            no: entry.no,
            at: entry.at.to_string(),
            what: entry.what,
            by: entry.by,
            action_id: entry.action.map(|id| id.to_string()),
            state: entry.state.map(ActionState::as_str),
            digest: entry.digest,
            details: entry.details,
            previous: entry.previous,
            seal: entry.seal,
        }
    }
}

/// Entries of a trail.
#[derive(Serialize, ToSchema)]
pub struct AuditResponse {
    /// The entries, newest first.
    entries: Vec<EntryBody>,
}

/// What was done about the caller's actions, rules and grants, newest first.
#[utoipa::path(
    get,
    path = "/api/audit",
    tag = "actions",
    operation_id = "audit",
    params(
        ("owner" = Option<String>, Query, description = "Whose trail; only administrators look at those of others"),
        ("before" = Option<i64>, Query, minimum = 1, maximum = 9_223_372_036_854_775_807_i64, description = "Only those with a lower number"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "At most so many; 100 unless said"),
    ),
    responses(
        (status = 200, description = "The entries", body = AuditResponse),
        Authorized, Named, WithQuery, Common,
    ),
)]
pub async fn audit(
    State(state): State<AppState>,
    Caller(caller): Caller,
    query: Query,
) -> Result<Json<AuditResponse>, ApiError> {
    let (_, limit) = query.page()?;
    let before = query.integer("before", 1..=i64::MAX, i64::MAX)?;
    let owner = query.get("owner");
    let entries = actions::trail(&caller, &state.app, owner, Some(before), limit).await?;
    Ok(Json(AuditResponse {
        entries: entries.into_iter().map(EntryBody::from).collect(),
    }))
}

/// Whether a trail is whole.
#[derive(Serialize, ToSchema)]
pub struct VerifyResponse {
    /// Whose.
    owner: String,
    /// Whether it is.
    whole: bool,
    /// How many entries are in order.
    entries: i64,
    /// The number of the first that is not: it was changed, or is missing.
    #[schema(required)]
    broken_at: Option<i64>,
    /// When it was looked at.
    #[schema(format = DateTime)]
    checked_at: String,
}

/// Looks whether a trail is whole: each entry is sealed together with the one before.
#[utoipa::path(
    get,
    path = "/api/audit/verify",
    tag = "actions",
    operation_id = "verify_audit",
    params(("owner" = Option<String>, Query, description = "Whose trail; only administrators look at those of others")),
    responses(
        (status = 200, description = "Whether it is", body = VerifyResponse),
        Authorized, Named, Common,
    ),
)]
pub async fn verify(
    State(state): State<AppState>,
    Caller(caller): Caller,
    query: Query,
) -> Result<Json<VerifyResponse>, ApiError> {
    let verified = actions::verify(&caller, &state.app, query.get("owner")).await?;
    Ok(Json(VerifyResponse {
        owner: verified.owner.to_string(),
        whole: verified.broken_at.is_none(),
        entries: verified.entries,
        broken_at: verified.broken_at,
        checked_at: verified.at.to_string(),
    }))
}
