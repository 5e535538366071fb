//! Whether an action may be done: one pure function.

use super::{Action, Approve, Approver, Effect, FunctionAuth, Grant, Policy};
use crate::{
    Timestamp,
    ids::GrantId,
    nouns::{Autonomy, Place, Risk},
};

/// What is to become of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A rule forbids it.
    Denied,
    /// The user has to connect an account first.
    AuthRequired,
    /// A person has to be asked.
    ApprovalRequired,
    /// It may be done.
    Ready(Approver),
}

/// All that a decision is made from, besides the action.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The rules for everybody.
    pub admin: Option<&'a Policy>,
    /// The owner's own.
    pub owner: Option<&'a Policy>,
    /// The owner's grants.
    pub grants: &'a [Grant],
    /// What the run may do without asking, and since when it runs.
    pub autonomy: Option<(&'a Autonomy, Timestamp)>,
    /// How many actions of the run were let through by grants.
    pub let_through: u32,
    /// The time.
    pub now: Timestamp,
}

impl Situation<'_> {
    /// What the rules say together: the owner's only tighten the operator's.
    fn effect(&self, action: &Action) -> Option<Effect> {
        let of = |policy: Option<&Policy>| policy.and_then(|it| it.effect(action, self.now));
        of(self.admin).max(of(self.owner))
    }

    /// The grant that lets the action through, if the run is continuous and one does.
    fn grant(&self, action: &Action) -> Option<&GrantId> {
        let (autonomy, since) = self.autonomy?;
        let ends_at = autonomy.ttl.map(|ttl| since.plus_seconds(ttl.into()));
        let goes_on = autonomy.covers(&action.capability()?)
            && ends_at.is_none_or(|ends_at| self.now < ends_at)
            && autonomy.max.is_none_or(|max| self.let_through < max);
        let mut grants = self.grants.iter().filter(|_| goes_on);
        let grant = grants.find(|grant| grant.lets_through(action, self.now));
        grant.map(|grant| &grant.id)
    }
}

/// What is to become of a proposal. What no rule names asks; a definition of the owner's own that says
/// `approve: never` is such a rule, but not for calls of the server that do more than read.
pub fn decide(action: &Action, situation: &Situation<'_>) -> Verdict {
    let function = &action.function;
    let effect = situation.effect(action);
    if effect == Some(Effect::Deny) {
        return Verdict::Denied;
    }
    if action.lacks_account() {
        return Verdict::AuthRequired;
    }
    if action.at == Place::Internal {
        // The agent does it itself: it is announced, and nobody could hold it up.
        return Verdict::Ready(Approver::Rule);
    }
    if function.risk == Risk::Critical || function.approve == Approve::Always {
        return Verdict::ApprovalRequired;
    }
    match effect {
        Some(Effect::Allow) => Verdict::Ready(Approver::Rule),
        None if action.is_harmless() => Verdict::Ready(Approver::Rule),
        None => match situation.grant(action) {
            Some(grant) => Verdict::Ready(Approver::Grant(grant.clone())),
            None => Verdict::ApprovalRequired,
        },
        Some(_) => Verdict::ApprovalRequired,
    }
}

/// What is to become of an action that is ready, when somebody wants to run it: what let it through may
/// have changed since.
pub fn still_allowed(action: &Action, situation: &Situation<'_>) -> Verdict {
    let Some(approval) = &action.approval else {
        return Verdict::ApprovalRequired;
    };
    let effect = situation.effect(action);
    if effect == Some(Effect::Deny) {
        return Verdict::Denied;
    }
    if action.lacks_account() {
        return Verdict::AuthRequired;
    }
    let by = approval.by.clone();
    match &by {
        Approver::Person(_) => Verdict::Ready(by),
        Approver::Rule => decide(action, situation),
        Approver::Grant(id) => {
            let mut grants = situation.grants.iter();
            let stands = grants.any(|grant| {
                grant.id == *id && grant.stands(situation.now) && grant.is_for(action)
            });
            if stands && effect != Some(Effect::Ask) {
                Verdict::Ready(by)
            } else {
                Verdict::ApprovalRequired
            }
        }
    }
}

impl Action {
    /// Whether the user has to connect an account first.
    pub fn lacks_account(&self) -> bool {
        let needs = matches!(self.function.auth, Some(FunctionAuth::Account { .. }));
        needs && self.account.is_none() && self.at == Place::Server
    }

    /// Whether its owner said of the function that nobody needs to be asked, and it only reads.
    fn is_harmless(&self) -> bool {
        let function = &self.function;
        let acts = self.at == Place::Server && (function.auth.is_some() || !function.only_reads());
        function.defined_by.is_trusted() && function.approve == Approve::Never && !acts
    }
}
