//! Running the program, in a folder of its own.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use switchboard_testkit::{PATIENCE, chat::ChatClient};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::support::{Engine, PASSWORD, Place};

/// How many servers were started.
static STARTS: AtomicU32 = AtomicU32::new(0);

const PROGRAM: &str = env!("CARGO_BIN_EXE_switchboard");

/// The program and what it is told by variables.
pub struct Program {
    pub place: Place,
    variables: BTreeMap<String, String>,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    pub good: bool,
    pub out: String,
    pub err: String,
}

/// A server that runs.
pub struct Running {
    child: Child,
    out: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
    /// What it said when it was up.
    pub greeting: String,
    pub client: ChatClient,
}

impl Program {
    /// One with a store of its own and no limits on how often.
    pub async fn new(engine: Engine) -> Self {
        let place = Place::new(engine).await;
        let variables = place.variables(&[]);
        Self { place, variables }
    }

    /// The same, whose first start makes the administrator `root` with the usual password.
    pub async fn with_root(engine: Engine) -> Self {
        let admin = [("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", PASSWORD)];
        admin
            .into_iter()
            .fold(Self::new(engine).await, |program, (name, value)| {
                program.with(name, value)
            })
    }

    /// The same with this variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables
            .insert(format!("SWITCHBOARD_{name}"), value.to_owned());
        self
    }

    /// The same with this variable, which is none of ours.
    pub fn with_bare(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A file in its folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.place.folder.path().join(name)
    }

    /// Where the server's log goes: where `SWITCHBOARD_TEST_LOGS` says, to stay there, or into its folder.
    fn log(&self) -> PathBuf {
        let Some(kept) = std::env::var_os("SWITCHBOARD_TEST_LOGS") else {
            return self.file("log");
        };
        let folder = self.place.folder.path();
        let name = folder.file_name().unwrap_or_default();
        let start = STARTS.fetch_add(1, Ordering::Relaxed);
        PathBuf::from(kept).join(format!("{}-{start}.log", name.display()))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.set_up(Command::new(PROGRAM), arguments)
    }

    fn set_up(&self, mut command: Command, arguments: &[&str]) -> Command {
        command
            .args(arguments)
            .current_dir(self.place.folder.path())
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "").await
    }

    /// Runs a command to its end, and types this.
    pub async fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that reads nothing may be gone already.
        stdin.write_all(input.as_bytes()).await.ok();
        drop(stdin);
        let ended = timeout(PATIENCE, child.wait_with_output())
            .await
            .expect("it ends by itself");
        let ended = ended.unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Ran {
            good: ended.status.success(),
            out: text(&ended.stdout),
            err: text(&ended.stderr),
        }
    }

    /// Starts a command that is talked with.
    pub fn converse(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        let piped = command.stdin(Stdio::piped()).stderr(Stdio::piped());
        piped.spawn().unwrap()
    }

    /// Starts a command that has a terminal for its input and its answers.
    pub fn converse_at(&self, terminal: &File, arguments: &[&str]) -> Child {
        Self::at(terminal, self.command(arguments))
    }

    /// The same, with this as its own terminal, by which it finds the person also when its input is something else.
    pub fn converse_alone_at(&self, terminal: &File, arguments: &[&str]) -> Child {
        let mut command = Command::new("/usr/bin/setsid");
        command.args(["--ctty", PROGRAM]);
        Self::at(terminal, self.set_up(command, arguments))
    }

    fn at(terminal: &File, mut command: Command) -> Child {
        let twin = || terminal.try_clone().unwrap();
        let command = command.stdin(twin()).stdout(twin()).stderr(twin());
        command.spawn().unwrap()
    }

    /// Starts the server.
    pub async fn start(&self) -> Running {
        self.start_with(&["serve"]).await
    }

    /// Starts the server at this address.
    pub async fn start_at(&self, address: &str) -> Running {
        self.start_with(&["serve", "--listen", address]).await
    }

    async fn start_with(&self, arguments: &[&str]) -> Running {
        let log = self.log();
        let mut child = self
            .command(arguments)
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = String::new();
        while !greeting.contains("The API is described") {
            let line = timeout(PATIENCE, out.next_line())
                .await
                .expect("it starts in time")
                .unwrap();
            let Some(line) = line else {
                panic!("it did not start: {}", fs::read_to_string(&log).unwrap())
            };
            greeting.push_str(&line);
            greeting.push('\n');
        }
        let (_, rest) = greeting.split_once(" is at ").expect("it says where it is");
        let client = ChatClient::new(rest.lines().next().unwrap());
        Running {
            child,
            out,
            log,
            greeting,
            client,
        }
    }

    /// Tries to start a server that must not start, and gives what it says.
    pub async fn refuses_to_start(&self) -> String {
        let ran = self.run(&["serve"]).await;
        assert!(!ran.good && ran.out.is_empty(), "{ran:?}");
        assert!(ran.err.contains("error: "), "{ran:?}");
        assert!(!ran.err.contains("panicked"), "{ran:?}");
        ran.err
    }
}

impl Ran {
    /// What it printed; it has to have worked.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.good, "{self:?}");
        self.out
    }

    /// What it complained about; it must not have worked, and must not have printed anything.
    #[track_caller]
    pub fn failed(self) -> String {
        assert!(!self.good && self.out.is_empty(), "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self.err
    }
}

impl Running {
    /// Asks it to stop, as a service manager does.
    pub async fn terminate(&mut self) {
        signal(&self.child, "-TERM").await;
    }

    /// Kills it, as a loss of power would.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits until it has stopped.
    pub async fn stopped(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait())
            .await
            .expect("it stops in time")
            .unwrap()
    }

    /// Stops it, and gives all that it said after the greeting and all that it logged.
    pub async fn stop(mut self) -> (String, String) {
        self.terminate().await;
        let status = self.stopped().await;
        assert!(
            status.success(),
            "{status}: {}",
            fs::read_to_string(&self.log).unwrap()
        );
        let mut said = String::new();
        while let Some(line) = self.out.next_line().await.unwrap() {
            said.push_str(&line);
            said.push('\n');
        }
        (said, fs::read_to_string(&self.log).unwrap())
    }
}

/// Sends a signal.
pub async fn signal(child: &Child, which: &str) {
    let id = child.id().expect("it runs").to_string();
    let sent = Command::new("kill")
        .args([which, &id])
        .status()
        .await
        .unwrap();
    assert!(sent.success());
}
