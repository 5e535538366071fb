//! The inbox.

use crate::{
    AppState,
    kit::{
        action::ActionBody,
        caller::Caller,
        describe::{Authorized, Common, Named, WithQuery},
        error::ApiError,
        problem::Problem,
        query::Query,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use switchboard_core::actions::{self, Filter};
use switchboard_domain::nouns::ActionState;
use utoipa::ToSchema;

/// Actions.
#[derive(Serialize, ToSchema)]
pub struct ActionListResponse {
    /// The actions, newest first.
    actions: Vec<ActionBody>,
    /// What `before` is to be for the next page; null after the last.
    #[schema(required)]
    next: Option<String>,
}

/// The caller's actions, newest first, whichever door they came by.
#[utoipa::path(
    get,
    path = "/api/actions",
    tag = "actions",
    operation_id = "list_actions",
    params(
        ("state" = Option<String>, Query, description = "Only those in this state, or in one of these, with commas between"),
        ("before" = Option<String>, Query, description = "Only those behind this one"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "At most so many; 100 unless said"),
    ),
    responses(
        (status = 200, description = "The actions", body = ActionListResponse),
        Authorized, Named, WithQuery, Common,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    query: Query,
) -> Result<Json<ActionListResponse>, ApiError> {
    let (_, limit) = query.page()?;
    let filter = Filter {
        states: states(query.get("state").unwrap_or_default())?,
        before: query.get("before").map(str::to_owned),
        limit,
    };
    let found = actions::list(&caller, &state.app, filter).await?;
    let last = found.last().filter(|_| found.len() == limit);
    Ok(Json(ActionListResponse {
        next: last.map(|action| action.id.to_string()),
        actions: found.iter().map(ActionBody::from).collect(),
    }))
}

fn states(text: &str) -> Result<Vec<ActionState>, ApiError> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let read = |name: &str| {
        ActionState::by_name(name).ok_or_else(|| {
            let all = ActionState::STORED.map(ActionState::as_str).join(", ");
            let msg = format!("there is no such state; there are {all}");
            ApiError::from(Problem::at(
                ("query", "state"),
                "value_error",
                msg,
                name.into(),
            ))
        })
    };
    names.map(read).collect()
}

/// One of the caller's actions.
#[utoipa::path(
    get,
    path = "/api/actions/{action_id}",
    tag = "actions",
    operation_id = "get_action",
    params(("action_id" = String, Path, description = "The action")),
    responses(
        (status = 200, description = "The action", body = ActionBody),
        Authorized, Named, Common,
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<ActionBody>, ApiError> {
    let action = actions::get(&caller, &state.app, &id).await?;
    Ok(Json(ActionBody::from(&action)))
}
