//! Accounts with providers of OAuth: connected in a browser or by a code, listed, and taken away; and
//! what the server offers to those who want to know before they begin.

pub mod begin;
pub mod callback;
pub mod capabilities;
pub mod challenge;
pub mod connect;
pub mod disconnect;
pub mod list;
mod place;
mod view;
