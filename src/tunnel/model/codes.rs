//! What ngrok's error codes mean and what to do about them, for the codes a webhook tunnel can meet.
//!
//! Source: ngrok's own error reference. Codes it lists beyond these are shown as they are.

/// One of ngrok's error codes in plain words. Source: ngrok-docs, `errors/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NgrokCode {
    /// The digits of `ERR_NGROK_<number>`.
    pub number: u32,
    /// What happened, a sentence without its full stop.
    pub meaning: &'static str,
    pub remedy: &'static str,
}

impl NgrokCode {
    /// The sentence shown: the meaning, and the code to search for.
    pub fn error(&self) -> String {
        format!("{} (ERR_NGROK_{}).", self.meaning, self.number)
    }
}

/// What a code such as `ERR_NGROK_334` means; `None` for one that the table does not know.
pub fn explain(code: &str) -> Option<&'static NgrokCode> {
    let number: u32 = code.strip_prefix("ERR_NGROK_")?.parse().ok()?;
    NGROK_CODES.iter().find(|known| known.number == number)
}

const NEW_TOKEN: &str = "Copy the authtoken from https://dashboard.ngrok.com/get-started/your-authtoken into NGROK_AUTHTOKEN and restart the studio.";
const UPDATE: &str = "Run `ngrok update`, or install the current agent from https://ngrok.com/download, then start the tunnel again.";
const STOP_OTHERS: &str = "Stop tunnels you do not need at https://dashboard.ngrok.com/endpoints, then start the tunnel again.";
const OWN_DOMAIN: &str = "Set NGROK_URL to a domain listed at https://dashboard.ngrok.com/domains, or remove it to use the account's own.";
const ANOTHER_WAY: &str = "Wait for the next month or change the plan. Training works meanwhile: the studio asks RunPod itself.";

const fn code(number: u32, meaning: &'static str, remedy: &'static str) -> NgrokCode {
    NgrokCode {
        number,
        meaning,
        remedy,
    }
}

/// The codes a webhook tunnel can meet.
pub const NGROK_CODES: [NgrokCode; 25] = [
    code(
        105,
        "ngrok does not recognise the authtoken's form",
        NEW_TOKEN,
    ),
    code(
        106,
        "The authtoken is one of ngrok 1, which is gone",
        NEW_TOKEN,
    ),
    code(
        107,
        "The authtoken is well-formed but not valid: it was reset or revoked",
        NEW_TOKEN,
    ),
    code(
        108,
        "The account runs as many ngrok agents as its plan allows",
        "Stop the other agent, also on other machines (https://dashboard.ngrok.com/agents), then start the tunnel again.",
    ),
    code(120, "The ngrok agent is too old for the service", UPDATE),
    code(121, "The ngrok agent is too old for the service", UPDATE),
    code(
        302,
        "The account's plan does not allow another tunnel",
        STOP_OTHERS,
    ),
    code(
        307,
        "The account's plan does not allow another tunnel",
        STOP_OTHERS,
    ),
    code(313, "A custom subdomain needs a paid plan", OWN_DOMAIN),
    code(
        318,
        "The domain in NGROK_URL is not reserved by this account",
        OWN_DOMAIN,
    ),
    code(
        319,
        "The domain in NGROK_URL is not reserved by this account",
        OWN_DOMAIN,
    ),
    code(
        320,
        "The domain in NGROK_URL belongs to another account",
        OWN_DOMAIN,
    ),
    code(
        324,
        "The account's plan does not allow another endpoint",
        STOP_OTHERS,
    ),
    code(
        334,
        "The address is already online: another ngrok agent of this account uses it",
        "Stop that agent, on this machine or another (https://dashboard.ngrok.com/endpoints), then start the tunnel again.",
    ),
    code(
        702,
        "ngrok's rate limit was reached",
        "Wait a minute, then start the tunnel again.",
    ),
    code(
        727,
        "The account's requests of this month are used up",
        ANOTHER_WAY,
    ),
    code(
        734,
        "ngrok's rate limit was reached",
        "Wait a minute, then start the tunnel again.",
    ),
    code(
        3004,
        "The webhook port answered something that is not HTTP",
        "Check that nothing but the studio listens on WEBHOOK_PORT, then start the tunnel again.",
    ),
    code(
        3200,
        "The address is offline: no agent serves it",
        "Start the tunnel again.",
    ),
    code(
        4018,
        "ngrok has no authtoken",
        "Set NGROK_AUTHTOKEN (https://dashboard.ngrok.com/get-started/your-authtoken) and restart the studio, or run `ngrok config add-authtoken <token>` and start the tunnel again.",
    ),
    code(
        6024,
        "ngrok shows browsers a warning page before a free address; webhooks are not affected",
        "Nothing to do. To look at it yourself, send the header `ngrok-skip-browser-warning`.",
    ),
    code(
        8012,
        "The agent does not reach the webhook port",
        "Check that the studio runs and that WEBHOOK_PORT is the one the tunnel was started for, then start the tunnel again.",
    ),
    code(
        9009,
        "An outgoing proxy for the agent needs a paid plan",
        "Remove `proxy_url` from ngrok's configuration and HTTP_PROXY from the environment, or change the plan.",
    ),
    code(
        9040,
        "ngrok does not accept connections from this machine's network address",
        "Try another network. Training works meanwhile: the studio asks RunPod itself.",
    ),
    code(
        15013,
        "The account has no domain of its own yet",
        "Claim the free one at https://dashboard.ngrok.com/domains, then start the tunnel again.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_in_order() {
        assert!(
            NGROK_CODES
                .windows(2)
                .all(|pair| pair[0].number < pair[1].number)
        );
    }
}
