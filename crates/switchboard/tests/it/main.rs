//! Tests of the whole.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod crash;
mod socket;
mod support;
mod tidy;
