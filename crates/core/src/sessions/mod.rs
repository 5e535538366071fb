//! Sessions: created, read, ended, expired.

mod create;
mod end;
mod presence;
mod read;

pub use create::{NewSession, NewSessionAgent, create};
pub use end::end;
pub(crate) use end::expire_due;
pub(crate) use presence::Presence;
pub use presence::Present;
pub use read::{Transcript, get, list, open, transcript};
pub(crate) use read::{not_deleted, require_chat, require_owner};
