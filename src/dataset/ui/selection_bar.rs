//! The bar that a selection brings up: save it as a set, put it into the chosen set, delete it.

use super::sets::Saving;
use super::state::Data;
use crate::dataset::api::SaveSelectionSet;
use crate::ui::{ErrorNotice, Icon, TextField};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn SelectionBar(data: Data) -> impl IntoView {
    let saving = Saving::new(data);
    let count = Memo::new(move |_| data.selected.with(|s| s.len()));
    let hidden_ones = move || {
        let listed: std::collections::BTreeSet<String> = data.listed(false).into_iter().collect();
        data.selected
            .with(|s| s.iter().filter(|n| !listed.contains(*n)).count())
    };
    let words = move || {
        // without script the style sheet counts the ticked boxes
        if !data.live.get() {
            return String::new();
        }
        match hidden_ones() {
            0 => format!("{} selected", count.get()),
            elsewhere => format!("{} selected, {elsewhere} not shown", count.get()),
        }
    };
    let clear = move || data.href("set", "");
    let delete_at = format!("/styles/{}/data", data.style_id());
    view! {
        <div
            class="selection-bar"
            class:selection-bar--open=move || count.get() != 0 || saving.error().is_some()
            role="group"
            aria-label="Selection"
        >
            <p
                class="selection-bar__count"
                class:selection-bar__count--counted=move || !data.live.get()
                role="status"
            >
                {words}
            </p>
            <a
                class="button button--ghost button--icon"
                href=clear
                aria-label="Clear selection"
                on:click=move |event| {
                    event.prevent_default();
                    data.selected.update(|s| s.clear());
                    super::delete::focus_grid(None);
                }
            >
                <Icon name="close" />
            </a>
            <SaveAs data saving />
            <button
                class="button button--danger"
                type="submit"
                formmethod="get"
                formaction=delete_at
                name="confirm"
                value="delete"
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

/// Save as a new set, and into the chosen one.
#[component]
fn SaveAs(data: Data, saving: Saving) -> impl IntoView {
    let error = move || saving.error();
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
            if let Some(details) = details.get_untracked() {
                details.set_open(false);
            }
        }
    });
    let names = move || {
        data.selected
            .with_untracked(|s| s.iter().cloned().collect::<Vec<_>>())
    };
    let save = move |set: Option<u64>| saving.save(set, name.get_untracked(), names());
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
                        disabled=move || saving.busy()
                        on:click=move |event| {
                            event.prevent_default();
                            save(None);
                        }
                    >
                        {move || if saving.busy() { "Saving…" } else { "Save set" }}
                    </button>
                </div>
            </div>
        </details>
        {move || {
            data.chosen_set()
                .map(|set| {
                    let id = set.id;
                    view! {
                        <button
                            class="button button--secondary"
                            type="submit"
                            formaction=url
                            name="set"
                            value=id.to_string()
                            disabled=move || saving.busy()
                            on:click=move |event| {
                                event.prevent_default();
                                save(Some(id));
                            }
                        >
                            {format!("Update {}", set.title())}
                        </button>
                    }
                })
        }}
    }
}
