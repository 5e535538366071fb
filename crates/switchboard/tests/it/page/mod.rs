//! The page, as a person sees it in a browser.
//!
//! Needs Chromium: in `PATH`, or where `SWITCHBOARD_TEST_CHROMIUM` says.

mod chat;
mod connect;
mod dialogue;
mod files;
mod keyboard;
mod limits;
mod markdown;
mod narrow;
mod reconnect;
mod sign_in;

use serde_json::Value;
use switchboard_testkit::browser::{self, Browser};

use crate::support::{Engine, PASSWORD, Server};

const DESK: (u32, u32) = (1280, 800);
const PHONE: (u32, u32) = (360, 740);

/// Somebody in front of a browser.
struct Person {
    browser: Browser,
}

/// A server, and somebody who has opened its page; none where there is no browser.
async fn visit(more: &[(&str, &str)]) -> Option<(Server, Person)> {
    let mut person = Person::arrive(DESK).await?;
    let server = Server::start(Engine::Sqlite, more).await;
    person.browser.open(server.client.base()).await;
    Some((server, person))
}

/// The same, signed in.
async fn visit_signed_in(more: &[(&str, &str)]) -> Option<(Server, Person)> {
    let (server, mut person) = visit(more).await?;
    person.sign_in(PASSWORD).await;
    person.is_in().await;
    Some((server, person))
}

impl Person {
    async fn arrive(size: (u32, u32)) -> Option<Self> {
        let Some(program) = browser::find() else {
            eprintln!("skipped: there is no Chromium; scripts/test installs one, or says how to");
            return None;
        };
        let browser = Browser::start(program, size).await;
        Some(Self { browser })
    }

    /// Signs in as alice; the cursor is in the field for the name.
    async fn sign_in(&mut self, password: &str) {
        let browser = &mut self.browser;
        browser
            .until("document.activeElement.name === 'username'")
            .await;
        browser.ask("document.activeElement.select()").await;
        browser.write("alice").await;
        browser.press("Tab", false).await;
        browser.write(password).await;
        browser.press("Enter", false).await;
    }

    /// Waits until the page has all that it needs.
    async fn is_in(&mut self) {
        self.browser
            .until(
                "!document.querySelector('dialog[open]') \
                 && document.querySelector('#first-provider').options.length > 0",
            )
            .await;
    }

    /// Chooses an agent for the place `first` or `second`.
    async fn choose(&mut self, place: &str, provider: &str, model: &str) {
        for (field, value) in [("provider", provider), ("model", model)] {
            let script = format!(
                "{{ const field = document.querySelector('#{place}-{field}'); \
                 field.value = '{value}'; field.dispatchEvent(new Event('change')); }}"
            );
            self.browser.ask(&script).await;
        }
    }

    /// Two agents are to talk.
    async fn choose_two(&mut self) {
        self.browser
            .ask("document.querySelector('#kind-agent_agent').click()")
            .await;
    }

    async fn say(&mut self, text: &str) {
        self.browser
            .ask("document.querySelector('#text').focus()")
            .await;
        self.browser.write(text).await;
        self.browser.press("Enter", false).await;
    }

    /// Waits until so many answers are there, whole.
    async fn answers(&mut self, count: usize) {
        let condition =
            format!("document.querySelectorAll('.theirs:not(.writing)').length === {count}");
        self.browser.until(&condition).await;
    }

    /// What the elements say that this selector finds.
    async fn texts(&mut self, selector: &str) -> Vec<String> {
        let script = format!(
            "Array.from(document.querySelectorAll('{selector}'), (found) => found.textContent)"
        );
        serde_json::from_value(self.browser.ask(&script).await).unwrap()
    }

    async fn sees(&mut self, selector: &str, text: &str) {
        let condition = format!(
            "Array.from(document.querySelectorAll('{selector}')).some((found) => \
             found.checkVisibility() && found.textContent.includes({}))",
            Value::from(text)
        );
        self.browser.until(&condition).await;
    }

    async fn leaves(self) {
        self.browser.finish().await;
    }
}
