//! The container's answers, in the shape captured from the real one.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::request::TrainingJob;

/// What stays readable in a path; the slash divides keys.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A model was written: `output` of a COMPLETED job. `base` is the S3 address without a slash at the end.
pub fn success(
    job: &TrainingJob,
    base: &str,
    bucket: &str,
    size_bytes: usize,
    took: Duration,
) -> Value {
    let path = format!("{bucket}/{}", job.model_key());
    let url = format!("{base}/{}", utf8_percent_encode(&path, PATH));
    let seconds = took.as_secs_f64();
    json!({
        "job_id": job.request_id,
        "loraName": job.file_name(),
        "loraUrl": url,
        "message": format!("LoRA training completed successfully in {seconds:.2} seconds"),
        "model_info": {
            "download_url": url,
            "file_extension": ".safetensors",
            "model_type": "lora",
            "name": job.file_name(),
            "size_bytes": size_bytes,
        },
        "status": "success",
        "tenant_id": job.tenant_id,
        "training_type": job.training_type(),
        "user_id": job.user_id,
    })
}

/// No model: what stays in `output` once the handler's `error` is lifted out of it and has made the job FAILED.
pub fn failure(job_id: &str) -> Value {
    json!({"status": "failed", "job_id": job_id})
}

/// A failure that nobody lifted out: the job is COMPLETED and only this says that it failed.
pub fn inner_failure(job_id: &str, error: &str) -> Value {
    json!({"status": "failed", "job_id": job_id, "error": error})
}
