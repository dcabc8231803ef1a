//! Our rules against what the real trainer did: captions, buckets, batches, errors, learning rates, loops; and the workflow of any
//! form we accept against ComfyUI's own checks. Reads `../shared/contracts`; where that is absent the tests say so and pass.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::dataset::model::buckets::{BucketSettings, Buckets, Size, batches_per_epoch, count};
use crate::training::model::captions::{
    CaptionRow, CaptionSettings, ImageFile, is_read_as_image, rows,
};
use crate::training::model::form::{TrainingForm, TrainingRequest};
use crate::training::model::learning_rate::{Schedule, Settings};
use crate::training::model::loops::passes;
use crate::training::model::model_file::{checkpoint_name, final_name};
use crate::training::model::parameters::{Defaults, Kind, PARAMETERS, Parameter};
use crate::training::server::workflow::workflow;

pub(super) fn contracts() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/contracts"));
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no {}", folder.display());
    None
}

fn cases(file: &str) -> Vec<Value> {
    let Some(folder) = contracts() else {
        return Vec::new();
    };
    let text = std::fs::read_to_string(folder.join("truth").join(file)).expect("a truth file");
    let whole: Value = serde_json::from_str(&text).expect("JSON");
    whole["cases"].as_array().expect("cases").clone()
}

fn number(value: &Value) -> u32 {
    u32::try_from(
        value
            .as_u64()
            .unwrap_or_else(|| panic!("a whole number, not {value}")),
    )
    .expect("u32")
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("text, not {value}"))
}

fn size(value: &Value) -> Size {
    Size::new(number(&value[0]), number(&value[1]))
}

