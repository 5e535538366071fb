//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use tokio::{
    runtime::Builder,
    signal::{
        ctrl_c,
        unix::{SignalKind, signal},
    },
};

use crate::{
    agents, echo,
    failure::Failure,
    load::Span,
    measure::{
        artifacts, created, fan_out, history, hops, memory, profile,
        round_trips::{self, Plan},
        slow_readers, tasks,
    },
    table::Table,
};

/// Measures a server that it starts itself, and stops again.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
pub struct Cli {
    /// The program of the server, best of the profile `load` or `release`.
    #[arg(long, global = true, default_value = "target/load/switchboard")]
    server_bin: PathBuf,
    /// For how long each figure is measured, in seconds.
    #[arg(long, global = true, default_value_t = 8)]
    seconds: u64,
    /// How long to warm up before, in seconds.
    #[arg(long, global = true, default_value_t = 2)]
    warm_up: u64,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All of the measurements, as they are without options, and one table at the end.
    All(RoundTrips),
    /// From a text to the agent's answer, both stored, beside a bare echo and the bare disk.
    RoundTrips(RoundTrips),
    /// One message to many connections of a session, beside a room of the echo.
    FanOut {
        /// How many connections; several are measured one after the other.
        #[arg(long, value_delimiter = ',', default_values_t = LISTENERS)]
        connections: Vec<usize>,
    },
    /// What idle connections and sessions cost, what is left of those that went, and idling.
    Memory {
        /// How many idle sessions, and as many connections.
        #[arg(long, default_value_t = IDLE)]
        idle: usize,
        /// How many sessions come and go.
        #[arg(long, default_value_t = COME_AND_GO)]
        come_and_go: usize,
    },
    /// How fast sessions are created.
    Sessions {
        /// How many clients at once; several are measured one after the other.
        #[arg(long, value_delimiter = ',', default_values_t = CLIENTS)]
        clients: Vec<usize>,
    },
    /// Whether a text costs more in a long conversation than in a short one.
    History {
        /// Messages in a short one.
        #[arg(long, default_value_t = SHORT)]
        short: usize,
        /// Messages in a long one.
        #[arg(long, default_value_t = LONG)]
        long: usize,
    },
    /// What connections that read nothing do to the others, and what becomes of them.
    SlowReaders {
        /// How many connections, of which a tenth stops to read.
        #[arg(long, default_value_t = IDLE)]
        connections: usize,
        /// For how long they read nothing, in seconds.
        #[arg(long, default_value_t = STALL)]
        stall: u64,
    },
    /// From one remote agent's answer to the next one's call, round and round through a chain, beside
    /// a bare client that calls the same agents.
    Hops {
        /// How many agents are in the chain; several are measured one after the other.
        #[arg(long, value_delimiter = ',', default_values_t = CHAINS)]
        agents: Vec<usize>,
        /// How often each is measured.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Tasks and steps of the demo agent, durable, beside a bare handler that answers the same JSON.
    Tasks {
        /// How many connections; several are measured one after the other.
        #[arg(long, value_delimiter = ',', default_values_t = CONNECTIONS)]
        connections: Vec<usize>,
        /// How often each is measured.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// A file that goes up to a task and comes down again, beside a bare copy over HTTP; memory meanwhile, and what is
    /// left of uploads that were cut off.
    Artifacts {
        /// How large the file is, in MiB.
        #[arg(long, default_value_t = FILE_MIB)]
        mib: u64,
        /// How often it is measured.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Where the server's processor time goes, by layer; needs perf, and a server with symbols.
    Profile {
        /// How many sessions.
        #[arg(long, default_value_t = 50)]
        sessions: usize,
    },
    /// The bare echo of the comparisons, in the foreground.
    EchoServer,
    /// The remote agents of the hops, in the foreground.
    AgentsServer,
}

const LISTENERS: [usize; 3] = [1, 100, 1000];
const CHAINS: [usize; 3] = [1, 10, 100];
const CONNECTIONS: [usize; 3] = [1, 32, 256];
const CLIENTS: [usize; 2] = [1, 16];
const FILE_MIB: u64 = 256;
const IDLE: usize = 2000;
const COME_AND_GO: usize = 10_000;
const SHORT: usize = 100;
const LONG: usize = 1000;
/// Until the buffers of the machine are full, and then longer than the server waits, which is 30 s.
const STALL: u64 = 100;

#[derive(Debug, Args)]
struct RoundTrips {
    /// How many sessions at once; several are measured one after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 10, 50, 500])]
    sessions: Vec<usize>,
    /// How often each is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Does what the command line says.
pub fn run(cli: Cli) -> Result<(), Failure> {
    let mut runtime = match cli.command {
        Command::EchoServer | Command::AgentsServer => Builder::new_multi_thread(),
        // One thread leaves the other processors to what is measured.
        _ => Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build();
    let table = runtime
        .map_err(Failure::io("starting the runtime"))?
        .block_on(async {
            // What is dropped takes its processes and folders along.
            tokio::select! {
                measured = measure(cli) => measured,
                () = told_to_stop() => Err(Failure::Stopped),
            }
        })?;
    print!("{table}");
    Ok(())
}

/// Resolves when somebody wants no more of this.
async fn told_to_stop() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = ctrl_c() => {}
            }
        }
        // Then it goes down by itself, and leaves things behind.
        Err(_) => std::future::pending().await,
    }
}

async fn measure(cli: Cli) -> Result<Table, Failure> {
    let span = Span {
        warm_up: Duration::from_secs(cli.warm_up),
        measured: Duration::from_secs(cli.seconds),
    };
    let server = cli.server_bin.as_path();
    let plan = |what: RoundTrips| Plan {
        server: server.to_owned(),
        sessions: what.sessions,
        rounds: what.rounds,
        span,
    };
    let seconds = span.measured;
    match cli.command {
        Command::All(what) => {
            let rounds = what.rounds;
            let mut table = round_trips::run(&plan(what)).await?;
            table.extend(fan_out::run(server, &LISTENERS, seconds).await?);
            table.extend(created::run(server, &CLIENTS, seconds).await?);
            table.extend(history::run(server, SHORT, LONG).await?);
            table.extend(hops::run(server, &CHAINS, rounds, span).await?);
            table.extend(tasks::run(server, &CONNECTIONS, rounds, span).await?);
            table.extend(artifacts::run(server, FILE_MIB, rounds).await?);
            table.extend(memory::run(server, IDLE, COME_AND_GO).await?);
            let stall = Duration::from_secs(STALL);
            table.extend(slow_readers::run(server, IDLE, stall).await?);
            Ok(table)
        }
        Command::RoundTrips(what) => round_trips::run(&plan(what)).await,
        Command::FanOut { connections } => fan_out::run(server, &connections, seconds).await,
        Command::Memory { idle, come_and_go } => memory::run(server, idle, come_and_go).await,
        Command::Sessions { clients } => created::run(server, &clients, seconds).await,
        Command::History { short, long } => history::run(server, short, long).await,
        Command::SlowReaders { connections, stall } => {
            slow_readers::run(server, connections, Duration::from_secs(stall)).await
        }
        Command::Tasks {
            connections,
            rounds,
        } => tasks::run(server, &connections, rounds, span).await,
        Command::Artifacts { mib, rounds } => artifacts::run(server, mib, rounds).await,
        Command::Profile { sessions } => profile::run(server, sessions, span).await,
        Command::Hops { agents, rounds } => hops::run(server, &agents, rounds, span).await,
        Command::AgentsServer => agents::run().await.map(|()| Table::default()),
        Command::EchoServer => echo::run().await.map(|()| Table::default()),
    }
}
