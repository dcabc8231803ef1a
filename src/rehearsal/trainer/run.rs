//! One rehearsed run, from the job to the model file in S3, and everything that can go wrong with it on purpose.

use std::time::Duration;

use aws_sdk_s3::{error::ProvideErrorMetadata, primitives::ByteStream};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    RehearsalTrainerOptions, answer,
    buckets::{self, Bucket},
    checks, course,
    dataset::{self, TrainingImage},
    lora::LoraFile,
    metadata::{self, TrainedRun},
    minifloat::NumberFormat,
    request::{self, TrainingJob},
    start,
    workflow::Workflow,
};
use crate::rehearsal::endpoint::{Assignment, Fault, JobOutcome, Queue, now_ms};

/// Progress is told at most this often, apart from a new stage.
const REPORT_EVERY: Duration = Duration::from_millis(250);
/// What the container says when training itself went wrong.
const BROKEN_OFF: &str = "Training workflow processing failed";

/// Why a run ended without a model.
enum Stop {
    /// As the container reports it.
    Failed(String),
    /// Cancelled, timed out, expired, or the studio stops: nobody wants an answer.
    NotWanted,
    /// Faults that the endpoint, not the container, reports.
    Died,
    TimedOut,
}

impl From<String> for Stop {
    fn from(error: String) -> Self {
        Self::Failed(error)
    }
}

/// Trains, so to speak, and reports the end.
pub async fn train(queue: &Queue, options: &RehearsalTrainerOptions, assignment: &Assignment) {
    let mut run = Run {
        queue,
        options,
        assignment,
        reported: None,
    };
    let id = &assignment.id;
    let ended = run.work().await;
    if !queue.still_running(assignment) {
        return;
    }
    let outcome = match ended {
        Ok(output) => JobOutcome {
            output: Some(output),
            error: None,
        },
        Err(Stop::Failed(error)) => JobOutcome {
            output: Some(answer::failure(&run.request_id())),
            error: Some(error),
        },
        Err(Stop::NotWanted) => return,
        Err(Stop::Died) => return queue.worker_died(id, now_ms()),
        Err(Stop::TimedOut) => return queue.exceed_execution_timeout(id, now_ms()),
    };
    queue.finish_built_in(assignment, outcome, now_ms());
}

struct Run<'a> {
    queue: &'a Queue,
    options: &'a RehearsalTrainerOptions,
    assignment: &'a Assignment,
    reported: Option<(&'static str, Instant)>,
}

/// What is known before the first step.
struct Plan {
    job: TrainingJob,
    workflow: Workflow,
    images: Vec<TrainingImage>,
    buckets: Vec<Vec<Bucket>>,
    batches_per_pass: u64,
    steps: u64,
    passes: u64,
}

impl Plan {
    fn new(
        job: TrainingJob,
        workflow: Workflow,
        images: Vec<TrainingImage>,
    ) -> Result<Self, String> {
        let sizes: Vec<buckets::Size> = images.iter().map(|image| image.size).collect();
        let mut filled = Vec::new();
        let mut batches_per_pass = 0;
        for settings in &workflow.datasets {
            let buckets = buckets::buckets(settings, &sizes)?;
            batches_per_pass += buckets::batches(&buckets, settings.batch_size);
            filled.push(buckets);
        }
        let most = workflow.max_train_steps();
        let (steps, passes) = buckets::steps_run(&workflow.loops, batches_per_pass, most);
        Ok(Self {
            job,
            workflow,
            images,
            buckets: filled,
            batches_per_pass,
            steps,
            passes,
        })
    }

    /// Steps of the checkpoints the run comes by.
    fn checkpoints(&self) -> Vec<u64> {
        let steps = self.workflow.checkpoints.iter().copied();
        steps.filter(|step| *step < self.steps).collect()
    }
}

