//! Tasks: the Agent Protocol, version 1, for the default agent at the root and for each agent under
//! `/agents/{agent_id}`, and what is ours besides.

mod caller;
mod place;
mod request;
mod view;

/// Declares an operation twice: as the default agent's, and as each agent's.
macro_rules! at_both_places {
    (
        $(#[$doc:meta])*
        $method:ident $path:literal $id:literal, $of_path:literal $of_id:literal,
        params($($params:tt)*), $(body($($body:tt)*),)? responses($($responses:tt)*), $work:ident
    ) => {
        $(#[$doc])*
        #[utoipa::path(
            $method, path = $path, tag = "tasks", operation_id = $id,
            params($($params)*), $(request_body($($body)*),)? responses($($responses)*),
        )]
        pub async fn root(
            axum::extract::State(state): axum::extract::State<crate::AppState>,
            caller: crate::tasks::caller::TaskCaller,
            place: crate::tasks::place::Place,
            request: axum::extract::Request,
        ) -> Result<axum::response::Response, crate::kit::error::ApiError> {
            $work(&state, &caller.0, &place, request).await
        }

        $(#[$doc])*
        #[utoipa::path(
            $method, path = $of_path, tag = "tasks", operation_id = $of_id,
            params(("agent_id" = String, Path, description = "The agent"), $($params)*),
            $(request_body($($body)*),)? responses($($responses)*),
        )]
        pub async fn of_agent(
            axum::extract::State(state): axum::extract::State<crate::AppState>,
            caller: crate::tasks::caller::TaskCaller,
            place: crate::tasks::place::Place,
            request: axum::extract::Request,
        ) -> Result<axum::response::Response, crate::kit::error::ApiError> {
            $work(&state, &caller.0, &place, request).await
        }
    };
}

pub mod artifacts;
pub mod cancel;
pub mod create;
pub mod delete;
pub mod download;
pub mod events;
pub mod execute;
pub mod get;
pub mod list;
pub mod step;
pub mod steps;
pub mod upload;
