//! Workflow files: a workflow as JSON, in ActiveWorkflow's form (its `schema_version` 1), byte by byte
//! as it writes it.
//!
//! Agents are known by their guids and stand in their order; links name them by their place. What
//! that form has no member for goes into `switchboard`, a member of the agent that ActiveWorkflow does
//! not look at. No memory, message or credential is ever in a file.

mod pretty;
mod read;
mod value;
mod write;

#[cfg(test)]
mod tests;

pub use value::BadWorkflowFile;

use super::{Object, Schedule};

/// The most bytes of a file.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
/// The most agents in a file.
pub const MAX_AGENTS: usize = 1000;
/// The most links in a file, and the most control links.
pub const MAX_LINKS: usize = 10_000;
/// The most characters of names, guids, colours and pictures.
pub const MAX_NAME: usize = 255;
/// The most characters of a description.
pub const MAX_DESCRIPTION: usize = 65_536;

/// A workflow as a file says it.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowFile {
    /// What its owner calls it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// By what it is known wherever it is imported.
    pub guid: String,
    /// The colour of its tag's text.
    pub tag_fg_color: Option<String>,
    /// The colour of its tag.
    pub tag_bg_color: Option<String>,
    /// The name of its picture.
    pub icon: Option<String>,
    /// Its agents, ordered by their guids.
    pub agents: Vec<FileAgent>,
    /// Who sends messages to whom: the places of source and receiver among the agents, in order.
    pub links: Vec<(usize, usize)>,
    /// Who controls whom: the places of controller and control target, in order.
    pub control_links: Vec<(usize, usize)>,
}

/// An agent of a workflow as a file says it.
#[derive(Debug, Clone, PartialEq)]
pub struct FileAgent {
    /// Its type, such as `Agents::WebhookAgent`.
    pub kind: String,
    /// What its owner calls it.
    pub name: String,
    /// Whether it is not called.
    pub is_disabled: bool,
    /// By what it is known wherever it is imported.
    pub guid: String,
    /// Its configuration.
    pub options: Object,
    /// When it checks; none for a type that never does.
    pub schedule: Option<Schedule>,
    /// How long its messages are kept, in seconds, 0 being for ever; none for a type that emits none.
    pub keep_messages_for: Option<i64>,
    /// What else Switchboard keeps of it, beside the rules of its schedule.
    pub more: Object,
}

impl WorkflowFile {
    /// Puts the agents in the order of their guids and the links in theirs, each once.
    pub fn sort(&mut self) {
        let mut places: Vec<usize> = (0..self.agents.len()).collect();
        places.sort_by(|one, two| self.agents[*one].guid.cmp(&self.agents[*two].guid));
        let mut moved = vec![0; places.len()];
        for (new, old) in places.iter().enumerate() {
            moved[*old] = new;
        }
        self.agents.sort_by(|one, two| one.guid.cmp(&two.guid));
        for links in [&mut self.links, &mut self.control_links] {
            for (from, to) in &mut *links {
                (*from, *to) = (moved[*from], moved[*to]);
            }
            links.sort_unstable();
            links.dedup();
        }
    }

    /// What the file is called when it is downloaded.
    pub fn file_name(&self) -> String {
        let plain = |c: char| {
            let c = c.to_ascii_lowercase();
            if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' {
                c
            } else {
                '-'
            }
        };
        let name: String = self.name.chars().map(plain).collect();
        let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
        if parts.is_empty() {
            "exported-agents.json".to_owned()
        } else {
            format!("{}.json", parts.join("-"))
        }
    }
}
