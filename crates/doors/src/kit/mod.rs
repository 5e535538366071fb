//! What the doors share: who is calling and from where, reading requests, answering errors,
//! and how the server presents itself.

pub mod action;
pub mod base;
pub mod body;
pub mod caller;
pub mod capabilities;
pub mod describe;
pub mod error;
pub mod etag;
pub mod form;
pub mod health;
pub mod layers;
pub mod members;
pub mod peer;
pub mod problem;
pub mod query;
