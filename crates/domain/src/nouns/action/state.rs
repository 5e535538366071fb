//! The states of an action, as one pure function.

use super::{Action, Approval, Approver, Holder, Verdict};
use crate::{
    Timestamp,
    ids::{ActionId, Username},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// An agent proposed it, and nothing was decided. Never stored.
    Proposed,
    /// A rule forbids it.
    Denied,
    /// The user has to connect an account.
    AuthRequired,
    /// A person has to be asked.
    ApprovalRequired,
    /// It may be claimed.
    Ready,
    /// Somebody runs it.
    Running,
    /// It was done.
    Succeeded,
    /// It was tried in vain.
    Failed,
    /// Whoever was to run it did not want to.
    Declined,
    /// Whoever ran it was lost, and nobody knows whether it was done.
    Unknown,
    /// A person said no.
    Rejected,
    /// Another took its place, with other arguments.
    Superseded,
    /// It waited too long.
    Expired,
    /// It was called off.
    Cancelled,
}

impl ActionState {
    /// All states that are stored.
    pub const STORED: [Self; 13] = [
        Self::Denied,
        Self::AuthRequired,
        Self::ApprovalRequired,
        Self::Ready,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Declined,
        Self::Unknown,
        Self::Rejected,
        Self::Superseded,
        Self::Expired,
        Self::Cancelled,
    ];

    /// Whether nothing comes after it.
    pub const fn is_final(self) -> bool {
        !matches!(
            self,
            Self::Proposed
                | Self::AuthRequired
                | Self::ApprovalRequired
                | Self::Ready
                | Self::Running
                | Self::Unknown
        )
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Denied => "denied",
            Self::AuthRequired => "auth_required",
            Self::ApprovalRequired => "approval_required",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Declined => "declined",
            Self::Unknown => "unknown",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::STORED
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// What whoever ran an action says of it.
#[derive(Debug, Clone, PartialEq)]
pub enum ActionResult {
    /// It was done; what came of it.
    Succeeded(Value),
    /// It was tried in vain: why.
    Failed(String),
    /// It was not tried: why.
    Declined(String),
}

/// Something that happens to an action.
#[derive(Debug, Clone, PartialEq)]
pub enum ActionEvent {
    /// The policy decided on a proposal, or once more on what is ready.
    Decide(Verdict),
    /// The account that it lacked is connected; what the policy decides now.
    Connect(String, Verdict),
    /// A person says yes to what has this digest.
    Approve(Username, String),
    /// A person says no to it.
    Reject(String),
    /// A person wants other arguments: the action that has them.
    Supersede(ActionId, String),
    /// Somebody runs it from now on: who, and until when nothing need be heard of them.
    Claim(Holder),
    /// Whoever runs it under this lease still does.
    Heartbeat(i64, Timestamp),
    /// What came of it under this lease, and the digest of what was run.
    Finish(i64, String, ActionResult),
    /// Whoever runs it under this lease does not know whether it was done: why.
    Lose(i64, String),
    /// Nothing was heard of whoever runs it.
    Lapse,
    /// It waited too long.
    Expire,
    /// A person lets it be tried once more, though it may have been done.
    Retry(Username, String),
    /// A person knows that it was done or not.
    Mark(String, ActionResult),
    /// It is called off.
    Cancel,
}

/// Why something cannot happen to an action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is over.
    #[error("the action is {} already; nothing more can be done about it", .0.as_str())]
    AlreadyResolved(ActionState),
    /// It is not in a state for that.
    #[error("the action is {}, so this cannot be done now; look at it again", .0.as_str())]
    NotNow(ActionState),
    /// The digest is another one.
    #[error("the digest is not that of the action; look at the action again")]
    DigestMismatch,
    /// The lease is not the newest, or lapsed.
    #[error("the lease is lost: somebody else may run the action, or it is to be looked into")]
    LeaseLost,
    /// It waited too long.
    #[error("the action expired; let the agent propose it anew")]
    Expired,
    /// It was not approved as it is.
    #[error("the action was not approved with these arguments")]
    NotApproved,
}

impl Action {
    /// The action after an event.
    ///
    /// # Errors
    /// [`Refused`], and the action stays as it is.
    pub fn after(&self, event: &ActionEvent, now: Timestamp) -> Result<Self, Refused> {
        if self.is_final() {
            return Err(Refused::AlreadyResolved(self.state));
        }
        let mut next = self.clone();
        match event {
            ActionEvent::Decide(verdict) => next.decide(verdict, now)?,
            ActionEvent::Connect(account, verdict) => next.connect(account, verdict, now)?,
            ActionEvent::Approve(by, digest) => next.approve(by, digest, now)?,
            ActionEvent::Reject(digest) => next.reject(digest)?,
            ActionEvent::Supersede(by, digest) => next.supersede(by, digest, now)?,
            ActionEvent::Claim(holder) => next.claim(holder, now)?,
            ActionEvent::Heartbeat(lease, until) => next.heartbeat(*lease, *until)?,
            ActionEvent::Finish(lease, digest, result) => next.finish(*lease, digest, result)?,
            ActionEvent::Lose(lease, why) => next.lose(*lease, why)?,
            ActionEvent::Lapse => next.lapse(now)?,
            ActionEvent::Expire => next.expire(now)?,
            ActionEvent::Retry(by, digest) => next.retry(by, digest, now)?,
            ActionEvent::Mark(digest, result) => next.mark(digest, result)?,
            ActionEvent::Cancel => next.state = ActionState::Cancelled,
        }
        next.settle(now);
        Ok(next)
    }

