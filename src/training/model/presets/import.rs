//! What settings of kohya's scripts and of ai-toolkit mean here, and which have no place. Takes names and values; reading
//! their files is not done here.

use super::{LeftOut, SettingsPreset, slug};
use crate::training::model::parameters::{Kind, find};
use std::collections::BTreeMap;

/// Settings by their path, `datasets.0.resolution`.
pub type Flat = BTreeMap<String, String>;

/// Most settings listed as left out.
const LEFT_OUT_MAX: usize = 200;
const NO_PLACE: &str = "This trainer has no such setting.";
const BELONGS: &str = "Belongs to the style, the dataset or the worker, not to a preset.";

const NO_EPOCHS: &str = "A run is as long as its steps: set Training steps.";
const NO_SHARE: &str = "A share of the steps there: set Warm-up in steps.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Kohya,
    AiToolkit,
}

/// Their name and ours, where a value goes over as it is.
const KOHYA: [(&str, &str); 33] = [
    ("network_dim", "network_dim"),
    ("network_alpha", "network_alpha"),
    ("learning_rate", "learning_rate"),
    ("max_train_steps", "max_train_steps"),
    ("train_batch_size", "batch_size"),
    ("batch_size", "batch_size"),
    ("num_repeats", "num_repeats"),
    ("lr_scheduler", "lr_scheduler"),
    ("lr_warmup_steps", "lr_warmup_steps"),
    ("lr_scheduler_num_cycles", "lr_scheduler_num_cycles"),
    ("lr_scheduler_power", "lr_scheduler_power"),
    ("optimizer_type", "optimizer_type"),
    ("optimizer", "optimizer_type"),
    ("enable_bucket", "enable_bucket"),
    ("bucket_no_upscale", "bucket_no_upscale"),
    ("min_bucket_reso", "min_bucket_reso"),
    ("max_bucket_reso", "max_bucket_reso"),
    ("save_every_n_steps", "save_every_n_steps"),
    ("caption_dropout_rate", "caption_dropout_rate"),
    ("shuffle_caption", "shuffle_caption"),
    ("flip_aug", "flip_aug"),
    ("timestep_sampling", "timestep_sampling"),
    ("discrete_flow_shift", "discrete_flow_shift"),
    ("weighting_scheme", "weighting_scheme"),
    ("guidance_scale", "guidance_scale"),
    ("max_grad_norm", "max_grad_norm"),
    ("min_snr_gamma", "min_snr_gamma"),
    ("mixed_precision", "gradient_dtype"),
    ("save_precision", "save_dtype"),
    ("apply_t5_attn_mask", "apply_t5_attn_mask"),
    ("model_prediction_type", "model_prediction_type"),
    ("blocks_to_swap", "blocks_to_swap"),
    ("fp8_base", "fp8_base"),
];

const AI_TOOLKIT: [(&str, &str); 13] = [
    ("network.linear", "network_dim"),
    ("network.linear_alpha", "network_alpha"),
    ("train.lr", "learning_rate"),
    ("train.steps", "max_train_steps"),
    ("train.batch_size", "batch_size"),
    ("train.optimizer", "optimizer_type"),
    ("train.lr_scheduler", "lr_scheduler"),
    ("train.dtype", "gradient_dtype"),
    ("save.dtype", "save_dtype"),
    ("save.save_every", "save_every_n_steps"),
    ("datasets.0.caption_dropout_rate", "caption_dropout_rate"),
    ("datasets.0.shuffle_tokens", "shuffle_caption"),
    ("datasets.0.num_repeats", "num_repeats"),
];

/// Names whose value is somebody's folder, model or trigger.
const OF_ELSEWHERE: [&str; 12] = [
    "class_tokens",
    "trigger_word",
    "output_name",
    "output_dir",
    "image_dir",
    "folder_path",
    "train_data_dir",
    "ae",
    "clip_l",
    "t5xxl",
    "pretrained_model_name_or_path",
    "name_or_path",
];

