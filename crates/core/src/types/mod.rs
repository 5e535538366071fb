//! The types of agents: those that are built in, and those of the remote agents at known addresses.

mod keep;
mod model;
mod rules;
mod urls;

pub(crate) use keep::start;
pub use rules::{Answer, BuiltIn, Request, Rules};
pub use urls::{NewUrl, TypeView, add_url, list_types, remove_url};

use crate::app::Ports;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use switchboard_domain::{
    Timestamp,
    ids::Username,
    nouns::{Call, Outcome, RetryPolicy},
    ports::{
        ActionRunner, AgentRuntime, Artifacts, CallError, NoDeltas, OAuth, ProviderInfo,
        Registration, RemoteAgents, RemoteEndpoint,
    },
};
use tokio::sync::Notify;

/// What stands before the name of a type in the REST API and in workflow files.
pub const PREFIX: &str = "Agents::";

/// How long a call waits for an agent whose type is not known while addresses are asked for the first
/// time, in microseconds.
pub(crate) const TYPE_SOON: i64 = 250_000;

/// The provider by which every door knows an agent that is run by its type.
pub const BY_TYPE: &str = "type";

/// An address of a remote agent that the operator set.
pub struct OperatorUrl {
    /// The address, and how it is called.
    pub endpoint: RemoteEndpoint,
    /// How failed calls are tried again; none for what is usual.
    pub retry: Option<RetryPolicy>,
}

/// Everything that runs agents.
#[derive(Default)]
pub struct Runners {
    /// The providers of models.
    pub providers: Vec<Arc<dyn AgentRuntime>>,
    /// The types that are built in.
    pub built_in: Vec<BuiltIn>,
    /// What keeps the contents of files, if anything does.
    pub artifacts: Option<Arc<dyn Artifacts>>,
    /// The providers of OAuth, if there are any.
    pub oauth: Option<Arc<dyn OAuth>>,
    /// What makes the calls of actions, if anything does.
    pub actions: Option<Arc<dyn ActionRunner>>,
    /// What calls remote agents, if anything does.
    pub remote: Option<Arc<dyn RemoteAgents>>,
    /// The operator's remote agents.
    pub urls: Vec<OperatorUrl>,
    /// How long a call of a remote agent may take, where its address does not say; in milliseconds.
    pub remote_timeout_ms: Option<u64>,
}

impl From<Vec<Arc<dyn AgentRuntime>>> for Runners {
    fn from(providers: Vec<Arc<dyn AgentRuntime>>) -> Self {
        Self {
            providers,
            ..Self::default()
        }
    }
}

/// What runs the agents of a type.
#[derive(Clone)]
enum Runner {
    Here(Arc<dyn AgentRuntime>, Arc<dyn Rules>),
    Remote(Arc<dyn RemoteAgents>, Box<RemoteEndpoint>),
}

/// A type of agent that can be called.
#[derive(Clone)]
pub struct AgentType {
    /// What it says about itself.
    pub registration: Registration,
    /// How failed calls are tried again; none for what is usual.
    pub retry: Option<RetryPolicy>,
    runner: Runner,
}

impl AgentType {
    /// Its name in the REST API and in workflow files.
    pub fn name(&self) -> String {
        format!("{PREFIX}{}", self.registration.name)
    }

    /// Whether a program of somebody else runs it.
    pub fn is_remote(&self) -> bool {
        matches!(self.runner, Runner::Remote(..))
    }

    /// Whether its calls use a model's tokens.
    pub fn uses_tokens(&self) -> bool {
        self.registration.name == model::NAME
    }

    /// What is known of it, if it is built in.
    pub fn rules(&self) -> Option<&dyn Rules> {
        match &self.runner {
            Runner::Here(_, rules) => Some(&**rules),
            Runner::Remote(..) => None,
        }
    }

