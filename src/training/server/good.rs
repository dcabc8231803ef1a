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
            "lora_file": url.rsplit('/').next().unwrap_or_default(),
            "lora_url": url,
            "marked_at": state.now_iso(),
            "parameters": version.parameters,
        })
    });
    styles::server::set_validated_model(state, style, model, id.to_owned()).await?;
    Ok(version)
}
