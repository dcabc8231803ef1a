//! A form with everything it refers to: the style, the dataset as S3 has it now, and what is wrong with them.
//! Preview shows it, start submits it; both see the same problems.

use super::super::model::captions::CaptionRow;
use super::super::model::dataset::{CaptionFile, DatasetFacts, ItemFacts};
use super::super::model::form::{DATASET_PATH, TrainingForm, TrainingRequest};
use super::super::model::import::EXTENSION;
use super::super::model::judge::{Judged, StyleFacts, judge};
use super::super::model::names::{MODEL_THERE, UsedName, next_name};
use super::super::model::peers::{PeerPlan, peers};
use super::super::model::plan::{Plan, Remark};
use super::super::model::preview::{PreviewView, TrainSetup};
use super::super::model::rehearsal::{FAULTS_FIELD, RehearsalChoice, RehearsalRun, SPEED_FIELD};
use super::super::model::start_model::{self, StartModel};
use super::super::model::version::TrainingVersion;
use super::{again, costs, job, lora_file, presets, versions, workflow};
use crate::dataset::model::buckets::Size;
use crate::dataset::model::selection::SelectionSet;
use crate::dataset::server::resolve::{Dataset, DatasetItem, resolve};
use crate::dataset::server::selection_sets;
use crate::error::{AppError, ErrorKind, FieldError};
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::{Style, StyleId};
use serde::Serialize;
use serde_json::{Value, json};

pub struct Prepared {
    pub style: Style,
    pub request: TrainingRequest,
    pub dataset: Dataset,
    /// The dataset as the browser gets it.
    pub facts: DatasetFacts,
    pub captions: Vec<CaptionRow>,
    pub plan: Plan,
    /// Each of them keeps the run from being started.
    pub problems: Vec<Remark>,
    pub warnings: Vec<Remark>,
    pub peers: Vec<PeerPlan>,
    /// Those of the problems that only the server sees.
    pub told: Vec<Remark>,
    /// Label of the preset the form began from.
    pub preset: String,
    /// `None` where nothing is paid or no price is known.
    pub usd_per_hour: Option<f64>,
    /// Key of the model it goes on from.
    start_key: Option<String>,
    bucket: String,
}

/// Reads the form, asks S3 for the dataset, and judges both.
///
/// # Errors
/// Only what makes a preview impossible: an unknown style, S3 or a document that cannot be read.
pub async fn prepare(state: &AppState, form: &TrainingForm) -> Result<Prepared, AppError> {
    let ground = Ground::of(state, form, None).await?;
    Ok(ground.prepared(state, form))
}

/// What a form is judged on: the style, and its set as S3 has it now. Serves several forms on one set.
pub struct Ground {
    pub style: Style,
    dataset: Dataset,
    pub facts: DatasetFacts,
    pub known: StyleFacts,
    /// Versions of the style, for the model a run goes on from.
    versions: Vec<TrainingVersion>,
    /// What is wrong with the file of that model.
    start_trouble: Option<Remark>,
}

impl Ground {
    /// `except`: id of a version on record that is about to be sent, whose own name and cost are not in its way.
    pub async fn of(
        state: &AppState,
        form: &TrainingForm,
        except: Option<&str>,
    ) -> Result<Self, AppError> {
        let style_id = StyleId::parse(form.style_id.trim())
            .map_err(|e| AppError::field("styleId", e.to_string()))?;
        let style = styles::server::get(state, &style_id)?;
        let (dataset, unknown) = dataset_of(state, &style_id, form).await?;
        let facts = DatasetFacts {
            set: dataset.set.id,
            unknown,
            items: dataset.items.iter().map(item_facts).collect(),
        };
        let mut known = style_facts(state, &style, except)?;
        if !dataset.items.is_empty() {
            known
                .used_names
                .extend(model_files(state, &style_id).await?);
        }
        let versions = versions::list_of(state, &style)?;
        Ok(Self {
            start_trouble: start_trouble(state, &versions, form.start_from.trim()).await?,
            versions,
            style,
            dataset,
            facts,
            known,
        })
    }

