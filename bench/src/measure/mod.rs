//! The measurements, one a file.

pub mod artifacts;
pub mod created;
pub mod fan_out;
pub mod history;
pub mod hops;
pub mod memory;
pub mod profile;
pub mod round_trips;
pub mod slow_readers;
pub mod tasks;
