//! The rehearsal trainer: does everything the training container does except train.
//!
//! It reads the dataset from S3 by the trainer's rules, fails where the trainer would fail, counts steps at a settable speed,
//! reports progress, writes a valid LoRA without effect to S3 and answers in the container's own shape. It takes jobs only
//! while no outside worker is attached to the local endpoint.
//!
//! It deliberately does not check which model files a worker has installed, run text encoders, or remember the last workflow
//! (a real warm worker given the same workflow twice trains nothing).

mod answer;
mod buckets;
mod checks;
mod course;
mod dataset;
mod lora;
mod metadata;
mod metadata_dataset;
mod minifloat;
mod python;
mod request;
mod run;
mod start;
mod workflow;

#[cfg(test)]
pub(super) mod tests;

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

use super::endpoint::{Assignment, Faults, JobOutcome, Queue, now_ms};

/// What the rehearsal trainer needs.
#[derive(Clone, Debug)]
pub struct RehearsalTrainerOptions {
    /// Reads the dataset and writes the model.
    pub s3: aws_sdk_s3::Client,
    /// Where the model is written.
    pub bucket: String,
    /// The S3 address a person's machine sees, without a slash at the end; `loraUrl` is `{base}/{bucket}/{key}`.
    pub public_s3_base: String,
    /// Training steps counted per second; a run may ask for another speed.
    pub steps_per_second: f64,
    /// What goes wrong on purpose where a run does not say itself.
    pub faults: Faults,
}

/// Takes one job after another until aborted.
pub async fn run(queue: Arc<Queue>, options: RehearsalTrainerOptions) {
    let mut changes = queue.watch();
    loop {
        match queue.take_built_in(now_ms()) {
            Some(assignment) => train(&queue, &options, assignment).await,
            None => {
                // a change brings a job; time lets an absent worker go
                let _ = tokio::time::timeout(Duration::from_millis(500), changes.changed()).await;
            }
        }
    }
}

/// In a task of its own: an input that breaks the trainer fails its job and nothing else. The task ends with this future.
async fn train(queue: &Arc<Queue>, options: &RehearsalTrainerOptions, assignment: Assignment) {
    let assignment = Arc::new(assignment);
    let mut task = JoinSet::new();
    let (its_queue, its_options) = (Arc::clone(queue), options.clone());
    let its_assignment = Arc::clone(&assignment);
    task.spawn(async move { run::train(&its_queue, &its_options, &its_assignment).await });
    if let Some(Err(error)) = task.join_next().await {
        tracing::error!(job = assignment.id, %error, "the rehearsal trainer broke");
        let outcome = JobOutcome {
            output: None,
            error: Some("the rehearsal trainer broke; the log says where".to_owned()),
        };
        queue.finish_built_in(&assignment, outcome, now_ms());
    }
}
