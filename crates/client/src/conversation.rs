//! A conversation that comes back when its connection breaks.

use std::{collections::VecDeque, sync::Arc};

use futures::{FutureExt as _, SinkExt as _, StreamExt as _, future::BoxFuture};
use serde_json::json;
use switchboard_domain::{
    Timestamp,
    ports::{Clock, Random},
};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::{
    access::Access,
    backoff::Backoff,
    close::{Verdict, verdict},
    error::End,
    frame::Frame,
    happening::Happening,
    socket::{Dial, NoSocket, Socket, key},
    talk::{Meaning, Talk},
};

/// The server gives a sign of life every 30 seconds. Who hears nothing for this long is alone.
const SILENCE_S: i64 = 75;
/// How long a text waits that the server could not take, where the server does not say, in seconds.
const BUSY_S: u64 = 1;

/// Time and randomness.
#[derive(Clone)]
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness: names of texts, keys of handshakes, and waits.
    pub random: Arc<dyn Random>,
}

/// A conversation in one session.
pub struct Conversation {
    access: Arc<Access>,
    ports: Ports,
    session: String,
    pieces: bool,
    talk: Talk,
    link: Link,
    backoff: Backoff,
    /// What was not told yet.
    untold: VecDeque<Happening>,
    /// Whether the connection is lost, and that was told.
    lost: bool,
    token: Token,
    /// Whether what runs is to be stopped.
    stop: bool,
    /// The server takes no text until this is over.
    hold: Option<BoxFuture<'static, ()>>,
}

/// What is known of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// It was never seen to be good.
    Untried,
    Good,
    /// It expired; there will be another before the next connection.
    Void,
}

/// The connection. Whatever takes time is kept here, so that nothing is lost when the caller of
/// [`Conversation::next`] turns to something else meanwhile.
enum Link {
    Resting(BoxFuture<'static, ()>),
    Dialling(BoxFuture<'static, Result<Socket, NoSocket>>),
    Up(Box<Up>),
}

/// A connection that is there.
struct Up {
    socket: Socket,
    /// Whether something was written that may lie in a buffer.
    unflushed: bool,
    /// Whether the server waits for a sign of life.
    pong: bool,
    /// When something was heard.
    heard: Timestamp,
    silence: BoxFuture<'static, ()>,
}

/// What is to be sent next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Pong,
    Text,
    Stop,
    Nothing,
}

/// What came of a step.
enum Step {
    Again,
    Came(Option<Result<Message, tungstenite::Error>>),
    Released,
    Silence,
    Broken(tungstenite::Error),
}

impl Conversation {
    /// A conversation in this session, with the accounts so far. Pieces of answers are told if they are
    /// wanted.
    pub fn new(access: Access, ports: Ports, session: String, talk: Talk, pieces: bool) -> Self {
        Self {
            access: Arc::new(access),
            ports,
            session,
            pieces,
            talk,
            link: Link::Resting(std::future::ready(()).boxed()),
            backoff: Backoff::default(),
            untold: VecDeque::new(),
            lost: false,
            token: Token::Untried,
            stop: false,
            hold: None,
        }
    }

    /// The id of the session.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// The accounts.
    pub fn talk(&self) -> &Talk {
        &self.talk
    }

    /// Says something. It is sent by [`Conversation::next`], until it is acknowledged.
    pub fn say(&mut self, content: String) {
        let id = self.ports.random.uuid(self.ports.clock.now()).to_string();
        self.talk.say(id, content);
    }

    /// Stops what runs.
    pub fn stop(&mut self) {
        self.stop = true;
    }

    /// What happens next. It may be dropped and called again at any time.
    ///
    /// # Errors
    /// Why the conversation is over.
    pub async fn next(&mut self) -> Result<Happening, End> {
        loop {
            if let Some(happening) = self.untold.pop_front() {
                return Ok(happening);
            }
            match &mut self.link {
                Link::Resting(rest) => {
                    rest.await;
                    self.link = Link::Dialling(self.dial());
                }
                Link::Dialling(dial) => match dial.await {
                    Ok(socket) => self.connected(socket),
                    Err(NoSocket::Again(why)) => self.rest(why)?,
                    Err(NoSocket::End(end)) => return Err(end),
                },
                Link::Up(up) => {
                    let talk = &mut self.talk;
                    let step = up.step(&self.ports, talk, &mut self.stop, &mut self.hold);
                    let step = step.await;
                    self.take(step)?;
                }
            }
        }
    }

    /// Closes the connection in good order, if there is one.
    pub async fn close(self) {
        if let Link::Up(mut up) = self.link {
            let limit = self.ports.clock.now().plus_seconds(1);
            tokio::select! {
                _ = up.socket.close(None) => {}
                () = self.ports.clock.sleep_until(limit) => {}
            }
        }
    }

    fn dial(&mut self) -> BoxFuture<'static, Result<Socket, NoSocket>> {
        let access = Arc::clone(&self.access);
        let dial = Dial {
            session: self.session.clone(),
            after: self.talk.cursor(),
            pieces: self.pieces,
            sign_in: self.token == Token::Void,
            key: key(&*self.ports.random),
        };
        async move { dial.connect(&access).await }.boxed()
    }

    fn connected(&mut self, socket: Socket) {
        self.talk.connected();
        let heard = self.ports.clock.now();
        self.link = Link::Up(Box::new(Up {
            socket,
            unflushed: false,
            pong: false,
            heard,
            silence: self.ports.clock.sleep_until(heard.plus_seconds(SILENCE_S)),
        }));
    }

