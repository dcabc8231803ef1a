//! Looks at everything a start depends on, outside of the form: the bucket, the endpoint, the way home, other runs.

use super::super::model::form::TrainingForm;
use super::super::model::preflight::{
    Check, Light, NoHealth, WebhookWay, Workers, in_the_way, trainer, webhook_at,
};
use super::super::model::sweep::{Sweep, SweepForm};
use super::super::model::version::TrainingVersion;
use super::{sweeps, versions};
use crate::dataset::model::image::listed;
use crate::dataset::server::resolve::{Dataset, resolve};
use crate::error::{AppError, ErrorKind};
use crate::server::state::AppState;
use crate::server::token;
use crate::styles;
use crate::styles::model::{Style, StyleId};
use crate::tunnel;
use crate::tunnel::model::TunnelProvider;
use futures::stream::{self, StreamExt};
use std::time::Duration;
use url::{Host, Url};

/// Objects read at the same time.
const IN_FLIGHT: usize = 32;
/// How long the endpoint and the webhook may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Names shown before the rest is counted.
const NAMES_SHOWN: usize = 5;

/// All points, for the page.
pub async fn look(state: &AppState, style: &StyleId, set: u64) -> Result<Vec<Check>, AppError> {
    let known = styles::server::get(state, style)?;
    let (bucket, others) = tokio::join!(bucket(state, style, set), outside(state, &known));
    let mut checks = vec![bucket];
    checks.extend(others?);
    Ok(checks)
}

/// Starts a run for a person at the page: refuses what stands in the way unless they have seen it.
pub async fn start(
    state: &AppState,
    form: TrainingForm,
    key: Option<String>,
    acknowledged: &str,
) -> Result<TrainingVersion, AppError> {
    let style = StyleId::parse(form.style_id.trim())
        .map_err(|e| AppError::field("styleId", e.to_string()))?;
    let known = styles::server::get(state, &style)?;
    // a form sent twice is one run: what it made itself is not in its way, also when both are sent at once
    let hash = key.as_deref().map(token::hash);
    let is_known = || match &hash {
        Some(hash) => versions::by_idempotency(state, &known, hash).map(|v| v.is_some()),
        None => Ok(false),
    };
    if !is_known()?
        && let Err(stands) = clear(state, &known, acknowledged).await
        && !is_known()?
    {
        return Err(stands);
    }
    super::start(state, form, key).await
}

/// The same for a sweep.
pub async fn start_sweep(
    state: &AppState,
    sweep: SweepForm,
    key: Option<String>,
    acknowledged: &str,
) -> Result<Sweep, AppError> {
    let style = StyleId::parse(sweep.form.style_id.trim())
        .map_err(|e| AppError::field("styleId", e.to_string()))?;
    let known = styles::server::get(state, &style)?;
    let is_known = || sweeps::earlier(state, &known, key.as_deref()).map(|s| s.is_some());
    if !is_known()?
        && let Err(stands) = clear(state, &known, acknowledged).await
        && !is_known()?
    {
        return Err(stands);
    }
    sweeps::start(state, sweep, key).await
}

/// # Errors
/// What stands in the way of a start and was not acknowledged.
async fn clear(state: &AppState, style: &Style, acknowledged: &str) -> Result<(), AppError> {
    let checks = outside(state, style).await?;
    let stands = in_the_way(&checks, acknowledged);
    if stands.is_empty() {
        return Ok(());
    }
    let texts: Vec<&str> = stands.iter().map(|c| c.text.as_str()).collect();
    let red = stands.iter().filter(|c| c.light == Light::Red);
    let to_mend: Vec<&str> = red.filter_map(|c| c.remedy.as_deref()).collect();
    let way_on = match to_mend.is_empty() {
        true => "What is doubtful is listed under Preflight; “Start anyway” starts nevertheless.",
        false => &to_mend.join(" "),
    };
    let remedy = format!("Nothing was sent and nothing was paid. {way_on}");
    Err(AppError::new(ErrorKind::Conflict, texts.join(" ")).with_remedy(remedy))
}

/// What does not depend on the dataset.
async fn outside(state: &AppState, style: &Style) -> Result<Vec<Check>, AppError> {
    let (endpoint, webhook) = tokio::join!(endpoint(state), webhook(state));
    Ok(vec![endpoint, webhook, other_runs(state, style)?])
}

