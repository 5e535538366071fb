//! Master keys: under which of them what is stored is sealed, and how another one takes over.
//!
//! The store says which key seals. So a change of keys is a write like any other, and what was sealed
//! under the earlier key meanwhile is refused and sealed anew: nothing is left behind that only a
//! forgotten key would open.

mod check;
mod rotate;
mod sealing;

pub use check::{MasterKeyCheck, check_master_key};
pub use rotate::{Seals, count_seals, rotate_to};
pub use sealing::{Sealing, sealing_key};

/// The name of the secret that says which key seals.
const PRESENT: &str = "master-key";
