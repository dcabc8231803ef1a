//! The only door through which a run changes its status: webhook, polling, the look into S3, and a person's cancel all
//! end here. Idempotent: the record decides, under its lock, whether a report still changes anything.

use super::super::model::event::{self, VersionEvent};
use super::super::model::version::{Report, Success, TrainingVersion};
use super::model_check::{self, Model};
use super::{events, job, notices, progress, versions};
use crate::error::AppError;
use crate::server::s3::{S3Error, S3Location};
use crate::server::state::AppState;
use crate::styles::model::StyleId;

/// Who reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    Studio,
    Webhook,
    Polling,
    S3,
    Person,
}

impl Witness {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Studio => "studio",
            Self::Webhook => "webhook",
            Self::Polling => "polling",
            Self::S3 => "s3",
            Self::Person => "person",
        }
    }
}

/// Takes a report in; returns the version as it stands now.
///
/// # Errors
/// The record cannot be written, or S3 does not answer while a success is checked: the report should come again.
pub async fn settle(
    state: &AppState,
    style: &StyleId,
    id: &str,
    witness: Witness,
    report: Report,
) -> Result<TrainingVersion, AppError> {
    let known = versions::get(state, style, id)?;
    if !known.is_open_to(&report) {
        return Ok(known);
    }
    let report = report.with_texts(&|text| state.redactor.cleaned(text));
    let said = event::said(report.news());
    let report = match report {
        Report::Reopened(news) => Report::Reopened(Box::new(complete(state, &known, *news).await?)),
        report => complete(state, &known, report).await?,
    };
    progress::keep(state, style, id, report.news()).await;
    let now = state.now_iso();
    let (changed, version) = versions::change(state, style, id, move |version| {
        let before = version.status;
        let message = version.apply(&report, &now);
        Ok(message.map(|message| (message, event::change(before, version.status))))
    })
    .await?;
    if let Some((message, change)) = changed {
        let event = VersionEvent {
            witness: witness.as_str().to_owned(),
            message,
            said,
            change,
            ..VersionEvent::default()
        };
        events::append_event(state, style, id, event).await;
        notices::note(state, style, &version).await;
        state.wake.notify_one();
    }
    Ok(version)
}

/// A claimed success with the model's address in the form people can use and its size, as S3 has it. A model that should lie
/// in our bucket and is not there, or is cut off, makes it a lost run: should it turn up, it is taken after all.
async fn complete(
    state: &AppState,
    version: &TrainingVersion,
    report: Report,
) -> Result<Report, AppError> {
    let Report::Succeeded(success) = report else {
        return Ok(report);
    };
    let lora_url = success.lora_url.as_deref().map(usable_url);
    let named = lora_url.as_deref().map(|url| state.s3.key_of(url));
    let usual = || version.model_name.as_deref().map(job::model_key);
    let (told, delay_ms, execution_ms) =
        (success.size_bytes, success.delay_ms, success.execution_ms);
    let as_told = |lora_url, size_bytes| {
        Report::Succeeded(Success {
            lora_url,
            size_bytes,
            delay_ms,
            execution_ms,
        })
    };
    // an address in another bucket cannot be looked at and is believed
    let Some(key) = named.unwrap_or_else(usual) else {
        return Ok(as_told(lora_url, told));
    };
    Ok(match model_check::look(&state.s3, &key).await {
        Ok(Model::Whole { size_bytes, .. }) => {
            let url = lora_url.unwrap_or_else(|| state.s3.object_url(&key));
            as_told(Some(url), Some(size_bytes))
        }
        Ok(bad @ (Model::Cut { .. } | Model::Foreign { .. })) => Report::Lost {
            reason: bad.reason(&key),
        },
        Err(S3Error::NotFound { .. }) => Report::Lost {
            reason: format!(
                "The trainer reports success, but S3 holds no model at {key}. Look at the worker's log; when the file is there, check again."
            ),
        },
        // no right to look: it is believed
        Err(S3Error::Denied { .. } | S3Error::NoBucket { .. }) => as_told(lora_url, told),
        Err(other) => return Err(other.into()),
    })
}

/// The container answers with `https://s3-accelerate.amazonaws.com/{bucket}/{key}`, which AWS does not serve: transfer
/// acceleration exists only virtual-hosted (contracts 4.4). Every other address stays as it came.
fn usable_url(url: &str) -> String {
    let path_style = url
        .strip_prefix("https://s3-accelerate.amazonaws.com/")
        .and_then(|_| S3Location::parse(url, None));
    match path_style {
        Some(S3Location { bucket, key }) => format!(
            "https://{bucket}.s3-accelerate.amazonaws.com/{}",
            crate::server::s3::encode_key(&key)
        ),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::usable_url;

    #[test]
    fn the_containers_accelerate_address_is_rewritten_to_one_that_exists() {
        assert_eq!(
            usable_url("https://s3-accelerate.amazonaws.com/my-files/u/m/style_1_vV9.safetensors"),
            "https://my-files.s3-accelerate.amazonaws.com/u/m/style_1_vV9.safetensors"
        );
        let ours = "http://127.0.0.1:5175/b/k.safetensors";
        assert_eq!(usable_url(ours), ours);
    }
}
