//! Putting the server together. The only place that knows which store, bus and providers run.

mod oauth;

use std::{
    collections::BTreeMap, fs::DirBuilder, os::unix::fs::DirBuilderExt as _, path::Path, sync::Arc,
    time::Duration,
};

use switchboard_artifacts::{Bucket, BucketConfig, Disk};
use switchboard_bus::LocalBus;
use switchboard_core::{
    Limits, Ports, Settings, Switchboard,
    types::{OperatorUrl, Runners},
};
use switchboard_domain::{
    nouns::{RetryDelay, RetryPolicy},
    ports::{ActionRunner, AgentRuntime, Artifacts, Clock, Random, RemoteAgents, RemoteEndpoint},
};
use switchboard_doors::{HttpSettings, Metrics, MetricsFor};
use switchboard_outbound::{
    HttpActions, HttpAgents, Outgoing, PeerConfig, PeerRuntime, ProviderConfig,
    ProviderKind as Kind,
};
use switchboard_store::Role;

use crate::{
    built_in,
    commands::Failure,
    config::{self, Agents, Config, MetricsAccess, Provider, ProviderKind, RemoteAgent},
    master_key, metrics,
    system::{SystemClock, SystemRandom},
};

/// What the use cases stand on, for a server or for a tool beside it.
///
/// # Errors
/// When the data folder cannot be made, or the store cannot be opened.
pub async fn ports(config: &Config, role: Role) -> Result<Ports, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.data)
        .map_err(|error| Failure::Other {
            what: format!(
                "cannot make the data folder {}: {error}",
                config.data.display()
            ),
            hint: Some("name another with --data".into()),
        })?;
    let store = switchboard_store::open(&config.store.to_secret(), role, Arc::clone(&clock))
        .await
        .map_err(|error| Failure::Other {
            what: error.to_string(),
            hint: None,
        })?;
    Ok(Ports {
        store,
        bus: Arc::new(LocalBus::default()),
        clock,
        random: Arc::new(SystemRandom),
    })
}

/// Starts the server on these ports.
///
/// # Errors
/// When the master key does not fit, a provider's settings cannot work, or the store fails.
pub async fn start(
    config: Config,
    ports: Ports,
) -> Result<(Arc<Switchboard>, HttpSettings), Failure> {
    let random: Arc<dyn Random> = Arc::clone(&ports.random);
    let vault = master_key::open_vault(&config, &*ports.store, &random).await?;
    let settings = settings(&config);
    let metrics = metrics(config.http.metrics, &*ports.clock)?;
    let http = HttpSettings {
        public_url: config.http.public_url,
        allowed_origins: config.http.allowed_origins,
        trusted_proxies: config.http.trusted_proxies,
        body_bytes: or_unlimited(config.limits.body_bytes),
        frame_bytes: or_unlimited(config.limits.frame_bytes),
        connections: or_unlimited(config.limits.connections),
        anonymous_user: config.tasks.anonymous_user.clone(),
        slow: (config.log_slow_ms > 0).then(|| Duration::from_millis(config.log_slow_ms.into())),
        metrics,
    };
    let artifacts = artifacts(&config.data, config.artifacts, &*ports.clock).await?;
    let outgoing = Outgoing::new(config.agents.allowed_networks.clone());
    let outgoing = outgoing.map_err(|error| Failure::Other {
        what: error.to_string(),
        hint: None,
    })?;
    let providers = all_providers(config.providers, &outgoing, &ports.clock)?;
    let oauth = oauth::providers(config.oauth_providers, &outgoing, &ports.clock)?;
    let mut runners = runners(
        providers,
        &config.agents,
        config.remote_agents,
        outgoing,
        &ports.clock,
    );
    runners.artifacts = Some(artifacts);
    runners.oauth = oauth;
    let app = Switchboard::start(ports, vault, runners, settings)
        .await
        .map_err(Failure::of_store)?;
    Ok((app, http))
}

