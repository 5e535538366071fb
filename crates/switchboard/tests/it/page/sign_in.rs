//! Signing in, and being asked to once more.

use super::{Person, visit, visit_signed_in};
use crate::support::PASSWORD;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_told_and_a_right_one_lets_in() {
    let Some((_server, mut person)) = visit(&[]).await else {
        return;
    };
    person.sign_in("wrong").await;
    person
        .sees("#sign-in-error", "The name or the password is wrong")
        .await;
    person
        .browser
        .ask("document.querySelector('#username').focus()")
        .await;
    person.sign_in(PASSWORD).await;
    person.is_in().await;
    person.sees("#user", "alice").await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_is_kept_for_the_tab_only() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    let token = token(&mut person).await;
    let kept = person
        .browser
        .ask("[JSON.stringify(localStorage), document.cookie, location.href].join()")
        .await;
    assert!(!kept.as_str().unwrap().contains(&token), "{kept}");
    // A reload of the page needs no new sign-in.
    person.browser.reload().await;
    person.is_in().await;
    person
        .browser
        .ask("document.querySelector('[data-act=sign-out]').click()")
        .await;
    person
        .browser
        .until("document.activeElement.name === 'username'")
        .await;
    assert_eq!(
        person
            .browser
            .ask("JSON.stringify({...sessionStorage})")
            .await,
        json!("{}")
    );
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_signed_out_goes_on_where_they_were() {
    let Some((server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    person.say("before").await;
    person.answers(1).await;
    person.browser.write("half a thou").await;
    let token = token(&mut person).await;
    server
        .client
        .with_token(token)
        .post("/api/auth/logout", &json!({}))
        .await
        .ok();
    person.sees("#sign-in-why", "nothing is lost").await;
    // The name is there already.
    person
        .browser
        .until("document.activeElement.name === 'password'")
        .await;
    person.browser.write(PASSWORD).await;
    person.browser.press("Enter", false).await;
    person.sees("#state", "Connected").await;
    person.browser.write("ght").await;
    person.browser.press("Enter", false).await;
    person.answers(2).await;
    assert_eq!(
        person.texts("#transcript .text").await,
        ["before", "before", "half a thought", "half a thought"]
    );
    person.leaves().await;
}

async fn token(person: &mut Person) -> String {
    let token = person
        .browser
        .ask("sessionStorage.getItem('switchboard.token')")
        .await;
    token.as_str().unwrap().to_owned()
}
