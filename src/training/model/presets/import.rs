//! What settings of kohya's scripts and of ai-toolkit mean here, and which have no place. Takes names and values; reading
//! their files is not done here.

mod names;

use super::{LeftOut, SettingsPreset, slug};
use crate::training::model::parameters::{Kind, find};
use names::{AI_TOOLKIT, KOHYA, OF_ELSEWHERE};
use std::collections::BTreeMap;

/// Settings by their path, `datasets.0.resolution`.
pub type Flat = BTreeMap<String, String>;

/// Most settings listed as left out.
const LEFT_OUT_MAX: usize = 200;
const NO_PLACE: &str = "This trainer has no such setting.";
const BELONGS: &str = "Belongs to the style, the dataset or the worker, not to a preset.";

const NO_EPOCHS: &str = "A run is as long as its steps: set Training steps.";
const ONE_DATASET: &str =
    "One dataset is trained here, and an earlier one of the file has another value.";
const NO_SHARE: &str = "A share of the steps there: set Warm-up in steps.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Kohya,
    AiToolkit,
}

/// A preset in the making.
#[derive(Default)]
struct Import {
    preset: SettingsPreset,
    /// The setting each value came from, by parameter.
    from: BTreeMap<&'static str, String>,
}

/// The preset that a settings file describes, and what of it has no place here. Where the settings name none, it is called by
/// their file.
///
/// # Errors
/// When nothing of it is known.
pub fn preset_of(format: Format, flat: &Flat, file_name: &str) -> Result<SettingsPreset, String> {
    let source = match format {
        Format::Kohya => "Imported from a kohya settings file",
        Format::AiToolkit => "Imported from an ai-toolkit settings file",
    };
    let mut import = Import::default();
    for (path, value) in flat {
        take(&mut import, format, path, value.trim());
    }
    let mut preset = SettingsPreset {
        version: 1,
        source: source.to_owned(),
        own: true,
        ..import.preset
    };
    uncache_captions(&mut preset);
    if preset.values.is_empty() {
        return Err("Nothing in this file is a setting of this trainer.".to_owned());
    }
    preset.name = name_of(flat, file_name);
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

/// The settings' own name, else their file's, else the trigger's: the first that is one.
fn name_of(flat: &Flat, file_name: &str) -> String {
    let said = |key: &str| flat.get(key).map(String::as_str);
    let stem = file_name
        .rsplit_once('.')
        .map_or(file_name, |(stem, _)| stem);
    let names = [
        said("output_name"),
        said("name"),
        Some(stem),
        said("trigger_word"),
    ];
    let name = names
        .into_iter()
        .flatten()
        .find(|name| !slug(name).is_empty());
    let name = name.map_or("Imported settings", str::trim);
    name.chars().take(super::NAME_MAX).collect()
}

fn take(import: &mut Import, format: Format, path: &str, value: &str) {
    let last = path.rsplit('.').next().unwrap_or(path);
    let pairs: &[(&str, &str)] = match format {
        Format::Kohya => &KOHYA,
        Format::AiToolkit => &AI_TOOLKIT,
    };
    let theirs = match format {
        Format::Kohya => last.to_owned(),
        Format::AiToolkit => of_first_dataset(path),
    };
    if let Some((_, ours)) = pairs.iter().find(|(name, _)| *name == theirs) {
        return put(import, path, ours, value);
    }
    // the web interface of kohya marks what only one model has
    let last = last.strip_prefix("flux1_").unwrap_or(last);
    match (last, is_true(value)) {
        ("resolution" | "max_resolution", _) => resolution(import, path, value),
        ("cache_latents" | "cache_latents_to_disk", true) => place(import, "cache_latents", last),
        ("cache_text_encoder_outputs" | "cache_text_encoder_outputs_to_disk", true) => {
            place(import, "cache_text_encoder_outputs", last);
        }
        ("gradient_checkpointing", true) => put(import, path, last, "enabled"),
        ("gradient_checkpointing", false) => put(import, path, last, "disabled"),
        ("sdpa" | "xformers", true) => put(import, path, "attention_mode", last),
        ("xformers", false) if !is_off(value) => put(import, path, "attention_mode", value),
        // of the two rates of a Flux LoRA kohya takes this one
        ("unet_lr", _) if !is_off(value) => put(import, path, "learning_rate", value),
        ("highvram" | "logit_mean" | "logit_std" | "mode_scale" | "sigmoid_scale", _) => {
            put(import, path, last, value)
        }
        // the preset is called so
        _ if path == "name" => {}
        // what is switched off there is off here too
        (_, _) if is_off(value) => {}
        ("seed", _) => leave(import, path, value, "The trainer's seed is fixed at 42."),
        ("epoch" | "max_train_epochs", _) => leave(import, path, value, NO_EPOCHS),
        ("lr_warmup", _) => leave(import, path, value, NO_SHARE),
        (name, _) if OF_ELSEWHERE.contains(&name) => leave(import, path, value, BELONGS),
        _ => leave(import, path, value, NO_PLACE),
    }
}

/// `datasets.3.flip_x` as `datasets.0.flip_x`: the settings of one dataset are those of any other.
fn of_first_dataset(path: &str) -> String {
    let below = path
        .strip_prefix("datasets.")
        .and_then(|p| p.split_once('.'));
    below.map_or(path.to_owned(), |(_, name)| format!("datasets.0.{name}"))
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
fn place(import: &mut Import, ours: &str, theirs: &str) {
    let on_disk = theirs.ends_with("_to_disk");
    let known = import.preset.values.get(ours).is_some_and(|v| v == "disk");
    let value = if on_disk || known { "disk" } else { "memory" };
    import
        .preset
        .values
        .insert(ours.to_owned(), value.to_owned());
}

/// `512`, `512,512`, `[512, 512]`; several sizes at once are more than this trainer takes.
fn resolution(import: &mut Import, path: &str, value: &str) {
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
                import,
                path,
                value,
                "One size is trained at a time: set width and height.",
            );
        }
    };
    put(import, path, "width", width);
    put(import, path, "height", height);
}

