//! What the tests share: a clock that is moved by hand, randomness that repeats.

pub mod clock;
pub mod random;
