//! The page on a telephone.

use super::{PHONE, Person};
use crate::support::{Engine, PASSWORD, Server};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_wider_than_the_screen() {
    let Some(mut person) = Person::arrive(PHONE).await else {
        return;
    };
    let server = Server::start(Engine::Sqlite, &[]).await;
    person.browser.open(server.client.base()).await;
    fits(&mut person).await;
    person.sign_in(PASSWORD).await;
    person.is_in().await;
    fits(&mut person).await;
    person.choose_two().await;
    fits(&mut person).await;
    let wide = "w".repeat(300);
    person
        .say(&format!(
            "{wide} `{wide}`\n\n```\n{wide}\n```\n\n| {wide} | b |\n|--|--|\n| 1 | 2 |"
        ))
        .await;
    person.sees(".notice.end", "all its turns").await;
    fits(&mut person).await;
    // The list of conversations is a drawer.
    person
        .browser
        .ask("document.querySelector('#menu').click()")
        .await;
    person
        .browser
        .until("document.activeElement.closest('#side')")
        .await;
    person.browser.press("Escape", false).await;
    person
        .browser
        .until("document.activeElement.id === 'menu'")
        .await;
    person.leaves().await;
}

async fn fits(person: &mut Person) {
    let wider = "[document.documentElement, document.querySelector('#reading'), \
        document.querySelector('#main')].filter((found) => found.scrollWidth > innerWidth).length";
    assert_eq!(person.browser.ask(wider).await, json!(0));
}
