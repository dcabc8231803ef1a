//! The forms of the sets menu: each works as a plain post too.

use super::sets::{Actions, Saving, fold_menu};
use super::state::Data;
use crate::dataset::api::{
    DeleteSelectionSet, DropGoneNames, RenameSelectionSet, SaveSelectionSet,
};
use crate::dataset::model::image::listed;
use crate::dataset::model::selection::{Combination, SelectionSet};
use crate::error::AppError;
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon, Notice, TextField, send_once};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The box of the chosen set's name.
pub const RENAME: &str = "rename_set";
/// Names shown before the rest is counted.
const SHOWN: usize = 5;

/// Style and set, which every form here sends.
fn hidden_ids(data: Data, set: u64) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="style" value=data.style_id() />
        <input type="hidden" name="set" value=set.to_string() />
    }
}

/// Names without an image, and the offer to drop them; or the set, where none of its images is left.
pub fn lost_images(
    data: Data,
    drop_gone: ServerAction<DropGoneNames>,
    delete: ServerAction<DeleteSelectionSet>,
    set: &SelectionSet,
) -> Option<AnyView> {
    let (id, title) = (set.id, set.title());
    let lost = data.gone(set);
    if lost.is_empty() || set.filter.is_some() {
        return None;
    }
    let names = plural(lost.len(), "name");
    let shown = listed(&lost, SHOWN);
    let view = if lost.len() == set.filenames.len() {
        let what = format!("No image of {title} is left in the bucket. It holds {names}: {shown}.");
        view! {
            <Notice kind="warning" what=what>
                <ActionForm action=delete>
                    {hidden_ids(data, id)}
                    <button
                        class="button button--danger"
                        type="submit"
                        {..send_once(delete.pending())}
                    >
                        <span class="button__text">{format!("Delete {title}")}</span>
                    </button>
                </ActionForm>
            </Notice>
        }
        .into_any()
    } else {
        let what =
            format!("{title} holds {names} whose image is no longer in the bucket: {shown}.");
        view! {
            <Notice kind="warning" what=what>
                <ActionForm action=drop_gone>
                    {hidden_ids(data, id)}
                    <button
                        class="button button--secondary"
                        type="submit"
                        {..send_once(drop_gone.pending())}
                    >
                        {format!("Drop {names}")}
                    </button>
                </ActionForm>
            </Notice>
        }
        .into_any()
    };
    Some(view)
}

/// The versions that were trained on a set.
pub fn used_by(data: Data, set: u64) -> Option<AnyView> {
    let by = data.uses.with(|uses| {
        let found = uses.iter().find(|u| u.set == set);
        found.map(|u| u.by.clone()).unwrap_or_default()
    });
    if by.is_empty() {
        return None;
    }
    let links = by.into_iter().map(|(name, href)| {
        view! {
            <li>
                <a class="link" href=href>
                    {name}
                </a>
            </li>
        }
    });
    let view = view! {
        <div class="used-by">
            <p class="muted">"Used by versions"</p>
            <ul class="used-by__list">{links.collect_view()}</ul>
        </div>
    };
    Some(view.into_any())
}

/// The set's name, and of a smart one its filter.
#[component]
pub fn Rename(data: Data, actions: Actions, set: SelectionSet) -> impl IntoView {
    let rename = actions.rename;
    let error = move |field: &'static str| {
        let refused = rename.value().get().and_then(Result::err)?;
        refused.message_for(field).map(str::to_owned)
    };
    let id = set.id;
    // a refused text stays as it was typed
    let typed = move |stored: String, of: fn(RenameSelectionSet) -> Option<String>| {
        Signal::derive(move || {
            let typed = actions.refused_rename().filter(|sent| sent.set == id);
            typed.and_then(of).unwrap_or_else(|| stored.clone())
        })
    };
    let name = typed(set.name.clone().unwrap_or_default(), |sent| Some(sent.name));
    let filter = set.filter.map(|filter| {
        view! {
            <TextField
                label="Filter"
                name="smart"
                id="set_filter"
                value=typed(filter, |sent| sent.smart)
                hint="The images that fit when a run starts are its images. Empty: it keeps those that fit now."
                error=Signal::derive(move || error("filter"))
                optional=true
            />
        }
    });
    view! {
        <ActionForm action=rename attr:class="stack">
            {hidden_ids(data, id)}
            // as it is shown here: one that somebody else changed meanwhile is not written over
            <input type="hidden" name="etag" value=set.etag />
            <TextField
                label="Name"
                name="name"
                id=RENAME
                value=name
                hint=format!("Empty: it is Set {id}.")
                error=Signal::derive(move || error("name"))
                optional=true
            />
            {filter}
            <div class="dialog__actions">
                <button
                    class="button button--secondary"
                    type="submit"
                    {..send_once(rename.pending())}
                >
                    "Rename"
                </button>
            </div>
        </ActionForm>
    }
}

