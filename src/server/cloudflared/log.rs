//! Reads cloudflared's output: `<time> INF <text> <key>=<value> …` on stderr, the address in a box, last words without a time.
//!
//! The address is known before anything can arrive at it: it counts from the first registered connection. Deliberately not
//! here: any I/O.

use crate::server::agent::{Heard, Reader, one_safe_line};

/// What it says of a connection that is gone, or cannot be made.
const LOST: [&str; 4] = [
    "Connection terminated",
    "Unregistered tunnel connection",
    "Retrying connection in up to",
    "Serve tunnel error",
];
/// Of [`LOST`], those that give no reason of their own.
const NO_REASON: [&str; 2] = [
    "Unregistered tunnel connection",
    "Retrying connection in up to",
];
/// Its words when Cloudflare's answer is no tunnel, as with too many asked for.
const REFUSED: &str = "Error unmarshaling QuickTunnel response";
/// Its words when it never got to ask for one.
const UNASKED: &str = "failed to request quick Tunnel";

/// Asking again, from a terminal too, prolongs it.
const WAIT: &str = "Too many quick tunnels were asked for from this network: wait some minutes before the next start, or use ngrok. Training works without a tunnel too: the studio asks for the status itself.";
const LATER: &str = "It lies with Cloudflare: start the tunnel again in some minutes, or use ngrok. Training works without a tunnel too: the studio asks for the status itself.";
const CONNECT: &str = "Check that this machine reaches the internet and finds api.trycloudflare.com (port 443), and that no proxy or firewall is in the way, then start the tunnel again.";

#[derive(Debug, Default)]
pub(super) struct CloudflaredLog {
    announced: Option<String>,
}

impl Reader for CloudflaredLog {
    fn read(&mut self, line: &str, heard: &mut Heard) {
        let line = line.trim();
        match leveled(line) {
            Some((level, text)) => self.read_record(level, text, heard),
            None => read_last_words(line, heard),
        }
    }
}

impl CloudflaredLog {
    fn read_record(&mut self, level: &str, text: &str, heard: &mut Heard) {
        if let Some(url) = boxed_address(text) {
            self.announced = Some(url);
        } else if let Some(address) = text.strip_prefix("Starting metrics server on ") {
            let address = address.split('/').next().unwrap_or_default();
            heard.web = address.parse().ok();
        } else if text.starts_with("Registered tunnel connection") {
            heard.is_connected();
            heard.url = self.announced.clone().or(heard.url.take());
        } else if LOST.iter().any(|lost| text.starts_with(lost)) {
            complain(text, heard);
            heard.trouble.clone_from(&heard.complaint);
        } else if matches!(level, "ERR" | "FTL") && !text.starts_with("Configuration file") {
            complain(text, heard);
        }
    }
}

/// Keeps what is wrong; a line without a reason does not replace one that has it.
fn complain(text: &str, heard: &mut Heard) {
    if NO_REASON.iter().any(|words| text.starts_with(words)) && heard.complaint.is_some() {
        return;
    }
    heard.remedy = None;
    let said = if text.starts_with(REFUSED) {
        let status = value_of(text, "status_code").unwrap_or("no tunnel");
        let too_many = status.starts_with("429");
        heard.remedy = Some(if too_many { WAIT } else { LATER });
        &format!("Cloudflare gave no quick tunnel ({status})")
    } else {
        match value_of(text, "error") {
            Some(reason) => reason,
            None => text,
        }
    };
    heard.complaint = one_safe_line(said, None).or(heard.complaint.take());
}

/// What it prints when it gives up: a sentence alone. The refusal before it says more.
fn read_last_words(line: &str, heard: &mut Heard) {
    if line.starts_with("failed to ") && heard.complaint.is_none() {
        heard.complaint = one_safe_line(line, None);
        heard.remedy = line.starts_with(UNASKED).then_some(CONNECT);
    }
}

/// `INF` and the rest of `2026-08-20T10:00:00Z INF …`.
fn leveled(line: &str) -> Option<(&str, &str)> {
    let (time, rest) = line.split_once(' ')?;
    let is_time = time.starts_with(|c: char| c.is_ascii_digit()) && time.contains('T');
    let (level, text) = rest.split_once(' ')?;
    (is_time && level.len() == 3).then(|| (level, text.trim()))
}

/// The address in `|  https://word-word.trycloudflare.com  |`.
fn boxed_address(text: &str) -> Option<String> {
    let inner = text.strip_prefix('|')?.strip_suffix('|')?.trim();
    let host = inner.strip_prefix("https://")?.trim_end_matches('/');
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
    (!host.is_empty() && host.chars().all(is_name)).then(|| format!("https://{host}"))
}

