//! The parameters a person always sees. Entries only; the rules over several of them are in `form`.

use super::{Group, Kind, Parameter, Preset};

const INIT: &str = "FluxTrainer 639b3e8, InitFluxLoRATraining";
const DATASET: &str = "FluxTrainer 639b3e8, TrainDatasetAdd; upper bound ours";

pub(super) const CORE: &[Parameter] = &[
    Parameter {
        name: "class_tokens",
        label: "Trigger token",
        group: Group::Core,
        // the dataset description must stay under 4,096 bytes: `form` counts exactly
        kind: Kind::Text { max_bytes: 3_800 },
        default: Preset::TriggerOfStyle,
        unit: "",
        help: "Put before every caption by the trainer, followed by one space.",
        why: "A rare word the style will answer to. Keep it out of the captions, or it is trained twice.",
        feeds: &[("109", "class_tokens")],
        source: "FluxTrainer 639b3e8, TrainDatasetAdd; length: the dataset description fails at 4,096 bytes",
    },
    Parameter {
        name: "max_train_steps",
        label: "Training steps",
        group: Group::Core,
        kind: Kind::Int {
            min: 1,
            max: 100_000,
            step: 10,
        },
        default: Preset::StepsOfDataset,
        unit: "steps",
        help: "How many batches are trained. Recommended: 40 for each image.",
        why: "More learns the style deeper and costs more; too many copies the images. Look at views per image in the plan.",
        feeds: &[("107", "max_train_steps")],
        source: INIT,
    },
    Parameter {
        name: "learning_rate",
        label: "Learning rate",
        group: Group::Core,
        kind: Kind::Float {
            min: 0.0,
            max: 10.0,
            step: 0.00001,
        },
        default: Preset::Float(0.0001),
        unit: "",
        help: "How far each step moves the weights, before the scheduler. Above 0.",
        why: "0.0001 is safe for any number of images; 0.0004 is faster and forgets sooner. Prodigy wants 1.",
        feeds: &[("107", "learning_rate")],
        source: INIT,
    },
    Parameter {
        name: "network_dim",
        label: "Network dimension (rank)",
        group: Group::Core,
        kind: Kind::Int {
            min: 1,
            max: 100_000,
            step: 1,
        },
        default: Preset::Int(16),
        unit: "",
        help: "Size of the LoRA; the file is about 9.6 MB for each rank in bf16.",
        why: "16 for a simple style, 32 for a rich one. Doubling it doubles the file and the risk of copying.",
        feeds: &[("107", "network_dim")],
        source: INIT,
    },
    Parameter {
        name: "network_alpha",
        label: "Network alpha",
        group: Group::Core,
        kind: Kind::Float {
            min: 0.0,
            max: 2_048.0,
            step: 1.0,
        },
        default: Preset::Float(16.0),
        unit: "",
        help: "Strength of the LoRA is alpha / rank; 0 means the same as the rank.",
        why: "Usually equal to the rank. Half of it halves the effect of the learning rate.",
        feeds: &[("107", "network_alpha")],
        source: INIT,
    },
    Parameter {
        name: "batch_size",
        label: "Batch size",
        group: Group::Core,
        kind: Kind::Int {
            min: 1,
            max: 1_024,
            step: 1,
        },
        default: Preset::Int(2),
        unit: "images",
        help: "Images trained in one step.",
        why: "2 fits 24 GB; 4 wants 48 GB. Larger is steadier, slower per step and shows each image more often.",
        feeds: &[("109", "batch_size")],
        source: DATASET,
    },
    Parameter {
        name: "num_repeats",
        label: "Repeats",
        group: Group::Core,
        kind: Kind::Int {
            min: 1,
            max: 100_000,
            step: 1,
        },
        default: Preset::Int(10),
        unit: "",
        help: "How often each image occurs in one pass over the dataset.",
        why: "Only changes how long a pass is, not how often an image is seen: steps decide that.",
        feeds: &[("109", "num_repeats")],
        source: DATASET,
    },
];
