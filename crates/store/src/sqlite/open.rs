//! Opening an `SQLite` database: the folder's lock, the settings, the migrations.

use super::{checkpoint::Checkpoints, engine::SqliteEngine, points::Points};
use crate::open::{OpenError, Role};
use rusqlite::Connection;
use sqlx::{
    Sqlite, SqlitePool, query,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fmt::Display,
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");
/// How long a statement waits for a tool that writes beside the server, or the other way round.
pub(super) const BUSY: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
/// How many pages the log has when the writer itself carries over what is left: 64 MiB.
const CHECKPOINT: u32 = 16_000;
/// More statements than there are.
pub(super) const STATEMENTS: usize = 256;

/// Opens the database in this file, which is made if there is none.
pub(crate) async fn open(path: &Path, role: Role) -> Result<SqliteEngine, OpenError> {
    let lock = make_file(path).and_then(|()| match role {
        Role::Server => lock(path).map(Some),
        Role::Tool => Ok(None),
    })?;
    prepare(path, role).await?;
    let unusable = |error| broken(path, &error);
    let writer = writer(path).map_err(unusable)?;
    let beside = connect(path).map_err(unusable)?;
    Ok(SqliteEngine {
        writer: Arc::new(tokio::sync::Mutex::new(Some(writer))),
        checkpoints: Arc::new(Checkpoints::new(beside)),
        readers: readers(path),
        points: Arc::new(Points::of(path)),
        lock: Mutex::new(lock),
    })
}

/// Brings the schema up to date.
async fn prepare(path: &Path, role: Role) -> Result<(), OpenError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY);
    let pool = pool(1)
        .connect_with(options)
        .await
        .map_err(|error| broken(path, &error))?;
    migrate(&pool).await?;
    if role == Role::Server {
        // Only one server works on this database, and it has just begun.
        query::<Sqlite>("DELETE FROM lives")
            .execute(&pool)
            .await
            .map_err(|error| broken(path, &error))?;
    }
    pool.close().await;
    Ok(())
}

/// Makes the file before `SQLite` does, so that nobody else may read it.
fn make_file(path: &Path) -> Result<(), OpenError> {
    let unusable = |cause| OpenError::Folder {
        path: path.to_owned(),
        cause,
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(unusable)?;
    }
    private().open(path).map(|_| ()).map_err(unusable)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let unusable = |cause| OpenError::Folder {
        path: name.clone(),
        cause,
    };
    let file = private().open(&name).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(cause)) => Err(unusable(cause)),
    }
}

/// A connection whose changes are durable.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    // Where the disk has a cache of its own that a plain sync does not empty (macOS).
    conn.pragma_update(None, "fullfsync", true)?;
    Ok(conn)
}

fn writer(path: &Path) -> rusqlite::Result<Connection> {
    let conn = connect(path)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // What only a rollback needs has no business on the disk.
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

fn readers(path: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY);
    pool(READERS).connect_lazy_with(options)
}

/// Connections to a file neither age nor break.
fn pool(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .max_lifetime(None)
        .idle_timeout(None)
        .test_before_acquire(false)
}

async fn migrate(writer: &SqlitePool) -> Result<(), OpenError> {
    if MIGRATIONS.run(writer).await.is_ok() {
        return Ok(());
    }
    // A tool beside us may have migrated at the same time; then there is nothing left to do.
    MIGRATIONS.run(writer).await.map_err(OpenError::from)
}

fn broken(path: &Path, error: &impl Display) -> OpenError {
    OpenError::Broken(format!("cannot open {}: {error}", path.display()))
}