    /// Makes what follows from the state agree with it.
    fn settle(&mut self, now: Timestamp) {
        if self.state != ActionState::Running {
            self.holder = None;
        }
        if self.state != ActionState::AuthRequired {
            self.auth = None;
        }
        self.due_at = match self.state {
            ActionState::Running => self.holder.as_ref().map(|holder| holder.until),
            ActionState::Unknown => None,
            state if state.is_final() => None,
            _ => Some(self.expires_at),
        };
        if self.is_final() {
            self.ended_at = Some(now);
        }
    }

    fn only(&self, states: &[ActionState]) -> Result<(), Refused> {
        if states.contains(&self.state) {
            return Ok(());
        }
        Err(Refused::NotNow(self.state))
    }

    fn is_meant(&self, digest: &str) -> Result<(), Refused> {
        let same = self.digest == digest;
        same.then_some(()).ok_or(Refused::DigestMismatch)
    }

    fn in_time(&self, now: Timestamp) -> Result<(), Refused> {
        let early = now < self.expires_at;
        early.then_some(()).ok_or(Refused::Expired)
    }

    fn approved(&mut self, by: Approver, at: Timestamp) {
        self.state = ActionState::Ready;
        self.approval = Some(Approval {
            by,
            digest: self.digest.clone(),
            at,
        });
    }

    fn decide(&mut self, verdict: &Verdict, now: Timestamp) -> Result<(), Refused> {
        self.only(&[ActionState::Proposed, ActionState::Ready])?;
        self.approval = None;
        match verdict {
            Verdict::Denied => self.state = ActionState::Denied,
            Verdict::AuthRequired => self.state = ActionState::AuthRequired,
            Verdict::ApprovalRequired => self.state = ActionState::ApprovalRequired,
            Verdict::Ready(by) => self.approved(by.clone(), now),
        }
        Ok(())
    }

    fn connect(&mut self, account: &str, verdict: &Verdict, now: Timestamp) -> Result<(), Refused> {
        self.only(&[ActionState::AuthRequired])?;
        self.in_time(now)?;
        self.account = Some(account.to_owned());
        // The account is part of what is approved.
        self.digest = self.fresh_digest().map_err(|_| Refused::DigestMismatch)?;
        self.state = ActionState::Proposed;
        self.decide(verdict, now)
    }

    fn approve(&mut self, by: &Username, digest: &str, now: Timestamp) -> Result<(), Refused> {
        self.only(&[ActionState::ApprovalRequired])?;
        self.is_meant(digest)?;
        self.in_time(now)?;
        self.approved(Approver::Person(by.clone()), now);
        Ok(())
    }

