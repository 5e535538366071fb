use super::*;
use async_trait::async_trait;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// Answers one after another, and the last one from then on.
struct Changing(Mutex<Vec<Vec<IpAddr>>>);

impl Changing {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parsed = answers.iter().rev().map(|addresses| {
            let parsed = addresses.iter().map(|address| address.parse().unwrap());
            parsed.collect()
        });
        Arc::new(Self(Mutex::new(parsed.collect())))
    }
}

#[async_trait]
impl Lookup for Changing {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        if answers.len() > 1 {
            return Ok(answers.pop().unwrap());
        }
        Ok(answers[0].clone())
    }
}

/// A server that counts who came and answers each once with this.
struct Server {
    port: u16,
    came: Arc<AtomicUsize>,
}

impl Server {
    async fn start(at: &str, answer: &'static str) -> Self {
        let listener = TcpListener::bind((at, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self::serve(listener, port, answer)
    }

    fn serve(listener: TcpListener, port: u16, answer: &'static str) -> Self {
        let came = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&came);
        TaskTracker::new().spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let mut seen = [0; 1024];
                if socket.read(&mut seen).await.is_ok() {
                    socket.write_all(answer.as_bytes()).await.ok();
                }
            }
        });
        Self { port, came }
    }

    fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

async fn get(outgoing: &Outgoing, url: &str, trust: Trust) -> Result<u16, String> {
    let request = outgoing
        .request(Method::GET, url, trust)
        .map_err(|refused| refused.to_string())?;
    match request.send().await {
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(error) => Err(Refused::behind(&error)
            .map_or_else(|| format!("{error:?}"), |refused| refused.to_string())),
    }
}

#[tokio::test]
async fn numbers_are_refused_in_all_spellings() {
    let server = Server::start("127.0.0.1", OK).await;
    let port = server.port;
    let outgoing = Outgoing::new(Vec::new()).unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7F.1",
        "017700000001",
        "0177.0.0.1",
        "0177.0.0.01",
        "127.0.0.1.",
        "2130706433.",
        "%31%32%37.0.0.1",
        "127%2e0%2e0%2e1",
        "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
        "127\u{3002}0\u{3002}0\u{3002}1",
        "\u{2460}27.0.0.1",
        "0",
        "0.0.0.0",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::127.0.0.1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::1]",
        "[fd00:ec2::254]",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "[::ffff:169.254.169.254]",
        "100.100.100.200",
        "10.0.0.1",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
    ] {
        let url = format!("http://{host}:{port}/");
        let error = get(&outgoing, &url, Trust::User).await.unwrap_err();
        assert!(error.contains("agents.allowed_networks"), "{host}: {error}");
    }
    assert_eq!(server.came(), 0);
}

#[tokio::test]
async fn names_are_refused_by_where_they_lead() {
    let server = Server::start("127.0.0.1", OK).await;
    let system = Outgoing::new(Vec::new()).unwrap();
    for host in ["localhost", "LOCALHOST", "loc%61lhost", "\u{24db}ocalhost"] {
        let url = format!("http://{host}:{}/", server.port);
        let error = get(&system, &url, Trust::User).await.unwrap_err();
        assert!(
            error.contains("does not lead to a public address"),
            "{host}: {error}"
        );
    }
    for address in [
        "127.0.0.1",
        "::1",
        "10.0.0.1",
        "169.254.169.254",
        "64:ff9b::7f00:1",
    ] {
        let lookup = Changing::new(&[&[address]]);
        let outgoing = Outgoing::with_lookup(Vec::new(), lookup).unwrap();
        let url = format!("http://example.com:{}/", server.port);
        let error = get(&outgoing, &url, Trust::User).await.unwrap_err();
        assert!(error.starts_with("example.com does not lead"), "{error}");
        assert!(
            !error.contains(address),
            "where it leads is not told: {error}"
        );
    }
    assert_eq!(server.came(), 0);
}

