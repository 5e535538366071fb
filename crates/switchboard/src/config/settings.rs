//! The settings as the rest of the program sees them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de};

use switchboard_domain::ids::Username;

use super::{Special, StoreUrl};

/// All settings, checked. `Debug` shows no secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address and port of the server.
    pub listen: SocketAddr,
    /// The folder for all that is kept in files.
    pub data: PathBuf,
    /// Where the store is.
    pub store: StoreUrl,
    /// Which log lines are written, in the syntax of `RUST_LOG`.
    pub log: String,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// From how many milliseconds on a request is slow. Zero for none.
    pub log_slow_ms: u32,
    /// How many seconds work in hand may take at shutdown.
    pub shutdown_s: u64,
    /// How many seconds an access token is good for.
    pub access_token_s: u64,
    /// How many seconds a node keeps its work without a sign of life.
    pub lease_s: u64,
    /// How many agents may be at work at once.
    pub workers: usize,
    /// What may be asked of the server. Zero stands for no limit.
    pub limits: Limits,
    /// How the server appears on the web.
    pub http: Http,
    /// How agents in workflows are run.
    pub agents: Agents,
    /// How tasks are taken.
    pub tasks: Tasks,
    /// Where the files of tasks lie.
    pub artifacts: Artifacts,
    /// The operator's remote agents, by where they were named.
    #[serde(default)]
    pub remote_agents: BTreeMap<String, RemoteAgent>,
    /// The providers of models and agents, by name.
    #[serde(default)]
    pub providers: BTreeMap<String, Provider>,
    /// The providers of OAuth, by name.
    #[serde(default)]
    pub oauth_providers: BTreeMap<String, OAuthProvider>,
    /// What comes from variables only.
    #[serde(skip)]
    pub special: Special,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What may be asked of the server. Zero stands for no limit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Logins a minute from one address.
    pub login_per_minute: u32,
    /// Token checks a minute.
    pub verify_per_minute: u32,
    /// New sessions a minute for a user.
    pub session_create_per_minute: u32,
    /// Questions about sessions a minute for a user.
    pub session_query_per_minute: u32,
    /// Calls about agents a minute for a user.
    pub agent_ops_per_minute: u32,
    /// Texts a minute on a WebSocket.
    pub ws_texts_per_minute: u32,
    /// Requests a minute to the addresses of agents, from one address.
    pub hooks_per_minute: u32,
    /// Active sessions of a user.
    pub sessions_per_user: u32,
    /// Turns of each agent in one round of a dialogue.
    pub turns_per_agent: u32,
    /// Tokens a minute for each agent.
    pub tokens_per_minute: u32,
    /// How long a session lives, in seconds.
    pub session_lifetime_s: u32,
    /// How long a model may take, retries included, in seconds.
    pub model_timeout_s: u32,
    /// Messages in a session.
    pub messages_per_session: u32,
    /// Tokens in a session.
    pub tokens_per_session: u64,
    /// Tokens of a user.
    pub tokens_per_user: u64,
    /// How much of a conversation an agent is reminded of, in tokens.
    pub history_tokens: u32,
    /// Failed logins in a row before the name is locked.
    pub login_failures: u32,
    /// How long a name stays locked, in seconds.
    pub lockout_s: u32,
    /// Open connections.
    pub connections: u32,
    /// Open WebSockets of a user.
    pub connections_per_user: u32,
    /// Bytes in the body of a request.
    pub body_bytes: u32,
    /// Bytes in a frame of a WebSocket.
    pub frame_bytes: u32,
    /// Steps of a task.
    pub steps_per_task: u32,
    /// How long an agent may take for a step, retries included, in seconds.
    pub step_timeout_s: u32,
    /// How long a task takes steps, in seconds.
    pub task_lifetime_s: u32,
    /// Tokens for a task.
    pub tokens_per_task: u64,
    /// Bytes of an artifact.
    pub artifact_bytes: u64,
}

