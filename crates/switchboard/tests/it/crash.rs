//! The server is killed over and over while many sessions talk; nothing that was acknowledged is
//! lost, doubled or out of order, and every text is answered once.
//!
//! `SWITCHBOARD_TEST_KILLS` says how often (4 by default, for a short run).

use std::{
    collections::{BTreeMap, HashMap},
    process::Stdio,
    sync::Arc,
};

use serde_json::{Value, json};
use switchboard_testkit::{
    PATIENCE,
    chat::ChatClient,
    socket::{Came, Socket},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    sync::watch,
    task::JoinSet,
    time::timeout,
};

use crate::support::{Engine, PASSWORD, Place, on_both_stores};

on_both_stores!(nothing_acknowledged_is_lost);

const SESSIONS: usize = 50;
/// Texts that have to be acknowledged between two kills.
const TEXTS_BETWEEN_KILLS: u64 = 400;

async fn nothing_acknowledged_is_lost(engine: Engine) {
    let kills = std::env::var("SWITCHBOARD_TEST_KILLS").map_or(4, |kills| kills.parse().unwrap());
    let place = Place::new(engine).await;
    let (mut server, client) = start(&place).await;
    let user = client.login("root", PASSWORD).await;
    let (base, addresses) = watch::channel(client.base().to_owned());
    let (done, over) = watch::channel(false);
    let acknowledged = Arc::new(watch::Sender::new(0_u64));
    let mut talkers = JoinSet::new();
    for _ in 0..SESSIONS {
        let session = user.demo_session("echo").await;
        let talker = Talker {
            session,
            token: user.token.clone().unwrap(),
            addresses: addresses.clone(),
            over: over.clone(),
            acknowledged: Arc::clone(&acknowledged),
            cursor: 0,
            next: 0,
            waiting: false,
            seen: BTreeMap::new(),
            answered: HashMap::new(),
        };
        talkers.spawn(talker.talk());
    }
    for _ in 0..kills {
        let until = *acknowledged.borrow() + TEXTS_BETWEEN_KILLS;
        let mut progress = acknowledged.subscribe();
        let enough = progress.wait_for(|acknowledged| *acknowledged >= until);
        timeout(PATIENCE, enough)
            .await
            .expect("texts are acknowledged")
            .unwrap();
        server.kill().await.unwrap();
        let (next, client) = start(&place).await;
        server = next;
        base.send(client.base().to_owned()).unwrap();
    }
    done.send(true).unwrap();
    let user = user.clone();
    while let Some(talker) = timeout(PATIENCE * 2, talkers.join_next())
        .await
        .expect("every text is answered")
    {
        let talker = talker.unwrap();
        talker
            .check(&ChatClient::new(base.borrow().clone()).with_token(user.token.clone().unwrap()))
            .await;
    }
    server.kill().await.unwrap();
    println!(
        "{} texts were acknowledged over {kills} kills",
        *acknowledged.borrow()
    );
}

/// Starts the program itself, as an operator would, and reads from its greeting where it is.
async fn start(place: &Place) -> (Child, ChatClient) {
    let mut variables = place.variables(&[
        ("LIMITS_SESSION_LIFETIME_S", "0"),
        ("LIMITS_MESSAGES_PER_SESSION", "0"),
        ("LEASE_S", "1"),
        ("LOG", "warn"),
    ]);
    variables.insert("SWITCHBOARD_ADMIN_USERNAME".into(), "root".into());
    variables.insert("SWITCHBOARD_ADMIN_PASSWORD".into(), PASSWORD.into());
    let mut child = Command::new(env!("CARGO_BIN_EXE_switchboard"))
        .current_dir(place.folder.path())
        .envs(variables)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let greeting = timeout(PATIENCE, lines.next_line())
        .await
        .unwrap()
        .unwrap()
        .expect("a greeting");
    let (_, base) = greeting
        .split_once(" is at ")
        .expect("the greeting says where it is");
    let client = ChatClient::new(base);
    (child, client)
}

