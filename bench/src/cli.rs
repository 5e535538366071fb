//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use tokio::runtime::Builder;

use crate::{
    echo,
    failure::Failure,
    load::Span,
    measure::round_trips::{self, Plan},
};

/// Measures a server that it starts itself.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
pub struct Cli {
    /// The program of the server, best of the profile `load` or `release`.
    #[arg(long, global = true, default_value = "target/load/switchboard")]
    server_bin: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// From a text to the agent's answer, both stored, beside a bare echo and the bare disk.
    RoundTrips(RoundTrips),
    /// The bare echo of the comparisons, in the foreground.
    EchoServer,
}

#[derive(Debug, Args)]
struct RoundTrips {
    /// How many sessions at once; several are measured one after the other.
    #[arg(long, value_delimiter = ',', default_value = "1,10,50,500")]
    sessions: Vec<usize>,
    /// How often each is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// For how long each, in seconds.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// How long to warm up before, in seconds.
    #[arg(long, default_value_t = 2)]
    warm_up: u64,
}

/// Does what the command line says.
pub fn run(cli: Cli) -> Result<(), Failure> {
    let mut runtime = match cli.command {
        Command::EchoServer => Builder::new_multi_thread(),
        // One thread leaves the other processors to what is measured.
        Command::RoundTrips(_) => Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build();
    runtime
        .map_err(Failure::io("starting the runtime"))?
        .block_on(measure(cli))
}

async fn measure(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::EchoServer => echo::run().await,
        Command::RoundTrips(what) => {
            let plan = Plan {
                server: cli.server_bin,
                sessions: what.sessions,
                rounds: what.rounds,
                span: Span {
                    warm_up: Duration::from_secs(what.warm_up),
                    measured: Duration::from_secs(what.seconds),
                },
            };
            round_trips::run(&plan).await
        }
    }
}
