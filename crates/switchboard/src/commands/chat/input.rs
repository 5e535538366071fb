//! What is typed or piped in, line by line.

use std::io::{self, BufRead, Read as _};

use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The longest line, in bytes: the server takes no longer text either, unless it was told to.
const LINE_MAX: u64 = 1 << 20;

/// The lines of standard input. The next one is read when the one before was taken.
pub fn lines() -> Receiver<io::Result<String>> {
    let (send, lines) = channel(1);
    // A task of its own, which ends with the process: a terminal cannot be read with a time limit.
    tokio::task::spawn_blocking(move || read(&mut io::stdin().lock(), &send));
    lines
}

fn read(from: &mut dyn BufRead, to: &Sender<io::Result<String>>) {
    loop {
        let line = next(from).transpose();
        let Some(line) = line else {
            return;
        };
        let last = line.is_err();
        if to.blocking_send(line).is_err() || last {
            return;
        }
    }
}

/// The next line without its end; none when there are no more.
fn next(from: &mut dyn BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    from.take(LINE_MAX + 1).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() as u64 > LINE_MAX {
        return Err(io::Error::other("a line has more than 1 MiB"));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let text = String::from_utf8(line);
    text.map(Some)
        .map_err(|_| io::Error::other("a line is not in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> io::Result<Vec<String>> {
        let mut from = bytes;
        std::iter::from_fn(|| next(&mut from).transpose()).collect()
    }

    #[test]
    fn lines_end_as_they_may() {
        assert_eq!(all(b"a\nb\r\n\nc").unwrap(), ["a", "b", "", "c"]);
        assert!(all(b"").unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_sent_is_told() {
        assert!(all(b"a\n\xff\n").unwrap_err().to_string().contains("UTF-8"));
        let long = vec![b'a'; (1 << 20) + 1];
        assert!(all(&long).unwrap_err().to_string().contains("1 MiB"));
        assert!(all(&long[1..]).is_ok());
    }
}