    fn reject(&mut self, digest: &str) -> Result<(), Refused> {
        self.only(&[ActionState::ApprovalRequired, ActionState::AuthRequired])?;
        self.is_meant(digest)?;
        self.state = match self.state {
            ActionState::AuthRequired => ActionState::Declined,
            _ => ActionState::Rejected,
        };
        Ok(())
    }

    fn supersede(&mut self, by: &ActionId, digest: &str, now: Timestamp) -> Result<(), Refused> {
        self.only(&[ActionState::ApprovalRequired])?;
        self.is_meant(digest)?;
        self.in_time(now)?;
        self.state = ActionState::Superseded;
        self.superseded_by = Some(by.clone());
        Ok(())
    }

    fn claim(&mut self, holder: &Holder, now: Timestamp) -> Result<(), Refused> {
        self.only(&[ActionState::Ready])?;
        self.in_time(now)?;
        let approved = self.approval.as_ref().map(|approval| &approval.digest);
        let digest = self.fresh_digest().map_err(|_| Refused::NotApproved)?;
        if approved != Some(&digest) || self.digest != digest {
            return Err(Refused::NotApproved);
        }
        self.state = ActionState::Running;
        self.lease += 1;
        self.holder = Some(holder.clone());
        Ok(())
    }

    fn leased(&self, lease: i64) -> Result<(), Refused> {
        let held = self.state == ActionState::Running && self.lease == lease;
        held.then_some(()).ok_or(Refused::LeaseLost)
    }

    fn heartbeat(&mut self, lease: i64, until: Timestamp) -> Result<(), Refused> {
        self.leased(lease)?;
        if let Some(holder) = &mut self.holder {
            holder.until = holder.until.max(until);
        }
        Ok(())
    }

    fn finish(&mut self, lease: i64, digest: &str, result: &ActionResult) -> Result<(), Refused> {
        self.leased(lease)?;
        self.is_meant(digest)?;
        self.result(result);
        Ok(())
    }

    fn result(&mut self, result: &ActionResult) {
        let (state, output, error) = match result {
            ActionResult::Succeeded(output) => (ActionState::Succeeded, Some(output.clone()), None),
            ActionResult::Failed(why) => (ActionState::Failed, None, Some(why.clone())),
            ActionResult::Declined(why) => (ActionState::Declined, None, Some(why.clone())),
        };
        // Null is no output: so the record reads back as it was written.
        let output = output.filter(|output| !output.is_null());
        (self.state, self.output, self.error) = (state, output, error);
    }

    fn lapse(&mut self, now: Timestamp) -> Result<(), Refused> {
        self.only(&[ActionState::Running])?;
        let heard = self
            .holder
            .as_ref()
            .is_some_and(|holder| now < holder.until);
        if heard {
            return Err(Refused::NotNow(self.state));
        }
        self.lost();
        Ok(())
    }

    fn lose(&mut self, lease: i64, why: &str) -> Result<(), Refused> {
        self.leased(lease)?;
        self.error = Some(why.to_owned());
        self.lost();
        Ok(())
    }

    /// What may be done twice is done again; else somebody has to look.
    fn lost(&mut self) {
        self.state = if self.function.idempotent {
            ActionState::Ready
        } else {
            ActionState::Unknown
        };
    }

    fn expire(&mut self, now: Timestamp) -> Result<(), Refused> {
        self.only(&[
            ActionState::AuthRequired,
            ActionState::ApprovalRequired,
            ActionState::Ready,
        ])?;
        if now < self.expires_at {
            return Err(Refused::NotNow(self.state));
        }
        self.state = ActionState::Expired;
        Ok(())
    }

    fn retry(&mut self, by: &Username, digest: &str, now: Timestamp) -> Result<(), Refused> {
        self.only(&[ActionState::Unknown])?;
        self.is_meant(digest)?;
        self.approved(Approver::Person(by.clone()), now);
        let later = now.plus_seconds(self.function.expires_s.into());
        self.expires_at = self.expires_at.max(later);
        Ok(())
    }

    fn mark(&mut self, digest: &str, result: &ActionResult) -> Result<(), Refused> {
        self.only(&[ActionState::Unknown])?;
        self.is_meant(digest)?;
        self.result(result);
        Ok(())
    }
}
