//! The parts of the metadata that tell of the dataset: JSON inside strings, as kohya has it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    buckets::Bucket,
    dataset::TrainingImage,
    metadata::TrainedRun,
    workflow::{DatasetSettings, switch},
};

/// `ss_tag_frequency`: how often each comma-separated piece of a caption as trained occurs, by folder.
pub fn tag_frequency(run: &TrainedRun<'_>, settings: &DatasetSettings) -> Value {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for image in run.images {
        let caption = trained_caption(settings, image);
        let tags = caption
            .split(',')
            .map(str::trim)
            .filter(|tag| !tag.is_empty());
        for tag in tags {
            *counts.entry(tag.to_lowercase()).or_default() += 1;
        }
    }
    json!({folder(settings): counts})
}

/// `ss_datasets`: one dataset with its buckets.
pub fn dataset(run: &TrainedRun<'_>, settings: &DatasetSettings, buckets: &[Bucket]) -> Value {
    let listed: Map<String, Value> = buckets
        .iter()
        .enumerate()
        .map(|(index, bucket)| {
            let shown = json!({"resolution": bucket.size, "count": bucket.count});
            (index.to_string(), shown)
        })
        .collect();
    let count: u64 = buckets.iter().map(|bucket| bucket.count).sum();
    let general = &run.workflow.general;
    json!({
        "is_dreambooth": true,
        "batch_size_per_device": settings.batch_size,
        "num_train_images": count,
        "num_reg_images": 0,
        "resolution": [settings.width, settings.height],
        "enable_bucket": settings.enable_bucket,
        "min_bucket_reso": settings.min_bucket_reso,
        "max_bucket_reso": settings.max_bucket_reso,
        "tag_frequency": tag_frequency(run, settings),
        "bucket_info": {"buckets": listed},
        "subsets": [{
            "img_count": run.images.len(),
            "num_repeats": settings.num_repeats,
            "color_aug": switch(general, "color_aug", false),
            "flip_aug": switch(general, "flip_aug", false),
            "random_crop": false,
            "shuffle_caption": switch(general, "shuffle_caption", false),
            "keep_tokens": 0,
            "keep_tokens_separator": "|||",
            "image_dir": folder(settings),
            "class_tokens": settings.class_tokens,
            "is_reg": false,
        }],
    })
}

/// `ss_dataset_dirs`: one entry per dataset; a folder used again gets a number.
pub fn dataset_dirs(run: &TrainedRun<'_>) -> Value {
    let mut dirs = Map::new();
    for settings in &run.workflow.datasets {
        let name = folder(settings);
        let mut unique = name.to_owned();
        let mut copy = 2;
        while dirs.contains_key(&unique) {
            unique = format!("{name} ({copy})");
            copy += 1;
        }
        let entry = json!({"n_repeats": settings.num_repeats, "img_count": run.images.len()});
        dirs.insert(unique, entry);
    }
    Value::Object(dirs)
}

/// `class_tokens` stand before every caption.
fn trained_caption(settings: &DatasetSettings, image: &TrainingImage) -> String {
    match &image.caption {
        Some(caption) => format!("{} {caption}", settings.class_tokens),
        None => settings.class_tokens.clone(),
    }
}

fn folder(settings: &DatasetSettings) -> &str {
    let path = settings.dataset_path.trim_end_matches('/');
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}