/// The preset that a settings file describes, and what of it has no place here.
///
/// # Errors
/// When nothing of it is known.
pub fn preset_of(format: Format, flat: &Flat) -> Result<SettingsPreset, String> {
    let source = match format {
        Format::Kohya => "Imported from a kohya settings file",
        Format::AiToolkit => "Imported from an ai-toolkit settings file",
    };
    let mut preset = SettingsPreset {
        version: 1,
        source: source.to_owned(),
        own: true,
        ..SettingsPreset::default()
    };
    for (path, value) in flat {
        take(&mut preset, format, path, value.trim());
    }
    uncache_captions(&mut preset);
    if preset.values.is_empty() {
        return Err("Nothing in this file is a setting of this trainer.".to_owned());
    }
    preset.name = name_of(flat);
    preset.id = slug(&preset.name);
    preset.left_out.truncate(LEFT_OUT_MAX);
    Ok(preset)
}

/// Captions that change from view to view cannot be cached here; both trainers cache none unless asked.
fn uncache_captions(preset: &mut SettingsPreset) {
    let dropped = preset.values.get("caption_dropout_rate");
    let shuffled = preset.values.get("shuffle_caption");
    if dropped.is_some_and(|rate| rate != "0") || shuffled.is_some_and(|yes| yes == "true") {
        let caching = preset.values.entry("cache_text_encoder_outputs".to_owned());
        caching.or_insert_with(|| "disabled".to_owned());
    }
}

fn name_of(flat: &Flat) -> String {
    let named = ["output_name", "name", "trigger_word"]
        .iter()
        .find_map(|key| flat.get(*key));
    let name = named.map_or("Imported settings", String::as_str);
    name.chars().take(super::NAME_MAX).collect()
}

fn take(preset: &mut SettingsPreset, format: Format, path: &str, value: &str) {
    let last = path.rsplit('.').next().unwrap_or(path);
    let pairs: &[(&str, &str)] = match format {
        Format::Kohya => &KOHYA,
        Format::AiToolkit => &AI_TOOLKIT,
    };
    let theirs = if format == Format::Kohya { last } else { path };
    if let Some((_, ours)) = pairs.iter().find(|(name, _)| *name == theirs) {
        return put(preset, path, ours, value);
    }
    // the web interface of kohya marks what only one model has
    let last = last.strip_prefix("flux1_").unwrap_or(last);
    match (last, is_true(value)) {
        ("resolution" | "max_resolution", _) => resolution(preset, path, value),
        ("cache_latents" | "cache_latents_to_disk", true) => place(preset, "cache_latents", last),
        ("cache_text_encoder_outputs" | "cache_text_encoder_outputs_to_disk", true) => {
            place(preset, "cache_text_encoder_outputs", last);
        }
        ("gradient_checkpointing", true) => put(preset, path, last, "enabled"),
        ("gradient_checkpointing", false) => put(preset, path, last, "disabled"),
        ("sdpa" | "xformers", true) => put(preset, path, "attention_mode", last),
        ("xformers", false) if !is_off(value) => put(preset, path, "attention_mode", value),
        // of the two rates of a Flux LoRA kohya takes this one
        ("unet_lr", _) if !is_off(value) => put(preset, path, "learning_rate", value),
        ("highvram" | "logit_mean" | "logit_std" | "mode_scale" | "sigmoid_scale", _) => {
            put(preset, path, last, value)
        }
        // what is switched off there is off here too
        (_, _) if is_off(value) => {}
        ("seed", _) => leave(preset, path, value, "The trainer's seed is fixed at 42."),
        ("epoch" | "max_train_epochs", _) => leave(preset, path, value, NO_EPOCHS),
        ("lr_warmup", _) => leave(preset, path, value, NO_SHARE),
        (name, _) if OF_ELSEWHERE.contains(&name) => leave(preset, path, value, BELONGS),
        _ => leave(preset, path, value, NO_PLACE),
    }
}

fn is_true(value: &str) -> bool {
    matches!(value, "true" | "True" | "1")
}