/// Content of the case's files that are not pictures.
fn texts(files: &Value) -> BTreeMap<String, Vec<u8>> {
    let content = |file: &Value| match (&file["text"], &file["bytes_hex"]) {
        (Value::String(text), _) => Some(text.clone().into_bytes()),
        (_, Value::String(hex)) => Some(
            (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
                .collect(),
        ),
        _ => None,
    };
    let files = files.as_object().expect("files");
    files
        .iter()
        .filter_map(|(name, file)| Some((name.clone(), content(file)?)))
        .collect()
}

/// Size as the trainer's header reader sees it: EXIF orientations 5 to 8 lie on their side; no picture has size 0.
fn seen_size(file: &Value) -> Size {
    if !file["image"].is_array() {
        return Size::new(0, 0);
    }
    let Size { width, height } = size(&file["image"]);
    if file["exif_orientation"].as_u64() >= Some(5) {
        Size::new(height, width)
    } else {
        Size::new(width, height)
    }
}

fn bucket_settings(dataset: &Value) -> BucketSettings {
    BucketSettings {
        resolution: Size::new(number(&dataset["width"]), number(&dataset["height"])),
        enable_bucket: dataset["enable_bucket"] == true,
        bucket_no_upscale: dataset["bucket_no_upscale"] == true,
        min_bucket_reso: number(&dataset["min_bucket_reso"]),
        max_bucket_reso: number(&dataset["max_bucket_reso"]),
    }
}

fn caption_settings<'a>(case: &'a Value, dataset: &'a Value) -> CaptionSettings<'a> {
    CaptionSettings {
        class_tokens: text(&dataset["class_tokens"]),
        caption_extension: text(&case["settings"]["general"]["caption_extension"]),
        cached: case["settings"]["cache_text_encoder_outputs"] != "disabled",
        shuffle_caption: case["settings"]["general"]["shuffle_caption"] == true,
    }
}

/// Our rows for one dataset of a case, of the files the trainer takes for images, in its order.
fn our_rows(case: &Value, dataset: &Value, buckets: &Buckets) -> Vec<CaptionRow> {
    let texts = texts(&case["files"]);
    let captions = texts
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let files = case["files"].as_object().expect("files");
    let mut images: Vec<ImageFile> = files
        .iter()
        .filter(|(name, _)| is_read_as_image(name))
        .map(|(filename, file)| ImageFile {
            filename,
            size: Some(seen_size(file)),
            unfit: None,
        })
        .collect();
    images.sort_by_key(|image| image.filename);
    rows(
        &images,
        &captions,
        &caption_settings(case, dataset),
        Some(buckets),
    )
}

#[test]
fn captions_buckets_and_batches_are_the_trainers() {
    let mut images = 0;
    for case in cases("dataset_truth.json")
        .iter()
        .filter(|case| case["result"] == "ok")
    {
        let name = text(&case["case"]);
        let mut batches = 0;
        for (dataset, truth) in case["settings"]["datasets"]
            .as_array()
            .expect("datasets")
            .iter()
            .zip(case["datasets"].as_array().expect("datasets"))
        {
            let buckets = Buckets::new(&bucket_settings(dataset))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            if let Some(predefined) = truth["predefined_buckets"].as_array() {
                assert_eq!(
                    buckets.predefined(),
                    predefined.iter().map(size).collect::<Vec<_>>(),
                    "{name}"
                );
            }
            images += if dataset["regularization"].is_object() {
                regularized_images_match(name, truth, &buckets)
            } else {
                let ours = our_rows(case, dataset, &buckets);
                rows_match(name, &ours, truth, &buckets);
                batches += batches_match(name, &ours, dataset, truth);
                ours.len()
            };
        }
        if batches > 0 {
            assert_eq!(batches, number(&case["batches_per_epoch"]), "{name}");
            let steps = number(&case["settings"]["max_train_steps"]);
            assert_eq!(
                steps.div_ceil(batches),
                number(&case["num_train_epochs"]),
                "{name}"
            );
        }
    }
    assert!(
        images > 300 || contracts().is_none(),
        "only {images} images were compared"
    );
}

fn rows_match(name: &str, ours: &[CaptionRow], truth: &Value, buckets: &Buckets) {
    let theirs = truth["images"].as_array().expect("images");
    let files: Vec<&str> = theirs.iter().map(|image| text(&image["file"])).collect();
    assert_eq!(
        ours.iter()
            .map(|row| row.filename.as_str())
            .collect::<Vec<_>>(),
        files,
        "{name}: images read"
    );
    for (row, image) in ours.iter().zip(theirs) {
        let at = format!("{name}: {}", row.filename);
        let trained = row
            .as_trained
            .as_deref()
            .unwrap_or_else(|| panic!("{at}: no caption"));
        match image["caption_samples"].as_array() {
            Some(samples) => assert!(
                samples.iter().any(|sample| sample == trained),
                "{at}: {trained:?}"
            ),
            None => assert_eq!(trained, text(&image["caption_used"]), "{at}"),
        }
        assert_eq!(row.bucket, Some(size(&image["bucket"])), "{at}");
        place_matches(&at, image, buckets);
    }
}

fn place_matches(at: &str, image: &Value, buckets: &Buckets) {
    let placed = buckets
        .place(size(&image["image_size"]))
        .unwrap_or_else(|error| panic!("{at}: {error}"));
    assert_eq!(placed.bucket, size(&image["bucket"]), "{at}");
    assert_eq!(placed.resized, size(&image["resized"]), "{at}");
    assert_eq!(placed.upscaled, image["upscaled"] == true, "{at}");
    let (left, top) = placed.crop_offset();
    assert_eq!(Size::new(left, top), size(&image["crop_offset"]), "{at}");
}

/// We send no regularisation images, but their buckets follow the same rule.
fn regularized_images_match(name: &str, truth: &Value, buckets: &Buckets) -> usize {
    let images = truth["images"].as_array().expect("images");
    images
        .iter()
        .for_each(|image| place_matches(name, image, buckets));
    images.len()
}

fn batches_match(name: &str, ours: &[CaptionRow], dataset: &Value, truth: &Value) -> u32 {
    let counts = count(ours.iter().filter_map(|row| row.bucket));
    let repeats = number(&dataset["num_repeats"]);
    let theirs: BTreeMap<Size, u32> = truth["buckets"]
        .as_array()
        .expect("buckets")
        .iter()
        .map(|bucket| {
            (
                size(&bucket["resolution"]),
                number(&bucket["images_with_repeats"]) / repeats,
            )
        })
        .collect();
    assert_eq!(counts, theirs, "{name}");
    let batches = batches_per_epoch(&counts, repeats, number(&dataset["batch_size"]));
    assert_eq!(batches, number(&truth["batches_per_epoch"]), "{name}");
    batches
}

#[test]
fn what_ended_the_real_run_is_refused_or_named_fatal_before_it_starts() {
    for case in cases("dataset_truth.json")
        .iter()
        .filter(|case| case["result"] == "error")
    {
        let name = text(&case["case"]);
        let dataset = &case["settings"]["datasets"][0];
        let refused =
            TrainingRequest::parse(&form_of(case, dataset), &Defaults::new("16", "", 1)).is_err();
        let no_image = !case["files"]
            .as_object()
            .expect("files")
            .keys()
            .any(|file| is_read_as_image(file));
        let fatal = Buckets::new(&bucket_settings(dataset)).is_ok_and(|buckets| {
            let rows = our_rows(case, dataset, &buckets);
            rows.iter()
                .flat_map(|row| &row.problems)
                .any(|problem| problem.fatal)
        });
        assert!(refused || fatal || no_image, "{name}: {}", case["error"]);
    }
}

/// The form with a truth case's settings.
fn form_of(case: &Value, dataset: &Value) -> TrainingForm {
    let mut form = TrainingForm {
        style_id: "16".to_owned(),
        selection_set_id: "1".to_owned(),
        name: "v1.0".to_owned(),
        ..TrainingForm::default()
    };
    let sources = [&case["settings"], &case["settings"]["general"], dataset];
    for (name, value) in sources.into_iter().filter_map(Value::as_object).flatten() {
        if PARAMETERS.iter().any(|parameter| parameter.name == name) {
            form.parameters.set(
                name,
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned),
            );
        }
    }
    form
}

