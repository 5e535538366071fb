//! The operator's providers of OAuth.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use secrecy::SecretString;
use switchboard_domain::ports::{Clock, OAuth};
use switchboard_outbound::{OAuthClients, OAuthConfig, Outgoing};

use crate::{commands::Failure, config::OAuthProvider};

/// What asks them, if there are any.
pub(super) fn providers(
    all: BTreeMap<String, OAuthProvider>,
    outgoing: &Outgoing,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<dyn OAuth>>, Failure> {
    if all.is_empty() {
        return Ok(None);
    }
    let configs = all.into_values().map(provider);
    let configs = configs.collect::<Result<_, _>>()?;
    let clients = OAuthClients::new(outgoing.clone(), configs, Arc::clone(clock));
    let clients = clients.map_err(|error| Failure::Other {
        what: error.to_string(),
        hint: Some("see [[oauth_providers]] in docs/CONFIGURATION.md".into()),
    })?;
    Ok(Some(Arc::new(clients)))
}

fn provider(provider: OAuthProvider) -> Result<OAuthConfig, Failure> {
    let client_secret = match provider.client_secret_file {
        Some(file) => Some(read(&file)?),
        None => provider.client_secret,
    };
    Ok(OAuthConfig {
        name: provider.name,
        issuer: provider.issuer,
        authorization_url: provider.authorization_url,
        token_url: provider.token_url,
        device_url: provider.device_url,
        revocation_url: provider.revocation_url,
        client_id: provider.client_id,
        client_secret,
        scopes: provider.scopes,
        api_hosts: provider.api_hosts,
        authorization_params: provider.authorization_params,
    })
}

/// A secret that is in a file of its own, with or without a line's end.
fn read(file: &Path) -> Result<SecretString, Failure> {
    let text = fs::read_to_string(file).map_err(|error| Failure::Other {
        what: format!(
            "cannot read `client_secret_file` {}: {error}",
            file.display()
        ),
        hint: None,
    })?;
    Ok(text.trim().into())
}
