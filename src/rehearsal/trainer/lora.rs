//! Writes the LoRA file: kohya's names and shapes for a few modules of Flux, `lora_up` zero, so that loading it changes nothing.
//!
//! A real file has all 304 modules (153 MB at rank 16); six of the same form are enough to be opened, listed and checked.

use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{SafeTensorError, TensorView};
use sha2::{Digest, Sha256};

use super::minifloat::NumberFormat;

/// Inner width of Flux's double blocks: rows and columns of `attn_proj`.
const WIDTH: usize = 3072;
/// Above this rank one module is written instead of six, to keep the file small.
const SMALL_RANK: usize = 256;

/// What the file is to be.
pub struct LoraFile {
    /// Rank, 1 or more.
    pub network_dim: u32,
    pub network_alpha: f64,
    pub format: NumberFormat,
    pub metadata: BTreeMap<String, String>,
}

impl LoraFile {
    /// The file's bytes. The two `sshs_` hashes are added to the metadata, computed as kohya does: over the file as it
    /// would be with the `ss_` metadata alone.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SafeTensorError> {
        let tensors = self.tensors();
        let training_only = self
            .metadata
            .iter()
            .filter(|(name, _)| name.starts_with("ss_"));
        let plain = serialize(
            &tensors,
            self.format,
            training_only.map(|(n, v)| (n.clone(), v.clone())).collect(),
        )?;
        let header = plain
            .first_chunk::<8>()
            .map_or(0, |length| u64::from_le_bytes(*length) as usize);
        let weights = plain.get(8 + header..).unwrap_or_default();
        let legacy = plain
            .get(0x10_0000..)
            .map_or(&[][..], |rest| &rest[..rest.len().min(0x1_0000)]);
        let mut metadata: HashMap<String, String> = self
            .metadata
            .iter()
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect();
        metadata.insert(
            "sshs_model_hash".to_owned(),
            hex::encode(Sha256::digest(weights)),
        );
        metadata.insert(
            "sshs_legacy_hash".to_owned(),
            hex::encode(&Sha256::digest(legacy)[..4]),
        );
        serialize(&tensors, self.format, metadata)
    }

    fn tensors(&self) -> Vec<(String, Vec<usize>, Vec<u8>)> {
        let rank = self.network_dim as usize;
        let mut alpha = Vec::new();
        self.format.push(&mut alpha, self.network_alpha as f32);
        let mut tensors = Vec::new();
        for (index, module) in modules(rank).into_iter().enumerate() {
            let up = vec![0; rank * WIDTH * self.format.bytes()];
            tensors.push((format!("{module}.alpha"), Vec::new(), alpha.clone()));
            tensors.push((
                format!("{module}.lora_down.weight"),
                vec![rank, WIDTH],
                self.down(rank, index as u64),
            ));
            tensors.push((format!("{module}.lora_up.weight"), vec![WIDTH, rank], up));
        }
        tensors
    }

    /// `lora_down` as a fresh LoRA has it: spread evenly within the inverse root of the width; the same in every run.
    fn down(&self, rank: usize, seed: u64) -> Vec<u8> {
        let bound = 1.0 / (WIDTH as f32).sqrt();
        let mut state = 42 + seed;
        let mut bytes = Vec::with_capacity(rank * WIDTH * self.format.bytes());
        for _ in 0..rank * WIDTH {
            // Knuth's MMIX generator; only its upper bits are used
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let unit = (state >> 40) as f32 / (1u64 << 24) as f32;
            self.format.push(&mut bytes, (unit * 2.0 - 1.0) * bound);
        }
        bytes
    }
}

fn modules(rank: usize) -> Vec<String> {
    let blocks = if rank > SMALL_RANK { 1 } else { 3 };
    let streams: &[&str] = if rank > SMALL_RANK {
        &["img"]
    } else {
        &["img", "txt"]
    };
    let names = (0..blocks).flat_map(|block| {
        streams
            .iter()
            .map(move |stream| format!("lora_unet_double_blocks_{block}_{stream}_attn_proj"))
    });
    names.collect()
}

fn serialize(
    tensors: &[(String, Vec<usize>, Vec<u8>)],
    format: NumberFormat,
    metadata: HashMap<String, String>,
) -> Result<Vec<u8>, SafeTensorError> {
    let views = tensors
        .iter()
        .map(|(name, shape, data)| {
            TensorView::new(format.dtype, shape.clone(), data).map(|view| (name.as_str(), view))
        })
        .collect::<Result<Vec<_>, _>>()?;
    safetensors::serialize(views, Some(metadata))
}