fn is_off(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']).to_ascii_lowercase();
    let is_zero = value.parse::<f64>() == Ok(0.0);
    is_zero || matches!(value.as_str(), "" | "false" | "none" | "null" | "no")
}

/// Keys and passwords of other services, which a settings file may hold: they are kept nowhere.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["api_key", "secret", "password"]
        .iter()
        .any(|word| name.contains(word))
        || name.ends_with("_token")
        || name == "token"
}

/// Memory, or disk if either of the two switches says so.
fn place(preset: &mut SettingsPreset, ours: &str, theirs: &str) {
    let on_disk = theirs.ends_with("_to_disk");
    let known = preset.values.get(ours).is_some_and(|v| v == "disk");
    let value = if on_disk || known { "disk" } else { "memory" };
    preset.values.insert(ours.to_owned(), value.to_owned());
}

/// `512`, `512,512`, `[512, 512]`; several sizes at once are more than this trainer takes.
fn resolution(preset: &mut SettingsPreset, path: &str, value: &str) {
    let sides: Vec<&str> = value
        .split([',', 'x'])
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .collect();
    let (width, height) = match sides.as_slice() {
        [side] => (*side, *side),
        [width, height]
            if width == height
                || path.ends_with("max_resolution")
                || !path.contains("datasets") =>
        {
            (*width, *height)
        }
        _ => {
            return leave(
                preset,
                path,
                value,
                "One size is trained at a time: set width and height.",
            );
        }
    };
    put(preset, path, "width", width);
    put(preset, path, "height", height);
}

fn put(preset: &mut SettingsPreset, path: &str, ours: &str, value: &str) {
    let Some(parameter) = find(ours) else { return };
    let spelled = spelled(parameter.kind, value);
    match parameter.read(&spelled) {
        Ok(read) => {
            preset.values.insert(ours.to_owned(), read.typed());
        }
        Err(why) => leave(preset, path, value, &why),
    }
}

/// The same thing in this trainer's spelling.
fn spelled(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Choice(words) => {
            let value = match value.to_ascii_lowercase().as_str() {
                "float16" => "fp16".to_owned(),
                "float32" | "float" | "no" => "fp32".to_owned(),
                "bfloat16" => "bf16".to_owned(),
                other => other.to_owned(),
            };
            let same = words.iter().find(|word| word.eq_ignore_ascii_case(&value));
            same.map_or(value, |word| (*word).to_owned())
        }
        Kind::Bool => value.to_ascii_lowercase(),
        // 16.0 is a whole number too
        Kind::Int { .. } => value.strip_suffix(".0").unwrap_or(value).to_owned(),
        _ => value.to_owned(),
    }
}