/// The contents of files, in the data folder or in a bucket.
async fn artifacts(
    data: &Path,
    settings: config::Artifacts,
    clock: &dyn Clock,
) -> Result<Arc<dyn Artifacts>, Failure> {
    if let Some(bucket) = settings.bucket {
        let config = BucketConfig {
            bucket,
            endpoint: settings.endpoint,
            region: settings.region,
            prefix: settings.prefix,
            key: settings.access_key_id.zip(settings.secret_access_key),
        };
        let opened = Bucket::open(config, clock.now()).await;
        return match opened {
            Ok(bucket) => Ok(Arc::new(bucket)),
            Err(error) => Err(Failure::Other {
                what: error.to_string(),
                hint: Some("see [artifacts] in docs/CONFIGURATION.md".into()),
            }),
        };
    }
    let folder = data.join("artifacts");
    let disk = Disk::open(&folder).map_err(|error| Failure::Other {
        what: format!("cannot use the folder {}: {error}", folder.display()),
        hint: Some("name another data folder with --data".into()),
    })?;
    Ok(Arc::new(disk))
}

/// Everything that runs agents.
fn runners(
    providers: Vec<Arc<dyn AgentRuntime>>,
    agents: &Agents,
    remote_agents: BTreeMap<String, RemoteAgent>,
    outgoing: Outgoing,
    clock: &Arc<dyn Clock>,
) -> Runners {
    let built_in = built_in::all(&outgoing, clock);
    let actions: Arc<dyn ActionRunner> = Arc::new(HttpActions::new(outgoing.clone()));
    let remote: Arc<dyn RemoteAgents> = Arc::new(HttpAgents::new(outgoing, Arc::clone(clock)));
    let usual = agents.timeout_s;
    let urls = remote_agents
        .into_values()
        .map(|agent| operator_url(agent, usual));
    Runners {
        providers,
        built_in,
        actions: Some(actions),
        remote: Some(remote),
        artifacts: None,
        oauth: None,
        urls: urls.collect(),
        remote_timeout_ms: Some(u64::from(usual) * 1000),
    }
}

