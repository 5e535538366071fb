//! What the pages must keep up with.

use super::source::{none, read, read_toml};

#[test]
fn every_dependency_has_its_reason() {
    let page = read("docs/DEPENDENCIES.md");
    let manifest = read_toml("Cargo.toml");
    let dependencies = manifest["workspace"]["dependencies"].as_table().unwrap();
    let missing: Vec<String> = dependencies
        .keys()
        .filter(|name| !name.starts_with("switchboard-"))
        .filter(|name| !page.contains(&format!("| `{name}` |")))
        .cloned()
        .collect();
    none("say in docs/DEPENDENCIES.md why it is there", &missing);
}

#[test]
fn every_reason_has_its_dependency() {
    let manifest = read_toml("Cargo.toml");
    let dependencies = manifest["workspace"]["dependencies"].as_table().unwrap();
    let page = read("docs/DEPENDENCIES.md");
    let gone: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.to_string())
        .filter(|name| !dependencies.contains_key(name))
        .collect();
    none("take these lines out of docs/DEPENDENCIES.md", &gone);
}