#[tokio::test]
async fn a_name_that_changes_between_check_and_use_gains_nothing() {
    let inside = Server::start("127.0.0.1", OK).await;
    // The first look finds a public address, whoever looks; the connection is made by a later one.
    let lookup = Changing::new(&[&["::1"], &["127.0.0.1"]]);
    let outside = vec!["::1/128".parse().unwrap()];
    let outgoing = Outgoing::with_lookup(outside, lookup).unwrap();
    let url = format!("http://example.com:{}/", inside.port);
    assert!(outgoing.check(&url, Trust::User).is_ok());
    let first = get(&outgoing, &url, Trust::User).await.unwrap_err();
    assert!(first.contains("Connect"), "nobody is there: {first}");
    for _ in 0..3 {
        let error = get(&outgoing, &url, Trust::User).await.unwrap_err();
        assert!(error.contains("does not lead to a public"), "{error}");
    }
    assert_eq!(inside.came(), 0);
}

#[tokio::test]
async fn of_several_addresses_only_those_that_are_allowed_are_tried() {
    let inside = Server::start("127.0.0.1", OK).await;
    let Ok(listener) = TcpListener::bind(("::1", inside.port)).await else {
        return; // A machine without IPv6.
    };
    let outside = Server::serve(listener, inside.port, OK);
    let lookup = Changing::new(&[&["127.0.0.1", "::1", "10.0.0.1"]]);
    let outgoing = Outgoing::with_lookup(vec!["::1/128".parse().unwrap()], lookup).unwrap();
    let url = format!("http://example.com:{}/", inside.port);
    assert_eq!(get(&outgoing, &url, Trust::User).await, Ok(200));
    assert_eq!((outside.came(), inside.came()), (1, 0));
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let text =
        "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
    let server = Server::start("127.0.0.1", text).await;
    let outgoing = Outgoing::new(vec!["127.0.0.1/32".parse().unwrap()]).unwrap();
    let url = format!("http://127.0.0.1:{}/", server.port);
    for trust in [Trust::User, Trust::Operator] {
        assert_eq!(get(&outgoing, &url, trust).await, Ok(302));
    }
}

#[tokio::test]
async fn the_operator_may_go_anywhere() {
    let server = Server::start("127.0.0.1", OK).await;
    let outgoing = Outgoing::new(Vec::new()).unwrap();
    for host in ["127.0.0.1", "localhost", "127.1"] {
        let url = format!("http://{host}:{}/", server.port);
        assert_eq!(get(&outgoing, &url, Trust::Operator).await, Ok(200));
        assert!(get(&outgoing, &url, Trust::User).await.is_err());
    }
}

#[test]
fn addresses_that_are_none_are_refused_for_all() {
    let outgoing = Outgoing::new(Vec::new()).unwrap();
    for (address, wanted) in [
        ("", Refused::NotUrl),
        ("example.com", Refused::NotUrl),
        ("http://", Refused::NotUrl),
        ("http://[::1", Refused::NotUrl),
        ("http://1.2.3.4.5/", Refused::NotUrl),
        ("http://[fe80::1%25eth0]/", Refused::NotUrl),
        ("http://exa mple.com/", Refused::NotUrl),
        ("file:///etc/passwd", Refused::Scheme),
        ("ftp://example.com/", Refused::Scheme),
        ("gopher://example.com/", Refused::Scheme),
        ("javascript:alert(1)", Refused::Scheme),
        ("http://ann@example.com/", Refused::Userinfo),
        ("http://:secret@example.com/", Refused::Userinfo),
    ] {
        for trust in [Trust::Operator, Trust::User] {
            assert_eq!(
                outgoing.check(address, trust),
                Err(wanted.clone()),
                "{address}"
            );
        }
    }
    for address in [
        "http://example.com",
        " https://example.com:8443/a?b#c ",
        "http://8.8.8.8/",
    ] {
        assert!(outgoing.check(address, Trust::User).is_ok(), "{address}");
    }
}
