//! What is said in a session: texts, the agents' turns, and the end of a round.

mod answer;
mod history;
mod say;
mod stop;
mod turn;

pub(crate) use answer::{Answer, Answering};
pub(crate) use history::EVENTS_MAX;
pub(crate) use say::open_round;
pub use say::{NewText, Said, say};
pub use stop::stop;
pub(crate) use turn::take_turn;
