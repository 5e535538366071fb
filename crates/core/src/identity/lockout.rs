//! Locking a name after too many failed logins in a row.

use crate::{app::Switchboard, metrics, retry::optimistic};
use std::time::Duration;
use switchboard_domain::{
    Error, Result,
    nouns::Lockout,
    ports::{Change, Key, Write, find},
};

/// How many times more failures lock a name for everybody than for one address: so that nobody can
/// keep somebody else out from a few addresses, and yet many addresses do not help to guess.
const FOR_EVERYBODY: i64 = 10;

/// The two counters of a login: of the name from this address, and of the name from anywhere.
pub struct Locks<'a> {
    app: &'a Switchboard,
    counters: [(String, i64); 2],
}

impl<'a> Locks<'a> {
    /// The counters of this name and address.
    pub fn of(app: &'a Switchboard, name: &str, peer: &str) -> Self {
        let failures = app.settings.limits.login_failures;
        let counters = [
            (format!("{name}|{peer}"), failures),
            (name.to_owned(), failures.saturating_mul(FOR_EVERYBODY)),
        ];
        Self { app, counters }
    }

    /// Refuses while one of them is locked.
    ///
    /// # Errors
    /// [`Error::RateLimited`] with the time that is left.
    pub async fn check(&self) -> Result<()> {
        let (store, now) = (&*self.app.ports.store, self.app.ports.now());
        for (key, _) in &self.counters {
            let lockout = find::<Lockout>(store, key.as_str()).await?;
            match lockout.and_then(|lockout| lockout.locked_until) {
                Some(until) if now < until => {
                    metrics::locked_out();
                    return Err(Error::RateLimited {
                        retry_after: until.since(now),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Counts one more failure.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn count_failure(&self) -> Result<()> {
        for (key, failures) in &self.counters {
            if *failures > 0 {
                self.count(key, *failures).await?;
            }
        }
        Ok(())
    }

    /// Forgets the failures: somebody signed in.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget(&self) -> Result<()> {
        for (key, _) in &self.counters {
            if find::<Lockout>(&*self.app.ports.store, key.as_str())
                .await?
                .is_some()
            {
                let remove = Change::Remove(Key::of::<Lockout>(key.as_str()));
                self.app
                    .ports
                    .store
                    .commit(Write::new().change(remove))
                    .await?;
            }
        }
        Ok(())
    }

    async fn count(&self, key: &str, allowed: i64) -> Result<()> {
        let (app, lockout_s) = (self.app, self.app.settings.limits.lockout_s);
        let build = || async move {
            let now = app.ports.now();
            let before = find::<Lockout>(&*app.ports.store, key).await?;
            let quiet = Duration::from_secs(lockout_s.max(0).unsigned_abs());
            let recent = before
                .as_ref()
                .filter(|lockout| now.since(lockout.last_at) < quiet);
            let failures = recent.map_or(0, |lockout| lockout.failures) + 1;
            let locked_until = (failures >= allowed).then(|| now.plus_seconds(lockout_s));
            let after = Lockout {
                id: key.to_owned(),
                failures,
                locked_until,
                last_at: now,
            };
            let write = match before {
                Some(before) => Write::new().unchanged(before),
                None => Write::new().absent(Key::of::<Lockout>(key)),
            };
            Ok(((), write.put(after)))
        };
        match optimistic(&*app.ports.store, build).await {
            // So many at once that this one could not be counted: the others were.
            Ok(_) | Err(Error::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