#[test]
fn settings_that_ran_for_real_are_not_refused() {
    for case in cases("dataset_truth.json")
        .iter()
        .filter(|case| case["result"] == "ok")
    {
        for dataset in case["settings"]["datasets"].as_array().expect("datasets") {
            if let Err(errors) =
                TrainingRequest::parse(&form_of(case, dataset), &Defaults::new("16", "", 1))
            {
                panic!("{}: {errors:?}", case["case"]);
            }
        }
    }
}

#[test]
fn every_step_uses_the_rate_the_trainer_used() {
    for case in cases("lr_truth.json") {
        let name = text(&case["case"]);
        let settings = &case["settings"];
        let schedule = Schedule::new(&Settings {
            optimizer_type: settings["optimizer_type"].as_str().unwrap_or("adafactor"),
            lr_scheduler: text(&settings["lr_scheduler"]),
            learning_rate: case["learning_rate"].as_f64().expect("a rate"),
            lr_warmup_steps: number(&settings["lr_warmup_steps"]),
            lr_scheduler_num_cycles: number(&settings["lr_scheduler_num_cycles"]),
            lr_scheduler_power: settings["lr_scheduler_power"].as_f64().expect("a power"),
            max_train_steps: number(&case["max_train_steps"]),
        });
        if case["error"].is_object() {
            assert!(schedule.is_err(), "{name}");
            continue;
        }
        let schedule = schedule.unwrap_or_else(|error| panic!("{name}: {error}"));
        for points in [&case["lr_after_n_steps"], &case["extra_points"]] {
            for (done, rate) in points.as_object().expect("points") {
                let (ours, theirs) = (
                    schedule.rate_after(done.parse().expect("a step")),
                    rate.as_f64().expect("a rate"),
                );
                assert!(
                    (ours - theirs).abs() <= 1e-9 * theirs.abs() + 1e-18,
                    "{name} after {done}: {ours} is not {theirs}"
                );
            }
        }
    }
}