    /// Waits before the next try, unless there were too many.
    fn rest(&mut self, why: String) -> Result<(), End> {
        let Some(wait) = self.backoff.wait(&*self.ports.random) else {
            let tries = self.backoff.tries();
            return Err(End::Unreachable { tries, why });
        };
        if !self.lost {
            self.lost = true;
            self.untold.push_back(Happening::Lost(why));
        }
        let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        let until = self.ports.clock.now().plus_micros(micros);
        self.link = Link::Resting(self.ports.clock.sleep_until(until));
        Ok(())
    }

    fn take(&mut self, step: Step) -> Result<(), End> {
        match step {
            Step::Again => Ok(()),
            Step::Released => {
                self.hold = None;
                Ok(())
            }
            Step::Silence => self.rest("the server fell silent".to_owned()),
            Step::Broken(error) | Step::Came(Some(Err(error))) => self.rest(error.to_string()),
            Step::Came(None) => self.rest("the connection ended".to_owned()),
            Step::Came(Some(Ok(message))) => self.hear(message),
        }
    }

    fn hear(&mut self, message: Message) -> Result<(), End> {
        if let Link::Up(up) = &mut self.link {
            up.heard = self.ports.clock.now();
        }
        match message {
            Message::Text(text) => {
                self.welcomed();
                if let Some(frame) = Frame::parse(&text) {
                    self.understand(&frame);
                }
                Ok(())
            }
            Message::Close(Some(close)) => self.closed(close.code.into(), &close.reason),
            _ => Ok(()),
        }
    }

    /// A frame came: the token is good, and so is the connection.
    fn welcomed(&mut self) {
        self.backoff.reset();
        if self.lost {
            self.untold.push_back(Happening::Connected);
        }
        self.token = Token::Good;
        self.lost = false;
    }

    fn understand(&mut self, frame: &Frame) {
        match self.talk.hear(frame) {
            Meaning::Nothing => {}
            Meaning::Tell(happening) => self.untold.push_back(happening),
            Meaning::Ping => {
                if let Link::Up(up) = &mut self.link {
                    up.pong = true;
                }
            }
            Meaning::SendAgain(after) => {
                let told = after.map(Happening::Waiting);
                self.untold.extend(told);
                let seconds = i64::try_from(after.unwrap_or(BUSY_S)).unwrap_or(i64::MAX);
                let until = self.ports.clock.now().plus_seconds(seconds);
                self.hold = Some(self.ports.clock.sleep_until(until));
            }
        }
    }

    fn closed(&mut self, code: u16, reason: &str) -> Result<(), End> {
        let why = format!("the server closed with {code} {reason}");
        match verdict(code) {
            Verdict::Again => self.rest(why),
            Verdict::TooBig => {
                self.untold.extend(self.talk.too_big());
                self.rest(why)
            }
            Verdict::End(end) => Err(end),
            // A fresh token that is not good either is no matter of its age.
            Verdict::SignIn if self.token != Token::Good || !self.access.renewable() => {
                Err(End::NotAllowed)
            }
            Verdict::SignIn => {
                self.token = Token::Void;
                self.rest("the access token is void".to_owned())
            }
        }
    }
}

impl Up {
    /// Sends what is to be sent, or else waits for what comes.
    async fn step(
        &mut self,
        ports: &Ports,
        talk: &mut Talk,
        stop: &mut bool,
        hold: &mut Option<BoxFuture<'static, ()>>,
    ) -> Step {
        let text = talk.due().filter(|_| hold.is_none()).map(|text| {
            let metadata = json!({"client_id": text.id});
            json!({"type": "text", "content": text.content, "metadata": metadata})
        });
        // A stop comes behind the text that it is to stop.
        let next = match &text {
            _ if self.pong => Next::Pong,
            Some(_) => Next::Text,
            None if *stop => Next::Stop,
            None => Next::Nothing,
        };
        let frame = match next {
            Next::Pong => Some(json!({"type": "pong"})),
            Next::Stop => Some(json!({"type": "stop"})),
            Next::Text | Next::Nothing => text,
        };
        if frame.is_some() || self.unflushed {
            let sent = tokio::select! {
                sent = send(&mut self.socket, frame.as_ref()) => sent,
                () = &mut self.silence => return self.long_silent(ports),
            };
            if let Err(error) = sent {
                return Step::Broken(error);
            }
            // Noted without a pause: whatever the socket has taken counts as sent.
            self.unflushed = frame.is_some();
            match next {
                Next::Pong => self.pong = false,
                Next::Text => talk.sent(),
                Next::Stop => *stop = false,
                Next::Nothing => {}
            }
            return Step::Again;
        }
        tokio::select! {
            message = self.socket.next() => Step::Came(message),
            () = released(hold) => Step::Released,
            () = &mut self.silence => self.long_silent(ports),
        }
    }

    /// Nothing was heard for long, unless something was heard since the alarm was set.
    fn long_silent(&mut self, ports: &Ports) -> Step {
        let until = self.heard.plus_seconds(SILENCE_S);
        if ports.clock.now() >= until {
            return Step::Silence;
        }
        self.silence = ports.clock.sleep_until(until);
        Step::Again
    }
}

/// Hands a frame to the socket, or writes out what it was handed before.
async fn send(
    socket: &mut Socket,
    frame: Option<&serde_json::Value>,
) -> Result<(), tungstenite::Error> {
    match frame {
        Some(frame) => socket.feed(Message::text(frame.to_string())).await,
        None => socket.flush().await,
    }
}

/// Resolves when texts may be sent again, if they may not now.
async fn released(hold: &mut Option<BoxFuture<'static, ()>>) {
    match hold {
        Some(hold) => hold.await,
        None => std::future::pending().await,
    }
}
