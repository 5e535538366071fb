//! A browser without a window, driven over the `DevTools` protocol as a person would use it.

use crate::PATIENCE;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{env, path::PathBuf, process::Stdio};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::{Child, ChildStderr, Command},
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// Names the browser, where it is not to be looked for in `PATH`.
const VARIABLE: &str = "SWITCHBOARD_TEST_CHROMIUM";
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome"];
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-port=0",
    "about:blank",
];
/// Notes what the page's policy forbade; it runs before anything of the page.
const WATCH: &str = "window.forbidden = []; addEventListener('securitypolicyviolation', (event) => \
    window.forbidden.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`))";

/// One tab of a browser of its own.
pub struct Browser {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    tab: String,
    sent: u64,
    /// Errors on the console and exceptions that nobody caught.
    pub complaints: Vec<String>,
    child: Child,
    _folder: TempDir,
}

/// Where a browser is, if there is one.
pub fn find() -> Option<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let path = env::var_os("PATH")?;
    let mut places =
        env::split_paths(&path).flat_map(|folder| NAMES.iter().map(move |name| folder.join(name)));
    places.find(|place| place.is_file())
}

impl Browser {
    /// Starts the browser, with an empty tab as wide and high as this.
    pub async fn start(program: PathBuf, (width, height): (u32, u32)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut child = Command::new(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the browser starts");
        let words = child.stderr.take().expect("what it says is read");
        let address = timeout(PATIENCE, address_in(words))
            .await
            .expect("the browser says where it is");
        let (socket, _) = connect_async(address).await.expect("the browser listens");
        let mut browser = Self {
            socket,
            tab: String::new(),
            sent: 0,
            complaints: Vec::new(),
            child,
            _folder: folder,
        };
        browser.open_tab(width, height).await;
        browser
    }

    async fn open_tab(&mut self, width: u32, height: u32) {
        let target = self
            .call("Target.createTarget", &json!({"url": "about:blank"}))
            .await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let tab = self.call("Target.attachToTarget", &attach).await;
        tab["sessionId"]
            .as_str()
            .expect("a tab")
            .clone_into(&mut self.tab);
        for domain in ["Page", "Runtime", "Log"] {
            self.call(&format!("{domain}.enable"), &json!({})).await;
        }
        self.call(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({ "source": WATCH }),
        )
        .await;
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", &size).await;
    }

    /// Opens an address, and returns when the page has loaded.
    pub async fn open(&mut self, address: &str) {
        self.call("Page.navigate", &json!({ "url": address })).await;
        self.until(&format!(
            "location.href.startsWith('{address}') && document.readyState === 'complete'"
        ))
        .await;
    }

    /// Loads the page anew, and returns when it is there.
    pub async fn reload(&mut self) {
        self.ask("window.isOld = true; location.reload()").await;
        self.until("!window.isOld && document.readyState === 'complete'")
            .await;
    }

    /// What an expression is worth in the page; promises are waited for.
    pub async fn ask(&mut self, expression: &str) -> Value {
        match self.evaluate(expression).await {
            Ok(value) => value,
            Err(problem) => panic!("{expression}: {problem}"),
        }
    }

    /// Waits until an expression is true in the page, which looks at it before each frame.
    pub async fn until(&mut self, condition: &str) {
        let script = format!(
            "new Promise((resolve) => {{ const look = () => {{ if ({condition}) resolve(true); \
             else requestAnimationFrame(look); }}; look(); }})"
        );
        let waiting = async {
            // A page that goes takes the promise with it, and the next one is asked again.
            while self.evaluate(&script).await.is_err() {}
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            let seen = timeout(PATIENCE, self.evaluate("document.body.innerText")).await;
            panic!(
                "never came true: {condition}\n{seen:?}\n{:?}",
                self.complaints
            );
        }
    }

    async fn evaluate(&mut self, expression: &str) -> Result<Value, String> {
        let how = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let mut answer = self.try_call("Runtime.evaluate", &how).await?;
        if let Some(problem) = answer.get("exceptionDetails") {
            return Err(problem.to_string());
        }
        Ok(answer["result"]["value"].take())
    }

    /// Presses a key, with Shift or without: `Enter`, `Tab`, `Escape`, `Space`, `ArrowDown`.
    pub async fn press(&mut self, key: &str, shift: bool) {
        let (key, code, number, text) = match key {
            "Enter" => ("Enter", "Enter", 13, "\r"),
            "Tab" => ("Tab", "Tab", 9, ""),
            "Escape" => ("Escape", "Escape", 27, ""),
            "Space" => (" ", "Space", 32, " "),
            "ArrowDown" => ("ArrowDown", "ArrowDown", 40, ""),
            other => panic!("say in this file which key {other} is"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({
                "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number,
                "modifiers": if shift { 8 } else { 0 },
            });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", &event).await;
        }
    }

    /// Writes into what has the focus.
    pub async fn write(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }))
            .await;
    }

    /// Ends the browser. Nothing was complained of, and the page's policy forbade nothing.
    pub async fn finish(mut self) {
        let forbidden = self.ask("window.forbidden").await;
        assert_eq!(
            forbidden,
            json!([]),
            "the policy of the page forbade something"
        );
        assert!(self.complaints.is_empty(), "{:#?}", self.complaints);
        self.tab.clear();
        self.try_call("Browser.close", &json!({})).await.ok();
        timeout(PATIENCE, self.child.wait())
            .await
            .expect("the browser ends")
            .ok();
    }

    async fn call(&mut self, method: &str, parameters: &Value) -> Value {
        match self.try_call(method, parameters).await {
            Ok(result) => result,
            Err(problem) => panic!("{method}: {problem}"),
        }
    }

    async fn try_call(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        self.sent += 1;
        let id = self.sent;
        let mut call = json!({"id": id, "method": method, "params": parameters});
        if !self.tab.is_empty() {
            call["sessionId"] = self.tab.as_str().into();
        }
        let sent = self.socket.send(Message::text(call.to_string())).await;
        sent.map_err(|error| error.to_string())?;
        loop {
            let message = timeout(PATIENCE * 2, self.socket.next())
                .await
                .map_err(|_| "no answer in time")?;
            let message = message
                .ok_or("the browser is gone")?
                .map_err(|error| error.to_string())?;
            let Message::Text(text) = message else {
                continue;
            };
            let mut answer: Value =
                serde_json::from_str(&text).map_err(|error| error.to_string())?;
            if answer["id"] == id {
                return match answer.get("error") {
                    Some(problem) => Err(problem.to_string()),
                    None => Ok(answer["result"].take()),
                };
            }
            self.complaints.extend(complaint(&answer));
        }
    }
}

/// The line with the address; the rest of what the browser says is read and let go.
async fn address_in(words: ChildStderr) -> String {
    let mut lines = BufReader::new(words).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((_, address)) = line.split_once("DevTools listening on ") {
            let address = address.trim().to_owned();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return address;
        }
    }
    panic!("the browser ended before it listened")
}

/// What an event complains of. Answers that are no success, and servers that cannot be reached, are
/// the network's doing and not a fault of the page.
fn complaint(event: &Value) -> Option<String> {
    let about = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(about.to_string()),
        "Runtime.consoleAPICalled" => ["error", "warning", "assert"]
            .contains(&about["type"].as_str()?)
            .then(|| about.to_string()),
        "Log.entryAdded" => {
            let entry = &about["entry"];
            let of_the_page = entry["source"] != "network" && entry["level"] != "info";
            of_the_page.then(|| entry.to_string())
        }
        _ => None,
    }
}
