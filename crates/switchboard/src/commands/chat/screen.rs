//! What is shown: answers on standard output, all else on standard error, and both on one screen when
//! a person sits before it.

use std::{
    collections::BTreeMap,
    env,
    io::{self, IsTerminal as _, Write},
};

use switchboard_client::Piece;

use crate::commands::harmless;

const PROMPT: &str = "you> ";
const CLEAR_LINE: &str = "\r\x1b[K";
const PLAIN: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const CYAN: &str = "\x1b[36m";
/// The colours of the agents, by their places.
const AGENTS: [&str; 2] = ["\x1b[32m", "\x1b[35m"];

/// What the screen can do, and for whom.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// Whether a person reads and types.
    pub person: bool,
    /// Whether answers go to a terminal.
    pub terminal: bool,
    /// Which escape sequences it obeys.
    pub escapes: Escapes,
}

/// Which escape sequences a terminal obeys, or may be given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Escapes {
    /// None.
    #[default]
    None,
    /// Those that clear a line.
    Moves,
    /// Those for colours, too.
    Colours,
}

/// Where the cursor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Prompt,
    Text,
}

/// An answer that is being shown piece by piece.
struct Live {
    reply_to: i64,
    attempt: u64,
    next: u64,
    /// What was shown of it.
    shown: String,
    /// Whether nothing is missing in what was shown, and nothing stands between.
    unbroken: bool,
}

/// The screen.
pub struct Screen {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    look: Look,
    names: BTreeMap<String, String>,
    at: At,
    live: Option<Live>,
}

impl Look {
    /// What this process has before it.
    pub fn of_process() -> Self {
        let terminal = io::stdout().is_terminal();
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            person: terminal && io::stdin().is_terminal(),
            terminal,
            escapes: match (terminal && !dumb, no_colour) {
                (false, _) => Escapes::None,
                (true, true) => Escapes::Moves,
                (true, false) => Escapes::Colours,
            },
        }
    }
}

impl Screen {
    /// The screen of this process.
    pub fn of_process(look: Look) -> Self {
        Self::new(look, Box::new(io::stdout()), Box::new(io::stderr()))
    }