/// How the server appears on the web.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Where clients reach the server, if that is not where it listens.
    pub public_url: Option<String>,
    /// The pages that may call the server from a browser.
    pub allowed_origins: Vec<String>,
    /// The proxies whose word on a client's address is taken.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Who may read the server's figures.
    pub metrics: MetricsAccess,
}

/// How agents in workflows are run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agents {
    /// How many seconds a call of a remote agent may take, unless its address says otherwise.
    pub timeout_s: u32,
    /// How many lines of an agent's log are kept.
    pub log_lines: u32,
    /// The private networks that addresses given by users may lead into.
    #[serde(deserialize_with = "networks")]
    pub allowed_networks: Vec<IpNet>,
}

/// How tasks are taken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tasks {
    /// The agent that they are given to where none is named.
    pub default_agent: String,
    /// Who they act as that come from this machine without a token.
    pub anonymous_user: Option<Username>,
}

/// Where the files of tasks lie: in the data folder, or in a bucket.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifacts {
    /// The bucket; none for the data folder.
    pub bucket: Option<String>,
    /// The address of the S3 server, if it is not Amazon's.
    pub endpoint: Option<String>,
    /// The bucket's region.
    pub region: String,
    /// What all names in the bucket begin with.
    pub prefix: Option<String>,
    /// The id of the key.
    pub access_key_id: Option<SecretString>,
    /// The key.
    pub secret_access_key: Option<SecretString>,
}

/// A remote agent of the operator's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteAgent {
    /// Where it is.
    pub url: String,
    /// The secret that both sides know, if they share one.
    pub secret: Option<SecretString>,
    /// How many seconds a call may take.
    pub timeout_s: Option<u32>,
    /// How many milliseconds to wait after a call that failed.
    pub retry_first_ms: Option<u32>,
    /// By how much the pause is multiplied after each further one.
    pub retry_growth: Option<u32>,
    /// How often it is called at most. Zero for until it succeeds.
    pub retry_attempts: Option<u32>,
}

/// Who may read the server's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricsAccess {
    /// Programs on this machine.
    Loopback,
    /// Anyone.
    Anyone,
    /// Nobody; there are none.
    Off,
}

/// A provider of models, or an agent behind another server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What it speaks.
    pub kind: ProviderKind,
    /// How it is called before people.
    pub name: String,
    /// Where it is, if not at its usual address.
    pub base_url: Option<String>,
    /// The key that it wants.
    pub api_key: Option<SecretString>,
    /// The models to offer.
    #[serde(default)]
    pub models: Vec<String>,
    /// The model to take when none is named.
    pub default_model: Option<String>,
}

/// A provider of OAuth, where users have accounts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuthProvider {
    /// How it is called here.
    pub name: String,
    /// Who it is: where its metadata is found.
    pub issuer: Option<String>,
    /// Where people consent, if its metadata does not say.
    pub authorization_url: Option<String>,
    /// Where tokens are got.
    pub token_url: Option<String>,
    /// Where the flow for devices begins.
    pub device_url: Option<String>,
    /// Where tokens are ended.
    pub revocation_url: Option<String>,
    /// Who this server is there.
    pub client_id: String,
    /// How it proves that.
    pub client_secret: Option<SecretString>,
    /// The file that the secret is in.
    pub client_secret_file: Option<PathBuf>,
    /// The scopes that are always asked for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The hosts to which its tokens may go.
    #[serde(default)]
    pub api_hosts: Vec<String>,
    /// Further parameters of the address where people consent, as a query.
    pub authorization_params: Option<String>,
}

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// OpenAI, and all that speak like it.
    OpenAi,
    /// Anthropic.
    Anthropic,
    /// Groq.
    Groq,
    /// Google's Gemini.
    Google,
    /// Ollama.
    Ollama,
    /// Another server of the Agent Protocol.
    #[serde(rename = "agent-protocol")]
    AgentProtocol,
}

/// Reads a network; a single address is a network of one.
pub(super) fn parse_network(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| parse_network(text).ok_or_else(|| de::Error::custom("not a network")))
        .collect()
}