async fn endpoint(state: &AppState) -> Check {
    let answer = tokio::time::timeout(PATIENCE, state.runpod.health()).await;
    trainer(match answer {
        Err(_) => Err(NoHealth::Passing(
            "The endpoint did not answer within 5 seconds.".to_owned(),
        )),
        Ok(Err(error)) if error.may_pass() => Err(NoHealth::Passing(error.to_string())),
        Ok(Err(error)) => Err(NoHealth::Refused(error.to_string())),
        Ok(Ok(health)) => Ok(Workers {
            in_queue: health.in_queue,
            idle: health.idle,
            ready: health.ready,
            running: health.running,
            initializing: health.initializing,
            throttled: health.throttled,
            unhealthy: health.unhealthy,
        }),
    })
}

async fn webhook(state: &AppState) -> Check {
    let Some(base) = tunnel::server::webhook_base(state) else {
        return Check::green(
            "webhook",
            "No tunnel: the studio asks the endpoint itself, which is enough.",
        );
    };
    let answer = tunnel::server::round_trip(&base, PATIENCE).await;
    let way = match tunnel::server::status(state).provider {
        TunnelProvider::PublicUrl => WebhookWay::PublicUrl,
        _ if is_loopback(&base) => WebhookWay::Here,
        _ => WebhookWay::Tunnel,
    };
    webhook_at(&base, way, answer)
}

/// Whether an address leads to this machine and nowhere else.
fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn other_runs(state: &AppState, style: &Style) -> Result<Check, AppError> {
    let versions = versions::list_of(state, style)?;
    let active = versions
        .iter()
        .filter(|v| v.is_ours() && !v.status.is_final());
    let names: Vec<String> = active
        .map(|v| format!("{} is {}", v.name, v.status.as_str()))
        .collect();
    if names.is_empty() {
        return Ok(Check::green(
            "other_runs",
            "No other run of this style is on its way.",
        ));
    }
    let text = format!(
        "Another run of this style is on its way: {}.",
        names.join(", ")
    );
    Ok(Check::new(
        "other_runs",
        Light::Amber,
        text,
        "Wait for it or cancel it, unless you want both: each is paid.",
    ))
}

/// Whether the bucket answers and every file of the set can be read.
async fn bucket(state: &AppState, style: &StyleId, set: u64) -> Check {
    let red = |text: String| {
        Check::new(
            "s3",
            Light::Red,
            text,
            "Check S3_USER_BUCKET, the AWS keys, S3_REGION and AWS_ENDPOINT_URL_S3 in .env, and the bucket's policy.",
        )
    };
    let dataset = match set {
        0 => state
            .s3
            .check()
            .await
            .map(|()| None)
            .map_err(AppError::from),
        set => resolve(state, style, set).await.map(Some),
    };
    match dataset {
        Err(error) if error.kind == ErrorKind::NotFound => {
            Check::green("s3", format!("Bucket {} answers.", state.s3.bucket()))
        }
        Err(error) => red(error.message),
        Ok(None) => Check::green("s3", format!("Bucket {} answers.", state.s3.bucket())),
        Ok(Some(dataset)) => readable(state, &dataset).await,
    }
}

/// A byte of every image is fetched; the captions were read whole already.
async fn readable(state: &AppState, dataset: &Dataset) -> Check {
    let images = dataset
        .items
        .iter()
        .filter_map(|item| Some((item.filename.clone(), item.image.as_ref()?.key.clone())));
    let read = stream::iter(images.collect::<Vec<_>>()).map(|(name, key)| async move {
        let read = state.s3.head_bytes(&key, 1).await;
        (name, read.is_ok())
    });
    let read: Vec<(String, bool)> = read.buffer_unordered(IN_FLIGHT).collect().await;
    let mut lost: Vec<&str> = read
        .iter()
        .filter(|(_, ok)| !ok)
        .map(|(name, _)| name.as_str())
        .collect();
    lost.extend(
        dataset
            .items
            .iter()
            .filter(|i| i.image.is_none())
            .map(|i| i.filename.as_str()),
    );
    if lost.is_empty() {
        let captions = dataset.items.iter().filter(|i| i.caption.is_some()).count();
        let text = match captions == dataset.items.len() {
            true => format!("All {captions} images and their captions can be read from S3."),
            false => format!(
                "All {} images and {captions} captions can be read from S3.",
                dataset.items.len()
            ),
        };
        return Check::green("s3", text);
    }
    let text = format!(
        "{} of the images cannot be read from S3: {}.",
        lost.len(),
        listed(&lost, NAMES_SHOWN)
    );
    Check::new(
        "s3",
        Light::Red,
        text,
        "Upload them again or drop them from the set.",
    )
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_loopback_is_this_machine() {
        for here in [
            "http://127.0.0.1:5174",
            "http://localhost:5174/",
            "http://[::1]:5174",
        ] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in [
            "https://a.ngrok.app",
            "https://127.example.com",
            "http://10.0.0.2",
            "nonsense",
        ] {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }
}
