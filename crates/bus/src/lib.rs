//! The bus within one process: a doorbell from whoever writes to whoever follows.

mod local;

pub use local::LocalBus;
