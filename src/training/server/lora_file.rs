//! Looks into the model file of a run by its first bytes, and lists the files a run left in the bucket.

use super::super::model::lora_file::{
    LoraFacts, RunFile, TagCount, Verdict, is_of_model, step_of, verdict,
};
use super::super::model::version::TrainingVersion;
use super::{job, versions};
use crate::error::AppError;
use crate::server::state::{AppState, iso};
use crate::styles::model::StyleId;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::time::Duration;

/// Fetched at first: enough for the header of nearly every LoRA.
const FIRST_BYTES: u64 = 256 << 10;
/// Longest header that is fetched.
const HEADER_MAX: u64 = 16 << 20;
/// Captions shown.
const TAGS_SHOWN: usize = 40;
const HOUR: Duration = Duration::from_secs(3_600);

/// What the model file of a version says of itself.
pub async fn inspect(state: &AppState, style: &StyleId, id: &str) -> Result<LoraFacts, AppError> {
    let version = versions::get(state, style, id)?;
    let key = key_of(state, &version)?;
    let size_bytes = state.s3.head(&key).await?.size_bytes;
    let mut start = state.s3.head_bytes(&key, FIRST_BYTES).await?;
    let length = start
        .first_chunk::<8>()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let sound = length > 1 && length <= HEADER_MAX && start.get(8) == Some(&b'{');
    if !sound {
        return Ok(foreign(
            size_bytes,
            "It does not begin as a safetensors file does.",
        ));
    }
    if length.saturating_add(8) > start.len() as u64 && size_bytes > start.len() as u64 {
        start = state.s3.head_bytes(&key, length + 8).await?;
    }
    let Some(header) = start.get(8..8 + length as usize) else {
        let text = format!(
            "The file has {size_bytes} bytes and ends within its own header of {length}: it was cut off."
        );
        return Ok(LoraFacts {
            verdict: Verdict::Truncated,
            ..foreign(size_bytes, &text)
        });
    };
    match serde_json::from_slice::<Map<String, Value>>(header) {
        Ok(header) => Ok(facts(size_bytes, length, header)),
        Err(_) => Ok(foreign(size_bytes, "Its header is no JSON.")),
    }
}

fn key_of(state: &AppState, version: &TrainingVersion) -> Result<String, AppError> {
    let told = version
        .lora_url
        .as_deref()
        .and_then(|url| state.s3.key_of(url));
    let asked = || version.model_name.as_deref().map(job::model_key);
    let elsewhere = version.lora_url.is_some();
    told.or_else(|| asked().filter(|_| !elsewhere))
        .ok_or_else(|| {
            AppError::not_found(format!(
                "{} has no model file in the configured bucket.",
                version.name
            ))
        })
}

fn foreign(size_bytes: u64, words: &str) -> LoraFacts {
    LoraFacts {
        verdict: Verdict::Foreign,
        words: words.to_owned(),
        size_bytes,
        described_bytes: None,
        tensors: 0,
        dtype: None,
        rank: None,
        network_dim: None,
        network_alpha: None,
        steps: None,
        epochs: None,
        base_model: None,
        learning_rate: None,
        trained_at: None,
        comment: None,
        tags: Vec::new(),
        tags_total: 0,
    }
}

