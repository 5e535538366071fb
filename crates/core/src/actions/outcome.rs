//! What an agent proposes outside of tasks, in one write with the rest of its outcome.

use super::{Book, KINDS, Proposal, TRIES, onward, propose};
use crate::{app::Switchboard, queue};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::Username,
    nouns::{Claimed, Function, ProposedAction, Said, action::Origin},
    ports::{Receipt, Refusal, Write, WriteError},
};

/// What an agent proposes, and what else its outcome does.
pub struct Acting {
    /// On whose behalf.
    pub owner: Username,
    /// The agent, by the text form of its id.
    pub agent: String,
    /// Where the call came from.
    pub origin: Origin,
    /// The functions that the agent has.
    pub functions: Vec<Function>,
    /// What the client said.
    pub said: Said,
    /// When the run began.
    pub since: Timestamp,
    /// What it proposes.
    pub proposed: Vec<ProposedAction>,
}

impl Acting {
    /// Adds to a write what comes of the proposals.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn join(&self, app: &Switchboard, write: Write) -> Result<Write> {
        if self.proposed.is_empty() {
            return Ok(write);
        }
        let mut book = Book::open(app, &self.owner).await?;
        let proposal = Proposal {
            agent: &self.agent,
            origin: self.origin.clone(),
            functions: &self.functions,
            said: &self.said,
            since: self.since,
        };
        let made = propose(&mut book, &proposal, &self.proposed).await?;
        onward::not_proposed(&mut book, &self.origin, made.errors).await?;
        Ok(book.into_write(write))
    }
}

/// Whether a write about actions was refused because others were faster.
fn is_to_be_made_anew(refused: &Refusal) -> bool {
    match refused {
        Refusal::Changed(key) | Refusal::Exists(key) => KINDS.contains(&key.kind),
        _ => false,
    }
}

/// Commits an outcome with its acknowledgement and what it proposes.
///
/// # Errors
/// When the store fails; the delivery is then tried again.
pub async fn commit_acting(
    app: &Arc<Switchboard>,
    claimed: &Claimed,
    write: Write,
    acting: &Acting,
) -> Result<Receipt> {
    for _ in 0..TRIES {
        let whole = acting.join(app, write.clone()).await?;
        match queue::try_outcome(app, claimed, whole).await {
            Ok(receipt) => return Ok(receipt),
            Err(WriteError::Refused(refused)) if is_to_be_made_anew(&refused) => {}
            Err(WriteError::Refused(_)) => return Ok(Receipt::default()),
            Err(WriteError::Store(error)) => return Err(error.into()),
        }
    }
    Err(Error::Unavailable)
}
