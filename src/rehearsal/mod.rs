//! What stands in when no account is configured: an embedded S3, a RunPod-compatible local endpoint, a rehearsal trainer.
//!
//! The studio talks to them over HTTP with the same clients as to the real systems; nothing outside this room knows that
//! they are local except for the label on the page. Their addresses and generated keys are written to
//! `STATE_DIR/rehearsal.env` (mode 0600) under the usual variable names, for `boto3`, the AWS CLI, the RunPod SDK and a
//! worker container.

pub mod endpoint;
mod env_file;
pub mod s3;
pub mod trainer;

use crate::server::config::{
    ANSWER_WITHIN, Config, RehearsedRuns, RunpodConfig, S3_ANSWERS_WITHIN, S3Config,
};
use crate::server::s3::S3;
use endpoint::{FAULT_WORDS, Faults, LocalEndpointOptions};
use std::io;
use tokio::net::TcpListener;

/// The embedded bucket's name.
pub const BUCKET: &str = "actor-maker";
/// The local endpoint's id.
pub const ENDPOINT_ID: &str = "local";
const REGION: &str = "us-east-1";

/// What the studio uses: the configured systems, or the embedded ones that were started for it.
pub struct Systems {
    pub s3: S3Config,
    pub runpod: RunpodConfig,
    /// What a run may ask of the local endpoint.
    pub rehearsed_runs: Option<RehearsedRuns>,
}

/// Starts an embedded part for each system that is not configured.
///
/// # Errors
/// A port that is taken, or a state folder that cannot be written or is used by another studio.
pub async fn start(config: &Config) -> io::Result<Systems> {
    private_folder(&config.state_dir)?;
    let mut file = env_file::EnvFile::open(&config.state_dir)?;
    let s3 = match &config.s3 {
        Some(s3) => s3.clone(),
        None => start_s3(config, &mut file).await?,
    };
    let runpod = match &config.runpod {
        Some(runpod) => runpod.clone(),
        None => start_endpoint(config, &s3, &mut file).await?,
    };
    if config.s3.is_none() || config.runpod.is_none() {
        file.save()?;
    }
    let rehearsed_runs = config.runpod.is_none().then(rehearsed_runs);
    Ok(Systems {
        s3,
        runpod,
        rehearsed_runs,
    })
}

fn rehearsed_runs() -> RehearsedRuns {
    let words = FAULT_WORDS.iter().filter(|known| known.fault.is_of_a_run());
    RehearsedRuns {
        faults: words
            .map(|known| (known.word.to_owned(), known.effect.to_owned()))
            .collect(),
        check_faults: |typed| {
            let read = Faults::of_a_run(typed);
            read.map(|_| ()).map_err(|unknown| unknown.to_string())
        },
    }
}

/// Training images, queue and keys lie here: for this user only.
fn private_folder(path: &std::path::Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

async fn bind(config: &Config, port: u16, name: &str) -> io::Result<TcpListener> {
    let taken = |e: io::Error| {
        let message = format!(
            "{name}: port {port} cannot be used ({}). Is another studio running? Stop it, or set {name} to another port.",
            e.kind()
        );
        io::Error::new(e.kind(), message)
    };
    TcpListener::bind((config.inner_host(), port))
        .await
        .map_err(taken)
}

async fn start_s3(config: &Config, file: &mut env_file::EnvFile) -> io::Result<S3Config> {
    let listener = bind(config, config.rehearsal.s3_port, "REHEARSAL_S3_PORT").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let s3 = S3Config {
        bucket: BUCKET.into(),
        access_key_id: file.keep_or_make("AWS_ACCESS_KEY_ID", "AKIDREHEARSAL"),
        secret_access_key: file.keep_or_make("AWS_SECRET_ACCESS_KEY", "").into(),
        region: REGION.into(),
        endpoint: Some(endpoint.clone()),
        answer_within: S3_ANSWERS_WITHIN,
    };
    for (name, value) in [
        ("AWS_ENDPOINT_URL_S3", endpoint.as_str()),
        ("S3_USER_BUCKET", BUCKET),
        ("S3_REGION", REGION),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
    ] {
        file.set(name, value);
    }
    let options = s3::EmbeddedS3Options {
        root: config.state_dir.join("s3"),
        bucket: BUCKET.into(),
        region: REGION.into(),
        access_key_id: s3.access_key_id.clone(),
        secret_access_key: file.get("AWS_SECRET_ACCESS_KEY"),
    };
    spawn("the embedded S3", s3::serve(listener, options));
    Ok(s3)
}

async fn start_endpoint(
    config: &Config,
    s3: &S3Config,
    file: &mut env_file::EnvFile,
) -> io::Result<RunpodConfig> {
    let listener = bind(
        config,
        config.rehearsal.runpod_port,
        "REHEARSAL_RUNPOD_PORT",
    )
    .await?;
    let base_url = format!("http://{}/v2", listener.local_addr()?);
    let api_key = file.keep_or_make("RUNPOD_API_KEY", "rpa_");
    let options = LocalEndpointOptions {
        dir: config.state_dir.join("runpod"),
        endpoint_id: ENDPOINT_ID.into(),
        api_key: api_key.clone(),
        timing: endpoint::Timing::default(),
    };
    file.set("RUNPOD_ENDPOINT_BASE_URL", &base_url);
    file.set("MODEL_TRAINING_RUNPOD_ENDPOINT_ID", ENDPOINT_ID);
    let origin = base_url.trim_end_matches("/v2").to_owned();
    for (name, value) in endpoint::worker_env(&origin, &options) {
        file.set(&name, &value);
    }
    let faults = config.rehearsal.faults.parse();
    let faults = faults.map_err(|e| io::Error::other(format!("REHEARSAL_FAULTS: {e}")))?;
    let bucket = S3::new(s3);
    let trainer = trainer::RehearsalTrainerOptions {
        s3: bucket.client(),
        bucket: s3.bucket.clone(),
        public_s3_base: bucket.address(),
        steps_per_second: config.rehearsal.steps_per_second,
        faults,
    };
    spawn(
        "the local endpoint",
        endpoint::serve(listener, options, trainer),
    );
    Ok(RunpodConfig {
        endpoint_id: ENDPOINT_ID.into(),
        api_key: api_key.into(),
        base_url,
        answer_within: ANSWER_WITHIN,
    })
}

/// A part that ends takes the studio with it: half a rehearsal stage would look like outside systems that fail.
fn spawn(name: &'static str, part: impl Future<Output = io::Result<()>> + Send + 'static) {
    tokio::spawn(async move {
        let ended = part.await;
        let reason = ended.err().map_or("it ended".into(), |e| e.to_string());
        eprintln!("{name} stopped: {reason}");
        std::process::exit(1);
    });
}
