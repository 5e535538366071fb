//! Settings from the file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::de::DeTable;
use toml::{Spanned, Table, Value};

use super::layer::{Entry, Layer, Origin};
use super::problem::Problem;
use super::sources::Sources;
use super::{keys, oauth, providers, remote, special};

/// The name under which a file is found without being named.
const NAME: &str = "switchboard.toml";

/// Reads the file that was named, or else the first that is there; having none is right, too.
pub(super) fn read(sources: &Sources, problems: &mut Vec<Problem>) -> Layer {
    let named = sources.flags.config.as_ref();
    if let Some(named) = named.or_else(|| sources.variable(special::CONFIG)) {
        return read_at(&sources.folder.join(named), named, problems);
    }
    let found = candidates(sources)
        .into_iter()
        .find(|path| sources.folder.join(path).is_file());
    let Some(path) = found else {
        return Layer::new();
    };
    let in_data = path.parent() != Some(Path::new(""));
    let mut layer = read_at(
        &sources.folder.join(&path),
        &path.to_string_lossy(),
        problems,
    );
    if in_data && let Some(entry) = layer.remove("data") {
        let what = "a file in the data folder cannot say where the data folder is";
        problems.push(Problem::new(entry.origin, what));
    }
    layer
}

fn candidates(sources: &Sources) -> [PathBuf; 2] {
    let flag = sources.flags.data.as_ref();
    let data = flag.or_else(|| sources.variable("SWITCHBOARD_DATA"));
    let data = data.map_or("./switchboard-data", String::as_str);
    [NAME.into(), Path::new(data).join(NAME)]
}

fn read_at(path: &Path, name: &str, problems: &mut Vec<Problem>) -> Layer {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            problems.push(match error.kind() {
                ErrorKind::NotFound => Problem::new(name, "there is no such file"),
                _ => Problem::new(name, format!("cannot be read: {error}")),
            });
            return Layer::new();
        }
    };
    parse(&text, name, problems)
}

/// Reads the text of a file. Only the message of a syntax error is told: the line itself may hold a secret.
fn parse(text: &str, name: &str, problems: &mut Vec<Problem>) -> Layer {
    let (places, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let line = line_at(text, error.span().map_or(0, |span| span.start));
        problems.push(Problem::new(format!("{name}:{line}"), error.message()));
    }
    let Ok(table) = text.parse::<Table>() else {
        if errors.is_empty() {
            problems.push(Problem::new(name, "is not TOML"));
        }
        return Layer::new();
    };
    let mut walk = Walk {
        text,
        name,
        problems,
        layer: Layer::new(),
    };
    walk.section(&table, places.get_ref(), "");
    walk.layer
}

fn line_at(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    before.split(|byte| *byte == b'\n').count()
}

/// A walk through the file, section by section.
struct Walk<'a> {
    text: &'a str,
    name: &'a str,
    problems: &'a mut Vec<Problem>,
    layer: Layer,
}

impl Walk<'_> {
    fn section(&mut self, table: &Table, places: &DeTable<'_>, section: &str) {
        for (key, value) in table {
            let path = if section.is_empty() {
                key.clone()
            } else {
                format!("{section}.{key}")
            };
            let found = places.iter().find(|(name, _)| name.get_ref() == key);
            let line = line_at(self.text, found.map_or(0, |(name, _)| name.span().start));
            let origin = Origin::File {
                name: self.name.into(),
                line,
            };
            if path == remote::SECTION || path == oauth::SECTION {
                let place = found.map(|(_, place)| place);
                self.list(&path, value, place, origin);
            } else if keys::is_section(&path) {
                self.subsection(&path, value, found.map(|(_, place)| place), origin);
            } else {
                self.setting(section, key, path, value, origin);
            }
        }
    }

    fn subsection(
        &mut self,
        path: &str,
        value: &Value,
        place: Option<&Spanned<toml::de::DeValue<'_>>>,
        origin: Origin,
    ) {
        let complaint = path
            .strip_prefix("providers.")
            .and_then(providers::complaint_about);
        if let Some(what) = complaint {
            self.problems.push(Problem::new(origin, what));
            return;
        }
        match (value, place.and_then(|place| place.get_ref().as_table())) {
            (Value::Table(table), Some(places)) => {
                self.section(table, places, path);
                if path.starts_with("providers.") && table.is_empty() {
                    self.layer.extend(providers::mentioned(path, origin));
                }
            }
            _ => self.problems.push(Problem::new(
                origin,
                format!("`{path}` is a section: write [{path}]"),
            )),
        }
    }

    /// The tables under `[[remote_agents]]`, by their places in the file, or those under
    /// `[[oauth_providers]]`, by their names.
    fn list(
        &mut self,
        list: &str,
        value: &Value,
        place: Option<&Spanned<toml::de::DeValue<'_>>>,
        origin: Origin,
    ) {
        let places = place.and_then(|place| place.get_ref().as_array());
        let (Value::Array(items), Some(places)) = (value, places) else {
            let what = format!("`{list}` is a list of sections: write [[{list}]]");
            self.problems.push(Problem::new(origin, what));
            return;
        };
        for (index, (item, place)) in items.iter().zip(places.iter()).enumerate() {
            if let (Value::Table(table), Some(place)) = (item, place.get_ref().as_table()) {
                let path = if list == oauth::SECTION {
                    oauth::path_of(table)
                } else {
                    Ok(remote::nth(index))
                };
                match path.and_then(|path| self.not_yet(path)) {
                    Ok(path) => self.section(table, place, &path),
                    Err(what) => self.problems.push(Problem::new(origin.clone(), what)),
                }
            }
        }
    }

    /// The path of a section that was not there before.
    fn not_yet(&self, path: String) -> Result<String, String> {
        let beginning = format!("{path}.");
        if self.layer.keys().any(|known| known.starts_with(&beginning)) {
            return Err(format!("`{path}` is there twice"));
        }
        Ok(path)
    }

    fn setting(&mut self, section: &str, key: &str, path: String, value: &Value, origin: Origin) {
        let Some(kind) = keys::kind_of(&path) else {
            let known = keys::names_in(section).into_iter();
            self.problems
                .push(Problem::unknown(origin, "setting", key, known));
            return;
        };
        match kind.check(value) {
            Ok(()) => drop(self.layer.insert(path, Entry::new(value.clone(), origin))),
            Err(what) => self
                .problems
                .push(Problem::new(origin, format!("`{path}`: {what}"))),
        }
    }
}
