//! Asking at the terminal, also when standard input is something else.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::{SecretString, zeroize::Zeroizing};

/// The terminal that this process belongs to.
const TERMINAL: &str = "/dev/tty";

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Blind {
    terminal: File,
    before: Termios,
}

impl Blind {
    fn new(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut blind = before.clone();
        blind.local_modes.remove(LocalModes::ECHO);
        // The end of the line is shown, so that the next output begins on a line of its own.
        blind.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(&terminal, OptionalActions::Flush, &blind)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Blind {
    fn drop(&mut self) {
        // There is nobody to tell that it did not work.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

/// Asks for a secret, and does not show it. None when the person gave none, or pressed Ctrl-C.
///
/// # Errors
/// When there is no terminal.
pub async fn ask_secret(question: &str) -> io::Result<Option<SecretString>> {
    let mut terminal = OpenOptions::new().read(true).write(true).open(TERMINAL)?;
    // First, so that nothing that is typed as an answer is shown or lost.
    let blind = Blind::new(terminal.try_clone()?)?;
    terminal.write_all(question.as_bytes())?;
    terminal.flush()?;
    let reading = tokio::task::spawn_blocking(move || {
        let mut line = Zeroizing::new(String::new());
        BufReader::new(terminal).read_line(&mut line)?;
        let secret = line.trim_end_matches(['\r', '\n']);
        Ok((!secret.is_empty()).then(|| SecretString::from(secret)))
    });
    let secret = tokio::select! {
        read = reading => read.map_err(io::Error::other)?,
        _ = tokio::signal::ctrl_c() => {
            (&blind.terminal).write_all(b"\n")?;
            Ok(None)
        }
    };
    drop(blind);
    secret
}
