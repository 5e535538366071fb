//! The measurements, one a file.

pub mod round_trips;
