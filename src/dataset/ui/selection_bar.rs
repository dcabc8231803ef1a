//! The bar that a selection brings up: save it as a set, put it into the chosen set, delete it.

use super::sets::Saving;
use super::state::Data;
use crate::dataset::api::SaveSelectionSet;
use crate::dataset::model::selection::difference;
use crate::error::AppError;
use crate::ui::{ErrorNotice, Icon, TextField, focus_first_if_lost, focus_soon, send_once};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn SelectionBar(data: Data) -> impl IntoView {
    let saving = Saving::new(data);
    let count = Memo::new(move |_| data.selected.with(|s| s.len()));
    let hidden_ones = Memo::new(move |_| {
        if !data.has_all_names() {
            // not known by name yet: at least those that the list has no room for
            let total = data.listing.with(|l| l.page.total);
            return count.get().saturating_sub(total);
        }
        let names = data.names();
        let listed = data
            .selected
            .with(|s| names.iter().filter(|n| s.contains(*n)).count());
        count.get().saturating_sub(listed)
    });
    let many = |n: usize| crate::ui::units::count(n as u64);
    let words = move || {
        // without script the style sheet counts the ticked boxes
        if !data.live.get() {
            return String::new();
        }
        if data.is_selecting() {
            return "Selecting…".to_owned();
        }
        match hidden_ones.get() {
            0 => format!("{} selected", many(count.get())),
            elsewhere => format!(
                "{} selected, {} not shown",
                many(count.get()),
                many(elsewhere)
            ),
        }
    };
    // the notice may be far above
    let is_saved = Memo::new(move |_| {
        let set = data.chosen_set().filter(|_| saving.done());
        set.is_some_and(|set| data.selected.with(|s| *s == data.names_of(&set)))
    });
    let clear = move || data.href("set", "");
    let delete_at = format!("/styles/{}/data", data.style_id());
    view! {
        <div
            class="selection-bar"
            class:selection-bar--open=move || count.get() != 0 || data.is_selecting() || saving.error().is_some()
            role="group"
            aria-label="Selection"
        >
            <p
                class="selection-bar__count"
                class:selection-bar__count--counted=move || !data.live.get()
                role="status"
            >
                {words}
                {move || is_saved.get().then(|| view! { <span class="muted">" · saved"</span> })}
            </p>
            <a
                class="button button--ghost button--icon"
                href=clear
                aria-label="Clear selection"
                on:click=move |event| {
                    event.prevent_default();
                    data.selected.update(|s| s.clear());
                    data.grid.go_to(data.grid.current.get_untracked());
                }
            >
                <Icon name="close" />
            </a>
            <SaveAs data saving />
            <OnlySelected data />
            <super::captions::EditSelected data />
            <DraftThem data />
            <button
                class="button button--danger"
                type="submit"
                formmethod="get"
                formaction=delete_at
                name="confirm"
                value="delete"
                disabled=move || data.is_selecting()
                title=move || data.is_selecting().then_some("The images to select are being looked up.")
                on:click=move |event| {
                    event.prevent_default();
                    data.deleting.set(data.selected.with_untracked(|s| s.iter().cloned().collect()));
                }
            >
                <Icon name="trash" />
                "Delete…"
            </button>
        </div>
    }
}

/// Leads to the prompt and the button that begins.
#[component]
fn DraftThem(data: Data) -> impl IntoView {
    let page = format!("/styles/{}/data", data.style_id());
    view! {
        <button
            class="button button--secondary"
            type="submit"
            formmethod="get"
            formaction=page
            name="drafts"
            value="1"
            on:click=move |event| {
                event.prevent_default();
                data.change("drafts", "1");
                // it may have been open, far above
                focus_soon(super::drafts::TITLE);
            }
        >
            <Icon name="draft" />
            "Draft captions"
        </button>
    }
}

/// Hides what is not selected. Without script the chosen set becomes the filter.
#[component]
fn OnlySelected(data: Data) -> impl IntoView {
    let href = move || {
        let set = data.address.with(|a| a.get("set").to_owned());
        data.href("filter", &format!("set:{set}"))
    };
    let none = move || !data.live.get() && data.chosen_set().is_none();
    let pressed = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        data.only_selected.update(|only| *only = !*only);
    };
    view! {
        <a class="button button--secondary" href=href hidden=none on:click=pressed data-noscroll="">
            <Icon name="eye" />
            {move || if data.only_selected.get() { "Show all" } else { "Hide unselected" }}
        </a>
    }
}

