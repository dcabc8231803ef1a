//! Selection sets on this page: saving one, and what can be done with those there are.

use super::address::Address;
use super::empty::HAPPENED;
use super::set_forms::{
    Combine, RENAME, Rename, SmartSet, delete_form, duplicate_form, lost_images, used_by,
};
use super::state::Data;
use super::summary::TOTAL;
use crate::dataset::api::{
    DeleteSelectionSet, DeriveSelectionSet, DropGoneNames, RenameSelectionSet, SaveSelectionSet,
};
use crate::dataset::model::selection::SelectionSet;
use crate::error::{AppError, ErrorKind};
use crate::styles::model::StyleId;
use crate::ui::{ErrorNotice, Icon, focus_if_lost};
use leptos::prelude::*;

/// Saving a selection, by script or after a plain form was refused.
#[derive(Clone, Copy)]
pub struct Saving {
    action: ServerAction<SaveSelectionSet>,
    data: Data,
    /// The set that was to be changed last.
    set: RwSignal<Option<u64>>,
}

impl Saving {
    pub fn new(data: Data) -> Self {
        let action = ServerAction::<SaveSelectionSet>::new();
        goes_to_the_set(data, action.value());
        Effect::new(move |_| {
            let stale = |e: &AppError| matches!(e.kind, ErrorKind::Changed | ErrorKind::NotFound);
            if matches!(action.value().get(), Some(Err(e)) if stale(&e)) {
                data.refresh();
            }
        });
        let typed = data.address.with_untracked(|a| a.get("f.set").parse().ok());
        Self {
            action,
            data,
            set: RwSignal::new(typed),
        }
    }

    /// `smart`: a filter in place of names. Into `set` only if it is as it was read, unless `anyway`.
    pub fn save(
        self,
        set: Option<u64>,
        name: String,
        filenames: Vec<String>,
        smart: Option<String>,
        anyway: bool,
    ) {
        if self.busy().get_untracked() {
            return;
        }
        self.set.set(set);
        let read = set.map(|id| untrack(|| self.data.etag_read(id)));
        self.action.dispatch(SaveSelectionSet {
            style: self.data.style.get_value(),
            set,
            name: Some(name),
            filenames,
            smart,
            etag: read.unwrap_or_default(),
            over: set.filter(|_| anyway),
        });
    }

    /// The set as it is now in place of what was selected.
    pub fn load_theirs(self, set: &SelectionSet) {
        self.action.clear();
        self.data.has_read(set);
        self.data.selected.set(self.data.names_of(set));
        self.data.change("set", &set.id.to_string());
        focus_if_lost(TOTAL);
    }

    pub fn busy(self) -> Memo<bool> {
        self.action.pending()
    }

    pub fn done(self) -> bool {
        matches!(self.action.value().get(), Some(Ok(_)))
    }

    pub fn error(self) -> Option<AppError> {
        self.action.value().get().and_then(Result::err)
    }

    /// Why a new set was not saved.
    pub fn refused_new(self) -> Option<AppError> {
        self.error().filter(|_| self.set.get().is_none())
    }

    /// Why the chosen set was not changed, unless somebody else changed it meanwhile.
    pub fn refused_update(self) -> Option<AppError> {
        let error = self.error().filter(|_| self.set.get().is_some());
        error.filter(|e| e.kind != ErrorKind::Changed)
    }

    /// The set that somebody else changed meanwhile, and what is said about it.
    pub fn overtaken(self) -> Option<(u64, AppError)> {
        let error = self.error().filter(|e| e.kind == ErrorKind::Changed)?;
        self.set.get().map(|set| (set, error))
    }
}

type Answer<T> = leptos::reactive::signal::MappedSignal<Option<Result<T, AppError>>>;

/// A set that was saved becomes the chosen one.
pub fn goes_to_the_set(data: Data, answer: Answer<SelectionSet>) {
    Effect::new(move |_| {
        if let Some(Ok(set)) = answer.get() {
            let id = set.id.to_string();
            data.has_read(&set);
            data.refresh();
            let address = data
                .address
                .with_untracked(|a| a.with("set", &id).and("saved", &id));
            data.go(&address);
            // the choice that was asked for is gone once it is made
            focus_if_lost(HAPPENED);
        }
    });
}

