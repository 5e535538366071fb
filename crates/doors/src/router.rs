//! Every route of the server, and who may call it.
//!
//! The router is made from [`ROUTES`], and so is the API's description: a route cannot be in one and
//! not in the other. That a row names the address which its handler describes is tested.

use crate::{
    AppState, HttpSettings, accounts, actions,
    chat::{agents, auth, connect, sessions},
    kit::{describe, error, layers},
    ops::{description, docs, health, metrics, root},
    page::{connect as page_of_connect, file, start},
    tasks, workflows,
};
use Access::{Anyone, SignedIn, Token, Watcher};
use axum::{Router, extract::DefaultBodyLimit};
use std::sync::Arc;
use switchboard_core::Switchboard;
use switchboard_domain::nouns::Scope;
use tokio::sync::Semaphore;
use utoipa::openapi::{
    InfoBuilder, LicenseBuilder, OpenApi, Server, Tag, security::SecurityRequirement,
};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt as _},
    routes,
};

/// Who may call a route. The use case behind it checks; this is what it is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, without any proof.
    Anyone,
    /// A user by an access token; no API token.
    SignedIn,
    /// A user by an access token, or a program by an API token with this scope.
    Token(Scope),
    /// Whoever watches the server: the setting `[http] metrics` says who that may be.
    Watcher,
}

/// A route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path; what stands in braces is any one segment.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    handler: fn() -> UtoipaMethodRouter<AppState>,
}

const fn route(
    method: &'static str,
    path: &'static str,
    access: Access,
    handler: fn() -> UtoipaMethodRouter<AppState>,
) -> Route {
    Route {
        method,
        path,
        access,
        handler,
    }
}

const CHAT: Access = Token(Scope::Chat);
const TASKS: Access = Token(Scope::Tasks);
const WORKFLOWS: Access = Token(Scope::Workflows);
const HOOK: &str = "/users/{user_id}/web_requests/{agent_id}/{secret}";
const OWNER: Access = Token(Scope::Approve);
const EXECUTOR: Access = Token(Scope::Act);
const ADMIN: Access = Token(Scope::Admin);

