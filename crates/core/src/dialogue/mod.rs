//! What is said in a session: texts, the agents' turns, and the end of a round.

mod answer;
mod history;
mod say;
mod stop;
mod turn;

pub use answer::{Answer, Answering};
pub use say::{NewText, Said, open_round, say};
pub use stop::stop;
pub use turn::take_turn;
