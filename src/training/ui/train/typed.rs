//! The form's state: what is typed, what the server told of the dataset, and the judgement of both, which follows every
//! key without asking anybody.

use crate::error::AppError;
use crate::training::api::preview;
use crate::training::model::dataset::DatasetFacts;
use crate::training::model::form::TrainingForm;
use crate::training::model::judge::{Judged, StyleFacts, judge};
use crate::training::model::parameters::{Parameter, Preset};
use crate::training::model::presets::{SettingsPreset, UsedPreset, find_preset};
use crate::training::model::preview::{PreviewView, TrainSetup};
use crate::training::model::rehearsal::{FAULTS_FIELD, SPEED_FIELD};
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long after the last key the server is asked for the request's text.
const REST: Duration = Duration::from_millis(500);

/// What the server said of the form; `None` before a set is chosen.
pub type Preview = Option<Result<PreviewView, AppError>>;

/// The form as it stands, shared by all parts of the page.
#[derive(Clone, Copy)]
pub struct TypedForm {
    pub form: RwSignal<TrainingForm>,
    /// What is known of the style and of money.
    pub style: RwSignal<StyleFacts>,
    /// A person's own presets.
    pub own: RwSignal<Vec<SettingsPreset>>,
    /// The preset the form began from.
    preset: Memo<Option<SettingsPreset>>,
    /// The preset that was put into it last.
    pub used: RwSignal<Option<UsedPreset>>,
    /// The server's last answer.
    pub answer: RwSignal<Preview>,
    /// Datasets the server has told of, by the set's id.
    known: RwSignal<BTreeMap<String, DatasetFacts>>,
    /// The chosen set's dataset, once the server has told of it.
    pub facts: Memo<Option<DatasetFacts>>,
    /// Last part of the page's own address.
    page: &'static str,
    pub judged: Memo<Judged>,
    /// Whether the chosen set's dataset is known, so that there is a plan to show.
    pub has_plan: Memo<bool>,
    /// Why the last start was refused, and the form it was refused for.
    pub refused: Signal<Option<AppError>>,
    refused_form: RwSignal<Option<TrainingForm>>,
}

impl TypedForm {
    pub fn new(
        form: TrainingForm,
        setup: &TrainSetup,
        first: Preview,
        refused: Signal<Option<AppError>>,
    ) -> Self {
        let form = RwSignal::new(form);
        let style = RwSignal::new(setup.style.clone());
        let own = RwSignal::new(setup.presets.clone());
        let known = RwSignal::new(BTreeMap::new());
        remember(known, &first);
        let facts = move || {
            let chosen = form.with(|f| f.selection_set_id.clone());
            known.with(|known| known.get(&chosen).cloned())
        };
        let facts = Memo::new(move |_| facts());
        let judged = Memo::new(move |_| {
            form.with(|form| {
                facts.with(|facts| {
                    style.with(|style| match facts {
                        Some(facts) => judge(form, style, facts),
                        None => judge(form, style, &DatasetFacts::default()),
                    })
                })
            })
        });
        let this = Self {
            form,
            style,
            own,
            preset: Memo::new(move |_| {
                let label = form.with(|f| f.preset.clone());
                own.with(|own| find_preset(&label, own))
            }),
            used: RwSignal::new(None),
            answer: RwSignal::new(first),
            known,
            facts,
            page: "train",
            judged,
            has_plan: Memo::new(move |_| facts.with(Option::is_some)),
            refused,
            refused_form: RwSignal::new(None),
        };
        this.keep_refused_form();
        this.follow();
        this
    }

    /// The chosen set as the server told of it; an empty one before.
    pub fn with_dataset<T>(self, ask: impl FnOnce(&DatasetFacts) -> T) -> T {
        let chosen = self.form.with(|f| f.selection_set_id.clone());
        self.known.with(|known| match known.get(&chosen) {
            Some(facts) => ask(facts),
            None => ask(&DatasetFacts::default()),
        })
    }

    /// The same form on another page.
    pub fn on_page(self, page: &'static str) -> Self {
        Self { page, ..self }
    }

    /// What is typed for a parameter.
    pub fn parameter(self, name: &'static str) -> Signal<String> {
        Signal::derive(move || self.form.with(|f| f.parameters.get(name).to_owned()))
    }

    pub fn set_parameter(self, name: &'static str, typed: String) {
        self.form.update(|f| f.parameters.set(name, typed));
    }

    /// What an empty field means for this style and dataset, as one would type it.
    pub fn default_of(self, parameter: &'static Parameter) -> Memo<String> {
        Memo::new(move |_| {
            self.judged
                .with(|j| parameter.default_value(&j.defaults).typed())
        })
    }

    /// Whether its default waits for a set to be chosen.
    pub fn lacks_images(self, parameter: &'static Parameter) -> bool {
        parameter.default == Preset::StepsOfDataset && self.judged.with(|j| j.defaults.images == 0)
    }

    /// What the preset the form began from has in a field: `None` without a preset.
    pub fn preset_of(self, parameter: &'static Parameter) -> Memo<Option<String>> {
        Memo::new(move |_| {
            let images = self.judged.with(|j| j.defaults.images);
            self.preset
                .with(|preset| Some(preset.as_ref()?.typed(parameter.name, images)))
        })
    }

