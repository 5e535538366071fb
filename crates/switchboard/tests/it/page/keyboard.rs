//! Everything can be done with the keyboard alone.

use super::visit_signed_in;
use serde_json::json;

const FOCUSED: &str = "(() => { \
    const at = document.activeElement; \
    if (at === document.body) return ['', false]; \
    const around = at.id === 'text' ? at.closest('form') : at; \
    const style = getComputedStyle(around.matches('.kinds input') ? around.nextSibling : around); \
    const marked = style.outlineStyle !== 'none' || style.boxShadow !== 'none'; \
    return [at.id || at.dataset.act || at.getAttribute('aria-label') || at.textContent.trim(), marked]; \
    })()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_by_keys_alone() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    let browser = &mut person.browser;
    browser.until("document.activeElement.id === 'text'").await;
    browser.write("first line").await;
    browser.press("Enter", true).await;
    browser.write("second line").await;
    browser.press("Enter", false).await;
    person.answers(1).await;
    assert_eq!(
        person.texts(".mine .text").await,
        ["first line\nsecond line"]
    );
    assert_eq!(
        person
            .browser
            .ask("document.querySelector('.theirs br') !== null")
            .await,
        json!(true)
    );
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_control_is_reached_and_seen_to_be() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    let browser = &mut person.browser;
    browser.until("document.activeElement.id === 'text'").await;
    let mut reached = Vec::new();
    for _ in 0..24 {
        browser.press("Tab", false).await;
        let at = browser.ask(FOCUSED).await;
        let name = at[0].as_str().unwrap().to_owned();
        if !name.is_empty() && name != "reading" {
            assert_eq!(at[1], json!(true), "{name} shows that it has the focus");
        }
        reached.push(name);
    }
    for wanted in [
        "skip",
        "new",
        "theme",
        "sign-out",
        "kind-human_agent",
        "first-provider",
        "first-model",
        "Instructions",
        "Say hello",
        "text",
        "send",
    ] {
        assert!(
            reached.iter().any(|name| name == wanted),
            "{wanted} in {reached:?}"
        );
    }
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_control_has_a_name() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    person.say("hello").await;
    person.answers(1).await;
    let nameless = person
        .browser
        .ask(
            "Array.from(document.querySelectorAll('button, a, input, select, textarea')) \
             .filter((found) => !(found.textContent.trim() || found.getAttribute('aria-label') \
             || found.labels?.length)).map((found) => found.outerHTML)",
        )
        .await;
    assert_eq!(nameless, json!([]));
    person.sees("#announcer", "Demo: hello").await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn light_and_dark_are_switched_and_remembered() {
    let Some((_server, mut person)) = visit_signed_in(&[]).await else {
        return;
    };
    let paper = "getComputedStyle(document.body).backgroundColor";
    let light = person.browser.ask(paper).await;
    person
        .browser
        .ask("document.querySelector('[data-act=theme]').click()")
        .await;
    let dark = person.browser.ask(paper).await;
    assert_ne!(light, dark);
    person.browser.reload().await;
    person.is_in().await;
    assert_eq!(person.browser.ask(paper).await, dark);
    person.leaves().await;
}
