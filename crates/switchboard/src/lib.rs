//! The server and the command line: settings, assembly and lifecycle, and no rule of the product.

pub mod assemble;
mod built_in;
pub mod cli;
pub mod commands;
pub mod config;
pub mod listener;
mod logs;
mod master_key;
mod metrics;
pub mod system;
pub mod terminal;