impl Run<'_> {
    async fn work(&mut self) -> Result<Value, Stop> {
        let started = Instant::now();
        let started_ms = now_ms();
        let plan = self.prepare().await?;
        self.count_steps(&plan).await?;
        self.report("saving", plan.steps, plan.steps)?;
        let mut files = Vec::new();
        for steps in plan.checkpoints() {
            let file = self.write_model(&plan, steps, started_ms).await?;
            files.push((plan.job.checkpoint_key(steps), file));
        }
        let file = self.write_model(&plan, plan.steps, started_ms).await?;
        let size_bytes = file.len();
        files.push((plan.job.model_key(), file));
        self.report("uploading", plan.steps, plan.steps)?;
        for (key, file) in files {
            self.upload(&key, file).await?;
        }
        if self.has(Fault::InnerFailure) {
            return Ok(answer::inner_failure(&plan.job.request_id, BROKEN_OFF));
        }
        let base = self.options.public_s3_base.trim_end_matches('/');
        let bucket = &self.options.bucket;
        let took = started.elapsed();
        Ok(answer::success(&plan.job, base, bucket, size_bytes, took))
    }

    /// Everything that is read and checked before training.
    async fn prepare(&mut self) -> Result<Plan, Stop> {
        let job = TrainingJob::parse(&self.assignment.request.input)?;
        let total = job.objects.len() as u64;
        self.report("downloading", 0, total)?;
        let s3 = self.options.s3.clone();
        let folder = dataset::fetch(&s3, &job.objects, |fetched| {
            // a job nobody wants any more is noticed at the next stage
            let _ = self.report("downloading", fetched, total);
        })
        .await?;
        let workflow = Workflow::parse(&job.workflow)?;
        checks::check(&workflow)?;
        start::check(&workflow, &folder)?;
        let images = dataset::pair(&job, &workflow, &folder)?;
        Ok(Plan::new(job, workflow, images)?)
    }

    /// Lets the steps pass by the clock; a run taken up after a restart goes on where it was.
    async fn count_steps(&mut self, plan: &Plan) -> Result<(), Stop> {
        let own_speed = self.assignment.request.own_speed().ok().flatten();
        let speed = own_speed.unwrap_or(self.options.steps_per_second).max(1e-6);
        let first = self.assignment.resume_step.min(plan.steps);
        let begun = Instant::now();
        let trouble_at = plan.steps.div_ceil(2).max(first);
        loop {
            let passed = (begun.elapsed().as_secs_f64() * speed) as u64;
            let step = first.saturating_add(passed).min(plan.steps);
            if step >= trouble_at {
                self.make_trouble()?;
            }
            if step >= plan.steps {
                return Ok(());
            }
            self.report("training", step, plan.steps)?;
            let left = (plan.steps - step) as f64 / speed;
            tokio::time::sleep(Duration::from_secs_f64(
                left.min(REPORT_EVERY.as_secs_f64()),
            ))
            .await;
        }
    }

    /// What goes wrong in the middle of training.
    fn make_trouble(&self) -> Result<(), Stop> {
        let crashes = self.assignment.faults.number(Fault::Crash).unwrap_or(0);
        if self.assignment.attempt <= crashes {
            return Err(Stop::Died);
        }
        if self.has(Fault::ExecutionTimeout) {
            return Err(Stop::TimedOut);
        }
        if self.has(Fault::Fail) {
            return Err(Stop::Failed(BROKEN_OFF.to_owned()));
        }
        Ok(())
    }

    /// The model as it is after so many steps.
    async fn write_model(&self, plan: &Plan, steps: u64, started_ms: u64) -> Result<Vec<u8>, Stop> {
        let workflow = &plan.workflow;
        let run = TrainedRun {
            workflow,
            images: &plan.images,
            buckets: &plan.buckets,
            batches_per_pass: plan.batches_per_pass,
            steps,
            passes: plan.passes,
            started_ms,
            finished_ms: now_ms(),
        };
        let format = NumberFormat::of(workflow.save_dtype())
            .ok_or_else(|| Stop::Failed("unknown save_dtype".to_owned()))?;
        let file = LoraFile {
            network_dim: workflow.network_dim(),
            network_alpha: workflow.network_alpha(),
            metadata: metadata::metadata(&run),
            format,
        };
        let written = tokio::task::spawn_blocking(move || file.to_bytes()).await;
        match written {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => Err(Stop::Failed(format!(
                "the model file could not be written: {error}"
            ))),
            Err(_) => Err(Stop::Failed(
                "the model file could not be written".to_owned(),
            )),
        }
    }

    async fn upload(&self, key: &str, mut file: Vec<u8>) -> Result<(), Stop> {
        if self.has(Fault::ModelMissing) {
            return Ok(());
        }
        if self.has(Fault::ModelTruncated) {
            file.truncate(file.len() / 2);
        }
        let request = self
            .options
            .s3
            .put_object()
            .bucket(&self.options.bucket)
            .key(key)
            .content_type("application/octet-stream")
            .body(ByteStream::from(file));
        request.send().await.map_err(|error| {
            let code = error.code().unwrap_or("S3 did not answer");
            let bucket = &self.options.bucket;
            Stop::Failed(format!("Failed to upload s3://{bucket}/{key}: {code}"))
        })?;
        Ok(())
    }

    /// Tells how far the run is; stops it when nobody wants it any more.
    fn report(&mut self, stage: &'static str, step: u64, total: u64) -> Result<(), Stop> {
        if !self.queue.still_running(self.assignment) {
            return Err(Stop::NotWanted);
        }
        let fresh = self
            .reported
            .is_some_and(|(last, at)| last == stage && at.elapsed() < REPORT_EVERY);
        if !fresh {
            self.reported = Some((stage, Instant::now()));
            let mut output = json!({"stage": stage, "step": step, "total": total});
            if stage == "training" && step > 0 {
                output["loss"] = json!(course::loss(step, total));
            }
            if stage != "downloading" && step > 0 {
                output["log"] = json!(course::log(stage, step, total));
            }
            self.queue
                .progress_built_in(self.assignment, output, now_ms());
        }
        Ok(())
    }

    /// The person's id of this run, or RunPod's where the input has none.
    fn request_id(&self) -> String {
        let input = &self.assignment.request.input;
        request::request_id(input).unwrap_or_else(|| self.assignment.id.clone())
    }

    fn has(&self, fault: Fault) -> bool {
        self.assignment.faults.has(fault)
    }
}