    /// Calls an agent of this type.
    ///
    /// # Errors
    /// [`CallError`] when nothing well-formed came back.
    pub async fn call(&self, call: &Call) -> Result<Outcome, CallError> {
        match &self.runner {
            Runner::Here(runtime, _) => runtime.call(call, &NoDeltas).await,
            Runner::Remote(remote, endpoint) => remote.call(endpoint, call).await,
        }
    }
}

/// Whether a remote agent at an address can be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Nobody asked it yet.
    Unasked,
    /// It said what it is.
    Registered,
    /// It did not answer, or not as it should: why, and since when.
    Unreachable(String, Timestamp),
    /// It answered, and cannot be used: why.
    Refused(String),
}

/// A remote agent at an address.
#[derive(Clone)]
struct Known {
    endpoint: RemoteEndpoint,
    retry: Option<RetryPolicy>,
    /// Who added it; none for the operator.
    added_by: Option<Username>,
    reach: Reach,
    /// The type that it has, once it said so.
    name: Option<String>,
    /// How often it was asked in vain.
    failures: u32,
    /// When it is asked next.
    ask_at: Timestamp,
}

/// All types that this server knows.
#[derive(Default)]
pub struct AgentTypes {
    remote: Option<Arc<dyn RemoteAgents>>,
    timeout_ms: Option<u64>,
    tables: RwLock<Tables>,
    /// Rung when an address comes or goes.
    changed: Notify,
}

#[derive(Default)]
struct Tables {
    /// By their names, without the prefix.
    types: BTreeMap<String, Arc<AgentType>>,
    urls: BTreeMap<String, Known>,
}

impl AgentTypes {
    /// The types that are built in; those of the operator's addresses appear once they answer.
    pub fn new(runners: Runners, ports: &Ports) -> (Self, Vec<Arc<dyn AgentRuntime>>) {
        let mut tables = Tables::default();
        let model = model::built_in(&runners.providers);
        for built_in in runners.built_in.into_iter().chain([model]) {
            let kind = AgentType {
                registration: built_in.registration,
                retry: None,
                runner: Runner::Here(built_in.runtime, built_in.rules),
            };
            tables
                .types
                .insert(kind.registration.name.clone(), Arc::new(kind));
        }
        for OperatorUrl { endpoint, retry } in runners.urls {
            let known = Known::new(endpoint, retry, None, ports.now());
            tables.urls.insert(known.endpoint.url.clone(), known);
        }
        let types = Self {
            remote: runners.remote,
            timeout_ms: runners.remote_timeout_ms,
            tables: RwLock::new(tables),
            changed: Notify::new(),
        };
        (types, runners.providers)
    }

    fn read(&self) -> RwLockReadGuard<'_, Tables> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tables> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The type of this name, with or without the prefix, if its agents can be called.
    pub fn get(&self, name: &str) -> Option<Arc<AgentType>> {
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        self.read().types.get(name).cloned()
    }

    /// Whether an address was not asked yet: a type that is not known may appear in a moment.
    pub fn is_asking(&self) -> bool {
        let tables = self.read();
        tables
            .urls
            .values()
            .any(|known| known.reach == Reach::Unasked)
    }
}

impl Known {
    fn new(
        endpoint: RemoteEndpoint,
        retry: Option<RetryPolicy>,
        added_by: Option<Username>,
        now: Timestamp,
    ) -> Self {
        Self {
            endpoint,
            retry,
            added_by,
            reach: Reach::Unasked,
            name: None,
            failures: 0,
            ask_at: now,
        }
    }
}

impl fmt::Debug for AgentTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.read().types.keys()).finish()
    }
}

/// Lets an agent of a type take part where a provider of models could.
pub struct AsProvider(pub Arc<AgentType>);

#[async_trait::async_trait]
impl AgentRuntime for AsProvider {
    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            id: self.0.name(),
            name: self.0.registration.display_name.clone(),
            models: Vec::new(),
            default_model: self.0.name(),
            usable: true,
        }
    }

    async fn call(
        &self,
        call: &Call,
        _: &dyn switchboard_domain::ports::DeltaSink,
    ) -> Result<Outcome, CallError> {
        self.0.call(call).await
    }
}
