//! The files of the page, as they lie in `assets/`.

use crate::kit::etag;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// What the page may load and where it may be shown: only what this server sends, and in no frame.
/// It runs no script and has no style that stands in the page itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";
/// The same for a page that does not lie at the top, and says where that is.
const POLICY_BELOW: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'self'; \
    frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const ICON: &str = "image/svg+xml";

/// A file of the page.
pub struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    policy: &'static str,
}

/// The page itself.
pub const PAGE: Asset = Asset {
    name: "index.html",
    kind: "text/html; charset=utf-8",
    text: include_str!("assets/index.html"),
    policy: POLICY,
};

/// The page where an account is connected.
pub const CONNECT: Asset = Asset {
    name: "connect.html",
    kind: "text/html; charset=utf-8",
    text: include_str!("assets/connect.html"),
    policy: POLICY_BELOW,
};

/// What the page loads.
const FILES: &[Asset] = &[
    asset("agents.js", SCRIPT, include_str!("assets/agents.js")),
    asset("api.js", SCRIPT, include_str!("assets/api.js")),
    asset("app.js", SCRIPT, include_str!("assets/app.js")),
    asset("blocks.js", SCRIPT, include_str!("assets/blocks.js")),
    asset("composer.js", SCRIPT, include_str!("assets/composer.js")),
    asset(
        "conversation.js",
        SCRIPT,
        include_str!("assets/conversation.js"),
    ),
    asset("connect.css", STYLE, include_str!("assets/connect.css")),
    asset("connect.js", SCRIPT, include_str!("assets/connect.js")),
    asset("dom.js", SCRIPT, include_str!("assets/dom.js")),
    asset("icon.svg", ICON, include_str!("assets/icon.svg")),
    asset("inline.js", SCRIPT, include_str!("assets/inline.js")),
    asset("live.js", SCRIPT, include_str!("assets/live.js")),
    asset("markdown.js", SCRIPT, include_str!("assets/markdown.js")),
    asset("message.js", SCRIPT, include_str!("assets/message.js")),
    asset("sessions.js", SCRIPT, include_str!("assets/sessions.js")),
    asset("sign-in.js", SCRIPT, include_str!("assets/sign-in.js")),
    asset("style.css", STYLE, include_str!("assets/style.css")),
    asset("text.css", STYLE, include_str!("assets/text.css")),
    asset("theme.js", SCRIPT, include_str!("assets/theme.js")),
    asset(
        "transcript.js",
        SCRIPT,
        include_str!("assets/transcript.js"),
    ),
];

const fn asset(name: &'static str, kind: &'static str, text: &'static str) -> Asset {
    Asset {
        name,
        kind,
        text,
        policy: POLICY,
    }
}

/// The file of this name that the page loads.
pub fn find(name: &str) -> Option<&'static Asset> {
    FILES.iter().find(|asset| asset.name == name)
}

impl Asset {
    /// The file, or 304 for a client that has it. Clients ask each time whether it is still the
    /// same, so that after an update no old script meets a new page.
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let tag = self.tag();
        let mut response = if etag::is_known(request, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            self.text.into_response()
        };
        let headers = response.headers_mut();
        let mut set = |name, value| {
            headers.insert(name, HeaderValue::from_static(value));
        };
        set(header::CONTENT_TYPE, self.kind);
        set(header::CACHE_CONTROL, "no-cache");
        set(header::CONTENT_SECURITY_POLICY, self.policy);
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }

    /// A tag that changes with the content (FNV-1a). Nobody gains by forging one.
    fn tag(&self) -> String {
        let hash = self
            .text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        format!("\"{hash:016x}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    #[test]
    fn every_file_of_the_folder_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page/assets");
        let there: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let served = FILES.iter().chain([&PAGE, &CONNECT]);
        assert_eq!(there, served.map(|asset| asset.name.to_owned()).collect());
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere_and_nothing_is_inline() {
        for asset in FILES.iter().chain([&PAGE, &CONNECT]) {
            for address in ["http://", "https://", "//cdn", "@import"] {
                let named = asset.text.split(address).skip(1);
                let outside = named.filter(|rest| !rest.starts_with("www.w3.org/2000/svg"));
                assert_eq!(outside.count(), 0, "{}: {address}", asset.name);
            }
        }
        for inline in ["<style", " style=", " onclick=", "javascript:", "<script>"] {
            for page in [PAGE, CONNECT] {
                assert!(!page.text.contains(inline), "{}: {inline}", page.name);
            }
        }
    }

    #[test]
    fn no_text_is_ever_read_as_html() {
        for asset in FILES.iter().filter(|asset| asset.kind == SCRIPT) {
            for sink in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
            ] {
                assert!(!asset.text.contains(sink), "{}: {sink}", asset.name);
            }
        }
    }

    #[test]
    fn a_file_is_sent_once_and_then_known_by_its_tag() {
        let asked = |tag: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, tag.parse().unwrap());
            PAGE.answer(&headers).status()
        };
        assert_eq!(asked(&PAGE.tag()), StatusCode::NOT_MODIFIED);
        assert_eq!(
            asked(&format!("\"x\", W/{}", PAGE.tag())),
            StatusCode::NOT_MODIFIED
        );
        assert_eq!(asked("\"x\""), StatusCode::OK);
        assert_ne!(PAGE.tag(), FILES[0].tag());
    }
}
