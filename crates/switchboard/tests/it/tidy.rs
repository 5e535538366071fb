//! Rules about the code itself: what a reader may rely on without looking.

mod bans;
mod docs;
mod floors;
mod sizes;
mod source;
mod words;
