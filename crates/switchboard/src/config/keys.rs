//! The list of all settings: the only place that says which there are.

use super::kind::Kind;
use super::layer::{Entry, Layer, Origin};

/// One setting. The default is written as in a variable.
pub(super) struct Key {
    pub path: &'static str,
    pub kind: Kind,
    pub default: Option<&'static str>,
}

const fn key(path: &'static str, kind: Kind, default: &'static str) -> Key {
    Key {
        path,
        kind,
        default: Some(default),
    }
}

const fn optional(path: &'static str, kind: Kind) -> Key {
    Key {
        path,
        kind,
        default: None,
    }
}

/// At least one, at most ten years in seconds.
const SECONDS: Kind = Kind::Whole {
    min: 1,
    max: 315_576_000,
};
/// None, or a number of that many.
const COUNT: Kind = Kind::Whole {
    min: 0,
    max: u32::MAX as i64,
};
/// As a count, but larger.
const TOTAL: Kind = Kind::Whole {
    min: 0,
    max: i64::MAX,
};
/// Lines of a log.
const LINES: Kind = Kind::Whole {
    min: 1,
    max: 100_000,
};
/// By how much a pause grows.
const GROWTH: Kind = Kind::Whole { min: 1, max: 100 };
const WORKERS: Kind = Kind::Whole {
    min: 1,
    max: 100_000,
};

const ORIGINS: &str =
    "http://localhost:5173,http://127.0.0.1:5173,http://localhost:4173,http://127.0.0.1:4173";

/// All settings but those of providers, in the order in which they are shown.
pub(super) const KEYS: &[Key] = &[
    key("listen", Kind::Address, "127.0.0.1:8000"),
    key("data", Kind::Text, "./switchboard-data"),
    optional("store", Kind::Store),
    key("log", Kind::LogFilter, "info"),
    key("log_format", Kind::Choice(&["text", "json"]), "text"),
    key("log_slow_ms", COUNT, "1000"),
    key("shutdown_s", SECONDS, "10"),
    key("access_token_s", SECONDS, "1800"),
    key("lease_s", SECONDS, "15"),
    key("workers", WORKERS, "1024"),
    key("limits.login_per_minute", COUNT, "10"),
    key("limits.verify_per_minute", COUNT, "50"),
    key("limits.session_create_per_minute", COUNT, "5"),
    key("limits.session_query_per_minute", COUNT, "10"),
    key("limits.agent_ops_per_minute", COUNT, "20"),
    key("limits.ws_texts_per_minute", COUNT, "60"),
    key("limits.hooks_per_minute", COUNT, "600"),
    key("limits.sessions_per_user", COUNT, "5"),
    key("limits.turns_per_agent", COUNT, "20"),
    key("limits.tokens_per_minute", COUNT, "3000"),
    key("limits.session_lifetime_s", COUNT, "3600"),
    key("limits.model_timeout_s", COUNT, "25"),
    key("limits.messages_per_session", COUNT, "1000"),
    key("limits.tokens_per_session", TOTAL, "0"),
    key("limits.tokens_per_user", TOTAL, "0"),
    key("limits.history_tokens", COUNT, "8000"),
    key("limits.login_failures", COUNT, "10"),
    key("limits.lockout_s", COUNT, "300"),
    key("limits.connections", COUNT, "10000"),
    key("limits.connections_per_user", COUNT, "1000"),
    key("limits.body_bytes", COUNT, "1048576"),
    key("limits.frame_bytes", COUNT, "1048576"),
    key("limits.steps_per_task", COUNT, "10000"),
    key("limits.step_timeout_s", COUNT, "300"),
    key("limits.task_lifetime_s", COUNT, "604800"),
    key("limits.tokens_per_task", TOTAL, "0"),
    key("limits.artifact_bytes", TOTAL, "4294967296"),
    optional("http.public_url", Kind::Url),
    key("http.allowed_origins", Kind::Origins, ORIGINS),
    key("http.trusted_proxies", Kind::Networks, ""),
    key(
        "http.metrics",
        Kind::Choice(&["loopback", "anyone", "off"]),
        "loopback",
    ),
    key("agents.timeout_s", SECONDS, "60"),
    key("agents.log_lines", LINES, "200"),
    key("agents.allowed_networks", Kind::Networks, ""),
    key("tasks.default_agent", Kind::Text, "demo"),
    optional("tasks.anonymous_user", Kind::User),
    optional("artifacts.bucket", Kind::Text),
    optional("artifacts.endpoint", Kind::Url),
    key("artifacts.region", Kind::Text, "us-east-1"),
    optional("artifacts.prefix", Kind::Text),
    optional("artifacts.access_key_id", Kind::Secret),
    optional("artifacts.secret_access_key", Kind::Secret),
];