fn facts(size_bytes: u64, length: u64, mut header: Map<String, Value>) -> LoraFacts {
    let metadata = header.remove("__metadata__").unwrap_or_default();
    let text = |key: &str| {
        let text = metadata[key]
            .as_str()
            .filter(|t| !t.is_empty() && *t != "None");
        text.map(|t| t.chars().take(400).collect::<String>())
    };
    let end = |tensor: &Value| tensor["data_offsets"][1].as_u64();
    let data = header.values().filter_map(end).max().unwrap_or(0);
    let described = length.saturating_add(8).saturating_add(data);
    let down = header
        .iter()
        .find(|(name, _)| name.ends_with("lora_down.weight") || name.ends_with("lora_A.weight"));
    let (mut verdict, mut words) = verdict(size_bytes, described);
    if down.is_none() && verdict == Verdict::Whole {
        (verdict, words) = (
            Verdict::Foreign,
            "A safetensors file, but none of a LoRA: it has no lora_down.".to_owned(),
        );
    }
    let (tags, tags_total) = tags(&metadata);
    LoraFacts {
        verdict,
        words,
        size_bytes,
        described_bytes: Some(described),
        tensors: header.len(),
        dtype: down
            .and_then(|(_, t)| t["dtype"].as_str())
            .map(str::to_owned),
        rank: down.and_then(|(_, t)| t["shape"][0].as_u64()),
        network_dim: text("ss_network_dim"),
        network_alpha: text("ss_network_alpha"),
        steps: text("ss_steps"),
        epochs: text("ss_epoch"),
        base_model: text("ss_sd_model_name").or_else(|| text("ss_base_model_version")),
        learning_rate: text("ss_learning_rate"),
        trained_at: text("modelspec.date"),
        comment: text("ss_training_comment"),
        tags,
        tags_total,
    }
}

/// `ss_tag_frequency` is JSON inside of a string: folders, each with captions and how often they were counted.
fn tags(metadata: &Value) -> (Vec<TagCount>, usize) {
    let folders = metadata["ss_tag_frequency"]
        .as_str()
        .and_then(|t| serde_json::from_str::<Value>(t).ok());
    let mut counts: HashMap<String, u64> = HashMap::new();
    let folders = folders.as_ref().and_then(Value::as_object);
    for captions in folders
        .into_iter()
        .flatten()
        .filter_map(|(_, c)| c.as_object())
    {
        for (tag, count) in captions {
            *counts.entry(tag.trim().to_owned()).or_default() += count.as_u64().unwrap_or(0);
        }
    }
    let total = counts.len();
    let mut tags: Vec<TagCount> = counts
        .into_iter()
        .map(|(tag, count)| TagCount { tag, count })
        .collect();
    tags.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.tag.cmp(&b.tag)));
    tags.truncate(TAGS_SHOWN);
    (tags, total)
}

/// The model and the checkpoints of a run, as they lie in the bucket.
pub async fn files(state: &AppState, style: &StyleId, id: &str) -> Result<Vec<RunFile>, AppError> {
    let found = objects(state, style, id).await?;
    Ok(found.into_iter().map(|(file, _)| file).collect())
}

async fn objects(
    state: &AppState,
    style: &StyleId,
    id: &str,
) -> Result<Vec<(RunFile, String)>, AppError> {
    let all = versions::list(state, style)?;
    let version = all
        .iter()
        .find(|v| v.id == id)
        .ok_or_else(|| versions::unknown(style, id))?;
    let Some(model_name) = &version.model_name else {
        return Ok(Vec::new());
    };
    let others: Vec<String> = all.iter().filter_map(|v| v.model_name.clone()).collect();
    let model_key = job::model_key(model_name);
    let prefix = model_key.trim_end_matches(".safetensors");
    let mut found = Vec::new();
    for object in state.s3.list(prefix).await? {
        let filename = object.key.rsplit('/').next().unwrap_or_default().to_owned();
        if is_of_model(&filename, model_name, &others) {
            let file = RunFile {
                step: step_of(&filename),
                size_bytes: object.size_bytes,
                modified: iso(object.modified_ms),
                filename,
            };
            found.push((file, object.key));
        }
    }
    found.sort_by_key(|(file, _)| (file.step.is_none(), file.step));
    Ok(found)
}

/// A link under which one of the run's files can be downloaded for an hour.
pub async fn file_url(
    state: &AppState,
    style: &StyleId,
    id: &str,
    filename: &str,
) -> Result<String, AppError> {
    let found = objects(state, style, id).await?;
    let key = found
        .into_iter()
        .find(|(file, _)| file.filename == filename)
        .map(|(_, key)| key);
    let key = key.ok_or_else(|| {
        let name: String = filename.chars().take(120).collect();
        AppError::not_found(format!("The run left no file {name:?}."))
    })?;
    Ok(state.s3.presign_get(&key, filename, HOUR).await?.url)
}
