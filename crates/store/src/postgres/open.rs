//! Opening a `PostgreSQL` database: the settings of the connections, the migrations.

use super::engine::{Link, PostgresEngine};
use crate::open::OpenError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::{str::FromStr, sync::Arc, time::Duration};
use switchboard_domain::ports::Clock;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");
/// How long to wait for a connection. A database that is away is tried again meanwhile.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 5 });
/// One connection for the batches; the others for claims, beats, and asking for a lost answer.
const WRITERS: u32 = 4;
const READERS: u32 = 8;

/// Opens the database at this URL.
pub(crate) async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<PostgresEngine, OpenError> {
    // The cause may show parts of the URL, and with them the password.
    let options = PgConnectOptions::from_str(url).map_err(|_| OpenError::Url)?;
    let options = options.application_name("switchboard").options([
        ("synchronous_commit", "on"),
        ("default_transaction_read_only", "off"),
        // A node that stopped in the middle of a transaction does not hold up the others for long.
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "15s"),
    ]);
    let place = format!("{}:{}", options.get_host(), options.get_port());
    let writers = pool(WRITERS)
        .connect_with(options.clone())
        .await
        .map_err(|error| OpenError::Unreachable {
            place,
            cause: error.to_string(),
        })?;
    MIGRATIONS.run(&writers).await?;
    let readers = pool(READERS).connect_lazy_with(options);
    Ok(PostgresEngine {
        link: Link { writers, clock },
        readers,
    })
}

fn pool(size: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(true)
}