/// The settings of one remote agent.
pub(super) const REMOTE_KEYS: &[Key] = &[
    optional("url", Kind::Url),
    optional("secret", Kind::Secret),
    optional("timeout_s", SECONDS),
    optional("retry_first_ms", COUNT),
    optional("retry_growth", GROWTH),
    optional("retry_attempts", COUNT),
];

/// The settings of one provider.
pub(super) const PROVIDER_KEYS: &[Key] = &[
    optional("kind", Kind::Choice(super::providers::KINDS)),
    optional("name", Kind::Text),
    optional("base_url", Kind::Url),
    optional("api_key", Kind::Secret),
    optional("models", Kind::Texts),
    optional("default_model", Kind::Text),
];

/// The settings of one provider of OAuth.
pub(super) const OAUTH_KEYS: &[Key] = &[
    optional("name", Kind::Text),
    optional("issuer", Kind::Url),
    optional("authorization_url", Kind::Url),
    optional("token_url", Kind::Url),
    optional("device_url", Kind::Url),
    optional("revocation_url", Kind::Url),
    optional("client_id", Kind::Text),
    optional("client_secret", Kind::Secret),
    optional("client_secret_file", Kind::Text),
    optional("scopes", Kind::Texts),
    optional("api_hosts", Kind::Texts),
    optional("authorization_params", Kind::Text),
];

/// The kinds of sections of which there may be several: how their paths begin, and their settings.
pub(super) const SEVERAL: [(&str, &[Key]); 3] = [
    ("providers.", PROVIDER_KEYS),
    ("remote_agents.", REMOTE_KEYS),
    (super::oauth::PREFIX, OAUTH_KEYS),
];

/// What all settings are when nobody says otherwise.
pub(super) fn defaults() -> Layer {
    KEYS.iter()
        .filter_map(|key| {
            let value = key.kind.read(key.default?).ok()?;
            Some((key.path.to_string(), Entry::new(value, Origin::Default)))
        })
        .collect()
}

/// What a setting with this path must be, where there is one.
pub(super) fn kind_of(path: &str) -> Option<Kind> {
    let several = SEVERAL.iter().find(|(prefix, _)| path.starts_with(prefix));
    let (keys, path) = match several {
        Some((prefix, keys)) => (*keys, path[prefix.len()..].split_once('.')?.1),
        None => (KEYS, path),
    };
    keys.iter().find(|key| key.path == path).map(|key| key.kind)
}

/// Whether settings lie below this path.
pub(super) fn is_section(path: &str) -> bool {
    match path.strip_prefix("providers.") {
        Some(name) => !name.contains('.'),
        None => matches!(
            path,
            "limits" | "http" | "agents" | "tasks" | "artifacts" | "providers"
        ),
    }
}

/// All names that stand in a section (or at the top, where it is empty).
pub(super) fn names_in(section: &str) -> Vec<String> {
    if let Some((_, keys)) = SEVERAL
        .iter()
        .find(|(prefix, _)| section.starts_with(prefix))
    {
        return keys.iter().map(|key| key.path.into()).collect();
    }
    let prefix = if section.is_empty() {
        String::new()
    } else {
        format!("{section}.")
    };
    let mut names: Vec<String> = KEYS
        .iter()
        .filter_map(|key| key.path.strip_prefix(&prefix))
        .filter(|name| !name.contains('.'))
        .map(Into::into)
        .collect();
    if section.is_empty() {
        names.extend(
            [
                "limits",
                "http",
                "agents",
                "tasks",
                "artifacts",
                "providers",
                "remote_agents",
                super::oauth::SECTION,
            ]
            .map(Into::into),
        );
    }
    names
}

/// The variable of a setting.
pub(super) fn variable(path: &str) -> String {
    format!(
        "SWITCHBOARD_{}",
        path.replace(['.', '-'], "_").to_uppercase()
    )
}
