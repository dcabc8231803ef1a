//! Models in the bucket that no version knows: listed with what their headers say, and imported as completed versions.
//!
//! For models that were trained elsewhere, or whose record was lost. Files of no style of the registry are not listed:
//! there is no page they could be shown on. Nothing in the bucket is changed.

use super::super::model::import::{
    EndedRun, IMPORTED, ModelFacts, NotImported, UnknownModel, free_name, owner, stem, version_name,
};
use super::super::model::lora_file::is_left_by;
use super::super::model::version::{ParameterValue, Status, TrainingVersion, is_version_id};
use super::{events, job, lora_head, reconcile, versions};
use crate::error::{AppError, ErrorKind};
use crate::server::problem::{Body, Problem};
use crate::server::s3::{ObjectInfo, S3, S3Error, S3Location};
use crate::server::state::{AppState, iso};
use crate::styles;
use crate::styles::model::StyleId;
use crate::styles::server::routes::style_id;
use axum::Json;
use axum::extract::{Path, State};
use futures::stream::{self, StreamExt};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Headers read at the same time.
const IN_FLIGHT: usize = 8;

/// How long a page waits for S3.
const PATIENCE: Duration = Duration::from_secs(3);

/// Headers by key and ETag.
struct Headers(Cache<(String, String), Result<ModelFacts, String>>);

impl Default for Headers {
    fn default() -> Self {
        Self(Cache::new(10_000))
    }
}

/// A model of the bucket that belongs to a style.
struct Candidate {
    object: ObjectInfo,
    file: String,
    name: String,
    /// Whose model it is, if that run ended badly.
    run: Option<EndedRun>,
}

/// The same for a page, which does not wait long: its list of versions needs no S3.
pub async fn unknown_soon(
    state: &AppState,
    style: &StyleId,
) -> Result<Vec<UnknownModel>, AppError> {
    let asked = tokio::time::timeout(PATIENCE, unknown(state, style));
    asked.await.unwrap_or_else(|_| {
        let message = "S3 took too long to answer.";
        Err(AppError::new(ErrorKind::Unavailable, message).with_remedy("Load the page again."))
    })
}

/// Models of the style that none of its versions knows, newest first.
pub async fn unknown(state: &AppState, style: &StyleId) -> Result<Vec<UnknownModel>, AppError> {
    let candidates = candidates(state, style).await?;
    let reads: Vec<_> = candidates.iter().map(|c| described(state, c)).collect();
    let models = stream::iter(reads).buffered(IN_FLIGHT).collect::<Vec<_>>();
    models.await.into_iter().collect()
}

async fn candidates(state: &AppState, style: &StyleId) -> Result<Vec<Candidate>, AppError> {
    let registry = styles::server::list(state)?;
    let known = styles::server::get(state, style)?;
    let versions = versions::list_of(state, &known)?;
    let prefix = job::model_key("");
    let prefix = prefix.trim_end_matches(super::super::model::import::EXTENSION);
    let objects = state.s3.list(&format!("{prefix}style_{style}_")).await?;
    let model_names: Vec<String> = versions
        .iter()
        .filter_map(|v| model_name(&state.s3, v))
        .collect();
    let is_left = |file: &str| {
        model_names
            .iter()
            .any(|name| is_left_by(file, name, &model_names))
    };
    let mut found: Vec<Candidate> = objects
        .into_iter()
        .filter_map(|object| {
            let file = object.key.strip_prefix(prefix)?.to_owned();
            let stem = stem(&file)?;
            let ids = registry.iter().map(|s| s.id.as_str());
            let (id, rest) = owner(stem, ids)?;
            let is_known = is_left(&file) || versions.iter().any(|v| knows(&state.s3, v, stem));
            let name = version_name(rest).to_owned();
            let run = run_of(&versions, stem, &object);
            (id == style.as_str() && !is_known).then_some(Candidate {
                object,
                file,
                name,
                run,
            })
        })
        .collect();
    found.sort_by_key(|c| std::cmp::Reverse(c.object.modified_ms));
    let mut names: Vec<String> = versions.into_iter().map(|v| v.name).collect();
    for candidate in found.iter_mut().filter(|c| c.run.is_none()) {
        let taken = |name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
        candidate.name = free_name(&candidate.name, "from S3", taken);
        names.push(candidate.name.clone());
    }
    Ok(found)
}

