//! A form with everything it refers to: the style, the dataset as S3 has it now, and what is wrong with them.
//! Preview shows it, start submits it; both see the same problems.

use super::super::model::captions::{CaptionRow, ImageFile, is_read_as_image, rows};
use super::super::model::form::{DATASET_PATH, TrainingForm, TrainingRequest};
use super::super::model::parameters::{Defaults, find};
use super::super::model::plan::{Plan, Remark, warnings};
use super::super::model::preview::{PreviewView, TrainSetup};
use super::super::model::rehearsal::{FAULTS_FIELD, RehearsalChoice, RehearsalRun, SPEED_FIELD};
use super::super::model::version::next_name;
use super::{job, versions, workflow};
use crate::dataset::model::buckets::{Buckets, Size};
use crate::dataset::model::image::caption_name;
use crate::dataset::model::selection::SelectionSet;
use crate::dataset::server::resolve::{Dataset, DatasetItem, resolve};
use crate::dataset::server::selection_sets;
use crate::error::{AppError, ErrorKind, FieldError};
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::{Style, StyleId};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Names shown in one message before the rest is counted.
const NAMES_SHOWN: usize = 10;

pub struct Prepared {
    pub style: Style,
    pub request: TrainingRequest,
    pub dataset: Dataset,
    pub captions: Vec<CaptionRow>,
    pub plan: Plan,
    /// Each of them keeps the run from being started.
    pub problems: Vec<Remark>,
    pub warnings: Vec<Remark>,
    bucket: String,
}

/// Reads the form, asks S3 for the dataset, and judges both.
///
/// # Errors
/// Only what makes a preview impossible: an unknown style, S3 or a document that cannot be read.
pub async fn prepare(state: &AppState, form: &TrainingForm) -> Result<Prepared, AppError> {
    let style_id = StyleId::parse(form.style_id.trim())
        .map_err(|e| AppError::field("styleId", e.to_string()))?;
    let style = styles::server::get(state, &style_id)?;
    let (dataset, mut problems) = dataset_of(state, &style_id, form).await?;
    let read_by_trainer = dataset
        .items
        .iter()
        .filter(|i| i.image.is_some() && is_read_as_image(&i.filename))
        .count();
    let defaults = Defaults::new(style_id.as_str(), &style.trigger_words, read_by_trainer);
    let (mut request, errors) = TrainingRequest::read(form, &defaults);
    request.style_id = style_id.to_string();
    let field_problem = |e: super::super::model::form::FieldError| {
        Remark::new(Some(&e.field), "invalid", e.message)
    };
    problems.splice(0..0, errors.into_iter().map(field_problem));
    problems.extend(rehearsal_problem(state, &request.rehearsal));
    problems.extend(name_problem(state, &style, &request)?);
    let captions = caption_rows(&dataset, &request);
    problems.extend(dataset_problems(&dataset, &captions));
    let sizes: Vec<Size> = dataset.items.iter().filter_map(size_of).collect();
    let plan = Plan::new(&request, &sizes, None);
    let warnings = warnings(&request, &plan);
    Ok(Prepared {
        bucket: state.s3.bucket().to_owned(),
        style,
        request,
        dataset,
        captions,
        plan,
        problems,
        warnings,
    })
}

