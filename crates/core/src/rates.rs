//! Limits on how often: one bucket for each kind of request and each key.

use crate::{metrics, settings::Limits};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as GovernorClock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::keyed::DefaultKeyedStateStore,
};
use std::{num::NonZeroU32, ops::Add, sync::Arc, time::Duration};
use switchboard_domain::{Error, Result, ports::Clock};

/// The kinds of request that are limited by the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// Logins, by address.
    Login,
    /// Token verifications, by address.
    Verify,
    /// Sessions created, by user.
    SessionCreate,
    /// Session queries, by user.
    SessionQuery,
    /// Agent operations, by user.
    AgentOps,
    /// Texts over connections, by user.
    Texts,
    /// Frames of any kind, by connection: three times the texts.
    Frames,
    /// Requests to the addresses of agents, by address.
    Hooks,
}

impl Rate {
    const ALL: [Self; 8] = [
        Self::Login,
        Self::Verify,
        Self::SessionCreate,
        Self::SessionQuery,
        Self::AgentOps,
        Self::Texts,
        Self::Frames,
        Self::Hooks,
    ];

    fn per_minute(self, limits: &Limits) -> u32 {
        match self {
            Self::Login => limits.login_per_minute,
            Self::Verify => limits.verify_per_minute,
            Self::SessionCreate => limits.session_create_per_minute,
            Self::SessionQuery => limits.session_query_per_minute,
            Self::AgentOps => limits.agent_ops_per_minute,
            Self::Texts => limits.ws_texts_per_minute,
            Self::Frames => limits.ws_texts_per_minute.saturating_mul(3),
            Self::Hooks => limits.hooks_per_minute,
        }
    }
}

type Limiter =
    RateLimiter<String, DefaultKeyedStateStore<String>, PortClock, NoOpMiddleware<Moment>>;

/// The buckets of this node.
pub struct Rates {
    clock: PortClock,
    limiters: Vec<Option<Limiter>>,
}

impl Rates {
    /// Full buckets of the sizes in `limits`.
    pub fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        let clock = PortClock(clock);
        let limiter = |rate: Rate| {
            let quota = Quota::per_minute(NonZeroU32::new(rate.per_minute(limits))?);
            Some(RateLimiter::new(
                quota,
                DefaultKeyedStateStore::default(),
                clock.clone(),
            ))
        };
        Self {
            limiters: Rate::ALL.into_iter().map(limiter).collect(),
            clock,
        }
    }

    /// Takes one from the bucket of this key.
    ///
    /// # Errors
    /// [`Error::RateLimited`] with the time until there is one again.
    pub fn check(&self, rate: Rate, key: &str) -> Result<()> {
        let Some(limiter) = &self.limiters[rate as usize] else {
            return Ok(());
        };
        limiter.check_key(&key.to_owned()).map_err(|until| {
            metrics::rate_limited(rate);
            Error::RateLimited {
                retry_after: until
                    .wait_time_from(self.clock.now())
                    .max(Duration::from_secs(1)),
            }
        })
    }

    /// Forgets the buckets that are full again, so that memory does not grow with every key seen.
    pub fn forget_full(&self) {
        for limiter in self.limiters.iter().flatten() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[derive(Clone)]
struct PortClock(Arc<dyn Clock>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(u64);

impl Add<Nanos> for Moment {
    type Output = Self;

    fn add(self, other: Nanos) -> Self {
        Self(self.0.saturating_add(other.as_u64()))
    }
}

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(duration.as_u64()))
    }
}

impl GovernorClock for PortClock {
    type Instant = Moment;

    fn now(&self) -> Moment {
        Moment(
            self.0
                .now()
                .as_micros()
                .max(0)
                .unsigned_abs()
                .saturating_mul(1000),
        )
    }
}