/// The name of a version's model file without its ending: by its address, else what it was to be called.
fn model_name(s3: &S3, version: &TrainingVersion) -> Option<String> {
    let Some(url) = version.lora_url.as_deref() else {
        return version.model_name.clone();
    };
    let elsewhere = || S3Location::parse(url, None).map(|l| l.key);
    let key = s3.key_of(url).or_else(elsewhere);
    let key = key.unwrap_or_else(|| url.to_owned());
    let file = key.rsplit('/').next().unwrap_or_default();
    stem(file).map(str::to_owned)
}

/// Whether a version is of this model. Its address may name another bucket or an older prefix: the file's name decides.
fn knows(s3: &S3, version: &TrainingVersion, stem: &str) -> bool {
    let by_address = version.lora_url.is_some() && model_name(s3, version).as_deref() == Some(stem);
    // a run of ours that has not ended will find its model itself
    let has_or_will = version.lora_url.is_some() || !version.status.is_final();
    let by_name = version.model_name.as_deref() == Some(stem) && has_or_will;
    by_address || by_name || version.id == id_of(stem)
}

/// The run of ours that was to write this model and did not end well. A file from before its time is another's.
fn run_of(versions: &[TrainingVersion], stem: &str, object: &ObjectInfo) -> Option<EndedRun> {
    let run = versions.iter().find(|v| {
        let ended_badly = v.status.is_final() && v.status != Status::Completed;
        let is_its_name = v.is_ours() && v.model_name.as_deref() == Some(stem);
        is_its_name
            && ended_badly
            && !versions::never_ran(v)
            && reconcile::may_have_written(v, object.modified_ms)
    })?;
    Some(EndedRun {
        id: run.id.clone(),
        name: run.name.clone(),
        status: run.status,
    })
}

async fn described(state: &AppState, candidate: &Candidate) -> Result<UnknownModel, AppError> {
    let Candidate {
        object,
        file,
        name,
        run,
    } = candidate;
    let read = header(state, object).await?;
    Ok(UnknownModel {
        run: run.clone(),
        file: file.clone(),
        name: name.clone(),
        size_bytes: object.size_bytes,
        modified: iso(object.modified_ms),
        problem: read.as_ref().err().cloned(),
        facts: read.ok(),
    })
}

async fn header(
    state: &AppState,
    object: &ObjectInfo,
) -> Result<Result<ModelFacts, String>, S3Error> {
    let headers = state.residents.of::<Headers>("");
    let version = (object.key.clone(), object.etag.clone());
    if let Some(known) = headers.0.get(&version) {
        return Ok(known);
    }
    let opening = lora_head::read(&state.s3, object).await?;
    let facts = opening.importable(object.size_bytes);
    headers.0.insert(version, facts.clone());
    Ok(facts)
}

/// A version's id: the file's stem, as the older system gives it.
fn id_of(stem: &str) -> String {
    if is_version_id(stem) {
        return stem.to_owned();
    }
    format!("imported_{}", &hex::encode(Sha256::digest(stem))[..16])
}

