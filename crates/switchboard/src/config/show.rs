//! The settings in force, as a file would say them, each with its origin.

use std::fmt::Write as _;

use toml::Value;

use super::keys::{self, KEYS, Key, OAUTH_KEYS, PROVIDER_KEYS, REMOTE_KEYS};
use super::layer::{Entry, Layer};
use super::special::{self, Special};
use super::store_url::{HIDDEN, StoreUrl};
use super::{oauth, remote};

pub(super) fn show(effective: &Layer, special: &Special) -> String {
    let mut out = String::new();
    let mut section = "";
    for key in KEYS {
        let (heading, name) = key.path.split_once('.').unwrap_or(("", key.path));
        if heading != section {
            section = heading;
            let _ = write!(out, "\n[{section}]\n");
        }
        line(&mut out, effective, key.path, name);
    }
    let mut last = "";
    for path in effective
        .keys()
        .filter(|path| path.starts_with("providers."))
    {
        let provider = path.rsplit_once('.').map_or("", |(provider, _)| provider);
        if provider != last {
            last = provider;
            let _ = write!(out, "\n[{provider}]\n");
            for key in PROVIDER_KEYS {
                line(
                    &mut out,
                    effective,
                    &format!("{provider}.{}", key.path),
                    key.path,
                );
            }
        }
    }
    show_list(&mut out, effective, remote::SECTION, REMOTE_KEYS);
    show_list(&mut out, effective, oauth::SECTION, OAUTH_KEYS);
    out.push_str("\n# From variables only:\n");
    for (name, set) in special::NAMES[1..].iter().zip(special.which_are_set()) {
        let _ = writeln!(out, "# {name} is {}", if set { "set" } else { "not set" });
    }
    out
}

fn show_list(out: &mut String, effective: &Layer, list: &str, keys: &[Key]) {
    let mut shown_section = "";
    let prefix = format!("{list}.");
    for path in effective.keys().filter(|path| path.starts_with(&prefix)) {
        let section = path.rsplit_once('.').map_or("", |(section, _)| section);
        if section == shown_section {
            continue;
        }
        shown_section = section;
        let _ = write!(out, "\n[[{list}]]\n");
        for key in keys {
            line(out, effective, &format!("{section}.{}", key.path), key.path);
        }
    }
}

fn line(out: &mut String, effective: &Layer, path: &str, name: &str) {
    let _ = match effective.get(path) {
        Some(entry) => writeln!(out, "{name} = {}  # {}", shown(path, entry), entry.origin),
        None => writeln!(out, "# {name} is not set"),
    };
}

fn shown(path: &str, entry: &Entry) -> String {
    if keys::kind_of(path).is_some_and(super::kind::Kind::is_secret) {
        return Value::from(HIDDEN).to_string();
    }
    if path == "store" {
        let url = entry.value.as_str().unwrap_or_default().to_string();
        let url = StoreUrl::try_from(url).map_or_else(|_| HIDDEN.into(), |url| url.to_string());
        return Value::from(url).to_string();
    }
    entry.value.to_string()
}
