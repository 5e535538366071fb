//! What an engine's error means for the transaction in which it happened.

use switchboard_domain::ports::StoreError;

/// Why a transaction did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It lost against another one. The same again may well succeed.
    Conflict(String),
    /// A row with its key came in between, or was there before: the same again tells which.
    Taken(String),
    /// The database is away. Nothing happened.
    Away(String),
    /// The database refused it, and would again.
    Bad(String),
    /// The connection broke off at the commit, and nobody could be asked what became of it.
    Unknown(String),
    /// The store is closed.
    Closed,
}

impl Fault {
    /// Something that does not fit what was stored.
    pub(crate) fn bad(cause: impl std::fmt::Display) -> Self {
        Self::Bad(cause.to_string())
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        let text = error.to_string();
        match &error {
            sqlx::Error::Database(database) => match database.code().as_deref() {
                Some(code) => by_code(code, text),
                None => Self::Bad(text),
            },
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Away(text),
            _ => Self::Bad(text),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Conflict(error.to_string()),
            _ => Self::Bad(error.to_string()),
        }
    }
}

/// `PostgreSQL` has codes of five characters (appendix A of its manual); those of `SQLite` are
/// numbers, of which the low byte is the class.
fn by_code(code: &str, text: String) -> Fault {
    const SQLITE_BUSY: u32 = 5;
    const SQLITE_LOCKED: u32 = 6;
    match code {
        "40001" | "40P01" | "55P03" => Fault::Conflict(text),
        "23505" => Fault::Taken(text),
        "53300" | "25P03" => Fault::Away(text),
        _ if code.len() == 5 && (code.starts_with("08") || code.starts_with("57P")) => {
            Fault::Away(text)
        }
        _ if code.len() == 5 => Fault::Bad(text),
        _ => match code.parse::<u32>().map(|number| number & 0xff) {
            Ok(SQLITE_BUSY | SQLITE_LOCKED) => Fault::Conflict(text),
            _ => Fault::Bad(text),
        },
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Closed => Self::Closed,
            Fault::Unknown(text) => Self::Broken(format!(
                "the connection was lost at the commit, which may have happened: {text}"
            )),
            Fault::Conflict(text) | Fault::Taken(text) | Fault::Away(text) | Fault::Bad(text) => {
                Self::Broken(text)
            }
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Bad(format!("a stored row cannot be read: {error}"))
    }
}