/// The whole API.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    // The page for people; programs are told that the server is well.
    route("GET", "/", Anyone, || routes!(start::start)),
    route("GET", "/page/{file}", Anyone, || routes!(file::file)),

    // Is the server well, and what does it offer?
    route("GET", "/api", Anyone, || routes!(root::api)),
    route("GET", "/healthz", Anyone, || routes!(health::healthz)),
    route("GET", "/readyz", Anyone, || routes!(health::readyz)),
    route("GET", "/metrics", Watcher, || routes!(metrics::metrics)),
    route("GET", "/openapi.json", Anyone, || routes!(description::description)),
    route("GET", "/docs", Anyone, || routes!(docs::docs)),
    route("GET", "/docs/", Anyone, || routes!(docs::page)),
    route("GET", "/docs/{file}", Anyone, || routes!(docs::file)),

    // Signing in and out.
    route("POST", "/api/auth/login", Anyone, || routes!(auth::login::login)),
    route("POST", "/api/auth/verify", SignedIn, || routes!(auth::verify::verify)),
    route("POST", "/api/auth/logout", SignedIn, || routes!(auth::logout::logout)),

    // What the server offers; accounts, and connecting them. Only what lies under `/connect` honours a cookie.
    route("GET", "/api/capabilities", Anyone, || routes!(accounts::capabilities::capabilities)),
    route("GET", "/api/accounts", OWNER, || routes!(accounts::list::list)),
    route("POST", "/api/accounts", OWNER, || routes!(accounts::begin::begin)),
    route("DELETE", "/api/accounts/{provider}", OWNER, || routes!(accounts::disconnect::disconnect)),
    route("GET", "/api/accounts/challenges/{challenge_id}", OWNER, || routes!(accounts::challenge::get)),
    route("GET", "/connect/callback", Anyone, || routes!(accounts::callback::callback)),
    route("GET", "/connect/{challenge_id}", Anyone, || routes!(page_of_connect::page)),
    route("POST", "/connect/{challenge_id}", SignedIn, || routes!(accounts::connect::start)),

    // Sessions. The WebSocket opens for anyone, and closes at once on who may not come in.
    route("GET", "/api/chat/providers", CHAT, || routes!(sessions::providers::providers)),
    route("POST", "/api/chat/sessions/create", CHAT, || routes!(sessions::create::create)),
    route("GET", "/api/chat/sessions", CHAT, || routes!(sessions::list::list)),
    route("GET", "/api/chat/sessions/{session_id}", CHAT, || routes!(sessions::get::get)),
    route("DELETE", "/api/chat/sessions/{session_id}", CHAT, || routes!(sessions::end::end)),
    route("GET", "/api/chat/sessions/{session_id}/messages", CHAT, || routes!(sessions::messages::messages)),
    route("GET", "/api/chat/ws/{session_id}", Anyone, || routes!(connect::connect)),

    // Registered agents.
    route("POST", "/api/agents/register", CHAT, || routes!(agents::register::register)),
    route("GET", "/api/agents/list", CHAT, || routes!(agents::list::list)),
    route("GET", "/api/agents/search", CHAT, || routes!(agents::search::search)),
    route("GET", "/api/agents/status/{agent_id}", CHAT, || routes!(agents::status::status)),
    route("DELETE", "/api/agents/{agent_id}", CHAT, || routes!(agents::unregister::unregister)),
    route("GET", "/api/agents/{agent_id}/capabilities", CHAT, || routes!(agents::capabilities::capabilities)),
    route("POST", "/api/agents/{agent_id}/message", CHAT, || routes!(agents::message::message)),
    route("GET", "/api/agents/{agent_id}/messages", CHAT, || routes!(agents::messages::messages)),

    // The Agent Protocol, of the default agent and of each.
    route("POST", "/ap/v1/agent/tasks", TASKS, || routes!(tasks::create::root)),
    route("GET", "/ap/v1/agent/tasks", TASKS, || routes!(tasks::list::root)),
    route("GET", "/ap/v1/agent/tasks/{task_id}", TASKS, || routes!(tasks::get::root)),
    route("DELETE", "/ap/v1/agent/tasks/{task_id}", TASKS, || routes!(tasks::delete::root)),
    route("POST", "/ap/v1/agent/tasks/{task_id}/cancel", TASKS, || routes!(tasks::cancel::root)),
    route("GET", "/ap/v1/agent/tasks/{task_id}/events", TASKS, || routes!(tasks::events::root)),
    route("POST", "/ap/v1/agent/tasks/{task_id}/steps", TASKS, || routes!(tasks::execute::root)),
    route("GET", "/ap/v1/agent/tasks/{task_id}/steps", TASKS, || routes!(tasks::steps::root)),
    route("GET", "/ap/v1/agent/tasks/{task_id}/steps/{step_id}", TASKS, || routes!(tasks::step::root)),
    route("POST", "/agents/{agent_id}/ap/v1/agent/tasks", TASKS, || routes!(tasks::create::of_agent)),
    route("GET", "/agents/{agent_id}/ap/v1/agent/tasks", TASKS, || routes!(tasks::list::of_agent)),
    route("GET", "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}", TASKS, || routes!(tasks::get::of_agent)),
    route("DELETE", "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}", TASKS, || routes!(tasks::delete::of_agent)),
    route("POST", "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/cancel", TASKS, || routes!(tasks::cancel::of_agent)),
    route("GET", "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/events", TASKS, || routes!(tasks::events::of_agent)),
    route("POST", "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/steps", TASKS, || routes!(tasks::execute::of_agent)),
    route("GET", "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/steps", TASKS, || routes!(tasks::steps::of_agent)),
    route("GET", "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/steps/{step_id}", TASKS, || routes!(tasks::step::of_agent)),
    route("POST", "/ap/v1/agent/tasks/{task_id}/artifacts", TASKS, || routes!(tasks::upload::root).layer(DefaultBodyLimit::disable())),
    route("GET", "/ap/v1/agent/tasks/{task_id}/artifacts", TASKS, || routes!(tasks::artifacts::root)),
    route("GET", "/ap/v1/agent/tasks/{task_id}/artifacts/{artifact_id}", TASKS, || routes!(tasks::download::root)),
    route("POST", "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/artifacts", TASKS, || routes!(tasks::upload::of_agent).layer(DefaultBodyLimit::disable())),
    route("GET", "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/artifacts", TASKS, || routes!(tasks::artifacts::of_agent)),
    route("GET", "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/artifacts/{artifact_id}", TASKS, || routes!(tasks::download::of_agent)),

    // Actions: who decides, who runs them, what is allowed, and what was done.
    route("GET", "/api/actions", OWNER, || routes!(actions::list::list)),
    route("POST", "/api/actions/claim", EXECUTOR, || routes!(actions::run::claim)),
    route("GET", "/api/actions/{action_id}", OWNER, || routes!(actions::list::get)),
    route("POST", "/api/actions/{action_id}/decision", OWNER, || routes!(actions::decision::decide)),
    route("POST", "/api/actions/{action_id}/cancel", OWNER, || routes!(actions::decision::cancel)),
    route("POST", "/api/actions/{action_id}/heartbeat", EXECUTOR, || routes!(actions::run::heartbeat)),
    route("POST", "/api/actions/{action_id}/result", EXECUTOR, || routes!(actions::run::result)),
    route("GET", "/api/policy", OWNER, || routes!(actions::policy::get)),
    route("PUT", "/api/policy", OWNER, || routes!(actions::policy::put)),
    route("GET", "/api/grants", OWNER, || routes!(actions::grants::list)),
    route("POST", "/api/grants", OWNER, || routes!(actions::grants::create)),
    route("DELETE", "/api/grants/{grant_id}", OWNER, || routes!(actions::grants::remove)),
    route("GET", "/api/audit", OWNER, || routes!(actions::audit::audit)),
    route("GET", "/api/audit/verify", OWNER, || routes!(actions::audit::verify)),

    // The addresses of agents: whoever knows the secret.
    route("GET", HOOK, Anyone, || routes!(workflows::hook::get_hook)),
    route("POST", HOOK, Anyone, || routes!(workflows::hook::post_hook)),
    route("PUT", HOOK, Anyone, || routes!(workflows::hook::put_hook)),
    route("PATCH", HOOK, Anyone, || routes!(workflows::hook::patch_hook)),
    route("DELETE", HOOK, Anyone, || routes!(workflows::hook::delete_hook)),

    // Agents in workflows.
    route("GET", "/api/v1/agents", WORKFLOWS, || routes!(workflows::agents::list::list)),
    route("POST", "/api/v1/agents", WORKFLOWS, || routes!(workflows::agents::create::create)),
    route("GET", "/api/v1/agents/{agent_id}", WORKFLOWS, || routes!(workflows::agents::list::get)),
    route("PATCH", "/api/v1/agents/{agent_id}", WORKFLOWS, || routes!(workflows::agents::edit::edit)),
    route("DELETE", "/api/v1/agents/{agent_id}", WORKFLOWS, || routes!(workflows::agents::delete::delete)),
    route("POST", "/api/v1/agents/{agent_id}/clone", WORKFLOWS, || routes!(workflows::agents::delete::copy)),
    route("POST", "/api/v1/agents/{agent_id}/dry_run", WORKFLOWS, || routes!(workflows::agents::dry_run::dry_run)),
    route("GET", "/api/v1/agents/{agent_id}/details", WORKFLOWS, || routes!(workflows::agents::details::details)),
    route("POST", "/api/v1/agents/{agent_id}/run", WORKFLOWS, || routes!(workflows::agents::life::run)),
    route("GET", "/api/v1/agents/{agent_id}/messages", WORKFLOWS, || routes!(workflows::messages::list)),
    route("POST", "/api/v1/agents/{agent_id}/messages", WORKFLOWS, || routes!(workflows::messages::emit)),
    route("DELETE", "/api/v1/agents/{agent_id}/messages", WORKFLOWS, || routes!(workflows::messages::delete)),
    route("GET", "/api/v1/messages/{message_id}", WORKFLOWS, || routes!(workflows::messages::get)),
    route("POST", "/api/v1/messages/{message_id}/reemit", WORKFLOWS, || routes!(workflows::messages::reemit)),
    route("GET", "/api/v1/agents/{agent_id}/memory", WORKFLOWS, || routes!(workflows::agents::memory::get)),
    route("PUT", "/api/v1/agents/{agent_id}/memory", WORKFLOWS, || routes!(workflows::agents::memory::set)),
    route("DELETE", "/api/v1/agents/{agent_id}/memory", WORKFLOWS, || routes!(workflows::agents::memory::erase)),
    route("GET", "/api/v1/agents/{agent_id}/logs", WORKFLOWS, || routes!(workflows::agents::logs::list)),
    route("DELETE", "/api/v1/agents/{agent_id}/logs", WORKFLOWS, || routes!(workflows::agents::logs::clear)),
    route("GET", "/api/v1/agents/{agent_id}/deliveries", WORKFLOWS, || routes!(workflows::deliveries::list)),
    route("DELETE", "/api/v1/agents/{agent_id}/deliveries", WORKFLOWS, || routes!(workflows::deliveries::drop_pending)),
    route("DELETE", "/api/v1/agents/{agent_id}/deliveries/{delivery_no}", WORKFLOWS, || routes!(workflows::deliveries::forget)),
    route("POST", "/api/v1/agents/{agent_id}/deliveries/{delivery_no}/retry", WORKFLOWS, || routes!(workflows::deliveries::retry)),
    route("GET", "/api/v1/workflows", WORKFLOWS, || routes!(workflows::sets::read::list)),
    route("POST", "/api/v1/workflows", WORKFLOWS, || routes!(workflows::sets::change::create)),
    route("POST", "/api/v1/workflows/import", WORKFLOWS, || routes!(workflows::sets::file::import)),
    route("GET", "/api/v1/workflows/{workflow_id}", WORKFLOWS, || routes!(workflows::sets::read::get)),
    route("PATCH", "/api/v1/workflows/{workflow_id}", WORKFLOWS, || routes!(workflows::sets::change::edit)),
    route("DELETE", "/api/v1/workflows/{workflow_id}", WORKFLOWS, || routes!(workflows::sets::change::delete)),
    route("GET", "/api/v1/workflows/{workflow_id}/export", WORKFLOWS, || routes!(workflows::sets::file::export)),
    route("POST", "/api/v1/workflows/{workflow_id}/enable", WORKFLOWS, || routes!(workflows::sets::change::enable)),
    route("POST", "/api/v1/workflows/{workflow_id}/disable", WORKFLOWS, || routes!(workflows::sets::change::disable)),
    route("POST", "/api/v1/workflows/{workflow_id}/reset", WORKFLOWS, || routes!(workflows::sets::change::reset)),
    route("DELETE", "/api/v1/workflows/{workflow_id}/agents/{agent_id}", WORKFLOWS, || routes!(workflows::sets::change::leave)),
    route("GET", "/api/v1/credentials", WORKFLOWS, || routes!(workflows::credentials::list)),
    route("PUT", "/api/v1/credentials/{name}", WORKFLOWS, || routes!(workflows::credentials::set)),
    route("DELETE", "/api/v1/credentials/{name}", WORKFLOWS, || routes!(workflows::credentials::remove)),
    route("GET", "/api/v1/agent_types", WORKFLOWS, || routes!(workflows::types::list)),
    route("POST", "/api/v1/agent_types", ADMIN, || routes!(workflows::types::add)),
    route("DELETE", "/api/v1/agent_types", ADMIN, || routes!(workflows::types::remove)),
];

