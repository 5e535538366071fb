//! A batch: writes that share one transaction, with the effect of one after another.
//!
//! All rows that the guards and changes need are loaded (and locked) in one order, the writes are
//! applied to them in memory, and what changed is stored again. So a batch costs a few statements,
//! however many writes it has, and every engine applies a write by the same code.

mod admit;
mod apply;
mod dead;
mod flush;
mod lanes;
mod load;
mod set;
mod wants;

pub(crate) use admit::{Admitted, admit};
pub(crate) use apply::apply;
pub(crate) use flush::flush;
pub(crate) use lanes::claimed;
pub(crate) use load::load;
pub(crate) use set::Set;
pub(crate) use wants::Wants;
