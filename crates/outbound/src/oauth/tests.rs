//! What providers answer, rightly and wrongly, without any.

use super::answer::Answer;
use super::config::check;
use super::*;
use crate::remote::Secrets;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

fn answer(status: u16, body: &Value) -> Answer {
    let sent: SecretString = "s3cr3t-code".into();
    Answer {
        provider: "google".to_owned(),
        status,
        body: body.to_string().into_bytes(),
        secrets: Secrets::with_encoded(std::iter::once(&sent)),
    }
}

#[test]
fn tokens_are_read() {
    let tokens = answer(
        200,
        &json!({
            "access_token": "a", "token_type": "Bearer", "expires_in": "3600", "refresh_token": "r",
            "scope": "mail.read,mail.send profile", "more": 1,
        }),
    );
    let tokens = tokens.tokens().unwrap();
    assert_eq!(tokens.access.expose_secret(), "a");
    assert_eq!(tokens.refresh.unwrap().expose_secret(), "r");
    assert_eq!(tokens.expires_in, Some(Duration::from_hours(1)));
    assert_eq!(
        tokens.scopes.unwrap(),
        ["mail.read", "mail.send", "profile"]
    );
    let bare = answer(200, &json!({"access_token": "a"})).tokens().unwrap();
    assert!(bare.refresh.is_none() && bare.expires_in.is_none() && bare.scopes.is_none());
}

#[test]
fn what_is_no_answer_says_why() {
    for (status, body, passes, wanted) in [
        (
            400,
            json!({"error": "invalid_grant", "error_description": "s3cr3t-code is\nold"}),
            false,
            "google said no (invalid_grant): *** is old",
        ),
        (
            200,
            json!({"error": "bad_verification_code"}),
            false,
            "bad_verification_code",
        ),
        (503, json!({"error": "x"}), true, "answered 503"),
        (429, json!({"error": "rate"}), true, "cannot answer now"),
        (
            400,
            json!({"error": "temporarily_unavailable"}),
            true,
            "cannot answer now",
        ),
        (302, json!({}), true, "answered 302"),
        (200, json!([]), true, "not as OAuth"),
        (
            200,
            json!({"access_token": ""}),
            true,
            "left out access_token",
        ),
    ] {
        let failed = answer(status, &body).tokens().unwrap_err();
        assert!(failed.to_string().contains(wanted), "{failed}");
        assert_eq!(
            matches!(failed, OAuthFailed::Unreachable(_)),
            passes,
            "{failed}"
        );
    }
    let mac = answer(200, &json!({"access_token": "a", "token_type": "mac"})).tokens();
    assert!(matches!(mac, Err(OAuthFailed::Unsupported(_))));
}

#[test]
fn devices_wait_as_they_are_told() {
    let poll = |error: &str| answer(400, &json!({"error": error})).poll();
    assert!(matches!(
        poll("authorization_pending"),
        Ok(DevicePoll::Pending)
    ));
    assert!(matches!(poll("slow_down"), Ok(DevicePoll::SlowDown)));
    assert!(matches!(
        poll("access_denied"),
        Err(OAuthFailed::Refused(_))
    ));
    assert!(matches!(
        poll("expired_token"),
        Err(OAuthFailed::Refused(_))
    ));
    let granted = answer(200, &json!({"access_token": "a"})).poll();
    assert!(matches!(granted, Ok(DevicePoll::Granted(_))));
    let grant = answer(
        200,
        &json!({
            "device_code": "d", "user_code": "AB", "verification_url": "https://e.com/d",
            "expires_in": 99_999_999, "interval": 0,
        }),
    );
    let grant = grant.device().unwrap();
    assert_eq!(
        (grant.interval.as_secs(), grant.expires_in.as_secs()),
        (1, 3600)
    );
    let script = json!({"device_code": "d", "user_code": "A", "verification_uri": "javascript:x"});
    assert!(matches!(
        answer(200, &script).device(),
        Err(OAuthFailed::Untrusted(_))
    ));
}