/// All doors with all layers around them. Whoever serves it says where a request comes from by the
/// extension `ConnectInfo<SocketAddr>`.
pub fn router(app: Arc<Switchboard>, http: HttpSettings) -> Router {
    let state = AppState {
        app,
        connections: Arc::new(Semaphore::new(http.connections.min(Semaphore::MAX_PERMITS))),
        http: Arc::new(http),
        scraping: Arc::default(),
    };
    let (router, _) = all().split_for_parts();
    let router = router
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed);
    layers::around(router, &state).with_state(state)
}

/// The description of the whole API, in OpenAPI 3.1.
pub fn openapi() -> OpenApi {
    let mut api = all().into_openapi();
    api.info = InfoBuilder::new()
        .title("Switchboard")
        .description(Some(include_str!("description.md")))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(
            LicenseBuilder::new().name("MIT OR Apache-2.0").build(),
        ))
        .build();
    api.servers = Some(vec![Server::new("/")]);
    api.security = Some(vec![SecurityRequirement::new(describe::BEARER, [""; 0])]);
    api.tags = Some(tags());
    sessions::shape::describe(&mut api);
    describe::complete(&mut api);
    api
}

fn all() -> OpenApiRouter<AppState> {
    ROUTES.iter().fold(OpenApiRouter::default(), |all, route| {
        all.routes((route.handler)())
    })
}

fn tags() -> Vec<Tag> {
    let tag = |name: &str, description: &str| {
        let mut tag = Tag::new(name);
        tag.description = Some(description.to_owned());
        tag
    };
    vec![
        tag("auth", "Signing in and out"),
        tag(
            "chat",
            "Sessions between people and agents, and between agents",
        ),
        tag("agents", "Registered agents"),
        tag("tasks", "The Agent Protocol: tasks, steps and artifacts"),
        tag(
            "workflows",
            "Agents that send each other messages, check on schedules, and remember",
        ),
        tag(
            "accounts",
            "What the server offers, and accounts that actions may use",
        ),
        tag(
            "actions",
            "What agents propose to do for a user: decisions, runs, rules, grants and the trail",
        ),
        tag("ops", "Is the server well, and what does it offer?"),
    ]
}

#[cfg(test)]
mod tests;
