//! A small dataset and a job that trains on it.

use std::io::Cursor;

use serde_json::{Value, json};

use crate::rehearsal::endpoint::tests::support::FakeS3;

/// Puts two captioned images of different shape; their URLs, image before caption.
pub(crate) fn put_dataset(s3: &FakeS3) -> Vec<String> {
    put_image(s3, "A Boy_scene (1).png", 64, 64);
    put(
        s3,
        "A Boy_scene (1).txt",
        "a red boat, harbour\nsecond line\n",
    );
    put_image(s3, "b.png", 96, 64);
    put(s3, "b.txt", "a red boat\n");
    [
        "A Boy_scene (1).png",
        "A Boy_scene (1).txt",
        "b.png",
        "b.txt",
    ]
    .map(url)
    .into()
}

/// The URL of a dataset file.
pub(crate) fn url(name: &str) -> String {
    format!("s3://images/styles/16/{name}")
}

pub(crate) fn put(s3: &FakeS3, name: &str, content: impl Into<axum::body::Bytes>) {
    s3.put(&format!("images/styles/16/{name}"), content);
}

pub(crate) fn put_image(s3: &FakeS3, name: &str, width: u32, height: u32) {
    let mut bytes = Cursor::new(Vec::new());
    image::DynamicImage::new_luma8(width, height)
        .write_to(&mut bytes, image::ImageFormat::Png)
        .expect("a PNG");
    put(s3, name, bytes.into_inner());
}

/// A whole `/run` body over these URLs, 30 steps.
pub(crate) fn training_job(urls: &[String]) -> Value {
    json!({"input": {
        "workflow": workflow(),
        "training_data": {"s3_urls": urls},
        "training_config": {
            "mode": "custom-styles", "user_id": "actor_maker_user", "tenant_id": "actor_maker", "request_id": "16_1234567890",
            "model_name": "style_16_v1.0", "learning_rate": 0.0001, "max_train_steps": 30,
        },
    }})
}

fn workflow() -> Value {
    json!({
        "2": {"class_type": "FluxTrainModelSelect", "inputs": {"transformer": "flux1-dev-fp8.safetensors", "vae": "ae.safetensors"}},
        "108": {"class_type": "TrainDatasetGeneralConfig", "inputs": {"shuffle_caption": false, "caption_dropout_rate": 0.0, "caption_extension": ".txt"}},
        "109": {"class_type": "TrainDatasetAdd", "inputs": {
            "dataset_config": ["108", 0], "width": 512, "height": 512, "batch_size": 2, "dataset_path": "/training_data",
            "class_tokens": "style_16", "enable_bucket": true, "bucket_no_upscale": false, "num_repeats": 5,
            "min_bucket_reso": 256, "max_bucket_reso": 1024,
        }},
        "95": {"class_type": "OptimizerConfig", "inputs": {"optimizer_type": "adamw8bit", "lr_scheduler": "cosine", "lr_warmup_steps": 0, "max_grad_norm": 1}},
        "107": {"class_type": "InitFluxLoRATraining", "inputs": {
            "flux_models": ["2", 0], "dataset": ["109", 0], "optimizer_settings": ["95", 0], "output_name": "style_16_v1.0",
            "network_dim": 16, "network_alpha": 8, "learning_rate": 0.00005, "max_train_steps": 30,
            "cache_text_encoder_outputs": "memory", "save_dtype": "bf16",
        }},
        "4": {"class_type": "FluxTrainLoop", "inputs": {"network_trainer": ["107", 0], "steps": 30}},
        "14": {"class_type": "FluxTrainSave", "inputs": {"network_trainer": ["4", 0]}},
        "133": {"class_type": "FluxTrainEnd", "inputs": {"network_trainer": ["14", 0]}},
    })
}