pub fn duplicate_form(data: Data, actions: Actions, id: u64) -> impl IntoView + use<> {
    view! {
        <ActionForm action=actions.derive>
            {hidden_ids(data, id)}
            <button
                class="button button--secondary"
                type="submit"
                {..send_once(actions.derive.pending())}
            >
                <Icon name="copy" />
                "Duplicate"
            </button>
        </ActionForm>
    }
}

/// Folded: the second press is the confirmation, beside the set's name.
pub fn delete_form(data: Data, actions: Actions, set: &SelectionSet) -> impl IntoView + use<> {
    let (id, title) = (set.id, set.title());
    let images = plural(set.filenames.len(), "image");
    let stay = if set.filenames.len() == 1 {
        "stays"
    } else {
        "stay"
    };
    let why = format!(
        "Its {images} {stay} in the bucket, and trained versions keep their own list. Its number is not given again."
    );
    view! {
        <details class="disclosure">
            <summary class="disclosure__summary">"Delete this set…"</summary>
            <ActionForm action=actions.delete attr:class="disclosure__body stack">
                {hidden_ids(data, id)}
                <p class="muted">{why}</p>
                <div class="dialog__actions">
                    <button
                        class="button button--solid"
                        type="submit"
                        {..send_once(actions.delete.pending())}
                    >
                        <Icon name="trash" />
                        <span class="button__text">{format!("Delete {title}")}</span>
                    </button>
                </div>
            </ActionForm>
        </details>
    }
}

/// Saves what stands in the filter box as a set whose images change with it.
#[component]
pub fn SmartSet(
    data: Data,
    /// The menu around it, which closes when the set was saved.
    menu: NodeRef<leptos::html::Details>,
) -> impl IntoView {
    let saving = Saving::new(data);
    Effect::new(move |_| {
        if saving.done() {
            fold_menu(menu);
        }
    });
    let name = RwSignal::new(String::new());
    let filter = Memo::new(move |_| data.address.with(|a| a.get("filter").to_owned()));
    let error = move || saving.error();
    let of_name = move || error().and_then(|e: AppError| e.message_for("name").map(str::to_owned));
    view! {
        <form
            class="stack"
            method="post"
            action=SaveSelectionSet::url()
            on:submit=move |event| {
                event.prevent_default();
                saving.save(None, name.get_untracked(), Vec::new(), Some(filter.get_untracked()), false);
            }
        >
            <h2 class="popover__title">"Save the filter as a smart set"</h2>
            {move || {
                error()
                    .filter(|e| e.message_for("name").is_none())
                    .map(|error| view! { <ErrorNotice error /> })
            }}
            <input type="hidden" name="style" value=data.style_id() />
            <input type="hidden" name="smart" value=filter />
            <p class="muted">
                "Its images are those that fit " <code>{filter}</code> " at the time, until a run freezes them."
            </p>
            <TextField
                label="Name of the smart set"
                name="name"
                id="smart_name"
                value=name
                on_input=Callback::new(move |text| name.set(text))
                error=Signal::derive(of_name)
                optional=true
            />
            <div class="dialog__actions">
                <button class="button button--secondary" type="submit" {..send_once(saving.busy())}>
                    "Save smart set"
                </button>
            </div>
        </form>
    }
}

