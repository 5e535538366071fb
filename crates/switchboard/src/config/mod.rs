//! The settings: where they come from, what they may be, and how they are shown.
//!
//! A setting is looked for in the flags, then in the variables `SWITCHBOARD_*`, then in the file, then among the
//! defaults. Everything is read and checked before anything else happens, and all that is wrong is told at once.

mod bucket;
mod environment;
mod file;
mod keys;
mod kind;
mod layer;
mod oauth;
mod problem;
mod providers;
mod remote;
mod settings;
mod show;
mod sources;
mod special;
mod store_url;

pub use problem::{Problem, Problems};
pub use settings::{
    Agents, Artifacts, Config, Http, Limits, LogFormat, MetricsAccess, OAuthProvider, Provider,
    ProviderKind, RemoteAgent, Tasks,
};
pub use sources::{Flags, Sources};
pub use special::Special;
pub use store_url::StoreUrl;

use layer::{Entry, Layer, Origin};

/// The settings, and where each came from.
pub struct Loaded {
    /// The settings.
    pub config: Config,
    effective: Layer,
}

impl Loaded {
    /// The settings as TOML, each with its origin; secrets are not in it.
    pub fn show(&self) -> String {
        show::show(&self.effective, &self.config.special)
    }
}

/// Reads and checks all settings.
///
/// # Errors
/// All that is wrong, in one list.
pub fn load(sources: &Sources) -> Result<Loaded, Problems> {
    let mut problems = Vec::new();
    let mut effective = keys::defaults();
    effective.extend(environment::well_known(&sources.variables, &mut problems));
    effective.extend(file::read(sources, &mut problems));
    effective.extend(remote::variables(&sources.variables, &mut problems));
    let variables = environment::read(&sources.variables, &effective, &mut problems);
    effective.extend(variables);
    effective.extend(sources.flags.read(&mut problems));
    fill_in_store(&mut effective);
    providers::complete(&mut effective, &mut problems);
    remote::check(&effective, &mut problems);
    oauth::complete(&mut effective, &mut problems);
    bucket::check(&effective, &mut problems);
    check_anonymous(&effective, &mut problems);
    let special = special::read(&sources.variables, &mut problems);
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let mut config: Config =
        layer::to_table(&effective)
            .try_into()
            .map_err(|error: toml::de::Error| {
                Problems(vec![Problem::new("settings", error.message())])
            })?;
    config.special = special;
    Ok(Loaded { config, effective })
}

/// Who needs no token must come from this machine.
fn check_anonymous(effective: &Layer, problems: &mut Vec<Problem>) {
    let Some(entry) = effective.get("tasks.anonymous_user") else {
        return;
    };
    let listen = effective.get("listen").and_then(|it| it.value.as_str());
    let address = listen.and_then(|text| text.parse::<std::net::SocketAddr>().ok());
    if address.is_some_and(|address| !address.ip().is_loopback()) {
        let what = "`tasks.anonymous_user` lets callers in without a token, and is for a server that \
                    only this machine reaches: set `listen` to 127.0.0.1, or leave it out";
        problems.push(Problem::new(entry.origin.clone(), what));
    }
}

/// Without a setting, the store is a file in the data folder.
fn fill_in_store(effective: &mut Layer) {
    if effective.contains_key("store") {
        return;
    }
    let data = effective
        .get("data")
        .and_then(|entry| entry.value.as_str())
        .unwrap_or_default();
    let store = format!("sqlite:{}/switchboard.db", data.trim_end_matches('/'));
    effective.insert("store".into(), Entry::new(store, Origin::Default));
}

#[cfg(test)]
mod tests;