/// The resolved set; without a usable choice an empty one, so that everything else can still be shown.
async fn dataset_of(
    state: &AppState,
    style: &StyleId,
    form: &TrainingForm,
) -> Result<(Dataset, Vec<Remark>), AppError> {
    let empty = |id| Dataset {
        set: SelectionSet {
            id,
            ..SelectionSet::default()
        },
        items: Vec::new(),
    };
    let Ok(id) = form.selection_set_id.trim().parse::<u64>() else {
        return Ok((empty(0), Vec::new()));
    };
    match resolve(state, style, id).await {
        Ok(dataset) => Ok((dataset, Vec::new())),
        Err(error) if error.kind == ErrorKind::NotFound => {
            let problem = Remark::new(Some("selectionSetId"), "unknown_set", error.to_string());
            Ok((empty(0), vec![problem]))
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

fn name_problem(
    state: &AppState,
    style: &Style,
    request: &TrainingRequest,
) -> Result<Option<Remark>, AppError> {
    let others = versions::list_of(state, style)?;
    let taken = versions::refuse_used_name(&request.name, others.into_iter()).err();
    Ok(taken.map(|e| Remark::new(Some("name"), "name_taken", e.message)))
}

fn size_of(item: &DatasetItem) -> Option<Size> {
    let (width, height) = item.image.as_ref()?.size?;
    is_read_as_image(&item.filename).then(|| Size::new(width, height))
}

fn caption_rows(dataset: &Dataset, request: &TrainingRequest) -> Vec<CaptionRow> {
    let images: Vec<ImageFile> = dataset
        .items
        .iter()
        .map(|item| ImageFile {
            filename: &item.filename,
            size: size_of(item),
        })
        .collect();
    let names: Vec<String> = dataset
        .items
        .iter()
        .map(|i| caption_name(&i.filename))
        .collect();
    let files: BTreeMap<&str, &[u8]> = names
        .iter()
        .zip(&dataset.items)
        .filter_map(|(name, item)| Some((name.as_str(), item.caption.as_ref()?.bytes.as_ref())))
        .collect();
    let buckets = Buckets::new(&request.bucket_settings()).ok();
    rows(
        &images,
        &files,
        &request.caption_settings(),
        buckets.as_ref(),
    )
}

/// What the container or the trainer would stop on, or pass over in silence, one remark per kind with the names.
fn dataset_problems(dataset: &Dataset, captions: &[CaptionRow]) -> Vec<Remark> {
    if dataset.set.id != 0 && dataset.items.is_empty() {
        let message = "The selection set holds no image.";
        return vec![Remark::new(Some("selectionSetId"), "empty_set", message)];
    }
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (item, row) in dataset.items.iter().zip(captions) {
        let name = item.filename.as_str();
        let Some(image) = &item.image else {
            found.entry("not_in_s3").or_default().push(name);
            continue;
        };
        if is_read_as_image(name) && image.size.is_none() {
            found.entry("image_unusable").or_default().push(name);
        }
        for problem in &row.problems {
            let code = match problem.code.as_str() {
                // without its own file the row may name another image's caption
                "borrowed" => "missing",
                code => code,
            };
            let stops = problem.fatal || matches!(code, "missing" | "blank" | "not_read");
            let names = found.entry(leak_free(code)).or_default();
            if stops && names.last() != Some(&name) {
                names.push(name);
            }
        }
    }
    found
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(code, names)| Remark::new(Some("selectionSetId"), code, sentence(code, &names)))
        .collect()
}

/// The stable words of the caption rows.
fn leak_free(code: &str) -> &'static str {
    const CODES: [&str; 12] = [
        "missing",
        "empty",
        "not_utf8",
        "blank",
        "blank_first_line",
        "multiline",
        "trigger_doubled",
        "bom",
        "borrowed",
        "shared",
        "not_read",
        "image_unusable",
    ];
    CODES.into_iter().find(|c| *c == code).unwrap_or("other")
}

fn sentence(code: &str, names: &[&str]) -> String {
    let what = match code {
        "not_in_s3" => "are in the set but not in S3. Upload them again or drop them from the set",
        "missing" => "have no caption. Write one for each, or drop them from the set",
        "empty" | "blank" => {
            "have an empty caption, on which the run would stop. Write a line into each"
        }
        "not_utf8" => {
            "have a caption that is not UTF-8, on which the trainer stops. Save it again as UTF-8"
        }
        "not_read" => {
            "would be passed over by the trainer, which reads .png, .jpg, .jpeg, .webp and .bmp, all lower or all upper case. Rename or convert them"
        }
        "image_unusable" => {
            "cannot be trained: the file is broken or too small. Replace them or drop them from the set"
        }
        _ => "would stop the run",
    };
    let shown = names
        .iter()
        .take(NAMES_SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let rest = names.len().saturating_sub(NAMES_SHOWN);
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    format!("{} of the images {what}: {shown}{more}.", names.len())
}

impl Prepared {
    /// All problems as one refusal, by field; `None` when the run may be started.
    pub fn refusal(&self) -> Option<AppError> {
        if self.problems.is_empty() {
            return None;
        }
        let errors = self.problems.iter().map(|p| FieldError {
            field: p.field.clone().unwrap_or_else(|| "selectionSetId".into()),
            message: p.message.clone(),
        });
        let only_the_name = self.problems.iter().all(|p| p.code == "name_taken");
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

    /// `s3://{bucket}/{key}` of image, caption, image, caption … in set order, raw names.
    pub fn s3_urls(&self) -> Vec<String> {
        let keys = self.dataset.items.iter().flat_map(|item| {
            let image = item.image.as_ref().map(|i| i.key.as_str());
            let caption = item.caption.as_ref().map(|c| c.key.as_str());
            image.into_iter().chain(caption)
        });
        keys.map(|key| format!("s3://{}/{key}", self.bucket))
            .collect()
    }

    /// What RunPod is sent.
    pub fn body(&self, request_id: &str, webhook: Option<&str>) -> Value {
        let graph = workflow::workflow(&self.request, &self.request.model_name(), DATASET_PATH);
        job::body(&self.request, graph, &self.s3_urls(), request_id, webhook)
    }
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
}

/// Everything a start would do, without doing it.
pub async fn preview(state: &AppState, form: &TrainingForm) -> Result<Preview, AppError> {
    let prepared = prepare(state, form).await?;
    let request_id = format!("{}_{}", prepared.style.id, state.now_ms());
    let webhook = crate::tunnel::server::webhook_base(state)
        .map(|base| format!("{}?token=…", crate::tunnel::model::webhook_url(&base)));
    Ok(Preview {
        request: prepared.body(&request_id, webhook.as_deref()),
        plan: prepared.plan,
        captions: prepared.captions,
        problems: prepared.problems,
        warnings: prepared.warnings,
    })
}

/// The preview for the Train page.
pub async fn view(state: &AppState, form: &TrainingForm) -> Result<PreviewView, AppError> {
    let preview = preview(state, form).await?;
    let request = serde_json::to_string_pretty(&preview.request).unwrap_or_default();
    Ok(PreviewView {
        images: preview
            .captions
            .iter()
            .filter(|c| is_read_as_image(&c.filename))
            .count(),
        plan: preview.plan,
        captions: preview.captions,
        problems: preview.problems,
        warnings: preview.warnings,
        request,
    })
}

/// What the Train page starts from: an empty form with the next name, or what an earlier version was trained with.
pub fn setup(state: &AppState, style: &StyleId, from: &str) -> Result<TrainSetup, AppError> {
    let known = styles::server::get(state, style)?;
    let sets = selection_sets::list_of(state, &known)?;
    let versions = versions::list_of(state, &known)?;
    let class_tokens = known.default_class_tokens();
    let mut form = TrainingForm {
        style_id: style.to_string(),
        name: next_name(versions.iter().map(|v| v.name.as_str())),
        ..TrainingForm::default()
    };
    if let Some(earlier) = versions.iter().find(|v| v.id == from) {
        for (name, value) in &earlier.parameters {
            // versions of the older system hold fields that the table does not know
            if find(name).is_some() {
                form.parameters.set(name, value.to_string());
            }
        }
        let set = earlier.selection_set_id;
        form.selection_set_id = set.map(|id| id.to_string()).unwrap_or_default();
    } else {
        form.parameters.set("class_tokens", class_tokens.clone());
    }
    let sets = sets
        .into_iter()
        .map(|s| (s.id, s.title(), s.filenames.len()));
    Ok(TrainSetup {
        form,
        sets: sets.collect(),
        idempotency_key: crate::server::token::new(),
        class_tokens,
        rehearsal: rehearsal_choice(state),
    })
}

fn rehearsal_choice(state: &AppState) -> Option<RehearsalChoice> {
    let stage = state.rehearsed_runs.as_ref()?;
    Some(RehearsalChoice {
        steps_per_second: state.config.rehearsal.steps_per_second.to_string(),
        faults: stage.faults.clone(),
    })
}