/// Two sets joined, crossed or parted: as the selection, or saved as a new set.
#[component]
pub fn Combine(data: Data, actions: Actions) -> impl IntoView {
    let chosen = move |name: &'static str| data.address.with_untracked(|a| a.get(name).to_owned());
    let first = RwSignal::new(chosen("set"));
    let how = RwSignal::new(match chosen("how") {
        none if none.is_empty() => Combination::Union.as_str().to_owned(),
        how => how,
    });
    let second = RwSignal::new(chosen("other"));
    let nothing = RwSignal::new(None::<String>);
    // what was said of another choice goes with it
    let forget = move || {
        actions.derive.clear();
        nothing.set(None);
    };
    let select = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        forget();
        let of = |id: RwSignal<String>| {
            let set = id.get_untracked().parse().ok();
            untrack(|| data.set(set?))
        };
        let how = Combination::parse(&how.get_untracked());
        if let (Some(how), Some(first), Some(second)) = (how, of(first), of(second)) {
            let there =
                |set| -> Vec<String> { untrack(|| data.names_of(set)).into_iter().collect() };
            let names = how.of(&there(&first), &there(&second));
            if names.is_empty() {
                nothing.set(Some(how.of_nothing(&first.title(), &second.title())));
                return;
            }
            data.selected.set(names.into_iter().collect());
            super::toolbar::close_menu(&event);
        }
    };
    let sets = move |name: &'static str, label: &'static str, value: RwSignal<String>| {
        view! {
            <select
                class="input"
                name=name
                aria-label=label
                on:change=move |e| {
                    forget();
                    value.set(event_target_value(&e));
                }
            >
                <For each=move || data.sets.get() key=move |s| (s.id, data.title_of(s)) children=move |set| choice(data, set, value) />
            </select>
        }
    };
    Effect::new(move |_| {
        // what the boxes show before anything was chosen
        let ids: Vec<String> = data
            .sets
            .with(|s| s.iter().map(|s| s.id.to_string()).collect());
        let not_one = |id: RwSignal<String>| id.with_untracked(|id| !ids.contains(id));
        if not_one(first) {
            first.set(ids.first().cloned().unwrap_or_default());
        }
        if not_one(second) {
            let mut others = ids.iter().filter(|id| first.with_untracked(|f| f != *id));
            second.set(others.next().cloned().unwrap_or_default());
        }
    });
    let words = Combination::ALL.map(|c| {
        let (value, selected) = (c.as_str(), how.with_untracked(|h| h == c.as_str()));
        view! { <option value=value selected=selected>{c.words()}</option> }
    });
    let page = format!("/styles/{}/data", data.style_id());
    view! {
        <ActionForm action=actions.derive attr:class="stack">
            <h2 class="popover__title">"Combine two sets"</h2>
            <input type="hidden" name="style" value=data.style_id() />
            {sets("set", "First set", first)}
            <select
                class="input"
                name="how"
                aria-label="How"
                on:change=move |e| {
                    forget();
                    how.set(event_target_value(&e));
                }
            >
                {words.collect_view()}
            </select>
            {sets("other", "Second set", second)}
            <p class="field__error" role="alert" hidden=move || nothing.with(Option::is_none)>
                <Icon name="error" />
                <span>{move || nothing.get()}</span>
            </p>
            <div class="dialog__actions">
                <button class="button button--secondary" type="submit" formmethod="get" formaction=page on:click=select>
                    "Select them"
                </button>
                <button
                    class="button button--secondary"
                    type="submit"
                    on:click=move |_| nothing.set(None)
                    {..send_once(actions.derive.pending())}
                >
                    "Save as new set"
                </button>
            </div>
        </ActionForm>
    }
}

fn choice(data: Data, set: SelectionSet, value: RwSignal<String>) -> impl IntoView {
    let id = set.id.to_string();
    // a box may be pointed at another one before anything is chosen
    let (of_page, of_box) = (id.clone(), id.clone());
    let selected = value.with_untracked(|v| *v == of_page);
    view! {
        <option value=id selected=selected prop:selected=move || value.with(|v| *v == of_box)>
            {untrack(|| data.title_of(&set))}
        </option>
    }
}