    /// Whose value a field had before it was changed, the preset's or the default, and that value; `None` while it has it.
    pub fn changed(self, parameter: &'static Parameter) -> Option<(&'static str, String)> {
        let name = parameter.name;
        let (default, images) = self.judged.with(|judged| {
            let defaults = &judged.defaults;
            (parameter.default_value(defaults).typed(), defaults.images)
        });
        let or_default = |typed: String| {
            if typed.is_empty() {
                default.clone()
            } else {
                typed
            }
        };
        // the trigger is the style's, whatever the form began from
        let preset = self
            .preset
            .with(|preset| Some(preset.as_ref()?.typed(name, images)));
        let (whose, before) = match preset.filter(|_| name != "class_tokens") {
            Some(typed) => ("preset", or_default(typed)),
            None => ("default", default.clone()),
        };
        let now = or_default(self.form.with(|f| f.parameters.get(name).to_owned()));
        let same = match (parameter.read(&now), parameter.read(&before)) {
            (Ok(now), Ok(before)) => now == before,
            _ => now == before,
        };
        (!same).then_some((whose, before))
    }

    /// The same after a preset was put into it.
    pub fn after(self, used: Option<UsedPreset>) -> Self {
        self.used.set(used);
        self
    }

    /// Fills the form with a preset.
    pub fn apply(self, preset: &SettingsPreset) {
        let defaults = self.judged.with_untracked(|j| j.defaults.clone());
        let before = self.preset.get_untracked();
        let mut form = self.form.get_untracked();
        let used = preset.put_into(&mut form, before.as_ref(), &defaults);
        self.form.set(form);
        self.used.set(Some(used));
    }

    /// What a preset would put in place of typed values.
    pub fn would_replace(self, preset: &SettingsPreset) -> Option<String> {
        self.form.with(|form| {
            self.judged.with(|judged| {
                let verbs = ["changes", "resets"];
                self.preset
                    .with(|before| preset.replaces(form, before.as_ref(), &judged.defaults, verbs))
            })
        })
    }

    /// The page's own address, for what works without JavaScript.
    pub fn address(self) -> String {
        self.form
            .with_untracked(|f| format!("/styles/{}/{}", f.style_id, self.page))
    }

    /// The message at a field: the judgement's, else the refused start's as long as the field stands as it was sent.
    pub fn message(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            let unchosen =
                field == "selectionSetId" && self.form.with(|f| f.selection_set_id.is_empty());
            let judged = self.judged.with(|judged| {
                let about = |f: &Option<String>| f.as_deref() == Some(field);
                let problem = judged.problems.iter().find(|p| about(&p.field))?;
                Some(problem.message.clone())
            });
            let told = || {
                self.answer.with(|answer| {
                    let problems = &answer.as_ref()?.as_ref().ok()?.problems;
                    let problem = problems
                        .iter()
                        .find(|p| p.field.as_deref() == Some(field))?;
                    Some(problem.message.clone())
                })
            };
            // nobody is scolded for what is not reached yet
            judged.filter(|_| !unchosen).or_else(told).or_else(|| {
                self.refused.with(|error| {
                    let message = error.as_ref()?.message_for(field)?;
                    self.stands_as_sent(field).then(|| message.to_owned())
                })
            })
        })
    }

    fn stands_as_sent(self, field: &str) -> bool {
        self.refused_form.with(|sent| {
            let Some(sent) = sent else { return true };
            self.form
                .with(|form| value_of(form, field) == value_of(sent, field))
        })
    }

    fn keep_refused_form(self) {
        let keep =
            move |refused: &Option<AppError>, _: Option<&Option<AppError>>, _: Option<()>| {
                if refused.is_some() {
                    self.refused_form.set(Some(self.form.get_untracked()));
                }
            };
        Effect::watch(move || self.refused.get(), keep, false);
    }

    /// Asks the server at once when another set is chosen, and a moment after the last key for the request's text.
    fn follow(self) {
        let asked = StoredValue::new(0_u32);
        let ask = Action::new(move |form: &TrainingForm| {
            let form = form.clone();
            asked.update_value(|n| *n += 1);
            let mine = asked.get_value();
            async move {
                let answer = Some(preview(form).await);
                // an older answer must not overwrite a newer one
                if asked.get_value() == mine {
                    remember(self.known, &answer);
                    self.answer.set(answer);
                }
            }
        });
        let mut later = leptos::leptos_dom::helpers::debounce(REST, move |form| {
            ask.dispatch(form);
        });
        Effect::new(move |before: Option<String>| {
            let form = self.form.get();
            let set = form.selection_set_id.clone();
            match before {
                Some(before) if !set.is_empty() && before != set => {
                    ask.dispatch(form);
                }
                Some(_) if !set.is_empty() => later(form),
                _ => {}
            }
            set
        });
    }
}

fn remember(known: RwSignal<BTreeMap<String, DatasetFacts>>, answer: &Preview) {
    if let Some(Ok(view)) = answer {
        known.update(|known| {
            known.insert(view.dataset.set.to_string(), view.dataset.clone());
        });
    }
}

fn value_of<'a>(form: &'a TrainingForm, field: &str) -> &'a str {
    match field {
        "selectionSetId" => &form.selection_set_id,
        "name" => &form.name,
        "description" => &form.description,
        "startFrom" => &form.start_from,
        SPEED_FIELD => &form.rehearsal.steps_per_second,
        FAULTS_FIELD => &form.rehearsal.faults,
        parameter => form.parameters.get(parameter),
    }
}
