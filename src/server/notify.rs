//! One message to where a person reads messages: a webhook of Slack, Discord or ntfy, or any that takes JSON.
//!
//! The address is a secret: whoever has it can write there. It never enters a log, an error or a page. Does not try again; who
//! sends decides when.

use reqwest::header;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Longest text; Discord takes 2,000 characters.
const TEXT_MAX: usize = 1_500;

/// What is told.
#[derive(Clone, Debug, Default)]
pub struct Notice {
    pub title: String,
    pub text: String,
    /// Page about it, where one can be reached from outside.
    pub link: Option<String>,
    /// Facts for programs, for a receiver that is none of the known ones.
    pub facts: Value,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotifyError {
    #[error("the notification's receiver refused it ({status})")]
    Refused { status: u16 },
    #[error("the notification's receiver did not answer")]
    NoAnswer,
}

impl NotifyError {
    /// Whether the same message may be taken later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Refused { status } => matches!(status, 408 | 425 | 429 | 500..),
            Self::NoAnswer => true,
        }
    }
}

/// Which form of JSON a receiver reads, by its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Slack,
    Discord,
    Ntfy,
    Other,
}

impl Form {
    fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let within = |domain: &str| host == domain || host.ends_with(&format!(".{domain}"));
        if within("slack.com") {
            Self::Slack
        } else if within("discord.com") || within("discordapp.com") {
            Self::Discord
        } else if within("ntfy.sh") || host.starts_with("ntfy.") {
            Self::Ntfy
        } else {
            Self::Other
        }
    }
}

/// A receiver. Cheap to clone.
#[derive(Clone)]
pub struct Notifier {
    http: reqwest::Client,
    url: SecretString,
}

impl Notifier {
    /// `url` is an http(s) address.
    pub fn new(url: SecretString) -> Self {
        let http = reqwest::Client::builder()
            .timeout(ANSWER_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("the TLS roots are built in");
        Self { http, url }
    }

    /// Sends one message.
    pub async fn send(&self, notice: &Notice) -> Result<(), NotifyError> {
        let url = Url::parse(self.url.expose_secret()).map_err(|_| NotifyError::NoAnswer)?;
        let (url, body) = message(url, notice);
        let request = self
            .http
            .post(url)
            .header(header::USER_AGENT, "ActorMaker LoRA Studio")
            .json(&body);
        // an error of reqwest's carries the address: it goes no further
        let answer = request.send().await.map_err(|_| NotifyError::NoAnswer)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        Err(NotifyError::Refused {
            status: status.as_u16(),
        })
    }
}

/// Where it goes and what it says.
fn message(mut url: Url, notice: &Notice) -> (Url, Value) {
    let text: String = notice.text.chars().take(TEXT_MAX).collect();
    let lines = [
        Some(notice.title.as_str()),
        Some(text.as_str()),
        notice.link.as_deref(),
    ];
    let lines: Vec<&str> = lines
        .into_iter()
        .flatten()
        .filter(|l| !l.is_empty())
        .collect();
    let all = lines.join("\n");
    match Form::of(&url) {
        Form::Slack => (url, json!({ "text": escaped(&all) })),
        // nobody is called by a name that stands in an error
        Form::Discord => (
            url,
            json!({ "content": all, "allowed_mentions": { "parse": [] } }),
        ),
        Form::Ntfy => {
            let topic = url.path().trim_end_matches('/').rsplit('/').next();
            let topic = topic.unwrap_or_default().to_owned();
            let above = url.path().trim_end_matches('/').len() - topic.len();
            let path = url.path()[..above].to_owned();
            url.set_path(&path);
            let mut body = json!({ "topic": topic, "title": notice.title, "message": text });
            if let Some(link) = &notice.link {
                body["click"] = json!(link);
            }
            (url, body)
        }
        Form::Other => {
            let mut body =
                json!({ "text": all, "content": all, "title": notice.title, "message": text });
            if let (Some(body), Value::Object(facts)) = (body.as_object_mut(), &notice.facts) {
                body.extend(facts.clone());
            }
            (url, body)
        }
    }
}

/// Slack reads `<…>` and `&` as its own.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(address: &str) -> (String, Value) {
        let notice = Notice {
            title: "Ink: V9 failed".into(),
            text: "<@everyone> out of memory".into(),
            link: Some("https://studio.example.com/x".into()),
            facts: json!({"status": "failed"}),
        };
        let (url, body) = message(Url::parse(address).unwrap(), &notice);
        (url.to_string(), body)
    }

    #[test]
    fn each_receiver_gets_the_form_it_reads() {
        let all = "Ink: V9 failed\n<@everyone> out of memory\nhttps://studio.example.com/x";
        let (url, body) = told("https://hooks.slack.com/services/T/B/x");
        assert_eq!(url, "https://hooks.slack.com/services/T/B/x");
        assert_eq!(
            body,
            json!({"text": all.replace('<', "&lt;").replace('>', "&gt;")})
        );
        let (_, body) = told("https://discord.com/api/webhooks/1/x");
        assert_eq!(body["content"], all);
        assert_eq!(body["allowed_mentions"], json!({"parse": []}));
        let (url, body) = told("https://ntfy.sh/my-topic?auth=x");
        assert_eq!(url, "https://ntfy.sh/?auth=x");
        assert_eq!(
            (&body["topic"], &body["title"]),
            (&json!("my-topic"), &json!("Ink: V9 failed"))
        );
        let (_, body) = told("http://10.0.0.7:8065/hooks/x");
        assert_eq!(
            (&body["text"], &body["status"]),
            (&json!(all), &json!("failed"))
        );
    }

    #[test]
    fn only_what_may_pass_is_worth_another_try() {
        let refused = |status| NotifyError::Refused { status };
        assert!(
            refused(429).may_pass() && refused(503).may_pass() && NotifyError::NoAnswer.may_pass()
        );
        assert!(!refused(404).may_pass() && !refused(401).may_pass());
    }
}
