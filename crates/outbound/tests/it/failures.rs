//! What a failing provider looks like, and that no key gets out.

use crate::fake::{Ending, Fake, KEY, Recording, config};
use crate::{Pieces, call};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use switchboard_domain::ports::{AgentRuntime, CallError, NoDeltas};
use switchboard_outbound::{ConfigError, ModelRuntime, ProviderKind, runtimes};
use tokio::net::TcpListener;

async fn failure(recording: Recording) -> CallError {
    let fake = Fake::start(recording).await;
    let provider = fake.provider(ProviderKind::OpenAi);
    provider
        .call(&call("m1", "Hi"), &NoDeltas)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_rate_limit_says_when_to_try_again() {
    let body = r#"{"error":{"message":"Rate limit reached","type":"tokens"}}"#;
    let mut recording = Recording::error(429, body);
    recording.headers.push(("retry-after", "12"));
    assert_eq!(
        failure(recording).await,
        CallError::Transient {
            message: "One is over its rate limit (429): Rate limit reached".into(),
            retry_after: Some(Duration::from_secs(12)),
        }
    );
}

#[tokio::test]
async fn a_broken_provider_is_tried_again_and_a_refusal_is_not() {
    let error = failure(Recording::error(500, "<html>oops</html>")).await;
    assert_eq!(
        error,
        CallError::Transient {
            message: "One failed (500)".into(),
            retry_after: None
        }
    );
    let error = failure(Recording::error(
        404,
        r#"{"error":{"message":"no model m1"}}"#,
    ))
    .await;
    let message = "One refused the call (404): no model m1".into();
    assert_eq!(error, CallError::Permanent { message });
    let mut moved = Recording::error(307, "");
    moved.headers.push(("location", "http://127.0.0.1:1/"));
    assert!(matches!(failure(moved).await, CallError::Permanent { .. }));
}

#[tokio::test]
async fn an_error_whose_body_is_cut_is_still_that_error() {
    let cut = Recording {
        ending: Ending::Cut,
        ..Recording::error(503, r#"{"error":{"mess"#)
    };
    assert!(matches!(failure(cut).await, CallError::Transient { .. }));
}

#[tokio::test]
async fn nobody_listening_is_worth_another_try() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let provider = ModelRuntime::new(config(ProviderKind::OpenAi, &url)).unwrap();
    let error = provider
        .call(&call("m1", "Hi"), &NoDeltas)
        .await
        .unwrap_err();
    let message = "One could not be reached".into();
    assert_eq!(
        error,
        CallError::Transient {
            message,
            retry_after: None
        }
    );
}

/// Everything that is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_key_in_an_error_reaches_neither_people_nor_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    for status in [400, 401, 403, 429, 500] {
        let body = format!(r#"{{"error":{{"message":"Incorrect API key provided: {KEY}."}}}}"#);
        let error = failure(Recording::error(status, &body)).await;
        assert!(!format!("{error:?}").contains(KEY), "{error:?}");
    }
    failure(Recording::file("openai_error.sse")).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains(KEY), "{text}");
}

#[tokio::test]
async fn a_provider_without_a_key_is_not_usable() {
    for (kind, usable) in [
        (ProviderKind::OpenAi, false),
        (ProviderKind::Anthropic, false),
        (ProviderKind::Groq, false),
        (ProviderKind::Google, false),
        (ProviderKind::Ollama, true),
        (ProviderKind::OpenAiCompatible, true),
    ] {
        let mut config = config(kind, "http://127.0.0.1:9/");
        config.api_key = None;
        let provider = ModelRuntime::new(config).unwrap();
        assert_eq!(provider.info().usable, usable, "{kind:?}");
        if !usable {
            let error = provider
                .call(&call("m1", "Hi"), &Pieces::default())
                .await
                .unwrap_err();
            assert!(matches!(error, CallError::Permanent { .. }), "{error:?}");
        }
    }
}

#[tokio::test]
async fn models_of_names_that_cannot_be_are_refused() {
    let provider = ModelRuntime::new(config(ProviderKind::Google, "http://127.0.0.1:9/")).unwrap();
    for model in [
        "../../x",
        "a?key=b",
        "a#b",
        "a/b",
        "a b",
        "..",
        &"m".repeat(201),
    ] {
        let error = provider
            .call(&call(model, "Hi"), &NoDeltas)
            .await
            .unwrap_err();
        assert!(
            matches!(error, CallError::Permanent { .. }),
            "{model}: {error:?}"
        );
    }
}

#[test]
fn a_provider_is_configured_once() {
    let clock: Arc<dyn switchboard_domain::ports::Clock> =
        Arc::new(crate::demo::TestClock::default());
    let one = config(ProviderKind::OpenAi, "http://127.0.0.1:9/");
    let mut two = one.clone();
    let twice = runtimes(vec![one.clone(), two.clone()], &clock).err();
    assert_eq!(
        twice,
        Some(ConfigError::Twice {
            provider: "one".into()
        })
    );
    two.id = "two".into();
    two.models.clear();
    two.default_model = Some("mine".into());
    let all = runtimes(vec![two, one], &clock).unwrap();
    let infos: Vec<_> = all.iter().map(|runtime| runtime.info()).collect();
    let ids: Vec<_> = infos.iter().map(|info| &*info.id).collect();
    assert_eq!(ids[..3], ["demo", "two", "one"]);
    assert_eq!(
        ids[3..],
        ["openai", "anthropic", "groq", "google", "ollama"]
    );
    assert!(infos[3..].iter().all(|info| !info.usable));
    assert_eq!(infos[1].default_model, "mine");
    assert_eq!(infos[1].models[0], "mine");
    assert_eq!(
        (&*infos[2].default_model, &*infos[2].models),
        ("m1", &["m1".to_owned()][..])
    );
}
