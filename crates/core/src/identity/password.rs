//! Passwords: argon2id with the library's recommended cost, off the async threads.

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use std::sync::LazyLock;
use switchboard_domain::{Error, Result, error::FieldError, nouns::Hidden, ports::Random};
use tokio::sync::Semaphore;

/// How many passwords are worked on at once: each takes about 19 MiB and a core.
static BENCH: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

/// How many wait for that or are being worked on; the next is told that the server is busy.
static QUEUE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(64));

/// A hash that no password has, with the cost of a real one: an unknown name takes as long to
/// refuse as a wrong password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c3dpdGNoYm9hcmRub2JvZHk$kzQ2kvo8fLGJhZl1uLU5vTeFq+0kHPtWLPvrOqHgu3s";

/// Hashes a new password.
///
/// # Errors
/// [`Error::Fields`] when it is too short or too long.
pub async fn hash(random: &dyn Random, password: SecretString) -> Result<Hidden> {
    check_strength(&password)?;
    let mut salt = [0; 16];
    random.fill(&mut salt);
    work(move || {
        let hash =
            Argon2::default().hash_password_with_salt(password.expose_secret().as_bytes(), &salt);
        hash.map(|hash| Hidden::new(hash.to_string()))
            .map_err(|error| Error::Internal(error.to_string()))
    })
    .await?
}

/// Whether the password is the one that was hashed. Without a hash it is not, after the same time.
pub async fn verify(hash: Option<Hidden>, password: SecretString) -> Result<bool> {
    work(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| Hidden::new(NOBODY));
        let fits =
            Argon2::default().verify_password(password.expose_secret().as_bytes(), hash.reveal());
        known && fits.is_ok()
    })
    .await
}

fn check_strength(password: &SecretString) -> Result<()> {
    let length = password.expose_secret().chars().count();
    if (super::PASSWORD_MIN..=1024).contains(&length) {
        return Ok(());
    }
    let message = format!("a password has {} to 1024 characters", super::PASSWORD_MIN);
    Err(FieldError::value(&["password"], message, serde_json::Value::Null).into())
}

async fn work<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _place = QUEUE.try_acquire().map_err(|_| Error::Unavailable)?;
    let _seat = BENCH.acquire().await.map_err(|_| Error::Unavailable)?;
    tokio::task::spawn_blocking(job)
        .await
        .map_err(|error| Error::Internal(error.to_string()))
}
