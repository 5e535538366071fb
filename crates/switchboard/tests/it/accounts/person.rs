//! A browser, as far as connecting needs one: it keeps cookies, follows redirects, and fills forms in.

use reqwest::{
    Client, Method, Url,
    header::{HeaderMap, LOCATION, SET_COOKIE},
    redirect::Policy,
};
use std::collections::BTreeMap;

/// How many pages are opened before something is wrong.
const PAGES: usize = 20;

/// A page that was opened.
#[derive(Debug)]
pub struct Page {
    /// Where it is in the end.
    pub url: Url,
    pub status: u16,
    pub text: String,
}

/// A browser with its cookies.
pub struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Default for Browser {
    #[expect(
        clippy::disallowed_methods,
        reason = "a browser is no part of the server"
    )]
    fn default() -> Self {
        let client = Client::builder().redirect(Policy::none()).no_proxy();
        Self {
            client: client.build().unwrap(),
            cookies: BTreeMap::new(),
        }
    }
}

impl Browser {
    /// Takes the cookies of an answer over. Their paths are not looked at.
    pub fn keep(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Opens an address, and follows wherever it leads.
    pub async fn open(&mut self, url: &str) -> Page {
        self.ask(Method::GET, Url::parse(url).unwrap(), String::new())
            .await
    }

    /// Opens an address, and does what its forms want until there are none: signs in by this name, and
    /// consents.
    pub async fn agree(&mut self, url: &str, name: &str) -> Page {
        let mut page = self.open(url).await;
        for _ in 0..PAGES {
            let Some((action, fields)) = form(&page.text, name) else {
                return page;
            };
            let target = page.url.join(&action).unwrap();
            page = self.ask(Method::POST, target, fields).await;
        }
        panic!("no end of forms: {page:?}");
    }

    async fn ask(&mut self, mut method: Method, mut url: Url, mut body: String) -> Page {
        for _ in 0..PAGES {
            let cookies: Vec<_> = self
                .cookies
                .iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect();
            let request = self.client.request(method.clone(), url.clone());
            let mut request = request.header("cookie", cookies.join("; "));
            if method == Method::POST {
                let kind = "application/x-www-form-urlencoded";
                request = request.header("content-type", kind).body(body.clone());
            }
            let answer = request.send().await.unwrap();
            self.keep(answer.headers());
            let next = answer.headers().get(LOCATION);
            let Some(next) = next.map(|next| next.to_str().unwrap().to_owned()) else {
                let status = answer.status().as_u16();
                let text = answer.text().await.unwrap();
                return Page { url, status, text };
            };
            url = url.join(&next).unwrap();
            (method, body) = (Method::GET, String::new());
        }
        panic!("no end of redirects at {url}");
    }
}

/// Where the first form of a page leads, and what is in it once a person filled it in.
fn form(text: &str, name: &str) -> Option<(String, String)> {
    let start = text.find("<form")?;
    let form = &text[start..start + text[start..].find("</form>")?];
    let action = attribute(form, "action").unwrap_or_default();
    let mut fields = form_urlencoded::Serializer::new(String::new());
    for input in form.split("<input").skip(1) {
        let input = &input[..input.find('>')?];
        let Some(field) = attribute(input, "name") else {
            continue;
        };
        let value = match field.as_str() {
            "login" => name.to_owned(),
            "password" => "anything".to_owned(),
            _ => attribute(input, "value").unwrap_or_default(),
        };
        fields.append_pair(&field, &value);
    }
    Some((action, fields.finish()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!("{name}=\""))? + name.len() + 2;
    let value = &tag[start..start + tag[start..].find('"')?];
    Some(value.replace("&amp;", "&"))
}
