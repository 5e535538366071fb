//! What a path names.

use crate::kit::error::ApiError;
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use switchboard_domain::Error;

/// The ids in a path. Whether there are such things the use cases say.
#[derive(Debug, Default)]
pub struct Place {
    agent: Option<String>,
    /// The task.
    pub task: String,
    /// The step.
    pub step: String,
    /// The artifact.
    pub artifact: String,
}

impl Place {
    /// The agent, if one is named.
    pub fn agent(&self) -> Option<&str> {
        self.agent.as_deref()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // What cannot be read names nothing.
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| Error::NotFound("Task"))?;
        let mut place = Self::default();
        for (name, value) in &params {
            match name {
                "agent_id" => place.agent = Some(value.to_owned()),
                "task_id" => value.clone_into(&mut place.task),
                "step_id" => value.clone_into(&mut place.step),
                "artifact_id" => value.clone_into(&mut place.artifact),
                _ => {}
            }
        }
        Ok(place)
    }
}
