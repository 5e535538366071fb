//! Talking: texts go in, happenings come out, until there is nothing more.

use std::io;

use switchboard_client::{Conversation, End, Happening};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::Receiver,
};

use super::screen::Screen;
use crate::commands::Failure;

/// How many texts of a person's may wait.
const WAITING: usize = 8;
const HELP: [&str; 5] = [
    "/stop   stops the answer or the dialogue, as Ctrl-C does; Ctrl-C again leaves",
    "/quit   leaves, as Ctrl-D does",
    "//…     says something that begins with /",
    "Ctrl-R  shows again what you have typed so far",
    "all else is said to the agent",
];

/// Somebody who talks, and what they see.
pub struct Room {
    conversation: Conversation,
    screen: Screen,
    /// Whether a person sits there; else it is a pipe.
    person: bool,
    /// Whether two agents talk with each other.
    dialogue: bool,
    /// How many texts stayed unanswered.
    unanswered: usize,
    /// Whether nothing more comes in.
    input_over: bool,
    intent: Intent,
}

/// What is wanted of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Intent {
    Talk,
    /// What runs was asked to stop.
    Stop,
    /// Whatever runs is left behind.
    Leave,
}

impl Room {
    /// A room in which nothing happened yet.
    pub fn new(conversation: Conversation, screen: Screen, person: bool, dialogue: bool) -> Self {
        Self {
            conversation,
            screen,
            person,
            dialogue,
            unanswered: 0,
            input_over: false,
            intent: Intent::Talk,
        }
    }

    /// Talks.
    ///
    /// # Errors
    /// Why it could not go on, or that texts stayed unanswered.
    pub async fn talk(&mut self, mut lines: Receiver<io::Result<String>>) -> Result<(), Failure> {
        let mut interrupts = signal(SignalKind::interrupt())?;
        while !self.is_over() {
            let wanted = self.wants_text();
            if wanted {
                self.screen.prompt()?;
            }
            tokio::select! {
                happening = self.conversation.next() => match happening {
                    Ok(happening) => self.show(happening)?,
                    Err(end) => return Err(ended(&end, self.conversation.session())),
                },
                line = lines.recv(), if wanted => self.take(line)?,
                () = pressed(&mut interrupts) => self.interrupted()?,
            }
        }
        self.verdict()
    }

    /// Says goodbye, and how to come back.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn leave(mut self) -> Result<(), Failure> {
        self.screen.leave()?;
        if self.person {
            let session = self.conversation.session();
            let how = format!("`switchboard chat --session {session}` goes on with this");
            self.screen.notice(&how)?;
        }
        self.conversation.close().await;
        Ok(())
    }

    fn is_over(&self) -> bool {
        let done = self.person || self.conversation.talk().is_idle();
        self.intent == Intent::Leave || (self.input_over && done)
    }

    /// A pipe says one thing after the other; a person may go ahead of the agent.
    fn wants_text(&self) -> bool {
        let talk = self.conversation.talk();
        let room = if self.person {
            talk.waiting() < WAITING
        } else {
            talk.is_idle()
        };
        room && !self.input_over
    }

    fn take(&mut self, line: Option<io::Result<String>>) -> Result<(), Failure> {
        let Some(line) = line else {
            self.input_over = true;
            return Ok(());
        };
        self.screen.entered();
        let line = line.map_err(|error| Failure::Other {
            what: format!("cannot read what to say: {error}"),
            hint: None,
        })?;
        if line.trim().is_empty() {
            return Ok(());
        }
        match line.strip_prefix('/').filter(|_| self.person) {
            None => self.conversation.say(line),
            Some(rest) if rest.starts_with('/') => self.conversation.say(rest.to_owned()),
            Some(command) => self.obey(command.trim())?,
        }
        Ok(())
    }

    fn obey(&mut self, command: &str) -> io::Result<()> {
        match command {
            "stop" => self.conversation.stop(),
            "quit" => self.intent = Intent::Leave,
            "help" => {
                for line in HELP {
                    self.screen.notice(line)?;
                }
            }
            other => self
                .screen
                .error(&format!("there is no /{other}; /help says what there is"))?,
        }
        Ok(())
    }

    /// Ctrl-C: stops what runs; where nothing runs, or the second time, it leaves.
    fn interrupted(&mut self) -> io::Result<()> {
        if self.intent == Intent::Stop || self.conversation.talk().is_idle() {
            self.intent = Intent::Leave;
            return Ok(());
        }
        self.conversation.stop();
        self.intent = Intent::Stop;
        self.input_over |= !self.person;
        self.screen.notice("stopping; Ctrl-C again leaves")
    }

    /// Shows what happened, and counts what stays unanswered.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn show(&mut self, happening: Happening) -> io::Result<()> {
        // A pipe gets the answers to what it said; all else would be mistaken for one.
        let all = self.person || self.dialogue;
        match happening {
            Happening::Lost(why) => self.screen.notice(&format!("{why}; reconnecting")),
            Happening::Said { sender, content } if all => self.screen.said(&sender, &content),
            Happening::Piece(piece) if all => self.screen.piece(&piece),
            Happening::Answered {
                agent,
                content,
                reply_to,
                own,
            } if all || own => self.screen.answer(&agent, &content, reply_to),
            Happening::Connected if self.person => self.screen.notice("connected again"),
            Happening::Connected
            | Happening::Said { .. }
            | Happening::Piece(_)
            | Happening::Answered { .. } => Ok(()),
            Happening::Failed {
                agent,
                code,
                why,
                own,
            } => {
                self.unanswered += usize::from(own);
                self.screen.give_up()?;
                let agent = self.screen.name(&agent);
                self.screen.error(&format!("{agent}: {why} ({code})"))
            }
            Happening::Refused { code, why, text } => {
                self.unanswered += usize::from(text);
                self.screen.error(&format!("{why} ({code})"))
            }
            Happening::Stopped {
                why, unanswered, ..
            } => {
                self.intent = Intent::Talk;
                self.unanswered += unanswered;
                self.screen.give_up()?;
                self.screen.notice(&why)
            }
            Happening::Noticed {
                content,
                unanswered,
            } => {
                self.unanswered += unanswered;
                self.screen.notice(&content)
            }
            Happening::Cooldown { agent, seconds } => {
                let agent = self.screen.name(&agent);
                let words = format!("{agent} has used up its tokens and goes on in {seconds} s");
                self.screen.notice(&words)
            }
            Happening::Waiting(seconds) => {
                let words = format!("too many texts; the next one is sent in {seconds} s");
                self.screen.notice(&words)
            }
        }
    }

    /// How it ended, when everything was said.
    fn verdict(&self) -> Result<(), Failure> {
        let what = match self.unanswered {
            _ if self.person => return Ok(()),
            0 if self.intent == Intent::Leave => "interrupted".to_owned(),
            0 => return Ok(()),
            1 => "a text was not answered".to_owned(),
            many => format!("{many} texts were not answered"),
        };
        Err(Failure::Other { what, hint: None })
    }
}

/// Why the conversation is over, and what to do about it.
fn ended(end: &End, session: &str) -> Failure {
    let hint = match end {
        End::NoSession | End::SessionOver => "`switchboard chat` begins another session".to_owned(),
        End::NotAllowed | End::SignIn(_) => {
            format!("sign in anew: `switchboard chat --session {session}`")
        }
        End::Unreachable { .. } => {
            format!("once the server is back, `switchboard chat --session {session}` goes on")
        }
    };
    Failure::Other {
        what: end.to_string(),
        hint: Some(hint),
    }
}

async fn pressed(interrupts: &mut Signal) {
    if interrupts.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}