    pub fn prepared(&self, state: &AppState, form: &TrainingForm) -> Prepared {
        let costs = &self.known.costs;
        let price = costs.settings.chosen().map(|price| price.usd_per_hour);
        let Judged {
            mut request,
            plan,
            captions,
            mut problems,
            warnings,
            ..
        } = judge(form, &self.known, &self.facts);
        request.style_id = self.style.id.to_string();
        let told: Vec<Remark> = rehearsal_problem(state, &request.rehearsal)
            .into_iter()
            .chain(self.start_trouble.clone())
            .collect();
        problems.extend(told.iter().cloned());
        // what the browser cannot find by itself
        let files = problems.iter().filter(|p| p.code == MODEL_THERE);
        let told: Vec<Remark> = told.iter().chain(files).cloned().collect();
        let start = request.start_from.as_ref();
        let start = start.and_then(|id| self.versions.iter().find(|v| v.id == *id));
        Prepared {
            start_key: start.and_then(|version| lora_file::key_of(state, version)),
            peers: peers(&self.known, &self.facts),
            bucket: state.s3.bucket().to_owned(),
            style: self.style.clone(),
            request,
            dataset: self.dataset.clone(),
            facts: self.facts.clone(),
            captions,
            plan,
            problems,
            warnings,
            told,
            preset: form.preset.clone(),
            usd_per_hour: price.filter(|_| !costs.rehearsed),
        }
    }
}

/// The names of a style's model files in the bucket, which a run would overwrite.
async fn model_files(state: &AppState, style: &StyleId) -> Result<Vec<UsedName>, AppError> {
    let prefix = job::models_of(style);
    let objects = state.s3.list(&prefix).await?;
    let names = objects.iter().filter_map(|object| {
        let name = object.key.strip_prefix(&prefix)?;
        name.strip_suffix(EXTENSION)
    });
    Ok(names.map(UsedName::of_file).collect())
}

