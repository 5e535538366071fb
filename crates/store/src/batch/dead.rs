//! The changes of what is dead or set aside, of lanes that are paused, and of streams that are purged.

use super::apply::Applied;
use crate::rows::DeliveryRow;
use switchboard_domain::{
    Timestamp,
    ids::{LaneId, StreamId},
    nouns::{Lane, Stream, Work},
};

impl Applied<'_> {
    /// Puts a delivery that is dead or set aside at the tail.
    pub(super) fn revive(&mut self, id: &LaneId, no: i64, afresh: bool) {
        let Some(row) = self.set.dead(id, no).cloned() else {
            return;
        };
        self.forget(id, no);
        self.lanes.insert(id.clone());
        let mut lane = self.set.lane(id);
        let was_idle = lane.is_idle();
        if matches!(row.work, Work::Check { .. }) {
            lane.check_no = Some(lane.next_no);
        }
        let row = DeliveryRow {
            no: lane.enqueue(self.set.now),
            died_at: None,
            reason: None,
            retry_at: None,
            failures: if afresh { 0 } else { row.failures },
            first_no: Some(row.first_no.unwrap_or(no)),
            ..row
        };
        if was_idle {
            lane.begin(row.failures);
        }
        self.set.put_delivery(id, row.no, Some(row));
        self.set.put_noun(lane);
    }

    /// Removes a delivery that is dead or set aside.
    pub(super) fn forget(&mut self, id: &LaneId, no: i64) {
        if self.set.dead(id, no).is_some() {
            self.set.put_delivery(id, no, None);
            self.set.forgotten.push((id.clone(), no));
        }
    }

    /// Changes the row of a lane by itself.
    pub(super) fn change_lane(&mut self, id: &LaneId, change: impl FnOnce(&mut Lane, Timestamp)) {
        let mut lane = self.set.lane(id);
        change(&mut lane, self.set.now);
        self.lanes.insert(id.clone());
        self.set.put_noun(lane);
    }

    /// Lets events go.
    pub(super) fn purge(&mut self, id: &StreamId, purge: impl FnOnce(&mut Stream)) {
        let mut stream = self.set.stream(id);
        let before = stream.purged_no;
        purge(&mut stream);
        if stream.purged_no > before {
            let gone =
                |row: &crate::rows::EventRow| row.stream == *id && row.no <= stream.purged_no;
            self.set
                .named
                .retain(|(of, _), position| of != id || position.no > stream.purged_no);
            self.set.appended.retain(|row| !gone(row));
            self.set.put_noun(stream);
        }
    }
}
