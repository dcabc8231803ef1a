//! The only door through which a run changes its status: webhook, polling, the look into S3, and a person's cancel all
//! end here. Idempotent: the record decides, under its lock, whether a report still changes anything.

use super::super::model::version::{Report, Success, TrainingVersion};
use super::{events, versions};
use crate::error::AppError;
use crate::server::s3::S3Location;
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
pub async fn settle(
    state: &AppState,
    style: &StyleId,
    id: &str,
    witness: Witness,
    report: Report,
) -> Result<TrainingVersion, AppError> {
    let report = complete(state, report).await;
    let now = state.now_iso();
    let (changed, version) = versions::change(state, style, id, move |version| {
        Ok(version.apply(&report, &now))
    })
    .await?;
    if let Some(message) = changed {
        events::append(state, style, id, witness.as_str(), &message);
        state.wake.notify_one();
    }
    Ok(version)
}

/// A success's address in the form people can use, and the model's size as S3 has it.
async fn complete(state: &AppState, report: Report) -> Report {
    let Report::Succeeded(success) = report else {
        return report;
    };
    let lora_url = success.lora_url.as_deref().map(usable_url);
    let key = lora_url.as_deref().and_then(|url| state.s3.key_of(url));
    let size_bytes = match key {
        Some(key) => state.s3.head(&key).await.ok().map(|o| o.size_bytes),
        None => None,
    };
    Report::Succeeded(Success {
        size_bytes: size_bytes.or(success.size_bytes),
        lora_url,
        ..success
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
