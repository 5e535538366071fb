//! `GET /api/v1/agents/{agent_id}/details`: all that is known of an agent.

use super::{
    super::read::{IdOnly, agent_id},
    create::{Credentials, Order},
    list::AgentHead,
    retry::Retry,
    timing::{CatchUpRule, OverlapRule},
};
use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Plain, PlainNamed},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use switchboard_core::workflows::{self, AgentEntry};
use switchboard_domain::{Timestamp, nouns::Object};
use utoipa::ToSchema;

/// How many of the next checks are told.
const NEXT_RUNS: usize = 3;

/// All that is known of an agent.
#[derive(Serialize, ToSchema)]
pub struct AgentDetails {
    #[serde(flatten)]
    head: AgentHead,
    /// The number of its owner, which is in its address.
    #[schema(example = 1)]
    user_id: i64,
    /// By what workflow files know it.
    guid: String,
    /// Its options.
    #[schema(value_type = Object)]
    options: Object,
    /// When it checks by itself: a name or a cron expression; null for an agent that never does.
    schedule: Option<String>,
    /// The time zone of its schedule.
    time_zone: Option<String>,
    /// What happens to a check while another waits or runs.
    overlap: Option<OverlapRule>,
    /// What happens to checks that fell due while no server ran.
    catch_up: Option<CatchUpRule>,
    /// The next checks.
    next_runs: Vec<String>,
    /// How calls are made again that failed; null for what its type says.
    retry: Option<Retry>,
    /// What waits behind a call that failed.
    failure_order: Order,
    /// How many seconds its messages are kept, 0 being for ever; null for an agent that emits none.
    keep_messages_for: Option<i64>,
    /// The credentials that it is sent besides those that its options name.
    credentials: Credentials,
    /// The agents that receive its messages.
    receivers: Vec<IdOnly>,
    /// The agents that it controls.
    control_targets: Vec<IdOnly>,
    /// The agents that control it.
    controllers: Vec<IdOnly>,
    /// What is wrong with it.
    #[schema(example = json!(["last_call_failed"]))]
    issues: Vec<&'static str>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl AgentDetails {
    /// All that is known of an agent at this time.
    pub fn new(entry: &AgentEntry, now: Timestamp) -> Self {
        let AgentEntry { setup, links, .. } = entry;
        let schedule = setup.schedule.as_ref();
        let runs = schedule.filter(|_| setup.is_enabled());
        let runs = runs.map(|schedule| schedule.next_runs(now, NEXT_RUNS));
        Self {
            head: AgentHead::from(entry),
            user_id: setup.user,
            guid: setup.guid.clone(),
            options: setup.options.clone(),
            schedule: schedule.map(|schedule| schedule.when.as_str().to_owned()),
            time_zone: schedule.map(|schedule| schedule.time_zone.as_str().to_owned()),
            overlap: schedule.map(|schedule| schedule.overlap.into()),
            catch_up: schedule.map(|schedule| schedule.catch_up.into()),
            next_runs: runs
                .unwrap_or_default()
                .iter()
                .map(Timestamp::to_string)
                .collect(),
            retry: setup.retry.map(Retry::from),
            failure_order: setup.failure_order.into(),
            keep_messages_for: setup.keep_messages_for,
            credentials: Credentials::of(&setup.grants),
            receivers: links.receivers.iter().map(IdOnly::from).collect(),
            control_targets: links.control_targets.iter().map(IdOnly::from).collect(),
            controllers: entry.controllers.iter().map(IdOnly::from).collect(),
            issues: entry.issues.iter().map(|issue| issue.as_str()).collect(),
            created_at: setup.created_at.to_string(),
            updated_at: setup.updated_at.to_string(),
        }
    }
}

/// All that is known of one of the caller's agents.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{agent_id}/details",
    tag = "workflows",
    operation_id = "get_workflow_agent_details",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses((status = 200, description = "The agent", body = AgentDetails), Plain, PlainNamed),
)]
pub async fn details(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<AgentDetails>, ApiError> {
    let entry = workflows::agent(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(Json(AgentDetails::new(&entry, state.app.ports.now())))
}
