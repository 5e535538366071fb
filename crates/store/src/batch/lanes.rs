//! The changes of lanes. What would take the head of an idle lane does nothing.

use super::apply::Applied;
use crate::rows::DeliveryRow;
use switchboard_domain::{
    Timestamp,
    ids::{LaneId, LifeId},
    nouns::{Claimed, Lane, Work},
    ports::{About, NewDelivery},
};

/// What a life gets that claims the lane's head.
pub(crate) fn claimed(lane: &mut Lane, life: LifeId, head: DeliveryRow) -> Claimed {
    let lease = lane.claim(life);
    Claimed {
        lease,
        attempt: lane.attempt,
        failures: lane.failures,
        delivery: head.delivery(),
    }
}

impl Applied<'_> {
    /// The lane, if it has a head.
    fn busy(&mut self, id: &LaneId) -> Option<Lane> {
        self.lanes.insert(id.clone());
        let lane = self.set.lane(id);
        (!lane.is_idle()).then_some(lane)
    }

    pub(super) fn enqueue(&mut self, new: &NewDelivery) {
        self.lanes.insert(new.lane.clone());
        let mut lane = self.set.lane(&new.lane);
        let was_idle = lane.is_idle();
        if new.only_if_idle && !was_idle {
            return;
        }
        if let Work::Check { beside_others } = new.work {
            if lane.is_checking() && !beside_others {
                return;
            }
            lane.check_no = Some(lane.next_no);
        }
        let about = match new.about {
            About::Nothing => None,
            About::Event(no) => Some(no),
            About::LastAppended => self
                .receipt
                .appended
                .last()
                .map(|(_, position)| position.no),
        };
        let row = DeliveryRow {
            no: lane.enqueue(self.set.now),
            lane: new.lane.clone(),
            agent: new.agent.clone(),
            user: new.user.clone(),
            work: new.work.clone(),
            about,
            created_at: self.set.now,
            died_at: None,
            reason: None,
            retry_at: None,
            failures: 0,
            first_no: None,
        };
        if let (true, Some(life)) = (was_idle && lane.is_open(), new.claim.clone()) {
            self.receipt
                .claimed
                .push(claimed(&mut lane, life, row.clone()));
        }
        self.set.put_delivery(&lane.id, row.no, Some(row));
        self.set.put_noun(lane);
    }

    pub(super) fn finish_head(&mut self, id: &LaneId, claim: Option<LifeId>) {
        let Some(mut lane) = self.busy(id) else {
            return;
        };
        self.set.put_delivery(id, lane.head_no, None);
        self.advance(&mut lane);
        let next = self
            .set
            .delivery(id, lane.head_no)
            .filter(|_| !lane.is_idle() && lane.is_open());
        if let (Some(life), Some(next)) = (claim, next) {
            self.receipt
                .claimed
                .push(claimed(&mut lane, life, next.clone()));
        }
        self.set.put_noun(lane);
    }

    /// Goes on to the next head, which may have failed before.
    fn advance(&self, lane: &mut Lane) {
        lane.advance(self.set.now);
        if let Some(head) = self.set.delivery(&lane.id, lane.head_no) {
            lane.begin(head.failures);
        }
    }

    pub(super) fn continue_head(&mut self, id: &LaneId, work: &Work, ready_at: Timestamp) {
        let Some(mut lane) = self.busy(id) else {
            return;
        };
        if let Some(row) = self.set.delivery(id, lane.head_no).cloned() {
            let work = work.clone();
            self.set
                .put_delivery(id, lane.head_no, Some(DeliveryRow { work, ..row }));
        }
        lane.release(ready_at);
        lane.attempt = 0;
        self.set.put_noun(lane);
    }

    pub(super) fn retry_head(&mut self, id: &LaneId, ready_at: Timestamp) {
        let Some(mut lane) = self.busy(id) else {
            return;
        };
        lane.release(ready_at);
        self.set.put_noun(lane);
    }

    pub(super) fn fail_head(&mut self, id: &LaneId, ready_at: Timestamp) {
        let Some(mut lane) = self.busy(id) else {
            return;
        };
        lane.fail(ready_at);
        self.set.put_noun(lane);
    }

    pub(super) fn bury_head(&mut self, id: &LaneId, reason: &str, retry_at: Option<Timestamp>) {
        let Some(mut lane) = self.busy(id) else {
            return;
        };
        if let Some(row) = self.set.delivery(id, lane.head_no).cloned() {
            let dead = DeliveryRow {
                died_at: Some(self.set.now),
                reason: Some(reason.to_owned()),
                retry_at,
                failures: lane.failures + 1,
                ..row
            };
            self.set.put_delivery(id, lane.head_no, Some(dead));
        }
        self.advance(&mut lane);
        self.set.put_noun(lane);
    }

    pub(super) fn cancel(&mut self, id: &LaneId) {
        self.lanes.insert(id.clone());
        let mut lane = self.set.lane(id);
        // Deliveries that are stored already go by their numbers; these were not stored yet.
        let waiting = (id.clone(), lane.head_no)..(id.clone(), lane.next_no);
        for (_, slot) in self.set.deliveries.range_mut(waiting) {
            slot.set(None);
        }
        lane.cancel();
        self.set.put_noun(lane);
    }
}
