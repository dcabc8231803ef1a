//! Filter, order, columns, set chooser, and the page's actions.

use super::columns;
use super::keys::KEYS;
use super::selecting::KINDS;
use super::sets::SetsMenu;
use super::state::Data;
use super::summary::Summary;
use crate::dataset::model::filter::sort::SORTS;
use crate::dataset::model::selection::SelectionSet;
use crate::ui::Icon;
use leptos::prelude::*;

/// How long the filter box waits for the next letter.
#[cfg(feature = "hydrate")]
const TYPING_MS: u32 = 180;

#[component]
pub fn Toolbar(data: Data) -> impl IntoView {
    let uploading = move || data.address.with(|a| !a.get("upload").is_empty());
    let upload = move || {
        let value = if uploading() { "" } else { "1" };
        data.href("upload", value)
    };
    view! {
        <Summary data />
        <super::sets::LostNames data />
        <div class="toolbar dataset-toolbar">
            <FilterForm data />
            <div class="toolbar__end">
                <Folded />
                <span class="toolbar__fold"><super::quality::ViewLink data /></span>
                <span class="toolbar__fold"><super::captions::ViewLink data /></span>
                <span class="toolbar__fold"><Shortcuts /></span>
                <span class="toolbar__fold"><SetsMenu data /></span>
                <span class="toolbar__fold"><SelectMenu data /></span>
                <a
                    class="button"
                    class:button--primary=move || !uploading()
                    class:button--secondary=uploading
                    href=upload
                    data-noscroll=""
                >
                    {move || {
                        if uploading() {
                            view! {
                                <Icon name="close" />
                                "Hide upload"
                            }
                                .into_any()
                        } else {
                            view! {
                                <Icon name="upload" />
                                "Upload"
                            }
                                .into_any()
                        }
                    }}
                </a>
            </div>
            <FilterError data />
        </div>
    }
}

/// On a phone it unfolds what is not needed first, in the toolbar itself: `style/features/dataset.css` hides that while this is
/// closed. Elsewhere all of it stands there and this does not.
#[component]
fn Folded() -> impl IntoView {
    view! {
        <details class="toolbar__view">
            <summary class="button button--secondary">"View"</summary>
        </details>
    }
}

/// What of the filter or the order cannot be read. The box itself stays, so that it is announced.
#[component]
fn FilterError(data: Data) -> impl IntoView {
    let told = move || filter_error(data);
    view! {
        <p class="field__error toolbar__error" id="filter-error" role="status">
            {move || {
                told()
                    .map(|told| {
                        view! {
                            <Icon name="error" />
                            <span>{told}</span>
                        }
                    })
            }}
        </p>
    }
}

pub fn filter_error(data: Data) -> Option<String> {
    let told = |field: &str| {
        data.listing.with(|l| {
            let error = l.error.as_ref()?;
            error.message_for(field).map(str::to_owned)
        })
    };
    told("filter").or_else(|| told("sort"))
}

/// A plain GET form; script keeps the address in step as one types or chooses.
#[component]
fn FilterForm(data: Data) -> impl IntoView {
    let value = move |name: &'static str| data.address.with(|a| a.get(name).to_owned());
    let typed = Typed::new(data);
    let change = move |name: &'static str, value: String| data.change(name, &value);
    let action = format!("/styles/{}/data", data.style_id());
    view! {
        <form
            class="toolbar__form"
            method="get"
            action=action
            role="search"
            on:submit=move |event| event.prevent_default()
        >
            <label class="search toolbar__search">
                <span class="visually-hidden">"Filter"</span>
                <Icon name="search" class="search__icon" />
                <input
                    class="input"
                    type="search"
                    name="filter"
                    placeholder="Filter: fog missing:caption set:2"
                    aria-describedby="filter-error"
                    aria-invalid=move || filter_error(data).is_some().to_string()
                    value=data.address.with_untracked(|a| a.get("filter").to_owned())
                    prop:value=move || typed.shown(&value("filter"))
                    on:input=move |event| typed.later(event_target_value(&event))
                />
            </label>
            <label class="toolbar__item toolbar__item--columns">
                "Columns "
                <input
                    class="range"
                    type="range"
                    name="columns"
                    min=columns::FEWEST
                    max=columns::MOST
                    value=untrack(|| columns::shown(data))
                    prop:value=move || columns::shown(data)
                    on:input=move |event| columns::choose(data, &event_target_value(&event))
                />
            </label>
            <label class="toolbar__item toolbar__fold">
                <span class="visually-hidden">"Sort"</span>
                <select
                    class="input input--auto toolbar__select"
                    name="sort"
                    on:change=move |event| change("sort", event_target_value(&event))
                >
                    {SORTS.map(|(sort, words)| order(data, sort, words)).collect_view()}
                </select>
            </label>
            <label class="toolbar__item toolbar__fold">
                <span class="visually-hidden">"Set"</span>
                <select
                    class="input input--auto toolbar__select"
                    name="set"
                    on:change=move |event| change("set", event_target_value(&event))
                >
                    <option value="" selected=move || data.chosen_set().is_none()>
                        "All images"
                    </option>
                    <For
                        each=move || data.sets.get()
                        key=move |set| (set.id, data.title_of(set), set.filenames.len(), data.gone(set).len())
                        children=move |set| option(data, set)
                    />
                </select>
            </label>
            <noscript>
                <button class="button button--secondary" type="submit">
                    "Apply"
                </button>
            </noscript>
        </form>
    }
}

