//! A headless Chromium, driven as the WebDriver standard says (<https://www.w3.org/TR/webdriver2/>).

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::server::agent;

pub struct Browser {
    driver: Child,
    session: String,
}

impl Browser {
    /// `None` where there is no Chromium with its driver.
    pub fn start() -> Option<Browser> {
        let mut command = Command::new("chromedriver");
        let mut driver = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let lines = BufReader::new(driver.stdout.take()?).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            line.contains("started successfully on port")
                .then(|| line.trim_end_matches('.').rsplit(' ').next().map(str::to_owned))?
        })?;
        // As root, as in a container, there is no sandbox.
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1600"];
        let wanted = json!({"capabilities": {"alwaysMatch": {"browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"}, "goog:chromeOptions": {"args": arguments}}}});
        let base = format!("http://127.0.0.1:{port}/session");
        let mut browser = Browser { driver, session: base };
        let begun = browser.send("", &wanted);
        browser.session = format!("{}/{}", browser.session, begun["sessionId"].as_str().expect("a session"));
        // Looking for barriers in a long page takes its time.
        browser.send("/timeouts", &json!({"script": 110_000}));
        Some(browser)
    }

    fn send(&self, path: &str, body: &Value) -> Value {
        let request = agent().post(format!("{}{path}", self.session)).content_type("application/json");
        let mut response = request.send(body.to_string()).expect("the driver answers");
        let text = response.body_mut().read_to_string().expect("text");
        let said: Value = serde_json::from_str(&text).expect("JSON");
        assert!(response.status().is_success(), "{path}: {text}");
        said["value"].clone()
    }

    pub fn open(&self, address: &str) {
        // A page that differs only behind the # would not be loaded anew.
        self.send("/url", &json!({"url": "about:blank"}));
        self.send("/url", &json!({"url": address}));
    }

    /// What a script returns.
    pub fn run(&self, script: &str) -> Value {
        self.send("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Waits until a script returns true.
    pub fn until(&self, script: &str) {
        let end = Instant::now() + Duration::from_secs(90);
        while self.run(script) != true {
            assert!(Instant::now() < end, "never: {script}\n{}", self.run("return document.body.innerText"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// As a reader's system that is light or dark.
    pub fn prefer(&self, scheme: &str) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.send("/goog/cdp/execute", &json!({"cmd": "Emulation.setEmulatedMedia", "params": media}));
    }

    pub fn resize(&self, width: u32, height: u32) {
        self.send("/window/rect", &json!({"width": width, "height": height}));
    }

    /// Presses keys on what a selector finds.
    pub fn keys(&self, selector: &str, keys: &str) {
        let found = self.send("/element", &json!({"using": "css selector", "value": selector}));
        let id = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str).expect("an element");
        self.send(&format!("/element/{id}/value"), &json!({"text": keys}));
    }

    /// Messages of the console since the last look.
    pub fn console(&self) -> Vec<Value> {
        self.send("/se/log", &json!({"type": "browser"})).as_array().cloned().unwrap_or_default()
    }

    /// A picture as base64 of a PNG.
    pub fn picture(&self) -> String {
        let mut response = agent().get(format!("{}/screenshot", self.session)).call().expect("a picture");
        let said: Value = serde_json::from_str(&response.body_mut().read_to_string().expect("text")).expect("JSON");
        said["value"].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = agent().delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