/// One client: it says one text after another, and keeps account of everything that it sees.
struct Talker {
    session: String,
    token: String,
    addresses: watch::Receiver<String>,
    over: watch::Receiver<bool>,
    acknowledged: Arc<watch::Sender<u64>>,
    /// The newest number that was seen. Each one is seen once, in order.
    cursor: u64,
    /// The number of the text that is said at the moment.
    next: u64,
    /// Whether that text was said and is not acknowledged.
    waiting: bool,
    /// The acknowledged texts, by the number they got.
    seen: BTreeMap<u64, String>,
    /// How often each text was answered, by its number.
    answered: HashMap<u64, usize>,
}

impl Talker {
    async fn talk(mut self) -> Self {
        loop {
            let client =
                ChatClient::new(self.addresses.borrow_and_update().clone()).with_token(&self.token);
            let query = format!("?after={}", self.cursor);
            if let Ok(mut socket) = client.try_connect(&self.session, &query).await {
                if self.converse(&mut socket).await {
                    return self;
                }
            } else {
                // The server is down: it is up again when there is a new address.
                timeout(PATIENCE, self.addresses.changed())
                    .await
                    .expect("the server comes back")
                    .ok();
            }
        }
    }

    /// Talks until the connection breaks, or until all is said and answered.
    async fn converse(&mut self, socket: &mut Socket) -> bool {
        self.say(socket).await;
        loop {
            if !self.waiting && self.answered.len() == self.seen.len() {
                return true;
            }
            let Came::Frame(frame) = socket.came().await else {
                return false;
            };
            if self.take(&frame) {
                self.next += 1;
                self.waiting = false;
                self.acknowledged
                    .send_modify(|acknowledged| *acknowledged += 1);
                self.say(socket).await;
            }
        }
    }

    /// Says the present text, once more if it was not acknowledged; nothing new when it is over.
    async fn say(&mut self, socket: &mut Socket) {
        self.waiting |= !*self.over.borrow();
        if self.waiting {
            socket.say_as(&self.name(), &self.name()).await;
        }
    }

    fn name(&self) -> String {
        format!("text {}", self.next)
    }

    /// Notes a frame, and says whether it acknowledged the present text.
    fn take(&mut self, frame: &Value) -> bool {
        let metadata = &frame["metadata"];
        let seq = metadata["seq"]
            .as_u64()
            .unwrap_or_else(|| panic!("no number: {frame}"));
        let id = metadata["ack"]
            .as_str()
            .or_else(|| metadata["client_id"].as_str());
        if seq <= self.cursor {
            // Only an acknowledgement of what was said again may come a second time.
            assert!(
                metadata["ack"].is_string() && self.seen.contains_key(&seq),
                "a repeat: {frame}"
            );
            return false;
        }
        assert_eq!(seq, self.cursor + 1, "a gap before {frame}");
        self.cursor = seq;
        if let Some(id) = id {
            assert_eq!(id, self.name(), "out of order");
            self.seen.insert(seq, id.to_owned());
            return true;
        }
        assert_eq!(frame["type"], "response", "{frame}");
        let reply_to = metadata["reply_to"].as_u64().unwrap();
        assert_eq!(
            frame["content"].as_str(),
            self.seen.get(&reply_to).map(String::as_str)
        );
        *self.answered.entry(reply_to).or_default() += 1;
        false
    }

    /// Compares with the transcript: every text once, in order, and answered once.
    async fn check(&self, client: &ChatClient) {
        assert!(
            self.answered.values().all(|times| *times == 1),
            "{:?}",
            self.answered
        );
        let (mut after, mut texts) = (0, Vec::new());
        loop {
            let path = format!(
                "/api/chat/sessions/{}/messages?after={after}&limit=1000",
                self.session
            );
            let page = client.get(&path).await.ok();
            let messages = page["messages"].as_array().unwrap().clone();
            for message in &messages {
                after += 1;
                assert_eq!(message["metadata"]["seq"], json!(after));
                texts.extend(message["metadata"]["client_id"].as_str().map(str::to_owned));
            }
            if messages.len() < 1000 {
                break;
            }
        }
        let expected: Vec<String> = (0..self.next).map(|n| format!("text {n}")).collect();
        assert_eq!(texts, expected);
    }
}
