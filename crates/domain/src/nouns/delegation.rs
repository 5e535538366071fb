//! How a request came here through other servers.

use serde::{Deserialize, Serialize};

/// So many servers may pass a request on, one to the next.
pub const DEPTH_MAX: u8 = 8;

/// The servers that a request for a step came through. Each that passes it on adds itself, so that a
/// circle of servers is noticed where it closes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delegation {
    /// How many servers passed it on.
    pub depth: u8,
    /// Their ids as far as they told, the first one first.
    pub via: Vec<String>,
}

impl Delegation {
    /// Whether it came from its client at once.
    pub fn is_direct(&self) -> bool {
        self.depth == 0 && self.via.is_empty()
    }

    /// Whether too many servers passed it on.
    pub const fn is_too_deep(&self) -> bool {
        self.depth > DEPTH_MAX
    }

    /// Whether the server with this id passed it on before.
    pub fn met(&self, id: &str) -> bool {
        self.via.iter().any(|met| met == id)
    }

    /// The same, passed on by the server with this id.
    #[must_use]
    pub fn passed_on_by(&self, id: &str) -> Self {
        let own = [id.to_owned()];
        Self {
            depth: self.depth.saturating_add(1),
            via: self.via.iter().cloned().chain(own).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_noticed_where_it_closes() {
        let mut way = Delegation::default();
        assert!(way.is_direct() && !way.met("a"));
        for id in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            way = way.passed_on_by(id);
        }
        assert!(way.met("a") && way.met("h") && !way.met("i") && !way.is_direct());
        assert!(!way.is_too_deep() && way.passed_on_by("i").is_too_deep());
    }
}
