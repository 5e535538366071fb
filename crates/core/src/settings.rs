//! What an operator can set, as far as the rules know it.

/// Settings of the use cases and loops. The binary reads them from flags, variables and the file.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is limited.
    pub limits: Limits,
    /// How long an access token lives, in seconds.
    pub access_token_s: i64,
    /// How long the leases of a node that died stay with it, in seconds.
    pub lease_s: u64,
    /// How many agents are called at once.
    pub workers: usize,
    /// Where clients reach the server, if that is known.
    pub public_url: Option<String>,
    /// The agent that tasks are given to where none is named: a registered agent's id, or a provider,
    /// with a model behind a colon.
    pub default_agent: String,
}

/// Limits. 0 means none.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Logins a minute, for each address.
    pub login_per_minute: u32,
    /// Token verifications a minute, for each address.
    pub verify_per_minute: u32,
    /// Sessions created a minute, for each user.
    pub session_create_per_minute: u32,
    /// Session queries a minute, for each user.
    pub session_query_per_minute: u32,
    /// Agent operations a minute, for each user.
    pub agent_ops_per_minute: u32,
    /// Texts a minute, for each user.
    pub ws_texts_per_minute: u32,
    /// Active sessions, for each user.
    pub sessions_per_user: usize,
    /// Connections to sessions on this node, for each user.
    pub connections_per_user: usize,
    /// Turns that each agent has in a round of a dialogue.
    pub turns_per_agent: u32,
    /// Tokens a minute, for each agent.
    pub tokens_per_minute: i64,
    /// How long a session lives, in seconds.
    pub session_lifetime_s: i64,
    /// How long an agent may take for an answer, retries included, in seconds.
    pub model_timeout_s: u64,
    /// Messages in a session.
    pub messages_per_session: i64,
    /// Tokens in a session, ever.
    pub tokens_per_session: i64,
    /// Tokens of a user, ever.
    pub tokens_per_user: i64,
    /// Failed logins in a row before a name is locked.
    pub login_failures: i64,
    /// How long a name stays locked, in seconds.
    pub lockout_s: i64,
    /// How much of a conversation an agent is reminded of, in tokens (four characters each).
    pub history_tokens: usize,
    /// Requests a minute to the addresses of agents, for each address they come from.
    pub hooks_per_minute: u32,
    /// How many lines of an agent's log are kept.
    pub log_lines: i64,
    /// Steps of a task.
    pub steps_per_task: i64,
    /// How long an agent may take for a step, retries included, in seconds.
    pub step_timeout_s: u64,
    /// How long a task takes steps, in seconds.
    pub task_lifetime_s: i64,
    /// Tokens for a task, ever.
    pub tokens_per_task: i64,
    /// Bytes of an artifact.
    pub artifact_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            access_token_s: 1800,
            lease_s: 15,
            workers: 1024,
            public_url: None,
            default_agent: "demo".to_owned(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            login_per_minute: 10,
            verify_per_minute: 50,
            session_create_per_minute: 5,
            session_query_per_minute: 10,
            agent_ops_per_minute: 20,
            ws_texts_per_minute: 60,
            sessions_per_user: 5,
            connections_per_user: 1000,
            turns_per_agent: 20,
            tokens_per_minute: 3000,
            session_lifetime_s: 3600,
            model_timeout_s: 25,
            messages_per_session: 1000,
            tokens_per_session: 0,
            tokens_per_user: 0,
            login_failures: 10,
            lockout_s: 300,
            history_tokens: 8000,
            hooks_per_minute: 600,
            log_lines: 200,
            steps_per_task: 10_000,
            step_timeout_s: 300,
            task_lifetime_s: 604_800,
            tokens_per_task: 0,
            artifact_bytes: 4 << 30,
        }
    }
}