fn leave(preset: &mut SettingsPreset, path: &str, value: &str, why: &str) {
    if value.is_empty() {
        return;
    }
    let last = path.rsplit('.').next().unwrap_or(path);
    let shown = if is_secret(last) { "(not kept)" } else { value };
    preset.left_out.push(LeftOut {
        name: path.chars().take(80).collect(),
        value: shown.chars().take(120).collect(),
        why: why.to_owned(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(pairs: &[(&str, &str)]) -> Flat {
        pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn a_kohya_file_goes_over_as_far_as_it_maps_and_the_rest_is_listed() {
        let preset = preset_of(
            Format::Kohya,
            &flat(&[
                ("network_dim", "32"),
                ("optimizer_type", "AdamW8bit"),
                ("mixed_precision", "bf16"),
                ("resolution", "768,768"),
                ("cache_latents", "true"),
                ("cache_latents_to_disk", "true"),
                ("gradient_checkpointing", "true"),
                ("datasets.0.batch_size", "1"),
                ("lr_scheduler", "adafactor"),
                ("noise_offset", "0.1"),
                ("output_name", "My Style"),
            ]),
        )
        .expect("a preset");
        assert_eq!(
            (preset.id.as_str(), preset.name.as_str()),
            ("my-style", "My Style")
        );
        let value = |name: &str| preset.values.get(name).map(String::as_str);
        assert_eq!(value("optimizer_type"), Some("adamw8bit"));
        assert_eq!(
            (value("width"), value("height")),
            (Some("768"), Some("768"))
        );
        assert_eq!(
            (value("cache_latents"), value("batch_size")),
            (Some("disk"), Some("1"))
        );
        let left: Vec<&str> = preset.left_out.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(left, ["lr_scheduler", "noise_offset", "output_name"]);
        assert!(preset.left_out[0].why.contains("not one of"));
        assert!(preset.checked().is_ok());
    }

    #[test]
    fn an_ai_toolkit_file_goes_over_without_its_several_resolutions() {
        let preset = preset_of(
            Format::AiToolkit,
            &flat(&[
                ("network.linear", "16"),
                ("train.lr", "0.0001"),
                ("train.steps", "2000"),
                ("train.optimizer", "adamw8bit"),
                ("save.dtype", "float16"),
                ("datasets.0.resolution", "512, 768, 1024"),
                ("train.ema_config.use_ema", "true"),
                ("trigger_word", "ink"),
            ]),
        )
        .expect("a preset");
        assert_eq!(preset.values["save_dtype"], "fp16");
        assert_eq!(preset.values["max_train_steps"], "2000");
        let left: Vec<&str> = preset.left_out.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(
            left,
            [
                "datasets.0.resolution",
                "train.ema_config.use_ema",
                "trigger_word"
            ]
        );
    }

    #[test]
    fn a_file_of_kohyas_web_interface_goes_over_without_what_is_switched_off_there() {
        let preset = preset_of(
            Format::Kohya,
            &flat(&[
                ("LoRA_type", "Flux1"),
                ("epoch", "25"),
                ("flux1_cache_text_encoder_outputs", "true"),
                ("flux1_cache_text_encoder_outputs_to_disk", "true"),
                ("learning_rate", "0.0001"),
                ("unet_lr", "0.0002"),
                ("lr_warmup", "10"),
                ("max_resolution", "512,512"),
                ("noise_offset", "0"),
                ("optimizer", "AdamW8bit"),
                ("seed", "42"),
                ("v2", "false"),
                ("xformers", "sdpa"),
            ]),
        )
        .expect("a preset");
        let value = |name: &str| preset.values.get(name).map(String::as_str);
        assert_eq!(value("cache_text_encoder_outputs"), Some("disk"));
        assert_eq!(value("learning_rate"), Some("0.0002"));
        assert_eq!(value("attention_mode"), Some("sdpa"));
        let left: Vec<&str> = preset.left_out.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(left, ["LoRA_type", "epoch", "lr_warmup", "seed"]);
    }

    #[test]
    fn keys_of_other_services_are_not_kept() {
        let preset = preset_of(
            Format::Kohya,
            &flat(&[
                ("huggingface_token", "hf_secret"),
                ("network_dim", "8"),
                ("wandb_api_key", "wandb_secret"),
            ]),
        )
        .expect("a preset");
        assert_eq!(preset.left_out.len(), 2);
        assert!(preset.left_out.iter().all(|l| l.value == "(not kept)"));
    }

    #[test]
    fn captions_that_change_are_not_cached_and_can_be_trained() {
        let file = [
            ("network.linear", "16"),
            ("datasets.0.caption_dropout_rate", "0.05"),
        ];
        let preset = preset_of(Format::AiToolkit, &flat(&file)).expect("a preset");
        assert_eq!(preset.values["cache_text_encoder_outputs"], "disabled");
        let still = [
            ("network.linear", "16"),
            ("datasets.0.caption_dropout_rate", "0"),
        ];
        let preset = preset_of(Format::AiToolkit, &flat(&still)).expect("a preset");
        assert_eq!(preset.values.get("cache_text_encoder_outputs"), None);
    }

    #[test]
    fn a_file_of_something_else_is_no_preset() {
        assert!(preset_of(Format::Kohya, &flat(&[("colour", "red")])).is_err());
    }
}
