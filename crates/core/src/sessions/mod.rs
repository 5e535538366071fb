//! Sessions: created, read, ended, expired.

mod create;
mod end;
mod presence;
mod read;

pub use create::{NewSession, NewSessionAgent, create};
pub use end::{end, expire_due};
pub use presence::{Presence, Present};
pub use read::{Transcript, get, list, open, transcript};
pub(crate) use read::{require_chat, require_owner};