#[test]
fn loops_run_as_many_steps_and_passes_as_the_trainers() {
    for case in cases("loop_truth.json") {
        let name = text(&case["case"]);
        let loops: Vec<u32> = case["loop_steps"]
            .as_array()
            .expect("loops")
            .iter()
            .map(number)
            .collect();
        let (max, batches) = (
            number(&case["max_train_steps"]),
            number(&case["batches_per_epoch"]),
        );
        let passes = passes(&loops, max, batches);
        let mut trace = Vec::new();
        for (epoch, pass) in passes.iter().enumerate() {
            for index in 0..pass.steps {
                trace.push(serde_json::json!([epoch, index, trace.len() + 1]));
            }
        }
        assert_eq!(
            Value::Array(trace.clone()),
            case["trace_epoch_step_globalstep"],
            "{name}"
        );
        assert_eq!(
            trace.len() as u64,
            case["steps_run"].as_u64().expect("steps"),
            "{name}"
        );
        assert_eq!(
            max.div_ceil(batches),
            number(&case["num_train_epochs"]),
            "{name}"
        );

        let mut done = 0;
        let mut files: Vec<String> = (0..loops.len())
            .map(|at| {
                done += passes
                    .iter()
                    .filter(|pass| pass.loop_index == at)
                    .map(|pass| pass.steps)
                    .sum::<u32>();
                checkpoint_name(name, 4, "bf16", done)
            })
            .collect();
        files.push(final_name(name, 4, "bf16"));
        assert_eq!(serde_json::json!(files), case["files"], "{name}");
    }
}

/// A small generator of our own: the same forms at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Any value the parameter takes; file names stay, since only the worker knows others. `None`: left empty.
fn any_value(parameter: &Parameter, dice: &mut Dice) -> Option<String> {
    if dice.roll(3) > 0 {
        return None;
    }
    Some(match parameter.kind {
        Kind::Int { min, max, .. } => match dice.roll(4) {
            0 => min.to_string(),
            1 => max.to_string(),
            2 => (min + dice.roll((max - min + 1).unsigned_abs()).cast_signed()).to_string(),
            _ => (min + dice.roll(2_000).cast_signed()).min(max).to_string(),
        },
        Kind::Float { min, max, .. } => match dice.roll(4) {
            0 => min.to_string(),
            1 => max.to_string(),
            _ => (min + (max - min) * dice.roll(1_000_001) as f64 / 1e6).to_string(),
        },
        Kind::Bool => (dice.roll(2) == 0).to_string(),
        Kind::Text { .. } => [
            "",
            "a \"b\" | c",
            "スタイル☕",
            "two words",
            "it's # [x]\nsecond",
        ][dice.roll(5) as usize]
            .to_owned(),
        Kind::Choice(words) => words[dice.roll(words.len() as u64) as usize].to_owned(),
        Kind::FileName => return None,
    })
}

#[test]
fn comfyui_takes_the_workflow_of_any_form_we_accept() {
    let Some(folder) = contracts() else { return };
    let out = tempfile::tempdir().expect("a folder");
    let mut dice = Dice(0x5eed_1234_abcd_0001);
    let mut files = Vec::new();
    let mut tried = 0;
    while files.len() < 300 {
        tried += 1;
        assert!(
            tried < 200_000,
            "only {} of {tried} forms were accepted",
            files.len()
        );
        let form = TrainingForm {
            style_id: "16".to_owned(),
            selection_set_id: "1".to_owned(),
            name: format!("v{tried}"),
            description: String::new(),
            parameters: PARAMETERS
                .iter()
                .filter_map(|parameter| Some((parameter.name, any_value(parameter, &mut dice)?)))
                .collect(),
            ..TrainingForm::default()
        };
        let Ok(request) = TrainingRequest::parse(&form, &Defaults::new("16", "", 30)) else {
            continue;
        };
        let graph = workflow(&request, &request.model_name(), "/training_data");
        assert_eq!(loop_steps(&graph), u64::from(request.max_train_steps()));
        let path = out.path().join(format!("{}.json", files.len()));
        std::fs::write(&path, graph.to_string()).expect("a file");
        files.push(path);
    }
    let run = Command::new("python3")
        .arg(folder.join("validate_workflow.py"))
        .args(&files)
        .output();
    let Ok(run) = run else {
        eprintln!("skipped: no python3");
        return;
    };
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let bad: Vec<&str> = said.lines().filter(|line| !line.ends_with(" OK")).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(said.lines().count(), files.len());
}

fn loop_steps(graph: &Value) -> u64 {
    let nodes = graph.as_object().expect("a graph").values();
    nodes
        .filter(|node| node["class_type"] == "FluxTrainLoop")
        .filter_map(|node| node["inputs"]["steps"].as_u64())
        .sum()
}
