//! The accounts of a conversation: what was said, what is acknowledged, and what was heard.

use std::collections::{BTreeSet, VecDeque};

use crate::{
    frame::Frame,
    happening::{Happening, Piece},
    session::SessionKind,
};

/// The accounts of a conversation. They know nothing of connections, except that one is a new one.
#[derive(Debug)]
pub struct Talk {
    kind: SessionKind,
    /// The highest number that was heard. Each is heard once, in order.
    cursor: i64,
    /// What is not acknowledged. Only the first is under way: the second may not overtake it.
    outbox: VecDeque<Text>,
    /// Whether the first was sent on this connection.
    sent: bool,
    /// The numbers of texts that were acknowledged and not answered.
    unanswered: BTreeSet<i64>,
    /// Whether agents are talking with each other.
    running: bool,
}

/// A text of this conversation.
#[derive(Debug)]
pub(crate) struct Text {
    /// The client's own name for it.
    pub id: String,
    pub content: String,
}

/// What a frame meant.
#[derive(Debug, PartialEq)]
pub(crate) enum Meaning {
    /// Nothing that anybody has to be told.
    Nothing,
    /// Something to tell.
    Tell(Happening),
    /// The server is alive, and wants to know whether the client is.
    Ping,
    /// The text was not taken; it is to be sent again, after so many seconds where that is known.
    SendAgain(Option<u64>),
}

impl Talk {
    /// The accounts of a session in which everything up to the cursor was heard.
    pub fn new(kind: SessionKind, cursor: i64) -> Self {
        Self {
            kind,
            cursor,
            outbox: VecDeque::new(),
            sent: false,
            unanswered: BTreeSet::new(),
            running: false,
        }
    }

    /// Takes note of what was said before, and tells it.
    pub fn recall(&mut self, frames: &[Frame]) -> Vec<Happening> {
        let told = frames.iter().filter_map(|frame| match self.hear(frame) {
            Meaning::Tell(happening) => Some(happening),
            _ => None,
        });
        told.collect()
    }

    /// Whether nothing is under way: no text, no answer and no dialogue.
    pub fn is_idle(&self) -> bool {
        self.outbox.is_empty() && self.unanswered.is_empty() && !self.running
    }

    /// How many texts wait to be acknowledged.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// The highest number that was heard.
    pub(crate) fn cursor(&self) -> i64 {
        self.cursor
    }

    /// Something is to be said.
    pub(crate) fn say(&mut self, id: String, content: String) {
        self.outbox.push_back(Text { id, content });
    }

    /// There is a new connection: what is not acknowledged is to be sent again.
    pub(crate) fn connected(&mut self) {
        self.sent = false;
    }

    /// What is to be sent now.
    pub(crate) fn due(&self) -> Option<&Text> {
        self.outbox.front().filter(|_| !self.sent)
    }

    /// It was sent.
    pub(crate) fn sent(&mut self) {
        self.sent = true;
    }

    /// The server takes no text of this size.
    pub(crate) fn too_big(&mut self) -> Option<Happening> {
        self.drop_first().then(|| Happening::Refused {
            code: "TOO_BIG".to_owned(),
            why: "the text is larger than the server takes".to_owned(),
            text: true,
        })
    }

    /// What a frame means.
    pub(crate) fn hear(&mut self, frame: &Frame) -> Meaning {
        match (frame.kind.as_str(), frame.seq()) {
            ("ping", _) => Meaning::Ping,
            ("info", seq) => self.informed(frame, seq),
            ("error", None) => self.refused(frame),
            (_, Some(seq)) if seq > self.cursor => {
                self.cursor = seq;
                self.happened(frame, seq)
            }
            _ => Meaning::Nothing,
        }
    }

    fn informed(&mut self, frame: &Frame, seq: Option<i64>) -> Meaning {
        if let (Some(id), Some(seq)) = (frame.text("ack"), seq) {
            self.cursor = self.cursor.max(seq);
            self.acknowledge(id, seq);
            return Meaning::Nothing;
        }
        let (Some(text), Some(reply_to)) = (frame.text("delta"), frame.number("reply_to")) else {
            return Meaning::Nothing;
        };
        Meaning::Tell(Happening::Piece(Piece {
            agent: frame.sender.clone(),
            reply_to,
            attempt: frame.count("attempt"),
            index: frame.count("index"),
            text: text.to_owned(),
        }))
    }