/// Save as a new set, and into the chosen one.
#[component]
fn SaveAs(data: Data, saving: Saving) -> impl IntoView {
    let overtaken = Memo::new(move |_| {
        let chosen = data.chosen_set().map(|set| set.id);
        saving.overtaken().filter(|(id, _)| Some(*id) == chosen)
    });
    let error = move || saving.refused_new();
    let name = RwSignal::new(untrack(|| {
        data.address.with(|a| a.get("f.name").to_owned())
    }));
    let unfolded = untrack(|| error().is_some());
    let next = move || {
        data.sets
            .with(|sets| sets.iter().map(|s| s.id).max().unwrap_or(0) + 1)
    };
    let details = NodeRef::<leptos::html::Details>::new();
    Effect::new(move |_| {
        if saving.done() {
            name.set(String::new());
            if details.get_untracked().is_some_and(|d| d.open()) {
                super::sets::fold_menu(details);
            }
        }
    });
    // the button that was pressed goes with a set that another window deleted
    Effect::watch(
        move || data.chosen_set().is_some(),
        move |is_chosen, _, _| {
            if !is_chosen && untrack(|| saving.refused_update()).is_some() {
                focus_first_if_lost(&[".selection-bar summary"]);
            }
        },
        false,
    );
    let names = move || {
        data.selected
            .with_untracked(|s| s.iter().cloned().collect::<Vec<_>>())
    };
    let save = move |set: Option<u64>, anyway: bool| {
        saving.save(set, name.get_untracked(), names(), None, anyway);
    };
    let url = SaveSelectionSet::url();
    view! {
        <details class="popover popover--up" open=unfolded node_ref=details>
            <summary class="button button--primary">
                <Icon name="layers" />
                "Save as set"
            </summary>
            <div class="popover__panel">
                <h2 class="popover__title">"Save the selection as a set"</h2>
                {move || {
                    error()
                        .filter(|e| e.message_for("name").is_none())
                        .map(|error| view! { <ErrorNotice error /> })
                }}
                <TextField
                    label="Name"
                    name="name"
                    id="set_name"
                    value=name
                    on_input=Callback::new(move |text| name.set(text))
                    hint=Signal::derive(move || format!("Without a name it is Set {}.", next()))
                    error=Signal::derive(move || error().and_then(|e| e.message_for("name").map(str::to_owned)))
                    optional=true
                />
                <div class="dialog__actions">
                    <button
                        class="button button--primary"
                        type="submit"
                        formaction=url
                        on:click=move |event| {
                            event.prevent_default();
                            save(None, false);
                        }
                        {..send_once(saving.busy())}
                    >
                        {move || if saving.busy().get() { "Saving…" } else { "Save set" }}
                    </button>
                </div>
            </div>
        </details>
        {move || {
            // a smart one has no names of its own to change
            data.chosen_set()
                .filter(|set| set.filter.is_none())
                .map(|set| {
                    let id = set.id;
                    view! {
                        <input type="hidden" name="etag" value=move || data.etag_read(id) />
                        <button
                            class="button button--secondary"
                            type="submit"
                            formaction=url
                            name="set"
                            value=id.to_string()
                            on:click=move |event| {
                                event.prevent_default();
                                save(Some(id), false);
                            }
                            {..send_once(saving.busy())}
                        >
                            <span class="button__text">{format!("Update {}", set.title())}</span>
                        </button>
                    }
                })
        }}
        {move || {
            saving
                .refused_update()
                .map(|error| {
                    view! {
                        <div class="selection-bar__notice">
                            <ErrorNotice error />
                        </div>
                    }
                })
        }}
        {move || {
            overtaken
                .get()
                .map(|(id, error)| {
                    view! { <Overtaken data saving id error save=Callback::new(move |(set, anyway)| save(set, anyway)) /> }
                })
        }}
    }
}

/// Somebody else changed the set meanwhile: what becomes of the selection is the person's choice.
#[component]
fn Overtaken(
    data: Data,
    saving: Saving,
    id: u64,
    error: AppError,
    /// Into which set, and whether whatever it holds now.
    save: Callback<(Option<u64>, bool)>,
) -> impl IntoView {
    let url = SaveSelectionSet::url();
    let busy = Signal::from(saving.busy());
    let apart = move || {
        // theirs comes a moment after the refusal
        let set = data.set(id).filter(|set| set.etag != data.etag_read(id))?;
        Some(data.selected.with(|mine| difference(mine, &set.filenames)))
    };
    let load = move |event: leptos::ev::MouseEvent| {
        if let Some(set) = data.set(id) {
            event.prevent_default();
            saving.load_theirs(&set);
        }
    };
    view! {
        <div class="notice notice--warning selection-bar__notice" role="alert">
            <Icon name="warning" class="notice__icon" />
            <div class="notice__body">
                <p class="notice__what">{error.message}</p>
                <p class="notice__why">{error.remedy}</p>
                <p class="notice__why">{apart}</p>
            </div>
            <div class="notice__actions">
                <a
                    class="button button--secondary button--small"
                    href=move || data.href("set", &id.to_string())
                    rel="external"
                    on:click=load
                >
                    "Load theirs"
                </a>
                <button
                    class="button button--secondary button--small"
                    type="submit"
                    formaction=url
                    on:click=move |event| {
                        event.prevent_default();
                        save.run((None, false));
                    }
                    {..send_once(busy)}
                >
                    "Save as new set"
                </button>
                <button
                    class="button button--danger button--small"
                    type="submit"
                    formaction=url
                    name="over"
                    value=id.to_string()
                    on:click=move |event| {
                        event.prevent_default();
                        save.run((Some(id), true));
                    }
                    {..send_once(busy)}
                >
                    "Update anyway"
                </button>
            </div>
        </div>
    }
}
