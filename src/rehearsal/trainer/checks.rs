//! Settings that a run dies of before its first step, with the trainer's own errors: ComfyUI accepts them all.

use super::{
    minifloat::NumberFormat,
    workflow::{DatasetSettings, Workflow, number, switch, text, whole},
};

/// A dataset description of this many bytes or more is taken for a file name by the trainer.
const TOML_LIMIT: usize = 4096;
/// What the description's general part takes, in bytes; this and the next are within 3 bytes of the truth vectors.
const TOML_GENERAL: usize = 153;
/// What one `[[datasets]]` takes without its two free texts, in bytes.
const TOML_DATASET: usize = 233;
/// Sizes of buckets are multiples of this, in px.
const BUCKET_STEP: u32 = 64;
/// Above this rank a file of this trainer would no longer be small, and a real run would not fit a 24 GB card.
const MOST_RANK: u32 = 4096;

/// The first reason for which this workflow dies, as the trainer says it.
pub fn check(workflow: &Workflow) -> Result<(), String> {
    check_scheduler(workflow)?;
    check_text_encoder(workflow)?;
    if NumberFormat::of(workflow.save_dtype()).is_none() {
        let word = workflow.save_dtype();
        return Err(format!(
            "prompt_outputs_failed_validation: Prompt outputs failed validation | InitFluxLoRATraining: value_not_in_list: save_dtype: '{word}'"
        ));
    }
    if workflow.datasets.is_empty() {
        return Err("AttributeError: 'FluxNetworkTrainer' object has no attribute 'num_train_epochs' (the workflow has no TrainDatasetAdd)".to_owned());
    }
    for dataset in &workflow.datasets {
        check_dataset(dataset)?;
    }
    check_toml(&workflow.datasets)?;
    check_memory(workflow)
}

fn check_memory(workflow: &Workflow) -> Result<(), String> {
    let blocks = number(&workflow.init, "blocks_to_swap").unwrap_or(0.0);
    if blocks > 0.0
        && text(&workflow.init, "gradient_checkpointing") == Some("enabled_with_cpu_offloading")
    {
        return Err(
            "AssertionError: blocks_to_swap is not supported with cpu_offload_checkpointing"
                .to_owned(),
        );
    }
    if workflow.network_dim() > MOST_RANK {
        let rank = workflow.network_dim();
        return Err(format!(
            "CUDA out of memory: network_dim {rank} (the rehearsal trainer writes files up to rank {MOST_RANK})"
        ));
    }
    Ok(())
}

fn check_scheduler(workflow: &Workflow) -> Result<(), String> {
    let scheduler = text(&workflow.optimizer, "lr_scheduler").unwrap_or("constant");
    let known = match workflow.optimizer_class.as_str() {
        "OptimizerConfigAdafactor" | "OptimizerConfigProdigy" => {
            "constant cosine cosine_with_restarts polynomial constant_with_warmup adafactor"
        }
        "OptimizerConfig" => "constant cosine cosine_with_restarts polynomial constant_with_warmup",
        _ => return Ok(()),
    };
    if !known.split(' ').any(|name| name == scheduler) {
        return Err(format!(
            "prompt_outputs_failed_validation: Prompt outputs failed validation | {}: value_not_in_list: lr_scheduler: '{scheduler}' not in [{known}]",
            workflow.optimizer_class
        ));
    }
    let warmup = whole(&workflow.optimizer, "lr_warmup_steps").unwrap_or(0);
    if scheduler == "constant" && warmup > 0 {
        return Err("ValueError: SchedulerType.CONSTANT does not require `num_warmup_steps`. Set None or 0.".to_owned());
    }
    if scheduler == "adafactor" && !switch(&workflow.optimizer, "relative_step", false) {
        return Err("IndexError: list index out of range".to_owned());
    }
    Ok(())
}

fn check_text_encoder(workflow: &Workflow) -> Result<(), String> {
    let cached = text(&workflow.init, "cache_text_encoder_outputs").unwrap_or("disk") != "disabled";
    let dropout = number(&workflow.general, "caption_dropout_rate").unwrap_or(0.0) > 0.0;
    let shuffled = switch(&workflow.general, "shuffle_caption", false);
    if cached && (dropout || shuffled) {
        return Err("AssertionError: when caching Text Encoder output, either caption_dropout_rate, shuffle_caption, token_warmup_step or caption_tag_dropout_rate cannot be used".to_owned());
    }
    let trains_t5 =
        text(&workflow.init, "train_text_encoder").is_some_and(|which| which.contains("T5"));
    if cached && trains_t5 {
        return Err(
            "AssertionError: T5XXL is trained, so cache_text_encoder_outputs cannot be used"
                .to_owned(),
        );
    }
    Ok(())
}

fn check_dataset(dataset: &DatasetSettings) -> Result<(), String> {
    let DatasetSettings { width, height, .. } = *dataset;
    let smallest = dataset.min_bucket_reso / BUCKET_STEP * BUCKET_STEP;
    let largest = dataset.max_bucket_reso.div_ceil(BUCKET_STEP) * BUCKET_STEP;
    if dataset.enable_bucket && width.max(height) > largest {
        return Err(format!(
            "AssertionError: max_bucket_reso must be equal or greater than resolution ({} < {width}x{height})",
            dataset.max_bucket_reso
        ));
    }
    if dataset.enable_bucket && width.min(height) < smallest {
        return Err(format!(
            "AssertionError: min_bucket_reso must be equal or less than resolution ({} > {width}x{height})",
            dataset.min_bucket_reso
        ));
    }
    if !dataset.dataset_path.contains('/') {
        return Err(format!(
            "[Errno 36] File name too long: dataset_path {:?} has no /",
            dataset.dataset_path
        ));
    }
    Ok(())
}

/// The trainer hands its dataset description over as one TOML text.
fn check_toml(datasets: &[DatasetSettings]) -> Result<(), String> {
    let broken = datasets
        .iter()
        .find(|dataset| dataset.class_tokens.contains('\\'));
    if let Some(dataset) = broken {
        return Err(format!(
            "toml.decoder.TomlDecodeError: Reserved escape sequence used in class_tokens {:?}",
            dataset.class_tokens
        ));
    }
    let own: usize = datasets
        .iter()
        .map(|dataset| TOML_DATASET + dataset.class_tokens.len() + dataset.dataset_path.len())
        .sum();
    let length = TOML_GENERAL + own;
    if length >= TOML_LIMIT {
        return Err(format!(
            "OSError: [Errno 36] File name too long: the dataset description has about {length} bytes, {TOML_LIMIT} are too many: shorten class_tokens"
        ));
    }
    Ok(())
}
