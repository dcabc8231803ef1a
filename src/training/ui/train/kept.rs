//! What is typed outlives the page: kept in this window (sessionStorage) by style until a run starts with it, and filled in again
//! after a reload, Back or a look at another page. What the address asks for is not replaced, unless it was typed at this very
//! address. Without JavaScript what is typed is in the address.

use super::sweep::TypedSweep;
use super::typed::TypedForm;
use crate::training::model::form::{START_FROM, TrainingForm};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

/// Fields with their values.
type Fields = Vec<(String, String)>;

/// Whether the address fills more than the dataset and the start weights.
fn fills(query: &ParamsMap) -> bool {
    let more = |name: &str| !matches!(name, "set" | "start");
    query.clone().into_iter().any(|(name, _)| more(&name))
}

#[derive(Clone, Copy)]
pub struct Kept {
    typed: TypedForm,
    sweep: Option<TypedSweep>,
    /// The page as it was before anything was typed.
    first: StoredValue<(TrainingForm, Fields)>,
    query: StoredValue<ParamsMap>,
    /// Whether the form was filled with what was typed before.
    filled: RwSignal<bool>,
}

impl Kept {
    /// `busy`: a start is on its way.
    pub fn new(typed: TypedForm, busy: Memo<bool>, sweep: Option<TypedSweep>) -> Self {
        let first = (typed.form.get_untracked(), fields_of(sweep));
        let this = Self {
            typed,
            sweep,
            first: StoredValue::new(first),
            query: StoredValue::new(use_query_map().get_untracked()),
            filled: RwSignal::new(false),
        };
        // the first view is the server's; what was typed is filled in once the page lives
        Effect::new(move |_| this.fill());
        let now = move || {
            (
                typed.form.get(),
                sweep.map(TypedSweep::fields).unwrap_or_default(),
            )
        };
        Effect::watch(now, move |_, _, _| this.keep(), false);
        let started = move |busy: &bool, _: Option<&bool>, _: Option<()>| match busy {
            true => browser::forget(&this.key()),
            false => {
                if typed.refused.with_untracked(Option::is_some) {
                    this.keep();
                }
            }
        };
        Effect::watch(move || busy.get(), started, false);
        this
    }

    fn key(self) -> String {
        format!("typed{}", self.typed.address())
    }

    fn keep(self) {
        if self.is_untouched() {
            return browser::forget(&self.key());
        }
        let form = self.typed.form.get_untracked();
        let more = fields_of(self.sweep);
        // what nobody touched is left to the page, which may know a newer name; a form that the address filled is kept whole
        let mut before = self.first.with_value(|(first, _)| first.clone());
        before.selection_set_id.clear();
        if self.query.with_value(fills) {
            before = TrainingForm {
                style_id: before.style_id,
                name: before.name,
                ..TrainingForm::default()
            };
        }
        let mut fields = form.changes(&before);
        fields.extend(more);
        browser::keep(
            &self.key(),
            &self.query.with_value(ParamsMap::to_query_string),
            &fields,
        );
    }

    fn fill(self) {
        let Some((at, mut fields)) = browser::kept(&self.key()) else {
            return;
        };
        let is_asked = self.query.with_value(|query| {
            let asks =
                |asked: &str, name: &str, field: &str| field == name && query.get(asked).is_some();
            fields.retain(|(field, _)| {
                !asks("set", "form[selectionSetId]", field) && !asks("start", START_FROM, field)
            });
            fills(query) && query.to_query_string() != at
        });
        if is_asked {
            return;
        }
        self.typed.form.update(|form| {
            for (name, value) in &fields {
                form.set_field(name, value.clone());
            }
        });
        if let Some(sweep) = self.sweep {
            sweep.take(&fields);
        }
        self.filled.set(!self.is_untouched());
    }

    /// Whether the page stands as it was before anything was typed.
    fn is_untouched(self) -> bool {
        self.first.with_value(|(first, more)| {
            let form = self.typed.form.with_untracked(|form| form.changes(first));
            form.is_empty() && fields_of(self.sweep) == *more
        })
    }

    /// The page as it was before anything was typed.
    fn start_afresh(self) {
        let (first, more) = self.first.get_value();
        self.typed.form.set(first);
        self.typed.used.set(None);
        if let Some(sweep) = self.sweep {
            sweep.take(&more);
        }
        self.filled.set(false);
    }
}

fn fields_of(sweep: Option<TypedSweep>) -> Fields {
    untrack(|| sweep.map(TypedSweep::fields).unwrap_or_default())
}

/// Says that the form was filled, and empties it.
#[component]
pub fn TypedBefore(kept: Kept) -> impl IntoView {
    view! {
        <p class="field__hint" role="status" hidden=move || !kept.filled.get()>
            "Filled with what was typed here before. "
            <button class="recommended" type="button" on:click=move |_| kept.start_afresh()>
                "Start afresh"
            </button>
        </p>
    }
}

#[cfg(not(feature = "hydrate"))]
mod browser {
    use super::Fields;

    pub fn keep(_key: &str, _at: &str, _fields: &Fields) {}

    pub fn kept(_key: &str) -> Option<(String, Fields)> {
        None
    }

    pub fn forget(_key: &str) {}
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::Fields;
    use crate::ui::query::encoded;

    fn storage() -> Option<web_sys::Storage> {
        leptos::prelude::window().session_storage().ok().flatten()
    }

    /// `at`: the query of the address it was typed at. A full or forbidden storage keeps nothing.
    pub fn keep(key: &str, at: &str, fields: &Fields) {
        let Some(storage) = storage() else { return };
        let mut text = encoded(at);
        for (name, value) in fields {
            text.push_str(&format!("\n{}={}", encoded(name), encoded(value)));
        }
        let _ = storage.set_item(key, &text);
    }

    pub fn kept(key: &str) -> Option<(String, Fields)> {
        let text = storage()?.get_item(key).ok().flatten()?;
        let mut lines = text.lines();
        let at = decoded(lines.next()?)?;
        let field = |line: &str| {
            let (name, value) = line.split_once('=')?;
            Some((decoded(name)?, decoded(value)?))
        };
        Some((at, lines.filter_map(field).collect()))
    }

    fn decoded(text: &str) -> Option<String> {
        js_sys::decode_uri_component(text).ok().map(String::from)
    }

    pub fn forget(key: &str) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(key);
        }
    }
}