/// Imports the named models, or all that can be; the others are named with the reason. A second time changes nothing.
pub async fn import(
    state: &AppState,
    style: &StyleId,
    files: Option<Vec<String>>,
) -> Result<Imported, AppError> {
    let known = styles::server::get(state, style)?;
    let candidates = candidates(state, style).await?;
    let mut done = Imported::default();
    let is_wanted = |c: &&Candidate| match &files {
        Some(files) => files.contains(&c.file),
        None => c.run.is_none(),
    };
    // the oldest first: the newest ends on top
    for candidate in candidates.iter().filter(is_wanted).rev() {
        if let Some(run) = &candidate.run {
            done.refused.push(of_its_run(&candidate.file, run));
            continue;
        }
        let facts = match header(state, &candidate.object).await? {
            Ok(facts) => facts,
            Err(message) => {
                let file = candidate.file.clone();
                done.refused.push(NotImported { file, message });
                continue;
            }
        };
        let version = version_of(state, candidate, &facts);
        let stem = stem(&candidate.file)
            .expect("a candidate has one")
            .to_owned();
        let s3 = state.s3.clone();
        let is_it = move |v: &TrainingVersion| knows(&s3, v, &stem);
        let recorded = versions::adopt(state, &known, version, is_it).await?;
        if let Some(version) = recorded {
            let message = format!("imported from S3: {}", candidate.file);
            events::append(state, style, &version.id, "person", &message).await;
            done.imported.push(version);
        }
    }
    let unheard = files.into_iter().flatten();
    let unheard = unheard.filter(|f| candidates.iter().all(|c| c.file != *f));
    done.refused.extend(unheard.map(|file| NotImported {
        message: format!(
            "Style {style} has no unknown model {file:?}: it is imported already, or not in the bucket."
        ),
        file,
    }));
    Ok(done)
}

fn of_its_run(file: &str, run: &EndedRun) -> NotImported {
    NotImported {
        file: file.to_owned(),
        message: format!(
            "It is the model of {}, which is {}: check that version again, and it is taken if it is whole.",
            run.name,
            run.status.as_str()
        ),
    }
}

fn version_of(state: &AppState, candidate: &Candidate, facts: &ModelFacts) -> TrainingVersion {
    let stem = stem(&candidate.file).expect("a candidate has one");
    let modified = iso(candidate.object.modified_ms);
    let whole = |n: Option<u32>| n.map(|n| ParameterValue::Int(i64::from(n)));
    let alpha = facts.network_alpha.map(|n| match n.fract() == 0.0 {
        true => ParameterValue::Int(n as i64),
        false => ParameterValue::Float(n),
    });
    let parameters = [
        ("network_dim", whole(facts.network_dim)),
        ("network_alpha", alpha),
        (
            "learning_rate",
            facts.learning_rate.map(ParameterValue::Float),
        ),
        ("max_train_steps", whole(facts.steps)),
    ];
    let parameters: BTreeMap<_, _> = parameters
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    TrainingVersion {
        id: id_of(stem),
        name: candidate.name.clone(),
        description: Some("Imported from S3".into()),
        timestamp: modified.clone(),
        completed_at: Some(modified),
        parameters,
        status: Status::Completed,
        lora_url: Some(state.s3.object_url(&candidate.object.key)),
        last_synced: Some(state.now_iso()),
        trainer: Some(IMPORTED.into()),
        model_name: Some(stem.to_owned()),
        size_bytes: Some(candidate.object.size_bytes),
        ..TrainingVersion::default()
    }
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_unknown))
        .routes(routes!(import_models))
}

#[derive(Serialize, utoipa::ToSchema)]
struct UnknownModels {
    models: Vec<UnknownModel>,
}

/// Models of the style in the bucket that no version knows, newest first. One with a `run` is the model of a version that failed or was
/// cancelled: its recheck takes it, an import does not.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions/unknown-models", tag = "versions", params(("id" = String, Path)),
    responses((status = 200, body = UnknownModels), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn list_unknown(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<UnknownModels>, AppError> {
    let models = unknown(&state, &style_id(&id)?).await?;
    Ok(Json(UnknownModels { models }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ModelsToImport {
    /// File names; absent imports every model that is whole and of no run that is known.
    files: Option<Vec<String>>,
}

/// What an import came to.
#[derive(Default, Serialize, utoipa::ToSchema)]
pub struct Imported {
    pub imported: Vec<TrainingVersion>,
    pub refused: Vec<NotImported>,
}

/// Records unknown models as completed versions. Again changes nothing.
#[utoipa::path(post, path = "/api/styles/{id}/training-versions/import", tag = "versions", params(("id" = String, Path)), request_body = ModelsToImport,
    responses((status = 200, body = Imported), (status = 400, body = Problem), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn import_models(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(wanted): Body<ModelsToImport>,
) -> Result<Json<Imported>, AppError> {
    Ok(Json(import(&state, &style_id(&id)?, wanted.files).await?))
}
