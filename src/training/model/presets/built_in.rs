//! The presets that come with the studio. Values of other trainers are theirs as far as this trainer has them; the note says
//! what it cannot do.

use super::{SettingsPreset, StepRule};

/// Id, name, source, note, steps for an image with bounds, values.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<(u32, u32, u32)>,
    &'static [(&'static str, &'static str)],
);

const OURS: &str = "ActorMaker's training guide";

const ROWS: [Row; 15] = [
    (
        "small",
        "Small set, 8 to 15 images",
        OURS,
        "",
        Some((40, 500, 1_000)),
        &[],
    ),
    (
        "medium",
        "Usual set, 20 to 30 images",
        OURS,
        "",
        Some((40, 800, 1_200)),
        &[],
    ),
    (
        "large",
        "Large set, 50 to 200 images",
        OURS,
        "",
        Some((40, 2_000, 8_000)),
        &[],
    ),
    (
        "rich",
        "Rich style, several techniques",
        OURS,
        "Twice the file.",
        Some((40, 500, 8_000)),
        &[("network_dim", "32"), ("network_alpha", "32")],
    ),
    (
        "quick",
        "Quick look",
        OURS,
        "To see early whether a set holds together; not to keep.",
        Some((15, 200, 800)),
        &[("learning_rate", "0.0004")],
    ),
    (
        "kohya-ss",
        "kohya_ss “flux1D adamw8bit fp8”",
        "kohya_ss, presets/lora",
        "",
        None,
        &[
            ("learning_rate", "0.0003"),
            ("max_train_steps", "1000"),
            ("batch_size", "1"),
            ("lr_scheduler", "constant"),
            ("timestep_sampling", "sigmoid"),
            ("max_bucket_reso", "2048"),
        ],
    ),
    (
        "fluxgym",
        "fluxgym",
        "fluxgym, app.py",
        "Rank 4 with alpha 1: the rate of 0.0008 acts like 0.0002.",
        Some((160, 1, 100_000)),
        &[
            ("network_dim", "4"),
            ("network_alpha", "1"),
            ("learning_rate", "0.0008"),
            ("batch_size", "1"),
            ("lr_scheduler", "constant"),
        ],
    ),
    (
        "ai-toolkit",
        "ai-toolkit example",
        "ai-toolkit, train_lora_flux_24gb.yaml",
        "It trains at 512, 768 and 1024 px at once and averages weights (EMA); here at 768 px, without.",
        None,
        &[
            ("max_train_steps", "2000"),
            ("batch_size", "1"),
            ("lr_scheduler", "constant"),
            ("width", "768"),
            ("height", "768"),
            ("save_every_n_steps", "250"),
            ("timestep_sampling", "sigmoid"),
            ("caption_dropout_rate", "0.05"),
            ("cache_text_encoder_outputs", "disabled"),
        ],
    ),
    (
        "ai-toolkit-ui",
        "ai-toolkit web interface",
        "ai-toolkit, ui/src/app/jobs/new/jobConfig.ts",
        "It trains at 512, 768 and 1024 px at once; here at 768 px.",
        None,
        &[
            ("network_dim", "32"),
            ("network_alpha", "32"),
            ("max_train_steps", "3000"),
            ("batch_size", "1"),
            ("lr_scheduler", "constant"),
            ("width", "768"),
            ("height", "768"),
            ("timestep_sampling", "sigmoid"),
            ("caption_dropout_rate", "0.05"),
            ("cache_text_encoder_outputs", "disabled"),
        ],
    ),
    (
        "replicate",
        "Replicate flux-dev-lora-trainer",
        "Replicate, train.py",
        "It trains at 512, 768 and 1024 px at once and averages weights (EMA); here at 768 px, without.",
        None,
        &[
            ("learning_rate", "0.0004"),
            ("max_train_steps", "1000"),
            ("batch_size", "1"),
            ("lr_scheduler", "constant"),
            ("width", "768"),
            ("height", "768"),
            ("caption_dropout_rate", "0.05"),
            ("cache_text_encoder_outputs", "disabled"),
        ],
    ),
    (
        "civitai",
        "Civitai, kohya engine",
        "Civitai, TrainingParams.tsx",
        "Rank 2. It adds noise offset 0.1 and weight decay 0.01; here without.",
        None,
        &[
            ("network_dim", "2"),
            ("learning_rate", "0.0005"),
            ("max_train_steps", "250"),
            ("batch_size", "4"),
        ],
    ),
    (
        "lora-dataset-studio",
        "LoRA Dataset Studio, styles",
        "lora-dataset-studio, lora_training.py",
        "Steps are rounded up to hundreds there. It gives styles no trigger and trains at 768 and 1024 px at once; here at 768 px.",
        Some((50, 1_500, 3_000)),
        &[
            ("batch_size", "1"),
            ("lr_scheduler", "constant"),
            ("width", "768"),
            ("height", "768"),
            ("save_every_n_steps", "250"),
            ("timestep_sampling", "sigmoid"),
            ("caption_dropout_rate", "0.05"),
            ("cache_text_encoder_outputs", "disabled"),
        ],
    ),
    (
        "onetrainer",
        "OneTrainer “#flux LoRA”",
        "OneTrainer, training_presets",
        "It loads the base model in NF4; here in fp8.",
        Some((25, 1, 100_000)),
        &[
            ("network_alpha", "1"),
            ("learning_rate", "0.0003"),
            ("batch_size", "4"),
            ("optimizer_type", "adamw"),
            ("lr_scheduler", "constant_with_warmup"),
            ("lr_warmup_steps", "200"),
            ("width", "768"),
            ("height", "768"),
        ],
    ),
    (
        "fluxtrainer-example",
        "FluxTrainer example workflow",
        "ComfyUI-FluxTrainer 639b3e8, example_workflows",
        "It trains at 512, 768 and 1024 px at once; here at 768 px.",
        None,
        &[
            ("network_alpha", "1"),
            ("learning_rate", "0.0004"),
            ("max_train_steps", "3000"),
            ("batch_size", "1"),
            ("optimizer_type", "CAME"),
            ("lr_scheduler", "constant"),
            ("save_every_n_steps", "750"),
            ("width", "768"),
            ("height", "768"),
        ],
    ),
    (
        "fluxtrainer-nodes",
        "FluxTrainer node defaults",
        "ComfyUI-FluxTrainer 639b3e8, nodes.py",
        "Trains in fp32.",
        None,
        &[
            ("network_dim", "4"),
            ("network_alpha", "1"),
            ("learning_rate", "0.0004"),
            ("max_train_steps", "1500"),
            ("lr_scheduler", "constant"),
            ("lr_scheduler_num_cycles", "1"),
            ("num_repeats", "1"),
            ("width", "1024"),
            ("height", "1024"),
            ("timestep_sampling", "sigmoid"),
            ("discrete_flow_shift", "1"),
            ("gradient_dtype", "fp32"),
            ("cache_latents", "disk"),
            ("cache_text_encoder_outputs", "disk"),
        ],
    ),
];

/// Every preset that comes with the studio.
pub fn built_in() -> Vec<SettingsPreset> {
    ROWS.iter().map(preset).collect()
}

/// Those of well-known trainers.
pub fn peers() -> impl Iterator<Item = SettingsPreset> {
    ROWS.iter().filter(|row| row.2 != OURS).map(preset)
}

fn preset(&(id, name, source, note, steps, values): &Row) -> SettingsPreset {
    SettingsPreset {
        id: id.to_owned(),
        version: 1,
        name: name.to_owned(),
        source: source.to_owned(),
        note: note.to_owned(),
        steps: steps.map(|(per_image, min, max)| StepRule {
            per_image,
            min,
            max,
        }),
        values: values
            .iter()
            .map(|&(n, v)| (n.to_owned(), v.to_owned()))
            .collect(),
        left_out: Vec::new(),
        own: false,
    }
}
