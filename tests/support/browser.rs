//! A browser: Chromium without a window, driven through chromedriver as the W3C's WebDriver says. Only loopback
//! is connected to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// How long one answer may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A browser with one page.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one, if it is installed.
    pub(crate) fn start() -> Option<Self> {
        if !super::have("chromium") || !super::have("chromedriver") {
            return None;
        }
        let profile = tempfile::tempdir().expect("a directory");
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").env("HOME", profile.path()).env("TMPDIR", profile.path());
        let mut driver =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("chromedriver starts");
        let lines = BufReader::new(driver.stdout.take().expect("a pipe")).lines();
        let said = lines.map_while(Result::ok).find(|line| line.contains("successfully on port"));
        let port = said.expect("a port").trim_end_matches('.').rsplit(' ').next().expect("a word").parse();
        let port = port.expect("a number");
        let mut browser = Self { driver, port, session: String::new(), _profile: profile };
        browser.open_session();
        Some(browser)
    }

    fn open_session(&mut self) {
        let data = format!("--user-data-dir={}/data", self._profile.path().display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            &data,
        ];
        let wanted = json!({ "browserName": "chrome", "goog:chromeOptions": { "args": arguments, "binary": "/usr/bin/chromium" },
            "goog:loggingPrefs": { "performance": "ALL", "browser": "ALL" } });
        let answer = self.ask("POST", "/session", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        self.session = answer["sessionId"].as_str().expect("a session").to_owned();
    }

    /// Opens a file.
    pub(crate) fn open(&self, path: &Path) {
        self.tell("url", &json!({ "url": format!("file://{}", path.display()) }));
    }

    /// Runs the body of a function and returns what it returns.
    pub(crate) fn run(&self, body: &str, arguments: &[Value]) -> Value {
        self.tell("execute/sync", &json!({ "script": body, "args": arguments }))
    }

    /// Runs the body of a function whose last argument has to be called with the answer.
    pub(crate) fn wait(&self, body: &str) -> Value {
        self.tell("execute/async", &json!({ "script": body, "args": [] }))
    }

    /// Presses keys, one after the other; `\u{E004}` is Tab, `\u{E008}` Shift, as WebDriver numbers them.
    pub(crate) fn press(&self, keys: &str) {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
            })
            .collect();
        self.tell(
            "actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }),
        );
    }

    /// Sends a command of Chromium's own protocol.
    pub(crate) fn command(&self, name: &str, parameters: &Value) -> Value {
        self.tell("goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
    }

    /// Returns the addresses that were asked for since the last time, but for those of the browser's own pages.
    pub(crate) fn requests(&self) -> Vec<String> {
        let entries = self.tell("se/log", &json!({ "type": "performance" }));
        let messages = entries.as_array().expect("entries").iter().map(|entry| {
            let text = entry["message"].as_str().expect("a text");
            serde_json::from_str::<Value>(text).expect("JSON")["message"].clone()
        });
        let sent = messages.filter(|message| message["method"] == "Network.requestWillBeSent");
        let address = |message: Value| message["params"]["request"]["url"].as_str().map(str::to_owned);
        sent.map(|message| address(message).expect("an address"))
            .filter(|address| !address.starts_with("chrome://"))
            .collect()
    }

    /// Returns what the page complained of since the last time.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let entries = self.tell("se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().expect("entries").iter();
        entries.map(|entry| entry["message"].as_str().expect("a text").to_owned()).collect()
    }

    fn tell(&self, what: &str, body: &Value) -> Value {
        self.ask("POST", &format!("/session/{}/{what}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("chromedriver listens");
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        let body = body.to_string();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).expect("sent");
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line");
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a number");
            }
            if line.is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).expect("a body");
        let mut answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert!(answer["value"]["error"].is_null(), "{path}: {answer}");
        answer["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            self.ask("DELETE", &format!("/session/{}", self.session), &json!({}));
        }
        // Without its driver the browser ends too.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
