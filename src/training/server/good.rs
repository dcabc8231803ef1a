//! The good mark: exactly one version per style, and the registry's `validated_lora_model` says which.

use super::super::model::version::{Status, TrainingVersion};
use super::versions;
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use serde_json::json;

/// Marks a completed version as the style's good one, or takes the mark away.
pub async fn mark(
    state: &AppState,
    style: &StyleId,
    id: &str,
    good: bool,
) -> Result<TrainingVersion, AppError> {
    let wanted = versions::get(state, style, id)?;
    if good && wanted.status != Status::Completed {
        let message = format!(
            "{} is {}; only a completed version can be the good one.",
            wanted.name,
            wanted.status.as_str()
        );
        return Err(AppError::conflict(message));
    }
    for other in versions::list(state, style)? {
        if good && other.id != id && other.is_good == Some(true) {
            versions::change(state, style, &other.id, |v| {
                v.is_good = Some(false);
                Ok(())
            })
            .await?;
        }
    }
    let ((), version) = versions::change(state, style, id, move |v| {
        v.is_good = Some(good);
        Ok(())
    })
    .await?;
    let model = good.then(|| {
        let url = version.lora_url.clone().unwrap_or_default();
        json!({
            "version_id": version.id,
            "version_name": version.name,
            "lora_file": file_name(&url),
            "lora_url": url,
            "marked_at": state.now_iso(),
            "parameters": version.parameters,
        })
    });
    styles::server::set_validated_model(state, style, model, id.to_owned()).await?;
    Ok(version)
}

/// The file's own name, as the real data has it: without the query of a signed address, and not percent-encoded.
fn file_name(url: &str) -> String {
    let address = url.split(['?', '#']).next().unwrap_or_default();
    let name = address.rsplit('/').next().unwrap_or_default();
    let decoded = percent_encoding::percent_decode_str(name).decode_utf8();
    decoded.map_or_else(|_| name.to_owned(), String::from)
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn the_file_is_named_as_it_is_called() {
        for (url, name) in [
            (
                "https://b.s3-accelerate.amazonaws.com/m/style_1_vV8.safetensors",
                "style_1_vV8.safetensors",
            ),
            (
                "https://b.s3.eu-central-1.amazonaws.com/m/style%201.safetensors?X-Amz-Date=1",
                "style 1.safetensors",
            ),
            ("s3://b/m/x.safetensors", "x.safetensors"),
            ("", ""),
        ] {
            assert_eq!(file_name(url), name, "{url}");
        }
    }
}
