//! A client of the server: it signs in, opens sessions and talks in them, gives agents tasks, and asks
//! the API for workflows.
//!
//! A [`Conversation`] comes back by itself when its connection breaks, and neither loses nor doubles
//! a text: it resumes from its cursor, and sends what was not acknowledged again under the same name.
//! What it hears it tells as [`Happening`]s; how they are shown is its user's business.

mod access;
mod actions;
mod api;
mod backoff;
mod close;
mod conversation;
mod error;
mod frame;
mod happening;
mod http;
mod server;
mod session;
mod socket;
mod talk;
mod tasks;

pub use access::{Access, Credentials};
pub use api::Verb;
pub use conversation::{Conversation, Ports};
pub use error::{End, Error};
pub use frame::Frame;
pub use happening::{Happening, Piece};
pub use server::Server;
pub use session::{Provider, Seat, Session, SessionKind};
pub use talk::Talk;
pub use tasks::{Artifact, FileError, Page, Step, Task, Tasks};
