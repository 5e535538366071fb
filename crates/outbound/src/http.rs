//! The HTTP clients, all made alike: one for providers of models, whose addresses come from the operator,
//! and those of [`Outgoing`](crate::Outgoing).

use reqwest::dns::Resolve;
use std::sync::Arc;
use std::time::Duration;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a provider may say nothing, before its first byte and between two pieces.
pub(crate) const IDLE: Duration = Duration::from_mins(1);

/// How long a connection is kept for the next call. Some servers close theirs after two seconds, and a
/// call that meets the closing fails.
const KEEP: Duration = Duration::from_millis(1500);
/// How many connections to one host are kept.
const KEPT: usize = 256;

/// A client that goes where it is sent and nowhere else: a redirect or a proxy from the
/// environment would carry the key to another host.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the client that all others use"
)]
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT)
}

/// A client for providers of models.
pub(crate) fn client(idle: Duration) -> Result<reqwest::Client, reqwest::Error> {
    builder().read_timeout(idle).build()
}

/// A client for agents and for what users ask for, in HTTP/1.1. It has no time limit for answers: each
/// call brings its own. Bodies are taken as they come, so that what is counted is what is kept.
pub(crate) fn agents(
    resolver: Option<Arc<dyn Resolve>>,
) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = builder()
        .http1_only()
        .no_gzip()
        .pool_idle_timeout(KEEP)
        .pool_max_idle_per_host(KEPT)
        .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")));
    if let Some(resolver) = resolver {
        builder = builder.dns_resolver(resolver);
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn silence_before_the_first_byte_ends_the_call() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let error = client(Duration::from_millis(50))
            .unwrap()
            .get(url)
            .send()
            .await
            .unwrap_err();
        assert!(error.is_timeout() && !error.is_connect(), "{error:?}");
    }

    /// Takes one request, answers with this, and keeps the connection.
    async fn answer(listener: TcpListener, text: &str) -> TcpStream {
        let (mut socket, _) = listener.accept().await.unwrap();
        assert!(socket.read(&mut [0; 1024]).await.unwrap() > 0);
        socket.write_all(text.as_bytes()).await.unwrap();
        socket
    }

    #[tokio::test]
    async fn silence_within_an_answer_ends_the_call() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let client = client(Duration::from_millis(50)).unwrap();
        let server = answer(listener, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf");
        let (_socket, answer) = futures::join!(server, client.get(url).send());
        let error = answer.unwrap().bytes().await.unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
    }

    #[tokio::test]
    async fn redirects_are_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let client = client(IDLE).unwrap();
        let text = "HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n";
        let (_socket, answer) = futures::join!(answer(listener, text), client.get(url).send());
        assert_eq!(answer.unwrap().status(), 302);
    }
}
