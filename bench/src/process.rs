//! What the machine says about a process.

use std::{fmt, fs, time::Duration};

use crate::failure::Failure;

const DOING: &str = "asking the machine about a process";
/// How many milliseconds a tick of `/proc/PID/stat` stands for: Linux counts a hundred a second for
/// programs, whatever its own clock does.
const TICK_MS: u64 = 10;

/// Memory of a process in kB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// All that is in memory.
    pub resident: u64,
    /// The same with what is shared divided among those who share it.
    pub proportional: u64,
}

/// The processor time of a process so far, its own and the kernel's for it.
pub fn cpu(pid: u32) -> Result<Duration, Failure> {
    let text = read(pid, "stat")?;
    // The name stands in brackets and may hold anything.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut numbers = rest.split_whitespace().skip(11);
    let mut ticks = || numbers.next().and_then(|word| word.parse::<u64>().ok());
    match (ticks(), ticks()) {
        (Some(user), Some(system)) => Ok(Duration::from_millis((user + system) * TICK_MS)),
        _ => Err(Failure::unexpected(DOING, text)),
    }
}

/// How much memory a process has.
pub fn memory(pid: u32) -> Result<Memory, Failure> {
    let text = read(pid, "smaps_rollup")?;
    Ok(Memory {
        resident: kilobytes(&text, "Rss:")?,
        proportional: kilobytes(&text, "Pss:")?,
    })
}

fn kilobytes(text: &str, name: &str) -> Result<u64, Failure> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| Failure::unexpected(DOING, text))
}

fn read(pid: u32, file: &str) -> Result<String, Failure> {
    fs::read_to_string(format!("/proc/{pid}/{file}")).map_err(Failure::io(DOING))
}

/// How much memory a process has, all that is in memory, in kB: cheaper to ask for, and again and
/// again.
pub fn resident(pid: u32) -> Result<u64, Failure> {
    kilobytes(&read(pid, "status")?, "VmRSS:")
}

impl fmt::Display for Memory {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (resident, proportional) = (self.resident, self.proportional);
        write!(to, "{resident} KiB RSS, {proportional} KiB PSS")
    }
}