/// A set that was deleted is no longer the chosen one.
fn leaves_the_set(data: Data, answer: Answer<String>) {
    Effect::new(move |_| {
        if let Some(Ok(gone)) = answer.get() {
            let address = data
                .address
                .with_untracked(|a| a.with("set", "").and("gone", &gone));
            data.refresh();
            data.go(&address);
            focus_if_lost(HAPPENED);
        }
    });
}

/// What forms of the menu do.
#[derive(Clone, Copy)]
pub struct Actions {
    pub rename: ServerAction<RenameSelectionSet>,
    pub delete: ServerAction<DeleteSelectionSet>,
    pub derive: ServerAction<DeriveSelectionSet>,
    /// The last rename that was asked for.
    renamed: RwSignal<Option<RenameSelectionSet>>,
}

impl Actions {
    fn new(data: Data) -> Self {
        let actions = Self {
            rename: ServerAction::new(),
            delete: ServerAction::new(),
            derive: ServerAction::new(),
            renamed: RwSignal::new(data.address.with_untracked(typed_rename)),
        };
        Effect::new(move |_| {
            if let Some(sent) = actions.rename.input().get() {
                actions.renamed.set(Some(sent));
            }
        });
        select_what_was_combined(data, actions.derive);
        goes_to_the_set(data, actions.derive.value());
        goes_to_the_set(data, actions.rename.value());
        Effect::new(move |_| {
            // shown as it is now, so that the next press knows of it
            if matches!(actions.rename.value().get(), Some(Err(e)) if e.kind == ErrorKind::Changed)
            {
                data.refresh();
            }
        });
        leaves_the_set(data, actions.delete.value());
        actions
    }

    /// The last refusal that no field shows.
    fn refused(self) -> Option<AppError> {
        let of_rename = self.rename.value().get().and_then(Result::err);
        let of_rename = of_rename.map(|e| match e.kind {
            ErrorKind::Changed => e.with_remedy(
                "It is shown as it is now. Press Rename again to give it what you typed.",
            ),
            _ => e,
        });
        let beside_fields = of_rename
            .filter(|e| e.message_for("name").is_none() && e.message_for("filter").is_none());
        beside_fields
            .or_else(|| self.delete.value().get().and_then(Result::err))
            .or_else(|| self.derive.value().get().and_then(Result::err))
    }

    /// What was typed for a rename that was refused.
    pub fn refused_rename(self) -> Option<RenameSelectionSet> {
        let is_refused = matches!(self.rename.value().get(), Some(Err(_)));
        self.renamed.get().filter(|_| is_refused)
    }

    fn any_done(self) -> bool {
        let done = [
            matches!(self.rename.value().get(), Some(Ok(_))),
            matches!(self.delete.value().get(), Some(Ok(_))),
            matches!(self.derive.value().get(), Some(Ok(_))),
        ];
        done.contains(&true)
    }

    fn any_refused(self) -> bool {
        self.refused().is_some() || matches!(self.rename.value().get(), Some(Err(_)))
    }
}

/// As a plain form that was refused brings it back.
fn typed_rename(address: &Address) -> Option<RenameSelectionSet> {
    let typed = |name: &str| address.get(name).to_owned();
    Some(RenameSelectionSet {
        style: StyleId::parse(address.get("f.style")).ok()?,
        set: address.get("f.set").parse().ok()?,
        name: typed("f.name"),
        smart: Some(typed("f.smart")),
        etag: typed("f.etag"),
    })
}

/// Two sets saved as one: what is selected is the new set, not what was selected before.
fn select_what_was_combined(data: Data, derive: ServerAction<DeriveSelectionSet>) {
    let is_combined = StoredValue::new(false);
    Effect::new(move |_| {
        if let Some(sent) = derive.input().get() {
            is_combined.set_value(sent.other.is_some());
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(set)) = derive.value().get()
            && is_combined.get_value()
        {
            data.selected.set(untrack(|| data.names_of(&set)));
        }
    });
}

