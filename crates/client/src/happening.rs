//! What a conversation tells.

/// Something that happened in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// The connection that was lost is there again.
    Connected,
    /// The connection is lost, for this reason. It is being made again; this is told once.
    Lost(String),
    /// Somebody else said something.
    Said {
        /// Who.
        sender: String,
        /// What.
        content: String,
    },
    /// A piece of an answer that is being made.
    Piece(Piece),
    /// An agent answered. The answer is whole.
    Answered {
        /// The agent.
        agent: String,
        /// What it said.
        content: String,
        /// The number of what it answers.
        reply_to: i64,
        /// Whether it answers a text of this conversation, or belongs to a dialogue.
        own: bool,
    },
    /// There is no answer.
    Failed {
        /// The agent.
        agent: String,
        /// Why, for programs.
        code: String,
        /// Why, in words.
        why: String,
        /// Whether a text of this conversation stays unanswered.
        own: bool,
    },
    /// The server did not take a text, and will not take it.
    Refused {
        /// Why, for programs.
        code: String,
        /// Why, in words.
        why: String,
        /// Whether it was a text; else it was something else that was sent.
        text: bool,
    },
    /// An answer in the making, or a dialogue, ended.
    Stopped {
        /// Why, for programs.
        reason: String,
        /// Why, in words.
        why: String,
        /// How many texts of this conversation stay unanswered.
        unanswered: usize,
    },
    /// The server has something to say.
    Noticed {
        /// What it says.
        content: String,
        /// How many texts of this conversation stay unanswered.
        unanswered: usize,
    },
    /// An agent has used up its tokens, and goes on after so many seconds.
    Cooldown {
        /// The agent.
        agent: String,
        /// The seconds.
        seconds: u64,
    },
    /// The server takes no texts for so many seconds; the one that waits is sent again then.
    Waiting(u64),
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The agent that makes it.
    pub agent: String,
    /// The number of what it answers.
    pub reply_to: i64,
    /// Which try it belongs to; a higher one voids the lower.
    pub attempt: u64,
    /// Its place in the attempt, from 0.
    pub index: u64,
    /// The text to append.
    pub text: String,
}