/// The resolved set; without a usable choice an empty one, so that everything else can still be shown, and why.
async fn dataset_of(
    state: &AppState,
    style: &StyleId,
    form: &TrainingForm,
) -> Result<(Dataset, Option<String>), AppError> {
    let empty = |id| Dataset {
        set: SelectionSet {
            id,
            ..SelectionSet::default()
        },
        items: Vec::new(),
    };
    let Ok(id) = form.selection_set_id.trim().parse::<u64>() else {
        return Ok((empty(0), None));
    };
    match resolve(state, style, id).await {
        Ok(dataset) => Ok((dataset, None)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok((empty(id), Some(error.to_string()))),
        Err(error) => Err(error),
    }
}

/// Looks into the model file a run is to go on from. A version that is none of these is told of elsewhere.
async fn start_trouble(
    state: &AppState,
    versions: &[TrainingVersion],
    id: &str,
) -> Result<Option<Remark>, AppError> {
    let version = versions.iter().find(|v| v.id == id);
    let Some((version, model)) = version.and_then(|v| Some((v, StartModel::of(v)?))) else {
        return Ok(None);
    };
    match lora_file::look(state, version).await {
        Ok(file) => Ok(start_model::file_problem(&model, &file)),
        Err(error) if error.kind == ErrorKind::NotFound => {
            let message = format!(
                "The model file of {} is not in the bucket: choose another version, or start from nothing.",
                version.name
            );
            Ok(Some(Remark::new(
                Some("startFrom"),
                "start_unusable",
                message,
            )))
        }
        Err(error) => Err(error),
    }
}

/// Faults and speed are the rehearsal trainer's; only the stage itself knows its words.
fn rehearsal_problem(state: &AppState, asked: &RehearsalRun) -> Option<Remark> {
    let Some(stage) = &state.rehearsed_runs else {
        let field = match asked.faults.is_empty() {
            true => SPEED_FIELD,
            false => FAULTS_FIELD,
        };
        let message = "The trainer is a RunPod endpoint, which takes no rehearsal's speed or faults. Leave both empty.";
        return (!asked.asks_for_nothing())
            .then(|| Remark::new(Some(field), "not_rehearsing", message));
    };
    let unknown = (stage.check_faults)(&asked.faults).err()?;
    Some(Remark::new(Some(FAULTS_FIELD), "invalid", unknown))
}

fn item_facts(item: &DatasetItem) -> ItemFacts {
    let size = item.image.as_ref().and_then(|image| image.size);
    let fitness = item.image.as_ref().map(|image| &image.fitness);
    ItemFacts {
        filename: item.filename.clone(),
        in_s3: item.image.is_some(),
        size: size.map(|(width, height)| Size::new(width, height)),
        unfit: fitness.and_then(|f| f.unfit.clone()),
        flaws: fitness.map(|f| f.flaws.clone()).unwrap_or_default(),
        caption: item.caption.as_ref().map(|c| CaptionFile::of(&c.bytes)),
    }
}

fn style_facts(
    state: &AppState,
    style: &Style,
    except: Option<&str>,
) -> Result<StyleFacts, AppError> {
    let versions = versions::list_of(state, style)?;
    let others = versions.iter().filter(|v| Some(v.id.as_str()) != except);
    Ok(StyleFacts {
        class_tokens: style.default_class_tokens(),
        used_names: others.flat_map(UsedName::of).collect(),
        start_models: versions
            .iter()
            .filter(|v| lora_file::key_of(state, v).is_some())
            .filter_map(StartModel::of)
            .collect(),
        costs: costs::facts(state, except)?,
    })
}

impl Prepared {
    /// All problems as one refusal, by field; `None` when the run may be started.
    pub fn refusal(&self) -> Option<AppError> {
        refusal(&self.problems)
    }

    /// `s3://{bucket}/{key}` of image, caption, image, caption … in set order, raw names; last the model it goes on from.
    pub fn s3_urls(&self) -> Vec<String> {
        let keys = self.dataset.items.iter().flat_map(|item| {
            let image = item.image.as_ref().map(|i| i.key.as_str());
            let caption = item.caption.as_ref().map(|c| c.key.as_str());
            image.into_iter().chain(caption)
        });
        // the container lays everything it fetches into one folder, from which the trainer takes only pictures
        let keys = keys.chain(self.start_key.as_deref());
        keys.map(|key| format!("s3://{}/{key}", self.bucket))
            .collect()
    }

    /// What RunPod is sent.
    pub fn body(&self, request_id: &str, webhook: Option<&str>) -> Value {
        let graph = self.workflow();
        job::body(
            &self.request,
            self.plan.limits,
            graph,
            &self.s3_urls(),
            request_id,
            webhook,
        )
    }

    /// The graph for ComfyUI.
    pub fn workflow(&self) -> Value {
        let name = self.request.model_name();
        let mut graph = workflow::workflow(&self.request, &name, DATASET_PATH);
        let start = self.start_key.as_deref();
        if let Some(filename) = start.and_then(|key| key.rsplit('/').next()) {
            // the node hands it on as kohya's network_weights
            graph["2"]["inputs"]["lora_path"] = json!(format!("{DATASET_PATH}/{filename}"));
        }
        graph
    }

    /// The submit as a command. The key stands as a variable's name; without a recorded version there is no webhook.
    pub fn curl(&self, state: &AppState) -> String {
        let mut body = self.request_to_read(state);
        if let Some(body) = body.as_object_mut() {
            body.remove("webhook");
        }
        let body = serde_json::to_string_pretty(&body).unwrap_or_default();
        // a quoted word ends the here-document: nothing in it is the shell's
        format!(
            "curl -sS -X POST '{}/run' \\\n  -H \"authorization: Bearer $RUNPOD_API_KEY\" \\\n  -H 'content-type: application/json' \\\n  --data-binary @- <<'REQUEST'\n{body}\nREQUEST\n",
            state.runpod.address()
        )
    }

    /// The body as it would be sent now, its webhook's token left out.
    pub fn request_to_read(&self, state: &AppState) -> Value {
        let request_id = format!("{}_{}", self.style.id, state.now_ms());
        let webhook = crate::tunnel::server::webhook_base(state)
            .map(|base| format!("{}?token=…", crate::tunnel::model::webhook_url(&base)));
        self.body(&request_id, webhook.as_deref())
    }
}

/// Problems as one refusal, by field; `None` when there are none.
pub fn refusal(problems: &[Remark]) -> Option<AppError> {
    if problems.is_empty() {
        return None;
    }
    let errors = problems.iter().map(|p| FieldError {
        // a cap: fewer steps keep it
        field: p.field.clone().unwrap_or_else(|| "max_train_steps".into()),
        message: p.message.clone(),
    });
    let only_the_name = problems
        .iter()
        .all(|p| matches!(p.code.as_str(), "name_taken" | MODEL_THERE));
    let refusal = AppError::invalid(errors.collect());
    Some(AppError {
        kind: if only_the_name {
            ErrorKind::Conflict
        } else {
            refusal.kind
        },
        ..refusal
    })
}

/// The answer of `/api/training/preview`.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Preview {
    /// What would be sent to RunPod; the webhook's token is left out.
    #[schema(value_type = Object)]
    pub request: Value,
    pub plan: Plan,
    pub captions: Vec<CaptionRow>,
    /// Each keeps the run from being started.
    pub problems: Vec<Remark>,
    pub warnings: Vec<Remark>,
    /// What well-known trainers would do with the same set.
    pub peers: Vec<PeerPlan>,
}