/// Closes the menu; the keyboard goes on at its button, or at the choice of sets where that went with the last one.
pub fn fold_menu(menu: NodeRef<leptos::html::Details>) {
    #[cfg(feature = "hydrate")]
    if let Some(menu) = menu.get_untracked() {
        super::toolbar::fold(&menu);
        request_animation_frame(|| {
            let sets = document()
                .query_selector(".toolbar [name=set]")
                .ok()
                .flatten();
            if let Some(sets) = sets.filter(|_| crate::ui::is_focus_lost()) {
                use wasm_bindgen::JsCast;
                let _ = sets.unchecked_into::<web_sys::HtmlElement>().focus();
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = menu;
}

/// The chosen set, and what can be made of others.
#[component]
pub fn SetsMenu(data: Data) -> impl IntoView {
    let actions = Actions::new(data);
    let chosen = Memo::new(move |_| data.chosen_set());
    let several = Memo::new(move |_| data.sets.with(|s| s.len() > 1));
    let filtered = Memo::new(move |_| {
        data.address.with(|a| !a.get("filter").is_empty())
            && super::toolbar::filter_error(data).is_none()
    });
    let nothing = move || chosen.with(Option::is_none) && !several.get() && !filtered.get();
    let title = move || match chosen.get() {
        Some(set) => format!("Edit {}", set.title()),
        None => "Sets".to_owned(),
    };
    let unfolded = untrack(|| actions.any_refused());
    let details = NodeRef::<leptos::html::Details>::new();
    // somebody else's set came into the place of the one that was refused
    Effect::watch(
        move || chosen.get(),
        move |_, _, _| {
            if untrack(|| actions.refused_rename().is_some()) {
                focus_if_lost(RENAME);
            }
        },
        false,
    );
    Effect::new(move |_| {
        // what was done is said on the page
        if actions.any_done() {
            fold_menu(details);
        }
    });
    view! {
        <details class="popover" open=unfolded hidden=nothing node_ref=details>
            <summary class="button button--secondary">
                <Icon name="layers" />
                <span class="button__text">{title}</span>
            </summary>
            <div class="popover__panel">
                {move || actions.refused().map(|error| view! { <ErrorNotice error /> })}
                {move || chosen.get().map(|set| view! { <Chosen data actions set /> })}
                {move || filtered.get().then(|| view! { <SmartSet data menu=details /> })}
                {move || several.get().then(|| view! { <Combine data actions /> })}
            </div>
        </details>
    }
}

/// Names of the chosen set that have no image any more: said as soon as it is chosen, with the offer to drop them.
#[component]
pub fn LostNames(data: Data) -> impl IntoView {
    let drop_gone = ServerAction::<DropGoneNames>::new();
    goes_to_the_set(data, drop_gone.value());
    let delete = ServerAction::<DeleteSelectionSet>::new();
    leaves_the_set(data, delete.value());
    let are_lost = Memo::new(move |_| data.chosen_set().is_some_and(|s| !data.gone(&s).is_empty()));
    // the offer goes with them
    Effect::watch(
        move || are_lost.get(),
        |_, _, _| focus_if_lost(HAPPENED),
        false,
    );
    let refused = move || {
        let of_drop = drop_gone.value().get().and_then(Result::err);
        of_drop.or_else(|| delete.value().get().and_then(Result::err))
    };
    view! {
        <div class="happened">
            {move || refused().map(|error| view! { <ErrorNotice error /> })}
            {move || data.chosen_set().and_then(|set| lost_images(data, drop_gone, delete, &set))}
        </div>
    }
}

/// Rename, duplicate or delete the set of `?set=`.
#[component]
fn Chosen(data: Data, actions: Actions, set: SelectionSet) -> impl IntoView {
    let id = set.id;
    view! {
        <div class="stack">
            <h2 class="popover__title">{set.title()}</h2>
            {move || used_by(data, id)}
            <Rename data actions set=set.clone() />
            {duplicate_form(data, actions, id)}
            {delete_form(data, actions, &set)}
        </div>
    }
}
