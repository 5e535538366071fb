//! What is stored where: the tables and their columns. All statements on rows are made from this.

use switchboard_domain::ports::Kind;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Text, or null. Never has U+0000.
    Text,
    /// An integer, or null.
    Int,
    /// JSON as text. In it U+0000 is written as an escape, which every engine can keep.
    Json,
    /// JSON as text, into which statements look. Its texts never have U+0000.
    Looked,
    /// Text that is made from the other columns, and never read back.
    Made,
}

/// A column: its name and what it holds.
pub(crate) type Column = (&'static str, Type);

/// A table.
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// The columns of its primary key, which are its first.
    pub(crate) keys: usize,
    /// Its columns.
    pub(crate) columns: &'static [Column],
}

impl Table {
    /// The columns that are read back.
    pub(crate) fn read(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().filter(|(_, of)| *of != Type::Made)
    }
}

/// The kinds of record, in the order in which rows are locked.
pub(crate) const KINDS: [Kind; 28] = [
    Kind::User,
    Kind::ApiToken,
    Kind::Lockout,
    Kind::Revocation,
    Kind::Secret,
    Kind::Agent,
    Kind::Session,
    Kind::WorkflowAgent,
    Kind::Links,
    Kind::DueCheck,
    Kind::Workflow,
    Kind::Wallet,
    Kind::AgentUrl,
    Kind::Account,
    Kind::Challenge,
    Kind::Task,
    Kind::Step,
    Kind::Artifact,
    Kind::Blob,
    Kind::Policy,
    Kind::Grant,
    Kind::Action,
    Kind::TrailHead,
    Kind::Lane,
    Kind::Activity,
    Kind::Memory,
    Kind::Meter,
    Kind::Stream,
];

/// The table of a kind of record.
pub(crate) const fn table(kind: Kind) -> &'static Table {
    match kind {
        Kind::User => &USERS,
        Kind::ApiToken => &API_TOKENS,
        Kind::Lockout => &LOCKOUTS,
        Kind::Revocation => &REVOCATIONS,
        Kind::Secret => &SECRETS,
        Kind::Agent => &AGENTS,
        Kind::Session => &SESSIONS,
        Kind::WorkflowAgent => &WORKFLOW_AGENTS,
        Kind::Links => &LINKS,
        Kind::DueCheck => &DUE_CHECKS,
        Kind::Workflow => &WORKFLOWS,
        Kind::Wallet => &WALLETS,
        Kind::AgentUrl => &AGENT_URLS,
        Kind::Account => &ACCOUNTS,
        Kind::Challenge => &CHALLENGES,
        Kind::Task => &TASKS,
        Kind::Step => &STEPS,
        Kind::Artifact => &ARTIFACTS,
        Kind::Blob => &BLOBS,
        Kind::Policy => &POLICIES,
        Kind::Grant => &GRANTS,
        Kind::Action => &ACTIONS,
        Kind::TrailHead => &TRAIL_HEADS,
        Kind::Lane => &LANES,
        Kind::Activity => &ACTIVITIES,
        Kind::Memory => &MEMORIES,
        Kind::Meter => &METERS,
        Kind::Stream => &STREAMS,
    }
}

