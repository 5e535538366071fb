//! The processes that are measured: each is started here, and stopped by its id.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use crate::{failure::Failure, http::Http};

const PATIENCE: Duration = Duration::from_secs(20);
const PASSWORD: &str = "a password for the bench alone";

/// Whatever could turn a client away.
const LIMITS: &[&str] = &[
    "LOGIN_PER_MINUTE",
    "VERIFY_PER_MINUTE",
    "SESSION_CREATE_PER_MINUTE",
    "SESSION_QUERY_PER_MINUTE",
    "AGENT_OPS_PER_MINUTE",
    "WS_TEXTS_PER_MINUTE",
    "SESSIONS_PER_USER",
    "TURNS_PER_AGENT",
    "TOKENS_PER_MINUTE",
    "SESSION_LIFETIME_S",
    "MESSAGES_PER_SESSION",
    "LOGIN_FAILURES",
    "CONNECTIONS",
    "CONNECTIONS_PER_USER",
];

/// A server of ours with an empty store.
pub struct Switchboard {
    /// Where it listens.
    pub at: SocketAddr,
    /// Its process.
    pub pid: u32,
    /// The header that says who asks.
    pub bearer: String,
    child: Child,
    data: TempDir,
}

impl Switchboard {
    /// Starts it, with its data in a new folder beside the program.
    pub async fn start(program: &Path) -> Result<Self, Failure> {
        Self::start_with(program, &[]).await
    }

    /// Starts it with these variables besides.
    pub async fn start_with(program: &Path, more: &[(&str, String)]) -> Result<Self, Failure> {
        const DOING: &str = "starting the server (build it, or name it with --server-bin)";
        let program = fs::canonicalize(program).map_err(Failure::io(DOING))?;
        let beside = program.parent().unwrap_or(Path::new("."));
        let data = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(beside)
            .map_err(Failure::io(DOING))?;
        let at = free_address().map_err(Failure::io(DOING))?;
        let log = data.path().join("log");
        let mut command = Command::new(&program);
        command.env_clear().current_dir(data.path());
        for limit in LIMITS {
            command.env(format!("SWITCHBOARD_LIMITS_{limit}"), "0");
        }
        command
            .env("SWITCHBOARD_LISTEN", at.to_string())
            .env("SWITCHBOARD_DATA", data.path().join("data"))
            .env("SWITCHBOARD_LOG", "warn")
            // The longest measurement takes longer than the usual half hour.
            .env("SWITCHBOARD_ACCESS_TOKEN_S", "86400")
            .env("SWITCHBOARD_ADMIN_USERNAME", "admin")
            .env("SWITCHBOARD_ADMIN_PASSWORD", PASSWORD)
            .envs(more.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).map_err(Failure::io(DOING))?)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(Failure::io(DOING))?;
        let pid = child.id().unwrap_or_default();
        if !listens(at, &mut child).await {
            let log = fs::read_to_string(&log).unwrap_or_default();
            return Err(Failure::NotStarted(log));
        }
        Ok(Self {
            at,
            pid,
            bearer: log_in(at).await?,
            child,
            data,
        })
    }

    /// How many files its folder of artifacts has.
    pub fn files(&self) -> Result<usize, Failure> {
        count(&self.data.path().join("data/artifacts"))
    }

    /// Stops it, as its operator would.
    pub async fn stop(mut self) -> Result<(), Failure> {
        const DOING: &str = "stopping the server";
        let pid = self.pid.to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().await;
        told.map_err(Failure::io(DOING))?;
        if timeout(PATIENCE, self.child.wait()).await.is_err() {
            self.child.kill().await.map_err(Failure::io(DOING))?;
        }
        Ok(())
    }
}

/// How many files a folder has, in all its folders.
fn count(folder: &Path) -> Result<usize, Failure> {
    const DOING: &str = "counting files";
    let mut files = 0;
    for entry in fs::read_dir(folder).map_err(Failure::io(DOING))? {
        let path = entry.map_err(Failure::io(DOING))?.path();
        files += if path.is_dir() { count(&path)? } else { 1 };
    }
    Ok(files)
}

/// An address at which nobody listens.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

async fn listens(at: SocketAddr, child: &mut Child) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
        if TcpStream::connect(at).await.is_ok() {
            return true;
        }
        sleep(Duration::from_millis(20)).await;
    }
    false
}

async fn log_in(at: SocketAddr) -> Result<String, Failure> {
    let form = format!("username=admin&password={}", PASSWORD.replace(' ', "+"));
    let headers = "content-type: application/x-www-form-urlencoded\r\n";
    let mut http = Http::connect(at).await?;
    let answer = http.ask("POST", "/api/auth/login", headers, &form).await?;
    let token = answer.text("access_token")?;
    Ok(format!("authorization: Bearer {token}\r\n"))
}

/// A part of this program in a process of its own: the echo to compare with, or remote agents.
pub struct Helper {
    /// Where it listens.
    pub at: SocketAddr,
    /// Its process.
    pub pid: u32,
    child: Child,
}

impl Helper {
    /// The echo.
    pub async fn echo() -> Result<Self, Failure> {
        Self::start("echo-server").await
    }

    /// Remote agents.
    pub async fn agents() -> Result<Self, Failure> {
        Self::start("agents-server").await
    }

    async fn start(command: &str) -> Result<Self, Failure> {
        const DOING: &str = "starting a helper";
        let program = std::env::current_exe().map_err(Failure::io(DOING))?;
        let mut child = Command::new(program)
            .arg(command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(Failure::io(DOING))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            let read = BufReader::new(stdout).read_line(&mut line).await;
            read.map_err(Failure::io(DOING))?;
        }
        let at = line.trim().parse();
        Ok(Self {
            at: at.map_err(|_| Failure::unexpected(DOING, line))?,
            pid: child.id().unwrap_or_default(),
            child,
        })
    }

    /// Stops it.
    pub async fn stop(mut self) -> Result<(), Failure> {
        let killed = self.child.kill().await;
        killed.map_err(Failure::io("stopping a helper"))
    }
}