fn put(import: &mut Import, path: &str, ours: &str, value: &str) {
    let Some(parameter) = find(ours) else { return };
    if ours == "lr_warmup_steps" && is_share(value) {
        return leave(import, path, value, NO_SHARE);
    }
    let spelled = spelled(parameter.kind, value);
    let read = match parameter.read(&spelled) {
        Ok(read) => read.typed(),
        Err(why) => return leave(import, path, value, &why),
    };
    let before = import.from.get(parameter.name).cloned();
    match before.map_or(Claim::Stronger, |before| claim(path, &before)) {
        Claim::Weaker => {}
        Claim::Equal if import.preset.values.get(ours) != Some(&read) => {
            // both sides of a size come from one setting, which is listed once
            if import.preset.left_out.last().is_none_or(|l| l.name != path) {
                leave(import, path, value, ONE_DATASET);
            }
        }
        _ => {
            import.preset.values.insert(ours.to_owned(), read);
            import.from.insert(parameter.name, path.to_owned());
        }
    }
}

/// How a setting stands to one that gave the same parameter before.
enum Claim {
    Stronger,
    Weaker,
    /// Each holds for a dataset of its own.
    Equal,
}

/// Of one dataset what is said for its part counts before what is said for all of it, and that before what is said for all datasets.
fn claim(path: &str, before: &str) -> Claim {
    let scope = |path: &str| match path.find("datasets.") {
        Some(at) => path[at..path.rfind('.').unwrap_or(at)].to_owned() + ".",
        None => String::new(),
    };
    let (scope, before) = (scope(path), scope(before));
    if scope.starts_with(&before) {
        Claim::Stronger
    } else if before.starts_with(&scope) {
        Claim::Weaker
    } else {
        Claim::Equal
    }
}

/// kohya takes a number of steps below 1 for a share of them.
fn is_share(steps: &str) -> bool {
    steps.parse::<f64>().is_ok_and(|n| n > 0.0 && n < 1.0)
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

fn leave(import: &mut Import, path: &str, value: &str, why: &str) {
    if value.is_empty() {
        return;
    }
    let last = path.rsplit('.').next().unwrap_or(path);
    let shown = if is_secret(last) { "(not kept)" } else { value };
    import.preset.left_out.push(LeftOut {
        name: path.chars().take(80).collect(),
        value: shown.chars().take(120).collect(),
        why: why.to_owned(),
    });
}

#[cfg(test)]
mod tests;
