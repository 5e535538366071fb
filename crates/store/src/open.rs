//! Opening a store by its URL.

use crate::{database::Database, memory::MemoryStore, postgres, sqlite, store::SqlStore};
use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::MigrateError;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use switchboard_domain::ports::{Clock, Store};

/// For whom the store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A server. On `SQLite` there is one at a time, and all earlier lives are void.
    Server,
    /// A command-line tool, which may read and write beside a server.
    Tool,
}

/// Why a store could not be opened, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is none of a store.
    #[error(
        "the store's URL is not understood: use `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`"
    )]
    Url,
    /// The file or its folder cannot be used.
    #[error("cannot use {}: {cause}; the server needs a folder in which it may write", path.display())]
    Folder {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Another server has it open.
    #[error(
        "{} is in use by another server: stop that one, give this one a database of its own, \
         or use PostgreSQL to run several", .0.display()
    )]
    InUse(PathBuf),
    /// The database server does not let us in.
    #[error(
        "cannot reach PostgreSQL at {place}: {cause}; check that it runs, and the user, password and database"
    )]
    Unreachable {
        /// Host and port.
        place: String,
        /// What the driver said.
        cause: String,
    },
    /// A newer version was here.
    #[error(
        "the database was made by a newer version (its schema has version {0}): install that version or a later one"
    )]
    Newer(i64),
    /// The schema is not what this program made.
    #[error(
        "version {0} of the database's schema was changed by somebody else: restore it from a backup"
    )]
    Foreign(i64),
    /// Anything else.
    #[error("{0}")]
    Broken(String),
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer(version),
            MigrateError::VersionMismatch(version) => Self::Foreign(version),
            other => Self::Broken(format!("cannot bring the database up to date: {other}")),
        }
    }
}

/// Opens the store at `sqlite:PATH`, `postgres://…` or `postgresql://…`, and brings its schema up to
/// date.
///
/// # Errors
/// [`OpenError`], whose text says what to do.
pub async fn open(
    url: &SecretString,
    role: Role,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Store>, OpenError> {
    let url = url.expose_secret();
    let database = if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() {
            return Err(OpenError::Url);
        }
        Database::new(Box::new(sqlite::open(Path::new(path), role).await?), clock)
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Database::new(Box::new(postgres::open(url, clock.clone()).await?), clock)
    } else {
        return Err(OpenError::Url);
    };
    Ok(Arc::new(SqlStore::new(database)))
}

/// A store in memory, which forgets everything when it is dropped. For tests and simulations.
pub fn memory(clock: Arc<dyn Clock>) -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(clock))
}
