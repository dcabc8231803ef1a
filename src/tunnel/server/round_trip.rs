//! The self-test of the webhook's way: a token goes out to the public address, through whatever tunnel there is, and must come in
//! at the webhook's own door.

use crate::error::AppError;
use crate::server::probe::{self, Trip};
use crate::server::state::AppState;
use crate::tunnel::model::{RoundTrip, TunnelStatus, explain, webhook_url};
use std::time::{Duration, Instant};

/// RunPod waits no longer either.
const PATIENCE: Duration = Duration::from_secs(15);

/// Sends a webhook to ourselves and tells how it went; the result also stays in the tunnel's status.
pub async fn run(state: &AppState) -> Result<TunnelStatus, AppError> {
    let Some(url) = super::status(state).url else {
        return Err(
            AppError::conflict("There is no public address to test.").with_remedy(
                "Start the tunnel, or set PUBLIC_URL. Without either, polling carries every run.",
            ),
        );
    };
    let token = state.probes.begin();
    let several = state.kept.are_shared();
    if several {
        probe::announce(&state.kept, &token).await?;
    }
    let started = Instant::now();
    let answer = send(&url, &token).await;
    let took_ms = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
    let came_in =
        state.probes.end(&token) | (several && probe::end_for_others(&state.kept, &token).await?);
    state.probes.remember(Trip {
        url,
        at_ms: state.now_ms(),
        took_ms,
        trouble: trouble(answer, came_in),
    });
    Ok(super::status(state))
}

/// How the last test of this address went.
pub fn last(state: &AppState, url: &str) -> Option<RoundTrip> {
    let trip = state.probes.last(url)?;
    let (error, remedy) = trip.trouble.unzip();
    Some(RoundTrip {
        at: crate::server::state::iso(trip.at_ms),
        took_ms: trip.took_ms,
        ok: error.is_none(),
        error,
        remedy,
    })
}

enum Answer {
    Status(u16, Option<String>),
    TooLate,
    NoConnection,
}

async fn send(url: &str, token: &str) -> Answer {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        // as RunPod's; a browser's name would be shown ngrok's warning page
        .user_agent("Go-http-client/2.0")
        .build()
        .expect("the TLS roots are built in");
    let request = client
        .post(format!("{}?token={token}", webhook_url(url)))
        .header("ngrok-skip-browser-warning", "1")
        .json(&serde_json::json!({"test": "of the way"}));
    match request.send().await {
        Ok(answer) => {
            let code = answer.headers().get("ngrok-error-code");
            let code = code.and_then(|v| v.to_str().ok()).map(str::to_owned);
            Answer::Status(answer.status().as_u16(), code)
        }
        Err(error) if error.is_timeout() => Answer::TooLate,
        Err(_) => Answer::NoConnection,
    }
}

/// What went wrong, and what to do.
fn trouble(answer: Answer, came_in: bool) -> Option<(String, String)> {
    let says = |what: String, remedy: &str| Some((what, remedy.to_owned()));
    if came_in {
        return match answer {
            Answer::Status(200, _) => None,
            _ => says(
                "The webhook came in, but its answer did not get back.".into(),
                "RunPod would send it again, which does no harm. Look at the proxy between.",
            ),
        };
    }
    match answer {
        Answer::Status(_, Some(code)) => match explain(&code) {
            Some(known) => Some((known.error(), known.remedy.to_owned())),
            None => says(
                "ngrok turned the webhook away.".into(),
                "Stop the tunnel and start it again.",
            ),
        },
        Answer::Status(status, None) => says(
            format!("Something else answers at this address ({status})."),
            "It must lead to WEBHOOK_PORT of this studio: check the proxy, or PUBLIC_URL.",
        ),
        Answer::TooLate => says(
            format!("Nothing came in within {} seconds.", PATIENCE.as_secs()),
            "Check that the tunnel or proxy leads to WEBHOOK_PORT of this studio.",
        ),
        Answer::NoConnection => says(
            "The address cannot be reached from here.".into(),
            "Check its name, its certificate and this machine's internet connection.",
        ),
    }
}
