//! `serve`.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use switchboard_core::{Ports, Switchboard, identity};
use switchboard_store::Role;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use super::Failure;
use crate::{assemble, config::Config, listener, logs, metrics};

/// Starts the server and returns when it has stopped.
///
/// # Errors
/// Why it could not start.
pub async fn run(config: Config) -> Result<(), Failure> {
    logs::start(&config);
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| Failure::Other {
            what: format!("cannot listen on {}: {error}", config.listen),
            hint: Some("name another address with --listen".into()),
        })?;
    let limit = Duration::from_secs(config.shutdown_s);
    let ports = assemble::ports(&config, Role::Server).await?;
    let figures = metrics::keep_small(Arc::clone(&ports.clock));
    let admin = first_admin(&config, &ports).await?;
    let (app, http) = assemble::start(config, ports).await?;
    let address = listener.local_addr()?;
    // Before it says that it is there: who starts it may stop it at once.
    let signals = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    greet(address, admin);
    let limits = listener::Limits::of(http.connections);
    let router = switchboard_doors::router(Arc::clone(&app), http);
    let serving = listener::serve(listener, router, limits, app.stopping());
    let mut stopped = pin!(stop_on_signal(&app, signals, limit));
    tokio::select! {
        // The listener closes as soon as the server begins to stop; what is under way goes on.
        () = serving => stopped.await,
        () = &mut stopped => {}
        () = figures => {}
    }
    Ok(())
}

/// Waits for a signal to stop, then stops.
async fn stop_on_signal(app: &Switchboard, signals: [io::Result<Signal>; 2], limit: Duration) {
    let [terminate, interrupt] = signals.map(heard);
    tokio::select! {
        () = terminate => {}
        () = interrupt => {}
    }
    tracing::info!(
        limit_s = limit.as_secs(),
        "stopping: what is under way is finished first"
    );
    app.stop(limit).await;
    tracing::info!("stopped");
}

async fn heard(signal: io::Result<Signal>) {
    match signal {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

/// The administrator that the first start makes, with the password if it was made up.
struct FirstAdmin {
    name: String,
    made_up: Option<SecretString>,
}

async fn first_admin(config: &Config, ports: &Ports) -> Result<Option<FirstAdmin>, Failure> {
    let special = &config.special;
    let name = special
        .admin_username
        .clone()
        .unwrap_or_else(|| "admin".into());
    let made_up = special
        .admin_password
        .is_none()
        .then(|| make_up_password(ports));
    let password = special
        .admin_password
        .clone()
        .or_else(|| made_up.clone())
        .unwrap_or_default();
    let username = name.parse().map_err(|error| Failure::Other {
        what: format!("SWITCHBOARD_ADMIN_USERNAME: {error}"),
        hint: None,
    })?;
    let made = identity::ensure_admin(ports, username, password)
        .await
        .map_err(Failure::of_store)?;
    Ok(made.then_some(FirstAdmin { name, made_up }))
}

fn make_up_password(ports: &Ports) -> SecretString {
    let mut bytes = [0; 15];
    ports.random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes).into()
}

/// The command that finds this server.
fn how_to_chat(address: SocketAddr) -> String {
    let usual = address.port() == 8000 && address.ip().is_loopback() && address.is_ipv4();
    if usual {
        "switchboard chat".to_owned()
    } else {
        format!("switchboard chat --server http://{address}")
    }
}

/// Says where the server is, and, once, how to sign in. That nobody reads it is no reason to stop.
fn greet(address: SocketAddr, admin: Option<FirstAdmin>) {
    let version = env!("CARGO_PKG_VERSION");
    let mut lines = vec![format!("Switchboard {version} is at http://{address}")];
    match admin {
        Some(FirstAdmin {
            name,
            made_up: Some(password),
        }) => {
            let password = password.expose_secret();
            lines.push(format!("Sign in as `{name}` with the password: {password}"));
            lines.push(format!(
                "It is shown this once; `switchboard user password {name}` sets another."
            ));
        }
        Some(FirstAdmin {
            name,
            made_up: None,
        }) => {
            lines.push(format!("Sign in as `{name}` with the password you set."));
        }
        None => {}
    }
    lines.push(format!("Talk with an agent: {}", how_to_chat(address)));
    lines.push(format!("The API is described at http://{address}/docs"));
    if writeln!(std::io::stdout(), "{}", lines.join("\n")).is_err() {
        tracing::debug!("nobody reads the greeting");
    }
}
