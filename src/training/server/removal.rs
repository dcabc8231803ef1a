//! Taking a run off the list, and deleting a file it left: two wishes, each confirmed for itself.

use super::super::model::version::TrainingVersion;
use super::settle::Witness;
use super::{events, lora_file, versions};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;

/// Takes a finished version off the list. Its files in the bucket stay, and its events and snapshot in the folder.
pub async fn version(state: &AppState, style: &StyleId, id: &str) -> Result<(), AppError> {
    let known = versions::get(state, style, id)?;
    refuse_live(&known, "cancel it before removing it")?;
    if known.is_good == Some(true) {
        let message = format!("{} is the good version of the style.", known.name);
        return Err(AppError::conflict(message).with_remedy("Take the good mark away first."));
    }
    versions::remove(state, style, id).await
}

/// Deletes one of the run's files from the bucket, for good. `confirmed` must be its name once more.
///
/// A version whose model is gone names none any more; the good version's model is not deleted.
pub async fn file(
    state: &AppState,
    style: &StyleId,
    id: &str,
    filename: &str,
    confirmed: &str,
) -> Result<TrainingVersion, AppError> {
    let version = versions::get(state, style, id)?;
    let key = lora_file::key_of_file(state, style, id, filename).await?;
    if confirmed != filename {
        let message = format!("Confirm that {filename} is to be deleted; nothing was.");
        return Err(AppError::field("confirmed", message));
    }
    refuse_live(&version, "its files are not deleted")?;
    let is_model_of = |v: &TrainingVersion| lora_file::key_of(state, v).as_ref() == Some(&key);
    let is_model = is_model_of(&version);
    // a name that was used again: two records, one file
    for style in styles::server::list(state)? {
        let all = versions::list_of(state, &style)?;
        if let Some(good) = all
            .iter()
            .find(|v| v.is_good == Some(true) && is_model_of(v))
        {
            let message = format!("{filename} is the model of the good version {}.", good.name);
            return Err(AppError::conflict(message).with_remedy("Take the good mark away first."));
        }
    }
    state.s3.delete(&[key]).await?;
    let message = format!("deleted from S3: {filename}");
    events::append(state, style, id, Witness::Person.as_str(), &message).await;
    if !is_model {
        return Ok(version);
    }
    let forget = |version: &mut TrainingVersion| {
        version.lora_url = None;
        version.size_bytes = None;
        Ok(())
    };
    let ((), version) = versions::change(state, style, id, forget).await?;
    Ok(version)
}

fn refuse_live(version: &TrainingVersion, therefore: &str) -> Result<(), AppError> {
    if !version.is_ours() || version.status.is_final() {
        return Ok(());
    }
    let message = format!("{} is still running; {therefore}.", version.name);
    Err(AppError::conflict(message))
}
