//! The connection breaks, and the page comes back.

use super::{DESK, Person};
use crate::support::{Engine, PASSWORD, Place, Server, run_beside};
use std::sync::Arc;
use switchboard::system::SystemClock;
use switchboard_testkit::socket::Came;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// An address that stays, whatever server is behind it.
struct Front {
    base: String,
    behind: watch::Sender<Option<String>>,
}

impl Front {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (behind, servers) = watch::channel(None);
        run_beside(async move {
            while let Ok((client, _)) = listener.accept().await {
                run_beside(pass(client, servers.clone()));
            }
        });
        Self { base, behind }
    }

    /// From now on this server is behind it, or none; the connections there are break.
    fn lead_to(&self, server: Option<&Server>) {
        let address = server.map(|server| server.client.base().replace("http://", ""));
        self.behind.send_replace(address);
    }
}

async fn pass(mut client: TcpStream, mut servers: watch::Receiver<Option<String>>) {
    let address = servers.borrow_and_update().clone();
    let Some(address) = address else { return };
    let Ok(mut server) = TcpStream::connect(address).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = servers.changed() => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_leaves_no_gap_and_no_repeat() {
    let Some(mut person) = Person::arrive(DESK).await else {
        return;
    };
    let server = Server::start(Engine::Sqlite, &[]).await;
    let front = Front::open().await;
    front.lead_to(Some(&server));
    person.browser.open(&front.base).await;
    person.sign_in(PASSWORD).await;
    person.is_in().await;
    person.say("one").await;
    person.answers(1).await;
    front.lead_to(None);
    let place: Place = server.stop().await;
    person.sees("#state", "Reconnecting").await;
    // Said while nobody listens; it is shown at once, and sent later.
    person.say("three").await;
    person.sees(".mine .note", "sending").await;
    let server = Server::start_at(place, &[], Arc::new(SystemClock)).await;
    // Somebody else says something before the page is back.
    let session = person.browser.ask("location.hash.slice(1)").await;
    let alice = server.login("alice").await;
    let mut socket = alice.connect(session.as_str().unwrap(), "").await;
    socket.say("two").await;
    socket.expect("response").await;
    front.lead_to(Some(&server));
    person.answers(3).await;
    assert_eq!(
        person.texts("#transcript .text").await,
        ["one", "one", "two", "two", "three", "three"]
    );
    assert_eq!(person.texts(".note").await.concat(), "");
    person.sees("#state", "Connected").await;
    // What the others saw of it: once, too.
    assert_eq!(socket.expect("text").await["content"], "three");
    assert_eq!(socket.expect("response").await["content"], "three");
    person.say("four").await;
    person.answers(4).await;
    let Came::Frame(frame) = socket.came().await else {
        panic!("a frame was to come");
    };
    assert_eq!(frame["content"], "four");
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_begun_before_the_break_is_whole_after_it() {
    let Some(mut person) = Person::arrive(DESK).await else {
        return;
    };
    let server = Server::start(Engine::Sqlite, &[]).await;
    let front = Front::open().await;
    front.lead_to(Some(&server));
    person.browser.open(&front.base).await;
    person.sign_in(PASSWORD).await;
    person.is_in().await;
    person.choose("first", "demo", "script").await;
    person
        .say("stream 4 the first part\ndelay 5000\nstream 4 the second part")
        .await;
    person.sees(".writing .text", "first part").await;
    front.lead_to(None);
    person.sees("#state", "Reconnecting").await;
    front.lead_to(Some(&server));
    person.answers(1).await;
    assert_eq!(
        person.texts(".theirs .text").await,
        ["the first partthe second part"]
    );
    person.leaves().await;
}
