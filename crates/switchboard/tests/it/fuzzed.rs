//! What fuzzers found interesting, once more: the seeds of the fuzz targets, and each of them a bit changed.

#[path = "../../../../fuzz/src/lib.rs"]
mod targets;

use std::{fs, path::Path};
use switchboard_testkit::random::TestRandom;

/// How many changed versions of each seed are tried.
const CHANGED: usize = 20;

#[test]
fn seeds_do_no_harm() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    let mut known: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    known.sort();
    let names: Vec<_> = targets::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(known, names, "each target has its seeds");
    for (name, target) in targets::ALL {
        for entry in fs::read_dir(folder.join(name)).unwrap() {
            let path = entry.unwrap().path();
            run(*target, &path);
        }
    }
}

fn run(target: targets::Target, seed: &Path) {
    let bytes = fs::read(seed).unwrap();
    let random = TestRandom::seeded(bytes.len() as u64);
    eprintln!("{}", seed.display());
    target(&bytes);
    for _ in 0..CHANGED {
        let changed = change(&bytes, &random);
        eprintln!("  as {:?}", String::from_utf8_lossy(&changed));
        target(&changed);
    }
}

/// A byte more, less, or other.
fn change(bytes: &[u8], random: &TestRandom) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let (at, byte) = (
        random.below(bytes.len() + 1),
        random.next().to_le_bytes()[0],
    );
    match random.below(4) {
        0 => bytes.insert(at, byte),
        1 => bytes.truncate(at),
        2 => drop(bytes.drain(at..(at + 8).min(bytes.len()))),
        _ => {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
    }
    bytes
}