/// The value of `key=value` or `key="quoted \"value\""` among what follows the text.
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let found = text.match_indices(key).find_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + key.len()..].strip_prefix('=')?;
        (before == Some(' ')).then_some(after)
    })?;
    let Some(quoted) = found.strip_prefix('"') else {
        return found.split(' ').next();
    };
    let mut escaped = false;
    let end = quoted.find(|c| {
        let is_end = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        is_end
    });
    Some(&quoted[..end.unwrap_or(quoted.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: [&str; 4] = [
        "2026-08-20T10:00:00Z INF +------------------------------------------------------+",
        "2026-08-20T10:00:00Z INF |  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |",
        "2026-08-20T10:00:00Z INF |  https://seasonal-deck-of-sf.trycloudflare.com        |",
        "2026-08-20T10:00:00Z INF +------------------------------------------------------+",
    ];
    const REGISTERED: &str = "2026-08-20T10:00:01Z INF Registered tunnel connection connIndex=0 connection=5d2b event=0 ip=198.41.200.53 location=fra03 protocol=quic";

    fn after(lines: &[&str]) -> Heard {
        let mut log = CloudflaredLog::default();
        let mut heard = Heard::default();
        lines.iter().for_each(|line| log.read(line, &mut heard));
        heard
    }

    #[test]
    fn the_address_counts_from_the_first_registered_connection() {
        assert_eq!(after(&BOX).url, None);
        let heard = after(&[&BOX[..], &[REGISTERED]].concat());
        assert_eq!(
            heard.url.as_deref(),
            Some("https://seasonal-deck-of-sf.trycloudflare.com")
        );
    }

    #[test]
    fn its_own_page_is_found_where_the_log_says() {
        let heard =
            after(&["2026-08-20T10:00:00Z INF Starting metrics server on 127.0.0.1:38117/metrics"]);
        assert_eq!(heard.web, "127.0.0.1:38117".parse().ok());
    }

    #[test]
    fn a_refusal_tells_the_status_and_the_last_words_do_not_hide_it() {
        let heard = after(&[
            "2026-08-20T10:00:00Z ERR Error unmarshaling QuickTunnel response: error code: 1015 error=\"invalid character 'e'\" status_code=\"429 Too Many Requests\"",
            "failed to unmarshal quick Tunnel: invalid character 'e' looking for beginning of value",
        ]);
        let said = "Cloudflare gave no quick tunnel (429 Too Many Requests)";
        assert_eq!(heard.complaint.as_deref(), Some(said));
        assert_eq!(heard.remedy, Some(WAIT));
        let broken = "2026-08-20T10:00:00Z ERR Error unmarshaling QuickTunnel response: error code: 1101 error=\"invalid character 'e'\" status_code=\"500 Internal Server Error\"";
        assert_eq!(after(&[broken]).remedy, Some(LATER));
        let last = "failed to request quick Tunnel: Post \"https://api.trycloudflare.com/tunnel\": dial tcp: lookup api.trycloudflare.com: no such host";
        let heard = after(&[last]);
        assert_eq!(
            (heard.complaint.as_deref(), heard.remedy),
            (Some(last), Some(CONNECT))
        );
    }

    #[test]
    fn a_lost_connection_is_a_trouble_until_it_is_registered_again() {
        let lost = [
            "2026-08-20T10:09:00Z ERR Serve tunnel error error=\"timeout: no recent \\\"network\\\" activity\" connIndex=0 event=0 ip=198.41.200.53",
            "2026-08-20T10:09:00Z INF Retrying connection in up to 1s connIndex=0 event=0 ip=198.41.200.53",
        ];
        let up = [&BOX[..], &[REGISTERED], &lost].concat();
        let heard = after(&up);
        assert_eq!(
            heard.trouble.as_deref(),
            Some("timeout: no recent \\\"network\\\" activity")
        );
        let again = after(&[&up[..], &[REGISTERED]].concat());
        assert_eq!((again.trouble, again.complaint), (None, None));
        assert!(again.url.is_some());
    }

    #[test]
    fn lines_of_no_meaning_are_passed_over() {
        let heard = after(&[
            "",
            "|",
            "2026-08-20T10:00:00Z INF |  https://evil/<x>  |",
            "2026-08-20T10:00:00Z ERR Configuration file /dev/null was empty",
            "2026-08-20T10:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...",
            "error=",
            "\u{1F300} \u{1F300} \u{1F300}",
            REGISTERED,
        ]);
        assert_eq!((heard.url, heard.complaint, heard.web), (None, None, None));
    }
}
