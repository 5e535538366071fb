//! What to do when a planned run is due.

use super::{CatchUp, Overlap, Schedule};
use crate::Timestamp;

/// What to do now, and when to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The run that is to be made now, by the time for which it was planned. Of several that are due
    /// it is the newest.
    pub run: Option<Timestamp>,
    /// The next run, which is later than now; none if there is no further one.
    pub next: Option<Timestamp>,
}

impl Schedule {
    /// How late a run may be and still count as on time, in microseconds. It covers a change of the
    /// node that plans, and not more.
    pub const ON_TIME: i64 = 60 * 1_000_000;

    /// What to do at `now`, when the next run was planned for `planned` and, if `is_busy`, the run
    /// before it still waits or goes on.
    ///
    /// However many runs were missed, one is made at the most: none where the schedule asks for no
    /// catching up, unless the newest of them is due since less than [`Schedule::ON_TIME`].
    pub fn decide(&self, planned: Timestamp, now: Timestamp, is_busy: bool) -> Decision {
        if now < planned {
            return Decision {
                run: None,
                next: Some(planned),
            };
        }
        let newest = self.newest_since(planned, now);
        let late = now.as_micros().saturating_sub(newest.as_micros());
        let too_late = self.catch_up == CatchUp::None && late > Self::ON_TIME;
        let left_out = self.overlap == Overlap::Skip && is_busy;
        Decision {
            run: (!too_late && !left_out).then_some(newest),
            next: self.next_after(now),
        }
    }

    /// The newest run that was planned for `now` or earlier, `planned` being one of them.
    fn newest_since(&self, planned: Timestamp, now: Timestamp) -> Timestamp {
        // Looks at the last minutes first, and further back only if nothing was due in them, so a
        // long pause costs no more than a short one.
        let mut back = 2 * Self::ON_TIME;
        loop {
            let from = now.plus_micros(-back).max(planned);
            let due = |after: Timestamp| self.next_after(after).filter(|run| *run <= now);
            if let Some(newest) = std::iter::successors(due(from), |run| due(*run)).last() {
                return newest;
            }
            if from == planned {
                return planned;
            }
            back = back.saturating_mul(30);
        }
    }
}
