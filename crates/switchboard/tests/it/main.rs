//! Tests of the whole.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accounts;
mod actions;
mod commands;
mod crash;
mod durability;
mod fuzzed;
mod lost_answers;
mod page;
mod rest;
mod simulation;
mod socket;
mod support;
mod tasks;
mod tidy;
mod workflows;
