use super::*;

/// From pasted text, which has no file.
fn preset_of(format: Format, flat: &Flat) -> Result<SettingsPreset, String> {
    super::preset_of(format, flat, "")
}

#[test]
fn a_file_that_names_nothing_gives_its_own_name() {
    let name = |pairs: &[(&str, &str)], file: &str| {
        let settings = [&[("network_dim", "8")], pairs].concat();
        let preset = super::preset_of(Format::Kohya, &flat(&settings), file).expect("a preset");
        (preset.name, preset.id)
    };
    let named = |name: &str, id: &str| (name.to_owned(), id.to_owned());
    assert_eq!(name(&[], "k.toml"), named("k", "k"));
    assert_eq!(
        name(&[], "fine lines.v2.json"),
        named("fine lines.v2", "fine-lines-v2")
    );
    let of_settings = [("output_name", "Ink"), ("trigger_word", "ink")];
    assert_eq!(name(&of_settings, "k.toml"), named("Ink", "ink"));
    let trigger = [("trigger_word", "p3r5on")];
    assert_eq!(name(&trigger, "墨.toml"), named("p3r5on", "p3r5on"));
    assert_eq!(
        name(&[], ""),
        named("Imported settings", "imported-settings")
    );
}

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

fn left(preset: &SettingsPreset) -> Vec<(&str, &str, &str)> {
    let left = preset.left_out.iter();
    left.map(|l| (l.name.as_str(), l.value.as_str(), l.why.as_str()))
        .collect()
}

#[test]
fn of_several_datasets_the_first_goes_over_and_what_differs_in_the_others_is_listed() {
    let preset = preset_of(
        Format::Kohya,
        &flat(&[
            ("datasets.0.batch_size", "4"),
            ("datasets.0.resolution", "512"),
            ("datasets.0.enable_bucket", "true"),
            ("datasets.0.num_repeats", "2"),
            ("datasets.0.subsets.0.num_repeats", "3"),
            ("datasets.1.batch_size", "2"),
            ("datasets.1.resolution", "768"),
            ("datasets.1.enable_bucket", "true"),
            ("datasets.1.subsets.0.num_repeats", "7"),
            ("general.batch_size", "1"),
        ]),
    )
    .expect("a preset");
    let value = |name: &str| preset.values[name].as_str();
    assert_eq!(
        (
            value("batch_size"),
            value("width"),
            value("height"),
            value("num_repeats")
        ),
        ("4", "512", "512", "3")
    );
    assert_eq!(
        left(&preset),
        [
            ("datasets.1.batch_size", "2", ONE_DATASET),
            ("datasets.1.resolution", "768", ONE_DATASET),
            ("datasets.1.subsets.0.num_repeats", "7", ONE_DATASET),
        ]
    );
    let file = [
        ("datasets.0.num_repeats", "3"),
        ("datasets.1.num_repeats", "7"),
    ];
    let preset = preset_of(Format::AiToolkit, &flat(&file)).expect("a preset");
    assert_eq!(preset.values["num_repeats"], "3");
    assert_eq!(
        left(&preset),
        [("datasets.1.num_repeats", "7", ONE_DATASET)]
    );
}

#[test]
fn what_ai_toolkit_calls_otherwise_goes_over_and_prompts_belong_to_the_style() {
    let preset = preset_of(
        Format::AiToolkit,
        &flat(&[
            ("datasets.0.flip_x", "true"),
            ("sample.prompts", "a boat, two gulls"),
            ("train.max_grad_norm", "0.5"),
            ("train.min_snr_gamma", "5.0"),
            ("train.timestep_type", "sigmoid"),
        ]),
    )
    .expect("a preset");
    let values: Vec<(&str, &str)> = preset
        .values
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        values,
        [
            ("flip_aug", "true"),
            ("max_grad_norm", "0.5"),
            ("min_snr_gamma", "5"),
            ("timestep_sampling", "sigmoid"),
        ]
    );
    assert_eq!(
        left(&preset),
        [("sample.prompts", "a boat, two gulls", BELONGS)]
    );
    let linear = [("network.linear", "16"), ("train.timestep_type", "linear")];
    let preset = preset_of(Format::AiToolkit, &flat(&linear)).expect("a preset");
    assert!(left(&preset)[0].2.contains("not one of"));
}

#[test]
fn a_warm_up_given_as_a_share_is_told_to_be_one() {
    let file = [("lr_warmup_steps", "0.1"), ("network_dim", "8")];
    let preset = preset_of(Format::Kohya, &flat(&file)).expect("a preset");
    assert_eq!(left(&preset), [("lr_warmup_steps", "0.1", NO_SHARE)]);
}