/// By name is the page's own order, not said in the address.
fn order(data: Data, sort: &'static str, words: &'static str) -> impl IntoView {
    let value = if sort == "name" { "" } else { sort };
    let selected = move || data.address.with(|a| a.get("sort") == value);
    view! {
        <option value=value selected=selected>
            {words}
        </option>
    }
}

fn option(data: Data, set: SelectionSet) -> impl IntoView {
    let id = set.id;
    let smart = if set.filter.is_some() {
        " · smart"
    } else {
        ""
    };
    let gone = match data.gone(&set).len() {
        0 => String::new(),
        n => format!(" · {n} gone"),
    };
    let selected = move || data.chosen_set().is_some_and(|s| s.id == id);
    view! {
        <option value=id.to_string() selected=selected>
            {format!("{} · {}{smart}{gone}", data.title_of(&set), set.filenames.len())}
        </option>
    }
}

/// The filter as it is being typed: goes into the address when the person pauses.
#[derive(Clone, Copy)]
struct Typed {
    #[cfg(feature = "hydrate")]
    data: Data,
    #[cfg(feature = "hydrate")]
    timer: StoredValue<Option<gloo_timers::callback::Timeout>, LocalStorage>,
    /// As it stands in the box, with blanks at its ends.
    text: StoredValue<String>,
}

impl Typed {
    #[cfg(feature = "hydrate")]
    fn new(data: Data) -> Self {
        Self {
            data,
            timer: StoredValue::new_local(None),
            text: StoredValue::default(),
        }
    }

    #[cfg(feature = "hydrate")]
    fn later(self, text: String) {
        let data = self.data;
        self.text.set_value(text.clone());
        let timeout = gloo_timers::callback::Timeout::new(TYPING_MS, move || {
            let address = data
                .address
                .try_with_untracked(|a| a.with("filter", text.trim()));
            if let Some(address) = address {
                data.go(&address);
            }
        });
        self.timer.set_value(Some(timeout));
    }

    #[cfg(not(feature = "hydrate"))]
    fn new(_: Data) -> Self {
        Self {
            text: StoredValue::default(),
        }
    }

    #[cfg(not(feature = "hydrate"))]
    fn later(self, _: String) {}

    /// What the box holds for the filter of the address: a blank that was typed before the next word stays.
    fn shown(self, filter: &str) -> String {
        let is_it = |typed: &String| (typed.trim() == filter).then(|| typed.clone());
        self.text
            .with_value(is_it)
            .unwrap_or_else(|| filter.to_owned())
    }
}

/// Select all, none, the others, what fits: links without script.
#[component]
fn SelectMenu(data: Data) -> impl IntoView {
    let item = move |text: &'static str, select: &'static str, key: &'static str| {
        let href = move || {
            let keeps_set = select == "invert";
            let address = data.address.with(|a| {
                if keeps_set {
                    a.with("", "")
                } else {
                    a.with("set", "")
                }
            });
            let address = if select.is_empty() {
                address
            } else {
                address.and("select", select)
            };
            address.href(&data.style_id())
        };
        let choose = move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            match select {
                "" => data.selected.update(|s| s.clear()),
                "invert" => data.invert(),
                words => data.select_fitting(words),
            }
            close_menu(&event);
        };
        // without script a page at a time
        let is_part =
            move || !data.live.get() && data.listing.with(|l| l.page.next_cursor.is_some());
        let text = move || match select {
            "all" if is_part() => "All on this page",
            _ => text,
        };
        view! {
            <a class="menu__item" href=href on:click=choose>
                {text}
                {(!key.is_empty()).then(|| view! { <kbd class="key">{key}</kbd> })}
            </a>
        }
    };
    view! {
        <details class="menu" name="select-menu">
            <summary class="button button--secondary">
                <Icon name="check" />
                "Select"
            </summary>
            <div class="menu__panel">
                {item("All listed", "all", "Ctrl A")} {item("None", "", "Esc")} {item("Invert", "invert", "Ctrl I")}
                {KINDS.map(|(text, words)| item(text, words, "")).collect_view()}
            </div>
        </details>
    }
}

/// What the keyboard does; `?` unfolds it.
#[component]
fn Shortcuts() -> impl IntoView {
    let row = |(keys, what): (&'static str, &'static str)| {
        view! {
            <dt>
                <kbd class="key">{keys}</kbd>
            </dt>
            <dd>{what}</dd>
        }
    };
    view! {
        <details class="popover shortcuts" id="shortcuts">
            <summary class="button button--ghost button--icon" aria-label="Keyboard shortcuts">
                <Icon name="keyboard" />
            </summary>
            <div class="popover__panel">
                <h2 class="popover__title">"Keyboard"</h2>
                <dl class="shortcuts__list">{KEYS.map(row).collect_view()}</dl>
            </div>
        </details>
    }
}

/// Closes a `<details>` and gives the focus back to its summary.
#[cfg(feature = "hydrate")]
pub fn fold(details: &web_sys::Element) {
    use wasm_bindgen::JsCast;
    let _ = details.remove_attribute("open");
    let summary = details.query_selector("summary").ok().flatten();
    if let Some(summary) = summary.and_then(|s| s.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = summary.focus();
    }
}

/// Closes the `<details>` around what was pressed.
pub fn close_menu(event: &leptos::ev::MouseEvent) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let pressed = event
            .target()
            .and_then(|t| t.dyn_into::<web_sys::Element>().ok());
        if let Some(details) = pressed.and_then(|e| e.closest("details").ok().flatten()) {
            fold(&details);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}
