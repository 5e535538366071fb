//! `POST /api/v1/agents`

use super::{
    super::read::not_huge,
    details::AgentDetails,
    retry::Retry,
    timing::{CatchUpRule, OverlapRule, Timing},
};
use crate::{
    AppState,
    kit::{
        body,
        caller::Caller,
        describe::{Plain, PlainConflicting, PlainLimited, PlainWithBody},
        error::ApiError,
    },
};
use axum::{Json, extract::State};
use garde::Validate;
use serde::{Deserialize, Serialize};
use switchboard_core::workflows::{self, Linked, NewMember};
use switchboard_domain::{
    Error,
    ids::AgentId,
    nouns::{FailureOrder, Grants, Object, Schedule},
};
use utoipa::ToSchema;

/// The longest time that messages may be kept, in seconds: a hundred years.
const KEEP_MAX: i64 = 3_153_600_000;

/// What waits behind a call that failed.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FailureOrder)]
pub enum Order {
    /// Everything: the order is kept.
    Wait,
    /// Nothing: later calls overtake it.
    Skip,
}

impl From<Order> for FailureOrder {
    fn from(order: Order) -> Self {
        match order {
            Order::Wait => Self::Wait,
            Order::Skip => Self::Skip,
        }
    }
}

impl From<FailureOrder> for Order {
    fn from(order: FailureOrder) -> Self {
        match order {
            FailureOrder::Wait => Self::Wait,
            FailureOrder::Skip => Self::Skip,
        }
    }
}

/// `all`: all of the owner's credentials.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AllCredentials {
    /// All of them.
    All,
}

/// Which credentials an agent is sent besides those that its options name: `all`, or a list of names.
#[derive(Debug, Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(untagged, expecting = "expected \"all\" or a list of names")]
pub enum Credentials {
    /// All of the owner's.
    All(#[garde(skip)] AllCredentials),
    /// These.
    Named(#[garde(length(max = 100), inner(length(chars, min = 1, max = 100)))] Vec<String>),
}

impl Credentials {
    /// What was granted by name.
    pub fn of(grants: &Grants) -> Self {
        if grants.all {
            Self::All(AllCredentials::All)
        } else {
            Self::Named(grants.named.clone())
        }
    }

    /// Whether all are sent, and which by name.
    pub fn read(this: Option<Self>) -> (bool, Vec<String>) {
        match this {
            Some(Self::All(_)) => (true, Vec::new()),
            Some(Self::Named(names)) => (false, names),
            None => (false, Vec::new()),
        }
    }
}

/// An agent to make.
#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({
    "type": "Agents::CounterAgent", "name": "Counter", "options": {"step": 1}, "schedule": "every_10m",
}))]
pub struct NewWorkflowAgent {
    /// Its type, which never changes.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    r#type: String,
    /// Its name.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Its options; those of its type when they are left out.
    #[garde(inner(custom(not_huge)))]
    #[schema(value_type = Option<Object>)]
    options: Option<Object>,
    /// When it checks by itself: a name such as `every_1h`, or a cron expression. `never` unless said.
    #[garde(length(max = 200))]
    #[schema(max_length = 200)]
    schedule: Option<String>,
    /// The time zone of its schedule; `UTC` unless said.
    #[garde(length(max = 100))]
    #[schema(max_length = 100)]
    time_zone: Option<String>,
    /// What happens to a check while another waits or runs.
    #[garde(skip)]
    overlap: Option<OverlapRule>,
    /// What happens to checks that fell due while no server ran.
    #[garde(skip)]
    catch_up: Option<CatchUpRule>,
    /// How calls are made again that failed.
    #[garde(dive)]
    retry: Option<Retry>,
    /// What waits behind a call that failed.
    #[garde(skip)]
    failure_order: Option<Order>,
    /// How many seconds its messages are kept; 0, as unless said, for ever.
    #[garde(range(min = 0, max = KEEP_MAX))]
    #[schema(minimum = 0, maximum = 3_153_600_000_i64)]
    keep_messages_for: Option<i64>,
    /// Which credentials it is sent besides those that its options name.
    #[garde(dive)]
    credentials: Option<Credentials>,
    /// Whether it is not called.
    #[garde(skip)]
    disabled: Option<bool>,
    #[serde(flatten)]
    #[garde(dive)]
    links: LinkedIds,
}

/// What an agent is linked to, by ids.
#[derive(Deserialize, Validate, ToSchema)]
pub struct LinkedIds {
    /// The agents whose messages it receives.
    #[garde(length(max = 500))]
    #[schema(max_items = 500)]
    sources: Option<Vec<i64>>,
    /// The agents that receive its messages.
    #[garde(length(max = 500))]
    #[schema(max_items = 500)]
    receivers: Option<Vec<i64>>,
    /// The agents that it controls.
    #[garde(length(max = 500))]
    #[schema(max_items = 500)]
    control_targets: Option<Vec<i64>>,
    /// The agents that control it.
    #[garde(length(max = 500))]
    #[schema(max_items = 500)]
    controllers: Option<Vec<i64>>,
}

impl From<LinkedIds> for Linked {
    fn from(given: LinkedIds) -> Self {
        let ids = |ids: Option<Vec<i64>>| ids.map(|ids| ids.into_iter().map(AgentId).collect());
        Self {
            sources: ids(given.sources),
            receivers: ids(given.receivers),
            control_targets: ids(given.control_targets),
            controllers: ids(given.controllers),
        }
    }
}

impl NewWorkflowAgent {
    fn read(self) -> Result<NewMember, Error> {
        let timing = Timing {
            schedule: self.schedule.as_deref(),
            time_zone: self.time_zone.as_deref(),
            overlap: self.overlap,
            catch_up: self.catch_up,
        };
        let schedule = timing.apply(Schedule::default())?;
        let (all_credentials, credentials) = Credentials::read(self.credentials);
        Ok(NewMember {
            kind: self.r#type,
            name: self.name,
            options: self.options,
            schedule,
            retry: self.retry.as_ref().map(Retry::read),
            failure_order: self.failure_order.map(Into::into).unwrap_or_default(),
            keep_messages_for: Some(self.keep_messages_for.unwrap_or(0)),
            all_credentials,
            credentials,
            is_disabled: self.disabled.unwrap_or(false),
            links: self.links.into(),
        })
    }
}

/// Makes an agent.
#[utoipa::path(
    post,
    path = "/api/v1/agents",
    tag = "workflows",
    operation_id = "create_workflow_agent",
    request_body = NewWorkflowAgent,
    responses(
        (status = 200, description = "The agent", body = AgentDetails),
        Plain, PlainWithBody, PlainConflicting, PlainLimited,
    ),
)]
pub async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    body::Json(new): body::Json<NewWorkflowAgent>,
) -> Result<Json<AgentDetails>, ApiError> {
    let entry = workflows::create(&caller, &state.app, new.read()?).await?;
    Ok(Json(AgentDetails::new(&entry, state.app.ports.now())))
}
