//! The folder for the files that an agent makes. Their names come from the agent: they lead nowhere else,
//! hide nothing, are no options of other programs, and never take the place of a file.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use switchboard_client::{Artifact, FileError, Tasks};
use tokio::fs::File;

use super::super::{Failure, sign_in::failure};

/// The longest name of a file or folder, in bytes.
const NAME_MAX: usize = 120;
/// How deep a file may lie.
const DEPTH_MAX: usize = 8;
/// How many files of one name there may be.
const SAME_MAX: u32 = 10_000;
/// What stands in a name for what may not be there.
const STAND_IN: char = '_';

/// A folder that is there.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// This folder, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn open(path: PathBuf) -> Result<Self, Failure> {
        match fs::create_dir_all(&path) {
            Ok(()) => Ok(Self(path)),
            Err(error) => Err(unwritable(&path, &error)),
        }
    }

    /// Saves a file under its name, or under one beside it where that is taken.
    ///
    /// # Errors
    /// When it could not be fetched or written; then nothing of it stays.
    pub(super) async fn save(
        &self,
        tasks: &Tasks<'_>,
        task: &str,
        artifact: &Artifact,
    ) -> Result<PathBuf, Failure> {
        let folder = self.below(artifact.relative_path.as_deref().unwrap_or_default())?;
        let (path, file) = create(&folder, &harmless(&artifact.file_name))?;
        let mut file = File::from_std(file);
        let id = &artifact.artifact_id;
        if let Err(error) = tasks.download(task, id, &mut file).await {
            let _ = fs::remove_file(&path);
            return Err(match error {
                FileError::Server(error) => failure(&error),
                FileError::Here(error) => unwritable(&path, &error),
            });
        }
        Ok(path)
    }

    /// The folder below this one that a path of the agent's means. No link leads out of it.
    fn below(&self, relative: &str) -> Result<PathBuf, Failure> {
        let mut folder = self.0.clone();
        let parts = relative.split(['/', '\\']);
        let parts = parts.filter(|part| !matches!(*part, "" | "." | ".."));
        for part in parts.take(DEPTH_MAX) {
            folder.push(harmless(part));
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(unwritable(&folder, &error));
                }
                _ => {}
            }
            let about = fs::symlink_metadata(&folder);
            if !about.map_err(|error| unwritable(&folder, &error))?.is_dir() {
                let error = io::Error::other("it is there, and no folder");
                return Err(unwritable(&folder, &error));
            }
        }
        Ok(folder)
    }
}

/// Makes a file that was not there.
fn create(folder: &Path, name: &str) -> Result<(PathBuf, fs::File), Failure> {
    for n in 1..=SAME_MAX {
        let path = folder.join(if n == 1 {
            name.to_owned()
        } else {
            beside(name, n)
        });
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unwritable(&path, &error)),
        }
    }
    let error = io::Error::other("too many files have this name");
    Err(unwritable(&folder.join(name), &error))
}

/// `name (2).txt` for `name.txt`.
fn beside(name: &str, n: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem} ({n}).{ending}"),
        None => format!("{name} ({n})"),
    }
}

/// A name that does no harm, whatever the agent gave.
fn harmless(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = super::super::harmless::line(last);
    let fits = |c: char| {
        let is_bad = c.is_control()
            || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
            || matches!(c, '\u{2400}'..='\u{2421}' | char::REPLACEMENT_CHARACTER);
        if is_bad { STAND_IN } else { c }
    };
    let mut name: String = plain.trim().chars().map(fits).collect();
    // Hidden files, and what a program would take for an option.
    if name.starts_with(['.', '-', '~']) {
        name.replace_range(..1, "_");
    }
    let ending = name
        .rfind('.')
        .map_or(String::new(), |at| name[at..].to_owned());
    if name.len() > NAME_MAX {
        let room = if ending.len() < NAME_MAX / 2 {
            ending.as_str()
        } else {
            ""
        };
        name = switchboard_domain::text::clip(name.clone(), NAME_MAX - room.len()) + room;
    }
    let name = name.trim_end_matches(['.', ' ']);
    if name.trim_matches(STAND_IN).is_empty() {
        "file".to_owned()
    } else {
        name.to_owned()
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::Other {
        what: format!("cannot write {}: {error}", path.display()),
        hint: Some("--out names another folder".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_lead_nowhere_else() {
        for (given, wanted) in [
            ("main.py", "main.py"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\x.dll", "x.dll"),
            ("..", "file"),
            (".bashrc", "_bashrc"),
            ("-rf", "_rf"),
            ("~", "file"),
            ("a\u{1b}[31m\nb", "a_[31m_b"),
            ("a:b*?", "a_b__"),
            ("", "file"),
            (" . ", "file"),
            ("Grüße.txt", "Grüße.txt"),
        ] {
            assert_eq!(harmless(given), wanted, "{given:?}");
        }
        let long = harmless(&format!("{}.txt", "ü".repeat(300)));
        assert!(long.len() <= NAME_MAX && long.ends_with("ü.txt"), "{long}");
    }

    #[test]
    fn no_file_takes_the_place_of_another() {
        let place = tempfile::tempdir().unwrap();
        let (first, _) = create(place.path(), "a.txt").unwrap();
        let (second, _) = create(place.path(), "a.txt").unwrap();
        assert!(first.ends_with("a.txt") && second.ends_with("a (2).txt"));
    }

    #[test]
    fn folders_stay_below_and_links_lead_nowhere() {
        let place = tempfile::tempdir().unwrap();
        let (out, other) = (place.path().join("out"), place.path().join("other"));
        fs::create_dir(&other).unwrap();
        let folder = Folder::open(out.clone()).unwrap();
        assert_eq!(folder.below("../..//x/./y").unwrap(), out.join("x/y"));
        assert_eq!(folder.below("/etc").unwrap(), out.join("etc"));
        std::os::unix::fs::symlink(&other, out.join("link")).unwrap();
        assert!(folder.below("link").is_err());
    }

    proptest! {
        #[test]
        fn any_name_is_a_plain_one(name: String) {
            let name = harmless(&name);
            prop_assert!(!name.is_empty() && name.len() <= NAME_MAX);
            prop_assert!(!name.contains(['/', '\\', '\0']) && !name.starts_with(['.', '-']));
            prop_assert!(!name.chars().any(char::is_control));
        }
    }
}
