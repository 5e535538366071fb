//! `PATCH /api/v1/agents/{agent_id}`

use super::{
    super::read::{agent_id, not_huge, some},
    create::{Credentials, LinkedIds, Order},
    details::AgentDetails,
    retry::Retry,
    timing::{CatchUpRule, OverlapRule, Timing},
};
use crate::{
    AppState,
    kit::{
        body,
        caller::Caller,
        describe::{Plain, PlainConflicting, PlainNamed, PlainWithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use garde::Validate;
use serde::Deserialize;
use switchboard_core::workflows::{self, Edit};
use switchboard_domain::{
    Error,
    nouns::{Object, Schedule},
};
use utoipa::ToSchema;

/// What is to change of an agent; what is left out stays.
#[allow(
    clippy::option_option,
    reason = "absent, null and there are three things"
)]
#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({"disabled": true}))]
pub struct WorkflowAgentEdit {
    /// Its name.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Its options, whole.
    #[garde(inner(custom(not_huge)))]
    #[schema(value_type = Option<Object>)]
    options: Option<Object>,
    /// When it checks by itself: a name such as `every_1h`, or a cron expression.
    #[garde(length(max = 200))]
    #[schema(max_length = 200)]
    schedule: Option<String>,
    /// The time zone of its schedule.
    #[garde(length(max = 100))]
    #[schema(max_length = 100)]
    time_zone: Option<String>,
    /// What happens to a check while another waits or runs.
    #[garde(skip)]
    overlap: Option<OverlapRule>,
    /// What happens to checks that fell due while no server ran.
    #[garde(skip)]
    catch_up: Option<CatchUpRule>,
    /// How calls are made again that failed; null for what its type says.
    #[serde(default, deserialize_with = "some")]
    #[garde(dive)]
    #[schema(value_type = Option<Retry>)]
    retry: Option<Option<Retry>>,
    /// What waits behind a call that failed.
    #[garde(skip)]
    failure_order: Option<Order>,
    /// How many seconds its messages are kept; 0 for ever. Also for messages that are there.
    #[garde(range(min = 0, max = 3_153_600_000))]
    #[schema(minimum = 0, maximum = 3_153_600_000_i64)]
    keep_messages_for: Option<i64>,
    /// Which credentials it is sent besides those that its options name.
    #[garde(dive)]
    credentials: Option<Credentials>,
    /// Whether it is not called.
    #[garde(skip)]
    disabled: Option<bool>,
    /// Whether what waits for it is discarded.
    #[garde(skip)]
    drop_pending_messages: Option<bool>,
    #[serde(flatten)]
    #[garde(dive)]
    links: LinkedIds,
}

impl WorkflowAgentEdit {
    fn read(self, was: Option<Schedule>) -> Result<Edit, Error> {
        let timing = Timing {
            schedule: self.schedule.as_deref(),
            time_zone: self.time_zone.as_deref(),
            overlap: self.overlap,
            catch_up: self.catch_up,
        };
        let schedule = timing.apply(was.unwrap_or_default())?;
        let says_credentials = self.credentials.is_some();
        let (all, named) = Credentials::read(self.credentials);
        Ok(Edit {
            name: self.name,
            options: self.options,
            schedule,
            retry: self.retry.map(|retry| retry.as_ref().map(Retry::read)),
            failure_order: self.failure_order.map(Into::into),
            keep_messages_for: self.keep_messages_for,
            all_credentials: says_credentials.then_some(all),
            credentials: says_credentials.then_some(named),
            is_disabled: self.disabled,
            drop_pending: self.drop_pending_messages.unwrap_or(false),
            links: self.links.into(),
        })
    }
}

/// Changes an agent.
#[utoipa::path(
    patch,
    path = "/api/v1/agents/{agent_id}",
    tag = "workflows",
    operation_id = "edit_workflow_agent",
    params(("agent_id" = i64, Path, description = "The agent")),
    request_body = WorkflowAgentEdit,
    responses(
        (status = 200, description = "The agent", body = AgentDetails),
        Plain, PlainNamed, PlainWithBody, PlainConflicting,
    ),
)]
pub async fn edit(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
    body::Json(given): body::Json<WorkflowAgentEdit>,
) -> Result<Json<AgentDetails>, ApiError> {
    let id = agent_id(&agent)?;
    let was = workflows::agent(&caller, &state.app, id).await?;
    let edit = given.read(was.setup.schedule)?;
    let entry = workflows::edit(&caller, &state.app, id, edit).await?;
    Ok(Json(AgentDetails::new(&entry, state.app.ports.now())))
}