/// The providers of models, and behind them the agents of other servers.
fn all_providers(
    providers: BTreeMap<String, Provider>,
    outgoing: &Outgoing,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn AgentRuntime>>, Failure> {
    let unfit = |what| Failure::Other {
        what,
        hint: Some("see [providers] in docs/CONFIGURATION.md".into()),
    };
    let is_peer = |kind| kind == ProviderKind::AgentProtocol;
    let (peers, models): (BTreeMap<_, _>, BTreeMap<_, _>) = providers
        .into_iter()
        .partition(|(_, provider)| is_peer(provider.kind));
    let models = models.into_iter().filter_map(provider).collect();
    let runtimes = switchboard_outbound::runtimes(models, clock);
    let mut runtimes = runtimes.map_err(|error| unfit(error.to_string()))?;
    for (id, provider) in peers {
        let peer = PeerConfig {
            name: provider.name,
            base_url: provider.base_url.unwrap_or_default(),
            token: provider.api_key,
            id: id.clone(),
        };
        let peer = PeerRuntime::new(peer, outgoing, clock);
        let peer = peer.map_err(|reason| unfit(format!("provider {id}: base_url: {reason}")))?;
        runtimes.push(Arc::new(peer));
    }
    Ok(runtimes)
}

fn operator_url(agent: RemoteAgent, usual_s: u32) -> OperatorUrl {
    let has_own = agent.retry_first_ms.is_some() || agent.retry_attempts.is_some();
    let growing = |first_ms| RetryDelay::Growing {
        first_ms,
        growth: f64::from(agent.retry_growth.unwrap_or(2)),
    };
    let usual = RetryPolicy::default();
    let retry = has_own.then(|| RetryPolicy {
        delay: agent.retry_first_ms.map_or(usual.delay, growing),
        attempts: match agent.retry_attempts {
            Some(0) => None,
            Some(attempts) => Some(attempts),
            None => usual.attempts,
        },
    });
    let timeout_s = agent.timeout_s.unwrap_or(usual_s);
    OperatorUrl {
        endpoint: RemoteEndpoint {
            url: agent.url,
            secret: agent.secret,
            timeout: Duration::from_secs(timeout_s.into()),
            is_trusted: true,
        },
        retry,
    }
}

fn metrics(open_to: MetricsAccess, clock: &dyn Clock) -> Result<Metrics, Failure> {
    let open_to = match open_to {
        MetricsAccess::Off => MetricsFor::Nobody,
        MetricsAccess::Loopback => MetricsFor::ThisMachine,
        MetricsAccess::Anyone => MetricsFor::Anyone,
    };
    let figures = match open_to {
        MetricsFor::Nobody => metrics::none(),
        MetricsFor::ThisMachine | MetricsFor::Anyone => {
            metrics::collect(clock).map_err(|error| Failure::Other {
                what: error.to_string(),
                hint: None,
            })?
        }
    };
    Ok(Metrics { open_to, figures })
}

fn settings(config: &Config) -> Settings {
    let limits = &config.limits;
    Settings {
        access_token_s: i64::try_from(config.access_token_s).unwrap_or(i64::MAX),
        lease_s: config.lease_s,
        workers: config.workers,
        public_url: public_url(config),
        default_agent: config.tasks.default_agent.clone(),
        limits: Limits {
            login_per_minute: limits.login_per_minute,
            verify_per_minute: limits.verify_per_minute,
            session_create_per_minute: limits.session_create_per_minute,
            session_query_per_minute: limits.session_query_per_minute,
            agent_ops_per_minute: limits.agent_ops_per_minute,
            ws_texts_per_minute: limits.ws_texts_per_minute,
            sessions_per_user: limits.sessions_per_user as usize,
            connections_per_user: limits.connections_per_user as usize,
            turns_per_agent: limits.turns_per_agent,
            tokens_per_minute: limits.tokens_per_minute.into(),
            session_lifetime_s: limits.session_lifetime_s.into(),
            model_timeout_s: limits.model_timeout_s.into(),
            messages_per_session: limits.messages_per_session.into(),
            tokens_per_session: i64::try_from(limits.tokens_per_session).unwrap_or(i64::MAX),
            tokens_per_user: i64::try_from(limits.tokens_per_user).unwrap_or(i64::MAX),
            login_failures: limits.login_failures.into(),
            lockout_s: limits.lockout_s.into(),
            history_tokens: or_unlimited(limits.history_tokens),
            hooks_per_minute: limits.hooks_per_minute,
            log_lines: config.agents.log_lines.into(),
            steps_per_task: limits.steps_per_task.into(),
            step_timeout_s: limits.step_timeout_s.into(),
            task_lifetime_s: limits.task_lifetime_s.into(),
            tokens_per_task: i64::try_from(limits.tokens_per_task).unwrap_or(i64::MAX),
            artifact_bytes: match limits.artifact_bytes {
                0 => u64::MAX >> 1,
                bytes => bytes,
            },
        },
    }
}

/// Where clients reach the server: as set, or else where it listens, as far as that says so.
fn public_url(config: &Config) -> Option<String> {
    let listen = config.listen;
    let here = match listen.ip() {
        ip if ip.is_unspecified() => format!("http://127.0.0.1:{}", listen.port()),
        _ => format!("http://{listen}"),
    };
    let known = (listen.port() != 0).then_some(here);
    config.http.public_url.clone().or(known)
}

/// The settings of a provider of models.
fn provider((id, provider): (String, Provider)) -> Option<ProviderConfig> {
    let well_known = matches!(id.as_str(), "openai");
    Some(ProviderConfig {
        kind: match provider.kind {
            ProviderKind::OpenAi if well_known => Kind::OpenAi,
            ProviderKind::OpenAi => Kind::OpenAiCompatible,
            ProviderKind::Anthropic => Kind::Anthropic,
            ProviderKind::Groq => Kind::Groq,
            ProviderKind::Google => Kind::Google,
            ProviderKind::Ollama => Kind::Ollama,
            ProviderKind::AgentProtocol => return None,
        },
        id,
        name: provider.name,
        base_url: provider.base_url,
        api_key: provider.api_key,
        models: provider.models,
        default_model: provider.default_model,
    })
}

/// 0 stands for no limit.
fn or_unlimited(limit: u32) -> usize {
    if limit == 0 {
        usize::MAX >> 4
    } else {
        limit as usize
    }
}
