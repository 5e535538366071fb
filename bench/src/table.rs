//! The figures, in the order in which they were found.

use std::fmt;

/// What was measured, and the figure with its unit.
#[derive(Debug, Default)]
pub struct Table(Vec<(String, String)>);

impl Table {
    /// Adds a figure, and prints it, for whoever waits.
    pub fn add(&mut self, what: impl Into<String>, figure: impl Into<String>) {
        let (what, figure) = (what.into(), figure.into());
        println!("{what}: {figure}");
        self.0.push((what, figure));
    }

    /// Takes in the figures of another.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(to, "\n| what | figure |\n|---|---|")?;
        for (what, figure) in &self.0 {
            writeln!(to, "| {what} | {figure} |")?;
        }
        Ok(())
    }
}
