//! `__metadata__` of the LoRA file: what the real trainer writes, true for this run, every value a string.
//!
//! The list of keys follows contracts/truth/lora_metadata_example.json. Hashes of model files are left out: no model was read.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    buckets::Bucket,
    dataset::TrainingImage,
    metadata_dataset, python,
    workflow::{Workflow, number, switch, text, whole},
};

/// A run that has ended.
pub struct TrainedRun<'a> {
    pub workflow: &'a Workflow,
    pub images: &'a [TrainingImage],
    /// Buckets of each dataset of the workflow.
    pub buckets: &'a [Vec<Bucket>],
    pub batches_per_pass: u64,
    pub steps: u64,
    pub passes: u64,
    pub started_ms: u64,
    pub finished_ms: u64,
}

/// Keys that are the same in every run of this trainer.
const FIXED: [(&str, &str); 36] = [
    ("ss_base_model_version", "flux1"),
    ("ss_network_module", ".networks.lora_flux"),
    ("ss_v2", "False"),
    ("ss_seed", "42"),
    ("ss_mixed_precision", "bf16"),
    ("ss_full_fp16", "False"),
    ("ss_gradient_accumulation_steps", "1"),
    ("ss_num_reg_images", "0"),
    ("ss_text_encoder_lr", "None"),
    ("ss_unet_lr", "None"),
    ("ss_network_dropout", "None"),
    ("ss_clip_skip", "None"),
    ("ss_max_token_length", "None"),
    ("ss_noise_offset", "None"),
    ("ss_noise_offset_random_strength", "False"),
    ("ss_ip_noise_gamma", "None"),
    ("ss_ip_noise_gamma_random_strength", "False"),
    ("ss_multires_noise_iterations", "None"),
    ("ss_multires_noise_discount", "0.3"),
    ("ss_adaptive_noise_scale", "None"),
    ("ss_zero_terminal_snr", "False"),
    ("ss_debiased_estimation", "False"),
    ("ss_prior_loss_weight", "1.0"),
    ("ss_scale_weight_norms", "None"),
    ("ss_face_crop_aug_range", "None"),
    ("ss_lowram", "False"),
    ("ss_loss_type", "l2"),
    ("ss_huber_c", "0.1"),
    ("ss_huber_scale", "1.0"),
    ("ss_huber_schedule", "snr"),
    ("ss_caption_dropout_every_n_epochs", "0"),
    ("ss_caption_tag_dropout_rate", "0.0"),
    ("modelspec.sai_model_spec", "1.0.0"),
    ("modelspec.architecture", "flux-1-dev/lora"),
    (
        "modelspec.implementation",
        "https://github.com/black-forest-labs/flux",
    ),
    ("modelspec.resolution", "1024x1024"),
];

/// The file's metadata.
pub fn metadata(run: &TrainedRun<'_>) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = FIXED
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let named = of_run(run).into_iter().chain(of_settings(run.workflow));
    all.extend(named.map(|(name, value)| (name.to_owned(), value)));
    all.extend(of_numbers(run.workflow));
    all
}

fn of_run(run: &TrainedRun<'_>) -> Vec<(&'static str, String)> {
    let workflow = run.workflow;
    let tags = metadata_dataset::tag_frequency(run, &workflow.datasets[0]);
    let trained: u64 = run
        .buckets
        .iter()
        .flatten()
        .map(|bucket| bucket.count)
        .sum();
    let datasets: Vec<Value> = workflow
        .datasets
        .iter()
        .zip(run.buckets)
        .map(|(settings, buckets)| metadata_dataset::dataset(run, settings, buckets))
        .collect();
    let passes_planned =
        u64::from(workflow.max_train_steps()).div_ceil(run.batches_per_pass.max(1));
    let batch_size = workflow.datasets[0].batch_size.to_string();
    vec![
        (
            "ss_session_id",
            (run.started_ms % 4_294_967_296).to_string(),
        ),
        ("ss_training_started_at", python::seconds(run.started_ms)),
        ("ss_training_finished_at", python::seconds(run.finished_ms)),
        ("ss_output_name", workflow.output_name()),
        ("ss_num_train_images", trained.to_string()),
        ("ss_num_batches_per_epoch", run.batches_per_pass.to_string()),
        ("ss_num_epochs", passes_planned.to_string()),
        ("ss_epoch", run.passes.to_string()),
        ("ss_steps", run.steps.to_string()),
        ("ss_max_train_steps", workflow.max_train_steps().to_string()),
        ("ss_batch_size_per_device", batch_size.clone()),
        ("ss_total_batch_size", batch_size),
        ("ss_tag_frequency", tags.to_string()),
        (
            "ss_dataset_dirs",
            metadata_dataset::dataset_dirs(run).to_string(),
        ),
        ("ss_datasets", Value::Array(datasets).to_string()),
        ("modelspec.title", workflow.output_name()),
        ("modelspec.date", python::date(run.finished_ms)),
        (
            "ss_training_comment",
            "rehearsal: no GPU, the model has no effect".to_owned(),
        ),
    ]
}

