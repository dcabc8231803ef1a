//! The LoRA whose weights a run begins with, as FluxTrainer would load it: the file must lie where the workflow says, and have the
//! network's rank.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::workflow::{Workflow, text};

/// # Errors
/// What the trainer dies of.
pub fn check(workflow: &Workflow, folder: &BTreeMap<String, Bytes>) -> Result<(), String> {
    let Some(path) = text(&workflow.models, "lora_path").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let name = path.rsplit('/').next().unwrap_or_default();
    let content = folder
        .get(name)
        .ok_or_else(|| format!("FileNotFoundError: No such file or directory: {path:?}"))?;
    let rank = rank(content).ok_or_else(|| {
        format!("safetensors_rust.SafetensorError: Error while deserializing header: {path}")
    })?;
    let wanted = u64::from(workflow.network_dim());
    if rank == wanted {
        return Ok(());
    }
    Err(format!(
        "RuntimeError: Error(s) in loading state_dict for LoRANetwork: size mismatch: copying a param of rank {rank} from {name}, the rank in current model is {wanted}"
    ))
}

/// First dimension of the first `lora_down` of a safetensors file.
fn rank(content: &[u8]) -> Option<u64> {
    let length = u64::from_le_bytes(*content.first_chunk::<8>()?);
    let header = content.get(8..usize::try_from(length).ok()?.checked_add(8)?)?;
    let header: Map<String, Value> = serde_json::from_slice(header).ok()?;
    let mut downs = header
        .iter()
        .filter(|(name, _)| name.ends_with("lora_down.weight"));
    downs.next()?.1["shape"][0].as_u64()
}
