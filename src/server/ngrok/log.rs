//! Reads the agent's output: where the tunnel is, where the agent API is, what went wrong last.
//!
//! ngrok does not document its log, and what is seen in the wild differs by version: JSON, logfmt, plain `ERROR:` lines on
//! stderr, stray text between; levels spelled `eror`; `addr` as text or as an object. So: any line may be anything, and
//! what is not understood is skipped. Deliberately not here: any I/O.

use serde_json::{Map, Value};

use crate::server::agent::{Heard, Reader, one_safe_line};

/// Messages that say the session is there (again).
const SESSION_BACK: [&str; 4] = [
    "client session established",
    "tunnel session started",
    "started tunnel",
    "started endpoint",
];
const CODE: &str = "ERR_NGROK_";

/// Reads the output of one agent.
pub(super) struct NgrokLog {
    port: u16,
    token: Option<String>,
}

impl NgrokLog {
    /// `port` is our upstream's: addresses of other tunnels are passed over. `token` is what must not get out.
    pub fn new(port: u16, token: Option<String>) -> Self {
        Self { port, token }
    }

    fn read_record(&self, fields: &Map<String, Value>, line: &str, heard: &mut Heard) {
        let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
        let msg = text("msg");
        if SESSION_BACK.contains(&msg) {
            heard.is_connected();
        }
        if msg == "starting web service" {
            heard.web = text("addr").parse().ok();
        }
        if msg.starts_with("started ")
            && is_http(text("url"))
            && fields
                .get("addr")
                .and_then(port_of)
                .is_none_or(|port| port == self.port)
        {
            heard.url = Some(text("url").trim_end_matches('/').to_owned());
        }
        if matches!(text("lvl"), "eror" | "error" | "crit" | "critical") {
            let said = if matches!(text("err"), "" | "nil" | "<nil>") {
                msg
            } else {
                text("err")
            };
            heard.complaint = one_safe_line(said, self.token.as_deref()).or(heard.complaint.take());
            heard.code = code_in(line).or(heard.code.take());
            if msg.contains("session") {
                heard.trouble.clone_from(&heard.complaint);
            }
        }
    }

    /// Lines that are no record: only the agent's last words on stderr (`ERROR:  …`) tell something, and they come in
    /// pieces, so the first piece is kept and the code is taken from whichever has it.
    fn read_text(&self, line: &str, heard: &mut Heard) {
        heard.code = code_in(line).or(heard.code.take());
        if heard.complaint.is_none() {
            heard.complaint = line
                .strip_prefix("ERROR:")
                .and_then(|said| one_safe_line(said, self.token.as_deref()));
        }
    }
}

impl Reader for NgrokLog {
    fn read(&mut self, line: &str, heard: &mut Heard) {
        let line = line.trim();
        match fields(line) {
            Some(fields) => self.read_record(&fields, line, heard),
            None => self.read_text(line, heard),
        }
    }
}

/// The port in `"http://localhost:5174"`, `{"Host":"127.0.0.1:5174"}` or that object written as text.
pub(super) fn port_of(addr: &Value) -> Option<u16> {
    match addr {
        Value::String(text) if text.starts_with('{') => {
            port_of(&serde_json::from_str::<Map<_, _>>(text).ok()?.into())
        }
        Value::String(text) => {
            let port = text.trim_end_matches('/').rsplit_once(':')?.1;
            port.parse().ok()
        }
        Value::Number(port) => port.as_u64()?.try_into().ok(),
        Value::Object(parts) => parts
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case("host"))
            .and_then(|(_, host)| port_of(host)),
        _ => None,
    }
}

/// An address a webhook can be sent to; ngrok also has `tcp://` and `tls://`.
pub(super) fn is_http(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The last `ERR_NGROK_<digits>` of a line.
fn code_in(line: &str) -> Option<String> {
    line.rmatch_indices(CODE).find_map(|(at, _)| {
        let after = &line[at + CODE.len()..];
        let digits = after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len());
        (digits > 0).then(|| format!("{CODE}{}", &after[..digits]))
    })
}

/// A line as key-value pairs, from JSON or logfmt; `None` for anything else.
fn fields(line: &str) -> Option<Map<String, Value>> {
    if line.starts_with('{') {
        return serde_json::from_str(line).ok();
    }
    logfmt(line).filter(|fields| fields.contains_key("lvl") && fields.contains_key("msg"))
}

/// `key=value key="quoted \"value\""`; `None` as soon as a piece does not fit.
fn logfmt(line: &str) -> Option<Map<String, Value>> {
    let mut fields = Map::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        if key.is_empty() || key.contains(char::is_whitespace) {
            return None;
        }
        let end = value_end(after)?;
        let raw = &after[..end];
        let value = if raw.starts_with('"') {
            serde_json::from_str(raw).unwrap_or_else(|_| Value::from(raw.trim_matches('"')))
        } else {
            raw.into()
        };
        fields.insert(key.to_owned(), value);
        rest = after[end..].trim_start();
    }
    Some(fields)
}