fn config() -> OAuthConfig {
    OAuthConfig {
        name: "google".to_owned(),
        issuer: Some("https://accounts.example.com".to_owned()),
        client_id: "id".to_owned(),
        client_secret: Some("s3cr3t".into()),
        api_hosts: vec!["api.example.com".to_owned(), "127.0.0.1:9".to_owned()],
        authorization_params: Some("prompt=consent&access_type=offline".to_owned()),
        ..OAuthConfig::default()
    }
}

#[test]
fn settings_that_cannot_work_are_told() {
    assert_eq!(check(&[config()]), Ok(()));
    assert!(!format!("{:?}", config()).contains("s3cr3t"));
    let twice = check(&[config(), config()]).unwrap_err();
    assert_eq!(twice, OAuthConfigError::Twice("google".to_owned()));
    let wrong = |change: fn(&mut OAuthConfig)| {
        let mut config = config();
        change(&mut config);
        check(&[config]).unwrap_err().to_string()
    };
    assert!(wrong(|it| it.name = "Big One".into()).contains("a-z"));
    assert!(wrong(|it| it.client_id.clear()).contains("client_id"));
    assert!(wrong(|it| it.issuer = None).contains("`issuer`"));
    assert!(wrong(|it| it.issuer = Some("http://e.com".into())).contains("https://"));
    assert!(wrong(|it| it.token_url = Some("https://a@e.com".into())).contains("token_url"));
    assert!(wrong(|it| it.api_hosts.push("https://e.com".into())).contains("api_hosts"));
    assert!(wrong(|it| it.authorization_params = Some("state=1".into())).contains("`state`"));
}

#[test]
fn metadata_of_another_is_not_believed() {
    let issuer = "https://accounts.example.com";
    let read = |body: Value| metadata::read(issuer, body.to_string().as_bytes());
    assert!(read(json!({"issuer": issuer, "token_endpoint": "https://e.com/t"})).is_ok());
    for bad in [
        json!({"token_endpoint": "https://e.com/t"}),
        json!({"issuer": "https://accounts.example.com/"}),
        json!({"issuer": issuer, "token_endpoint": "http://e.com/t"}),
    ] {
        assert!(matches!(read(bad), Err(OAuthFailed::Untrusted(_))));
    }
}

#[test]
fn a_code_of_another_issuer_is_not_used() {
    let config = config();
    let provider = |issuer: Option<&str>, says| Provider {
        config: &config,
        metadata: Metadata {
            issuer: issuer.map(str::to_owned),
            authorization_response_iss_parameter_supported: says,
            ..Metadata::default()
        },
    };
    let own = provider(Some("https://a"), true);
    assert!(own.check_issuer(Some("https://a")).is_ok());
    for bad in [None, Some("https://b"), Some("")] {
        assert!(own.check_issuer(bad).is_err(), "{bad:?}");
    }
    assert!(
        provider(Some("https://a"), false)
            .check_issuer(None)
            .is_ok()
    );
    assert!(
        provider(Some("https://a"), false)
            .check_issuer(Some("https://b"))
            .is_err()
    );
    assert!(provider(None, false).check_issuer(None).is_ok());
    assert!(
        provider(None, false)
            .check_issuer(Some("https://a"))
            .is_err()
    );
}

proptest! {
    #[test]
    fn no_answer_of_any_content_repeats_what_was_sent(
        status in 100..600_u16, error in ".{0,20}", said in ".{0,60}", at in 0..60_usize,
    ) {
        let cut = said.char_indices().map(|(at, _)| at).nth(at).unwrap_or(said.len());
        let said = format!("{}s3cr3t-code{}", &said[..cut], &said[cut..]);
        let body = json!({"error": error, "error_description": said, "device_code": said});
        let answer = answer(status, &body);
        for text in [
            format!("{:?}", answer.tokens()), format!("{:?}", answer.device()),
            format!("{:?}", answer.poll()), format!("{:?}", answer.revoked()),
        ] {
            prop_assert!(!text.contains("s3cr3t-code"), "{text}");
        }
    }
}
