//! Tables on standard output.

use std::io::{self, Write};

use super::harmless;

/// Writes rows under a heading, each column as wide as its widest entry. What comes from a server is
/// made harmless for a terminal.
pub fn write<const N: usize>(
    out: &mut dyn Write,
    heading: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let mut all = vec![heading.map(str::to_owned)];
    let plain = |row: [String; N]| row.map(|entry| harmless::line(&entry).into_owned());
    all.extend(rows.into_iter().map(plain));
    let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..N).map(|column| width(column).unwrap_or(0)).collect();
    for row in &all {
        let entries = row.iter().zip(&widths);
        let line: Vec<String> = entries
            .map(|(entry, width)| format!("{entry:<width$}"))
            .collect();
        writeln!(out, "{}", line.join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_they_have_to_be() {
        let mut out = Vec::new();
        let rows = [["1", "ü\u{1b}"], ["22", ""]].map(|row| row.map(str::to_owned));
        super::write(&mut out, ["ID", "NAME"], rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "ID  NAME\n1   ü␛\n22\n");
    }
}