/// Where a logfmt value ends: at a blank, or after the closing quote. `None` when the quote never closes.
fn value_end(text: &str) -> Option<usize> {
    if !text.starts_with('"') {
        return Some(text.find(char::is_whitespace).unwrap_or(text.len()));
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&str]) -> Heard {
        let mut log = NgrokLog::new(5174, Some("secret-token-of-mine".into()));
        let mut heard = Heard::default();
        lines.iter().for_each(|line| log.read(line, &mut heard));
        heard
    }

    #[test]
    fn the_address_is_read_from_json_from_logfmt_and_with_addr_as_an_object() {
        for line in [
            r#"{"addr":"http://127.0.0.1:5174","lvl":"info","msg":"started tunnel","url":"https://x.ngrok-free.app"}"#,
            r#"{"addr":{"Scheme":"http","Host":"127.0.0.1:5174"},"lvl":"info","msg":"started endpoint","url":"https://x.ngrok-free.app/"}"#,
            "t=2026 lvl=info msg=\"started tunnel\" obj=tunnels addr=http://localhost:5174 url=https://x.ngrok-free.app",
            r#"lvl=info msg="started tunnel" addr="{\"Scheme\":\"http\",\"Host\":\"127.0.0.1:5174\"}" url=https://x.ngrok-free.app"#,
        ] {
            assert_eq!(
                after(&[line]).url.as_deref(),
                Some("https://x.ngrok-free.app"),
                "{line}"
            );
        }
    }

    #[test]
    fn a_tunnel_to_another_port_or_of_another_kind_is_not_ours() {
        for line in [
            r#"{"addr":"http://127.0.0.1:80","lvl":"info","msg":"started tunnel","url":"https://x.ngrok-free.app"}"#,
            r#"{"addr":"127.0.0.1:5174","lvl":"info","msg":"started tunnel","url":"tcp://0.tcp.ngrok.io:1"}"#,
        ] {
            assert_eq!(after(&[line]).url, None, "{line}");
        }
    }

    #[test]
    fn the_web_service_is_found_where_the_log_says() {
        let log = after(&[
            r#"t=1 lvl=info msg="starting web service" obj=web addr=127.0.0.1:4041 allow_hosts=[]"#,
        ]);
        assert_eq!(log.web, "127.0.0.1:4041".parse().ok());
    }

    #[test]
    fn lines_that_are_no_record_are_passed_over() {
        let log = after(&[
            "",
            "{not json",
            "panic: x=1 y",
            "=",
            "a=\"never closed",
            "ERR_NGROK_",
            "\u{1F300}=\u{1F300}",
        ]);
        assert_eq!(
            (log.url, log.code, log.complaint, log.web),
            (None, None, None, None)
        );
    }

    #[test]
    fn a_refusal_gives_code_and_first_sentence_but_never_the_token() {
        let log = after(&[
            r#"{"lvl":"eror","msg":"session closing","err":"authentication failed: secret-token-of-mine is invalid\nYour authtoken: secret-token-of-mine\r\n\r\nERR_NGROK_107\r\n"}"#,
            "ERROR:  Your authtoken: secret-token-of-mine",
            "ERROR:  https://ngrok.com/docs/errors/err_ngrok_107",
        ]);
        assert_eq!(log.code.as_deref(), Some("ERR_NGROK_107"));
        assert_eq!(
            log.complaint.as_deref(),
            Some("authentication failed: [redacted] is invalid")
        );
    }

    #[test]
    fn the_words_on_stderr_alone_are_enough() {
        let log = after(&[
            "ERROR:  ",
            "ERROR:  authentication failed: too old.",
            "ERROR:  more",
            "ERROR:  ERR_NGROK_121",
        ]);
        assert_eq!(
            (log.code.as_deref(), log.complaint.as_deref()),
            (
                Some("ERR_NGROK_121"),
                Some("authentication failed: too old.")
            )
        );
    }

    #[test]
    fn a_lost_session_is_a_trouble_until_it_is_regained_and_other_errors_are_none() {
        let lost = r#"{"lvl":"eror","msg":"session closed, starting reconnect loop","err":"read EOF from remote peer"}"#;
        assert_eq!(
            after(&[lost]).trouble.as_deref(),
            Some("read EOF from remote peer")
        );
        let regained = after(&[lost, r#"{"lvl":"info","msg":"client session established"}"#]);
        assert_eq!((regained.trouble, regained.complaint), (None, None));
        let other = after(&[
            r#"{"lvl":"eror","msg":"internal error","pg":"/api/tunnels","err":"remote gone away"}"#,
        ]);
        assert_eq!(
            (other.trouble, other.complaint.as_deref()),
            (None, Some("remote gone away"))
        );
    }
}