macro_rules! tables {
    ($($(#[$doc:meta])* $constant:ident = $name:literal by $keys:literal { $($column:literal $of:ident,)* })*) => {$(
        $(#[$doc])*
        pub(crate) static $constant: Table =
            Table { name: $name, keys: $keys, columns: &[$(($column, Type::$of)),*] };
    )*};
}

tables! {
    /// Users.
    USERS = "users" by 1 {
        "id" Text, "role" Text, "password_hash" Text, "created_at" Int, "tokens_from" Int, "disabled_at" Int,
    }
    /// API tokens.
    API_TOKENS = "api_tokens" by 1 {
        "id" Text, "name" Text, "owner" Text, "hash" Text, "scopes" Json, "created_at" Int,
        "expires_at" Int, "revoked_at" Int,
    }
    /// Failed logins.
    LOCKOUTS = "lockouts" by 1 { "id" Text, "failures" Int, "locked_until" Int, "last_at" Int, }
    /// Access tokens that were ended before their time.
    REVOCATIONS = "revocations" by 1 { "id" Text, "until" Int, }
    /// Sealed keys.
    SECRETS = "secrets" by 1 { "id" Text, "sealed" Text, }
    /// Registered agents.
    AGENTS = "agents" by 1 {
        "id" Int, "name" Text, "owner" Text, "provider" Text, "model" Text, "capabilities" Looked,
        "interaction_modes" Json, "personality" Text, "metadata" Json, "shared" Looked, "created_at" Int,
        "names" Made, "words" Made,
    }
    /// Sessions.
    SESSIONS = "sessions" by 1 {
        "id" Text, "kind" Text, "owner" Text, "status" Text, "created_at" Int, "expires_at" Int,
        "ended_at" Int, "agents" Json, "interaction_modes" Json, "metadata" Json,
    }
    /// How agents work in workflows.
    WORKFLOW_AGENTS = "workflow_agents" by 1 {
        "id" Int, "owner" Text, "user" Int, "guid" Text, "kind" Text, "options" Json, "disabled_at" Int,
        "schedule" Json, "retry" Json, "failure_order" Text, "keep_messages_for" Int, "grants" Json,
        "created_at" Int, "updated_at" Int,
    }
    /// How they are linked.
    LINKS = "links" by 1 { "id" Int, "owner" Text, "receivers" Json, "control_targets" Json, }
    /// When they check next.
    DUE_CHECKS = "due_checks" by 1 { "id" Int, "due_at" Int, }
    /// Workflows.
    WORKFLOWS = "workflows" by 1 {
        "id" Int, "owner" Text, "name" Text, "description" Text, "guid" Text, "tag_fg_color" Text,
        "tag_bg_color" Text, "icon" Text, "agents" Json, "created_at" Int, "updated_at" Int,
    }
    /// Users' secrets.
    WALLETS = "wallets" by 1 { "id" Text, "credentials" Json, "sealed" Text, }
    /// The addresses of remote agents that were added at run time.
    AGENT_URLS = "agent_urls" by 1 {
        "id" Text, "added_by" Text, "secret" Text, "timeout_ms" Int, "retry" Json, "created_at" Int,
    }
    /// Users' accounts with providers of OAuth.
    ACCOUNTS = "accounts" by 1 {
        "id" Text, "connection" Text, "owner" Text, "provider" Text, "scopes" Json, "sealed" Text,
        "expires_at" Int, "can_renew" Json, "renewing_until" Int, "broken" Text, "connected_at" Int,
        "renewed_at" Int,
    }
    /// The ways to connect them.
    CHALLENGES = "challenges" by 1 {
        "id" Text, "owner" Text, "provider" Text, "scopes" Json, "flow" Json, "sealed" Text, "due_at" Int,
        "created_at" Int, "expires_at" Int,
    }
    /// Tasks.
    TASKS = "tasks" by 1 {
        "id" Text, "owner" Text, "agent" Text, "input" Text, "additional_input" Json, "state" Text,
        "last" Int, "acts" Json, "created_at" Int, "ended_at" Int,
    }
    /// The steps that are done.
    STEPS = "steps" by 1 {
        "id" Text, "task" Text, "place" Int, "input" Text, "additional_input" Json, "result" Json,
        "created_at" Int, "modified_at" Int,
    }
    /// The files of tasks.
    ARTIFACTS = "artifacts" by 1 {
        "id" Text, "task" Text, "agent_created" Json, "file_name" Text, "relative_path" Text,
        "content_type" Text, "hash" Text, "size" Int, "created_at" Int,
    }
    /// What is in them.
    BLOBS = "blobs" by 1 { "id" Text, "size" Int, "used" Int, "is_going" Json, }
    /// What is denied, asked or allowed.
    POLICIES = "policies" by 1 { "id" Text, "rules" Json, "updated_at" Int, }
    /// Standing grants.
    GRANTS = "grants" by 1 {
        "id" Text, "owner" Text, "capabilities" Json, "agent" Text, "max" Int, "used" Int, "created_at" Int,
        "expires_at" Int,
    }
    /// What agents propose to do.
    ACTIONS = "actions" by 1 {
        "id" Text, "owner" Text, "agent" Text, "function" Json, "capability" Text, "at" Text,
        "arguments" Json, "account" Text, "digest" Text, "state" Text, "origin" Json, "source" Text,
        "approval" Json, "auth" Json, "lease" Int, "holder" Json, "output" Json, "error" Text,
        "superseded_by" Text, "told" Int, "created_at" Int, "expires_at" Int, "due_at" Int, "ended_at" Int,
    }
    /// The newest entries of the trails.
    TRAIL_HEADS = "trail_heads" by 1 { "id" Text, "no" Int, "seal" Text, }
    /// The heads of the lanes.
    LANES = "lanes" by 1 {
        "id" Text, "head_no" Int, "next_no" Int, "ready_at" Int, "fence" Int, "life" Text, "attempt" Int,
        "failures" Int, "paused_at" Int, "check_no" Int,
    }
    /// What happened to agents last.
    ACTIVITIES = "activities" by 1 {
        "id" Int, "received_at" Int, "checked_at" Int, "error_at" Int, "failing_since" Int,
    }
    /// What agents remember.
    MEMORIES = "memories" by 1 { "id" Text, "agent" Text, "lane" Text, "value" Json, }
    /// What was used.
    METERS = "meters" by 1 {
        "id" Text, "window_at" Int, "window_tokens" Int, "input_tokens" Int, "output_tokens" Int,
        "calls" Int, "last_at" Int,
    }
    /// The heads of the streams.
    STREAMS = "streams" by 1 { "id" Text, "last_no" Int, "last_at" Int, "purged_no" Int, }
    /// What happened.
    EVENTS = "events" by 2 { "stream" Text, "no" Int, "at" Int, "dedup" Text, "body" Text, }
    /// What waits in the lanes, and what died there.
    DELIVERIES = "deliveries" by 2 {
        "lane" Text, "no" Int, "agent" Text, "user" Text, "work" Text, "about" Int, "created_at" Int,
        "died_at" Int, "reason" Text, "retry_at" Int, "failures" Int, "first_no" Int,
    }
}