    /// A screen made of two places to write to.
    pub fn new(look: Look, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            err,
            look,
            names: BTreeMap::new(),
            at: At::Start,
            live: None,
        }
    }

    /// How agents are called, by the ids under which they speak.
    pub fn call(&mut self, names: BTreeMap<String, String>) {
        self.names = names;
    }

    /// The name of whoever speaks.
    pub fn name(&self, sender: &str) -> String {
        let name = self.names.get(sender).map_or(sender, String::as_str);
        harmless::line(name).into_owned()
    }

    /// Asks the person for the next text, unless that is done or an answer is being shown.
    pub fn prompt(&mut self) -> io::Result<()> {
        if !self.look.person || self.at == At::Prompt || self.live.is_some() {
            return Ok(());
        }
        self.new_line()?;
        self.write_in(CYAN, PROMPT)?;
        self.at = At::Prompt;
        self.out.flush()
    }

    /// The person has typed a line.
    pub fn entered(&mut self) {
        self.at = At::Start;
        self.interrupted();
    }

    /// Something that is no answer.
    pub fn notice(&mut self, text: &str) -> io::Result<()> {
        self.aside(DIM, &format!("* {}", harmless::line(text)))
    }

    /// Something that went wrong.
    pub fn error(&mut self, text: &str) -> io::Result<()> {
        self.aside(RED, &format!("error: {}", harmless::line(text)))
    }

    /// A piece of an answer. The agent is named before the first; pieces of a higher attempt void those
    /// before them.
    pub fn piece(&mut self, piece: &Piece) -> io::Result<()> {
        let place = |live: &Live| (live.reply_to, live.attempt);
        let now = (piece.reply_to, piece.attempt);
        if self.live.as_ref().is_none_or(|live| place(live) < now) {
            self.begin(piece)?;
        }
        let Some(live) = self.live.as_mut().filter(|live| place(live) == now) else {
            return Ok(());
        };
        if piece.index != live.next {
            // What comes too often is skipped; behind a gap nothing is shown before the whole.
            return Ok(());
        }
        live.next += 1;
        live.shown.push_str(&piece.text);
        if self.at == At::Prompt {
            self.new_line()?;
        }
        self.at = At::Text;
        self.out.write_all(harmless::text(&piece.text).as_bytes())?;
        self.out.flush()
    }

    fn begin(&mut self, piece: &Piece) -> io::Result<()> {
        let anew = self
            .live
            .as_ref()
            .is_some_and(|live| live.reply_to == piece.reply_to && !live.shown.is_empty());
        if anew {
            self.notice("the agent starts its answer anew")?;
        }
        self.live = Some(Live {
            reply_to: piece.reply_to,
            attempt: piece.attempt,
            next: 0,
            shown: String::new(),
            unbroken: true,
        });
        if piece.index == 0 {
            self.label(&piece.agent)?;
        }
        Ok(())
    }

    /// An answer, whole. What was shown of it is not shown again, if that is how it begins.
    pub fn answer(&mut self, agent: &str, content: &str, reply_to: i64) -> io::Result<()> {
        let live = self.live.take_if(|live| live.reply_to <= reply_to);
        let rest = live
            .filter(|live| live.reply_to == reply_to && live.unbroken && !live.shown.is_empty())
            .and_then(|live| content.strip_prefix(live.shown.as_str()));
        if let Some(rest) = rest {
            self.write_content(rest)?;
        } else {
            self.label(agent)?;
            self.write_content(content)?;
        }
        self.out.write_all(b"\n")?;
        self.at = At::Start;
        self.out.flush()
    }

    /// What somebody else said.
    pub fn said(&mut self, sender: &str, content: &str) -> io::Result<()> {
        self.interrupted();
        self.label(sender)?;
        self.write_content(content)?;
        self.out.write_all(b"\n")?;
        self.at = At::Start;
        self.out.flush()
    }

    /// There will be no answer to what is being shown.
    pub fn give_up(&mut self) -> io::Result<()> {
        self.live = None;
        self.new_line()
    }

    /// Leaves the screen with the cursor at the start of a line.
    pub fn leave(&mut self) -> io::Result<()> {
        self.new_line()?;
        self.out.flush()
    }

    /// Names who speaks: before each answer for a person, and where several speak.
    fn label(&mut self, sender: &str) -> io::Result<()> {
        self.new_line()?;
        let name = self.name(sender);
        if self.look.person {
            let place = self.names.keys().position(|id| id == sender);
            let colour = place.map_or(CYAN, |place| AGENTS[place % AGENTS.len()]);
            self.write_in(colour, &format!("{name}> "))?;
        } else if self.names.len() > 1 {
            write!(self.out, "{name}: ")?;
        }
        self.at = At::Text;
        Ok(())
    }

    /// Whatever goes to a terminal is made harmless; a pipe gets it as it is.
    fn write_content(&mut self, content: &str) -> io::Result<()> {
        if self.look.terminal {
            self.out.write_all(harmless::text(content).as_bytes())
        } else {
            self.out.write_all(content.as_bytes())
        }
    }

    fn write_in(&mut self, colour: &str, text: &str) -> io::Result<()> {
        if self.look.escapes == Escapes::Colours {
            write!(self.out, "{colour}{text}{PLAIN}")
        } else {
            write!(self.out, "{text}")
        }
    }

    fn aside(&mut self, colour: &str, text: &str) -> io::Result<()> {
        self.interrupted();
        self.new_line()?;
        self.out.flush()?;
        if self.look.escapes == Escapes::Colours && self.look.person {
            writeln!(self.err, "{colour}{text}{PLAIN}")
        } else {
            writeln!(self.err, "{text}")
        }
    }

    /// Something comes between the pieces of an answer.
    fn interrupted(&mut self) {
        if let Some(live) = &mut self.live {
            live.unbroken = false;
        }
    }

    /// Goes to the start of a line.
    fn new_line(&mut self) -> io::Result<()> {
        match self.at {
            At::Start => {}
            At::Prompt if self.look.escapes != Escapes::None => {
                self.out.write_all(CLEAR_LINE.as_bytes())?;
            }
            At::Prompt | At::Text => self.out.write_all(b"\n")?,
        }
        self.at = At::Start;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