/// Everything a start would do, without doing it.
pub async fn preview(state: &AppState, form: &TrainingForm) -> Result<Preview, AppError> {
    let prepared = prepare(state, form).await?;
    Ok(Preview {
        request: prepared.request_to_read(state),
        peers: prepared.peers,
        plan: prepared.plan,
        captions: prepared.captions,
        problems: prepared.problems,
        warnings: prepared.warnings,
    })
}

/// The preview for the Train page.
pub async fn view(state: &AppState, form: &TrainingForm) -> Result<PreviewView, AppError> {
    let prepared = prepare(state, form).await?;
    let request = prepared.request_to_read(state);
    Ok(PreviewView {
        curl: prepared.curl(state),
        dataset: prepared.facts,
        problems: prepared.told,
        request: serde_json::to_string_pretty(&request).unwrap_or_default(),
    })
}

/// What the Train page starts from: an empty form with the next name, or what an earlier version was trained with.
pub async fn setup(state: &AppState, style: &StyleId, from: &str) -> Result<TrainSetup, AppError> {
    let known = styles::server::get(state, style)?;
    let sets = selection_sets::list_of(state, &known)?;
    let mut form = TrainingForm {
        style_id: style.to_string(),
        name: name_to_offer(state, &known).await?,
        ..TrainingForm::default()
    };
    let taken_over = again::fill(state, style, from, &sets, &mut form).await?;
    if taken_over.is_none() {
        form.parameters
            .set("class_tokens", known.default_class_tokens());
    }
    let sets = sets
        .into_iter()
        .map(|s| (s.id, s.title(), s.filenames.len()));
    Ok(TrainSetup {
        form,
        sets: sets.collect(),
        idempotency_key: crate::server::token::new(),
        style: style_facts(state, &known, None)?,
        presets: presets::own(state)?,
        rehearsal: rehearsal_choice(state),
        taken_over,
    })
}

/// One that no version has, had when it was started, or left a model file under. A bucket that does not answer is told of where
/// it matters.
async fn name_to_offer(state: &AppState, style: &Style) -> Result<String, AppError> {
    let versions = versions::list_of(state, style)?;
    let files = model_files(state, &style.id).await.unwrap_or_default();
    let names = versions.iter().map(|v| v.name.as_str());
    let started = versions.iter().filter_map(|v| v.started_as());
    let left = files.iter().map(|file| file.name.as_str());
    Ok(next_name(names.chain(started).chain(left)))
}

fn rehearsal_choice(state: &AppState) -> Option<RehearsalChoice> {
    let stage = state.rehearsed_runs.as_ref()?;
    Some(RehearsalChoice {
        steps_per_second: state.config.rehearsal.steps_per_second.to_string(),
        faults: stage.faults.clone(),
    })
}
