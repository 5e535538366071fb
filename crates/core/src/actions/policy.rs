//! What is denied, asked or allowed.

use super::{Book, Proposal, require_approver, require_owner};
use crate::app::Switchboard;
use serde_json::json;
use std::sync::Arc;
use switchboard_domain::{
    Error, Result, Timestamp,
    error::FieldError,
    ids::{GrantId, Username},
    nouns::{
        Action, Autonomy, Grant, Object, Policy, Principal, Scope,
        action::{Approver, Rule, Situation, Verdict, decide, still_allowed},
    },
    ports::{Guard, Key, Query, Write, find, list},
};

/// How many of a user's newest actions are looked at to count those that a run was let through.
const COUNTED: usize = 200;

/// All that decides about a user's actions, as it stands. Whoever writes from it holds the user's
/// trail; what others may write is guarded.
pub struct Standing {
    admin: Option<Policy>,
    owner: Option<Policy>,
    name: Username,
    grants: Vec<Grant>,
    /// The grants as they were read.
    read: Vec<Grant>,
    autonomy: Option<(Autonomy, Timestamp)>,
    let_through: u32,
}

impl Standing {
    /// Reads it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read(app: &Switchboard, owner: &Username) -> Result<Self> {
        let store = &*app.ports.store;
        let query = Query::GrantsOf(owner.clone());
        let (admin, own, grants) = futures::try_join!(
            find::<Policy>(store, Policy::ADMIN),
            find::<Policy>(store, owner.as_str()),
            list::<Grant>(store, &query),
        )?;
        Ok(Self {
            admin,
            owner: own,
            name: owner.clone(),
            read: grants.clone(),
            grants,
            autonomy: None,
            let_through: 0,
        })
    }

    /// Takes in what the client said of the run, and how far the run went.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin(&mut self, app: &Switchboard, proposal: &Proposal<'_>) -> Result<()> {
        let Some(autonomy) = &proposal.said.autonomy else {
            return Ok(());
        };
        self.autonomy = Some((autonomy.clone(), proposal.since));
        if autonomy.max.is_none() || self.grants.is_empty() {
            return Ok(());
        }
        let query = Query::ActionsOf {
            owner: self.name.clone(),
            states: Vec::new(),
            before: None,
            limit: COUNTED,
        };
        let source = proposal.origin.source();
        let by_grant = |action: &&Action| {
            let approval = action.approval.as_ref();
            action.source == source
                && action.created_at >= proposal.since
                && approval.is_some_and(|approval| matches!(approval.by, Approver::Grant(_)))
        };
        let actions: Vec<Action> = list(&*app.ports.store, &query).await?;
        let count = actions.iter().filter(by_grant).count();
        self.let_through = u32::try_from(count).unwrap_or(u32::MAX);
        Ok(())
    }

    fn situation(&self, now: Timestamp) -> Situation<'_> {
        let autonomy = self.autonomy.as_ref();
        Situation {
            admin: self.admin.as_ref(),
            owner: self.owner.as_ref(),
            grants: &self.grants,
            autonomy: autonomy.map(|(autonomy, since)| (autonomy, *since)),
            let_through: self.let_through,
            now,
        }
    }

    /// What is to become of a proposal.
    pub fn decide(&self, action: &Action, now: Timestamp) -> Verdict {
        decide(action, &self.situation(now))
    }

    /// What is to become of an action that is ready.
    pub fn still(&self, action: &Action, now: Timestamp) -> Verdict {
        still_allowed(action, &self.situation(now))
    }

    /// Counts what a grant let through.
    pub fn count(&mut self, verdict: &Verdict) {
        let Verdict::Ready(Approver::Grant(id)) = verdict else {
            return;
        };
        self.let_through = self.let_through.saturating_add(1);
        for grant in self.grants.iter_mut().filter(|grant| grant.id == *id) {
            grant.used += 1;
        }
    }

    /// Stores what was counted, and guards all that was looked at: the write stands only if the rules
    /// and grants are as they were.
    pub fn store(self, book: &mut Book<'_>) {
        for (id, policy) in [
            (Policy::ADMIN, self.admin),
            (self.name.as_str(), self.owner),
        ] {
            match policy {
                Some(policy) => book.unchanged(policy),
                None => book.guard(Guard::Absent(Key::of::<Policy>(id))),
            }
        }
        for (read, now) in self.read.into_iter().zip(self.grants) {
            if read != now {
                book.put(now);
            }
            book.unchanged(read);
        }
    }
}

/// The rules that a caller sees.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyView {
    /// The rules for everybody, which come first.
    pub admin: Vec<Rule>,
    /// The caller's own, which only tighten them.
    pub owner: Vec<Rule>,
}

/// The rules for the caller.
///
/// # Errors
/// [`Error::Named`] for callers that do not decide.
pub async fn policy(caller: &Principal, app: &Switchboard) -> Result<PolicyView> {
    require_owner(caller)?;
    let store = &*app.ports.store;
    let (admin, own) = futures::try_join!(
        find::<Policy>(store, Policy::ADMIN),
        find::<Policy>(store, caller.user().as_str()),
    )?;
    let rules = |policy: Option<Policy>| policy.map(|policy| policy.rules).unwrap_or_default();
    Ok(PolicyView {
        admin: rules(admin),
        owner: rules(own),
    })
}

/// Sets the caller's own rules, or, for administrators, those for everybody.
///
/// # Errors
/// [`Error::Named`] for callers that do not decide; [`Error::Forbidden`] for the rules for everybody;
/// [`Error::Fields`] for too many.
pub async fn set_policy(
    caller: &Principal,
    app: &Arc<Switchboard>,
    for_everybody: bool,
    rules: Vec<Rule>,
) -> Result<PolicyView> {
    require_approver(caller)?;
    if for_everybody && !caller.has(Scope::Admin) {
        let words = "Only administrators set the rules for everybody";
        return Err(Error::Forbidden(words.to_owned()));
    }
    if rules.len() > Policy::MOST {
        let words = format!("may have at most {} rules", Policy::MOST);
        return Err(FieldError::value(&["rules"], words, rules.len().into()).into());
    }
    let by = super::name_of(caller);
    let build = || async {
        let mut book = Book::open(app, caller.user()).await?;
        let id = if for_everybody {
            Policy::ADMIN
        } else {
            caller.user().as_str()
        };
        match find::<Policy>(&*app.ports.store, id).await? {
            Some(before) => book.unchanged(before),
            None => book.guard(Guard::Absent(Key::of::<Policy>(id))),
        }
        book.put(Policy {
            id: id.to_owned(),
            rules: rules.clone(),
            updated_at: app.ports.now(),
        });
        let details = Object::from_iter([
            ("for_everybody".to_owned(), json!(for_everybody)),
            ("rules".to_owned(), json!(rules)),
        ]);
        book.enter("policy set", &by, None, details)?;
        Ok(((), book.into_write(Write::new())))
    };
    super::commit(app, build).await?;
    policy(caller, app).await
}

/// Whether an id is that of a grant.
pub(super) fn grant_id(text: &str) -> Result<GrantId> {
    crate::app::id_or_not_found(text, "Grant")
}
