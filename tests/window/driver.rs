use std::{
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// The key under which WebDriver names an element (W3C WebDriver, §12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A window of the program under WebKit's driver, spoken to in W3C WebDriver.
pub(crate) struct Window {
    agent: ureq::Agent,
    session: String,
}

/// Something in the page.
#[derive(Clone, Debug)]
pub(crate) struct Element(String);

impl Window {
    /// Starts the program, once the driver listens.
    pub(crate) fn open(driver: &str, binary: &str) -> Self {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let options = json!({ "binary": binary, "args": [] });
        let wanted =
            json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            match command(&agent, &format!("{driver}/session"), &wanted) {
                Ok(made) => {
                    let id = made["sessionId"].as_str().expect("a session has an id");
                    return Self {
                        agent,
                        session: format!("{driver}/session/{id}"),
                    };
                }
                Err(error) => assert!(
                    Instant::now() < deadline,
                    "the window does not open: {error}"
                ),
            }
            thread::sleep(Duration::from_millis(300));
        }
    }

    /// Waits for an element; where it does not come, the page's text says what is there instead.
    pub(crate) fn found(&self, css: &str, wait: Duration) -> Element {
        let deadline = Instant::now() + wait;
        loop {
            let sought = json!({ "using": "css selector", "value": css });
            match command(&self.agent, &format!("{}/element", self.session), &sought) {
                Ok(found) => return Element(found[ELEMENT].as_str().unwrap().to_owned()),
                Err(error) if Instant::now() >= deadline => {
                    let page = self.script("return document.body.innerText");
                    panic!("{css} does not appear ({error}); the page says: {page}")
                }
                Err(_) => thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    pub(crate) fn click(&self, element: &Element) {
        self.on(element, "click", &json!({}));
    }

    pub(crate) fn write(&self, element: &Element, text: &str) {
        self.on(element, "clear", &json!({}));
        self.on(element, "value", &json!({ "text": text }));
    }

    /// What a script returns.
    pub(crate) fn script(&self, script: &str) -> Value {
        let body = json!({ "script": script, "args": [] });
        command(
            &self.agent,
            &format!("{}/execute/sync", self.session),
            &body,
        )
        .unwrap()
    }

    /// The window as PNG.
    pub(crate) fn picture(&self) -> Vec<u8> {
        // The driver shows the frame before the last change when asked at once.
        thread::sleep(Duration::from_millis(500));
        let mut answer = self
            .agent
            .get(format!("{}/screenshot", self.session))
            .call()
            .unwrap();
        let answer: Value = answer
            .body_mut()
            .with_config()
            .limit(1 << 26)
            .read_json()
            .unwrap();
        STANDARD.decode(answer["value"].as_str().unwrap()).unwrap()
    }

    /// Ends the program.
    pub(crate) fn close(self) {
        self.agent.delete(&self.session).call().unwrap();
    }

    fn on(&self, Element(id): &Element, verb: &str, body: &Value) {
        let url = format!("{}/element/{id}/{verb}", self.session);
        command(&self.agent, &url, body).unwrap();
    }
}

/// Sends a command; its value, or WebDriver's own words for what is wrong.
fn command(agent: &ureq::Agent, url: &str, body: &Value) -> Result<Value, String> {
    let mut response = agent.post(url).send_json(body).map_err(|e| e.to_string())?;
    let mut answer: Value = response.body_mut().read_json().map_err(|e| e.to_string())?;
    let value = answer["value"].take();
    match value.get("error") {
        Some(error) => Err(format!("{error}: {}", value["message"])),
        None => Ok(value),
    }
}