/// What the workflow's nodes say, under kohya's names and in Python's spelling.
fn of_settings(workflow: &Workflow) -> Vec<(&'static str, String)> {
    let init = &workflow.init;
    let on = |of: bool| python::truth(of);
    let enabled = |name| text(init, name).unwrap_or("enabled") != "disabled";
    let word = |of: Option<&str>| of.unwrap_or("None").to_owned();
    let warmup = whole(&workflow.optimizer, "lr_warmup_steps").unwrap_or(0);
    let scheduler = text(&workflow.optimizer, "lr_scheduler").unwrap_or("constant");
    vec![
        ("ss_network_dim", workflow.network_dim().to_string()),
        ("ss_network_alpha", python::float(workflow.network_alpha())),
        ("ss_optimizer", optimizer_name(workflow)),
        ("ss_lr_scheduler", scheduler.to_owned()),
        ("ss_lr_warmup_steps", warmup.to_string()),
        ("ss_cache_latents", on(enabled("cache_latents"))),
        (
            "ss_gradient_checkpointing",
            on(enabled("gradient_checkpointing")),
        ),
        ("ss_fp8_base", on(switch(init, "fp8_base", true))),
        ("ss_fp8_base_unet", on(false)),
        (
            "ss_apply_t5_attn_mask",
            on(switch(init, "apply_t5_attn_mask", true)),
        ),
        (
            "ss_sd_model_name",
            word(text(&workflow.models, "transformer")),
        ),
        ("ss_vae_name", word(text(&workflow.models, "vae"))),
        ("ss_weighting_scheme", word(text(init, "weighting_scheme"))),
        (
            "ss_timestep_sampling",
            word(text(init, "timestep_sampling")),
        ),
        (
            "ss_model_prediction_type",
            word(text(init, "model_prediction_type")),
        ),
    ]
}

/// Numbers that go over as they are, by kohya's name without `ss_`, which is also the input's.
fn of_numbers(workflow: &Workflow) -> Vec<(String, String)> {
    const INIT: [&str; 7] = [
        "learning_rate",
        "logit_mean",
        "logit_std",
        "mode_scale",
        "guidance_scale",
        "sigmoid_scale",
        "discrete_flow_shift",
    ];
    let of_init = INIT.map(|name| (name, &workflow.init));
    let others = [
        ("max_grad_norm", &workflow.optimizer),
        ("min_snr_gamma", &workflow.optimizer),
        ("caption_dropout_rate", &workflow.general),
    ];
    let all = of_init.into_iter().chain(others);
    all.map(|(name, inputs)| {
        let value = number(inputs, name).map_or_else(|| "None".to_owned(), python::float);
        (format!("ss_{name}"), value)
    })
    .collect()
}

fn optimizer_name(workflow: &Workflow) -> String {
    match text(&workflow.optimizer, "optimizer_type") {
        Some("adamw8bit") => "bitsandbytes.optim.adamw.AdamW8bit".to_owned(),
        Some("adamw") => "torch.optim.adamw.AdamW".to_owned(),
        Some(other) => other.to_owned(),
        None => workflow.optimizer_class.clone(),
    }
}