    /// Takes note that a text is on disk under this number, and says whether it was the one under way.
    /// Whatever was acknowledged before is not acknowledged twice.
    fn acknowledge(&mut self, id: &str, seq: i64) -> bool {
        let first = self.outbox.front().is_some_and(|text| text.id == id);
        if first {
            self.drop_first();
            match self.kind {
                SessionKind::HumanAgent => {
                    self.unanswered.insert(seq);
                }
                SessionKind::AgentAgent => self.running = true,
            }
        }
        first
    }

    fn drop_first(&mut self) -> bool {
        self.sent = false;
        self.outbox.pop_front().is_some()
    }

    /// Something that was sent was not taken.
    fn refused(&mut self, frame: &Frame) -> Meaning {
        let code = frame.text("code").unwrap_or_default();
        // Only one text is under way, so a refusal without a name can only be about it.
        let named = frame.detail("client_id");
        let first = self.outbox.front().map(|text| text.id.as_str());
        let about_text = self.sent && first.is_some() && named.is_none_or(|id| first == Some(id));
        match code {
            "RATE_LIMITED" if about_text => {
                self.sent = false;
                Meaning::SendAgain(Some(frame.count("retry_after").max(1)))
            }
            "UNAVAILABLE" | "INTERNAL_ERROR" if about_text && named.is_some() => {
                self.sent = false;
                Meaning::SendAgain(None)
            }
            _ => {
                if about_text {
                    self.drop_first();
                }
                Meaning::Tell(Happening::Refused {
                    code: code.to_owned(),
                    why: frame.content.clone(),
                    text: about_text,
                })
            }
        }
    }

    fn happened(&mut self, frame: &Frame, seq: i64) -> Meaning {
        let dialogue = self.kind == SessionKind::AgentAgent;
        let text = |member| frame.text(member).unwrap_or_default().to_owned();
        let (sender, content) = (frame.sender.clone(), frame.content.clone());
        let reply_to = frame.number("reply_to").unwrap_or_default();
        Meaning::Tell(match frame.kind.as_str() {
            "text" => {
                self.running = dialogue;
                let id = frame.text("client_id").unwrap_or_default();
                if self.acknowledge(id, seq) {
                    return Meaning::Nothing;
                }
                Happening::Said { sender, content }
            }
            "response" => {
                self.running = dialogue;
                Happening::Answered {
                    agent: sender,
                    content,
                    reply_to,
                    own: self.unanswered.remove(&reply_to) || dialogue,
                }
            }
            "error" => {
                self.running = false;
                Happening::Failed {
                    agent: sender,
                    code: text("code"),
                    why: content,
                    own: self.unanswered.remove(&reply_to) || dialogue,
                }
            }
            "stop" => {
                self.running = false;
                let unanswered = std::mem::take(&mut self.unanswered).len();
                Happening::Stopped {
                    reason: text("reason"),
                    why: content,
                    unanswered,
                }
            }
            "system" => self.noticed(frame),
            "cooldown" => Happening::Cooldown {
                agent: sender,
                seconds: frame.count("cooldown_remaining"),
            },
            _ => return Meaning::Nothing,
        })
    }

    /// When there are no tokens left, what was next in turn stays unanswered.
    fn noticed(&mut self, frame: &Frame) -> Happening {
        let spent = frame.text("notice") == Some("budget_reached");
        let unanswered = match self.kind {
            SessionKind::HumanAgent if spent => usize::from(self.unanswered.pop_first().is_some()),
            SessionKind::AgentAgent if spent => usize::from(std::mem::take(&mut self.running)),
            _ => 0,
        };
        Happening::Noticed {
            content: frame.content.clone(),
            unanswered,
        }
    }
}

#[cfg(test)]
mod tests;
