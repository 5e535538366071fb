//! Measures the server from outside: it starts one, plays the clients, and prints what it saw.
//! See `docs/PERFORMANCE.md`.

mod agents;
mod child;
mod cli;
mod disk;
mod echo;
mod failure;
mod http;
mod latency;
mod load;
mod measure;
mod process;
mod sessions;
mod socket;
mod stream;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

/// The same as the server's, so that the echo is not at a disadvantage.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
