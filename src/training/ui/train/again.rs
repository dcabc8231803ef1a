//! Above a form that was filled from an earlier run: from which, with which set, and what could not be taken over.

use crate::training::api::reproduce::SaveSetOf;
use crate::training::model::again::{SetOf, TakenOver};
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon, Notice};
use leptos::prelude::*;

#[component]
pub fn Again(
    style: String,
    taken_over: TakenOver,
    /// Id and title of the style's sets.
    sets: Vec<(u64, String)>,
) -> impl IntoView {
    let save = ServerAction::<SaveSetOf>::new();
    let refused = move || save.value().get().and_then(Result::err);
    let TakenOver {
        from,
        name,
        set,
        left_out,
    } = taken_over;
    let (words, images) = told(&set, &sets);
    let kind = match (&set, left_out.is_empty()) {
        (SetOf::Same(_), true) => "success",
        _ => "info",
    };
    let left_out = (!left_out.is_empty()).then(|| {
        let items = left_out.into_iter().map(|line| view! { <li>{line}</li> });
        view! {
            <p class="notice__why">"Not taken over, since the form has no such value:"</p>
            <ul class="notice__list">{items.collect_view()}</ul>
        }
    });
    let offer = images.map(|images| {
        view! {
            <ActionForm action=save>
                <input type="hidden" name="style" value=style />
                <input type="hidden" name="from" value=from />
                <button class="button button--secondary button--small" type="submit">
                    <Icon name="layers" />
                    {format!("Save those {} as a set", plural(images, "image"))}
                </button>
            </ActionForm>
        }
    });
    view! {
        <Notice kind what=format!("The form is filled as {name} was trained.")>
            <p class="notice__why">{words}</p>
            {left_out}
            {offer}
            {move || refused().map(|error| view! { <ErrorNotice error /> })}
        </Notice>
    }
}

/// What is said of the set, and how many images could be saved as one.
fn told(set: &SetOf, sets: &[(u64, String)]) -> (String, Option<usize>) {
    let title = |id: &u64| {
        let found = sets.iter().find(|(other, _)| other == id);
        found.map_or_else(|| format!("Set {id}"), |(_, title)| title.clone())
    };
    match set {
        SetOf::Same(id) => (
            format!("{} holds the same images as then.", title(id)),
            None,
        ),
        SetOf::Other(id) => (
            format!(
                "{} holds the images it was trained on, and is chosen.",
                title(id)
            ),
            None,
        ),
        SetOf::None {
            images,
            changed: Some(set),
        } => (
            format!(
                "{} has changed since: {} more, {} fewer. It is chosen as it is now.",
                set.title,
                plural(set.more, "image"),
                plural(set.fewer, "image")
            ),
            Some(*images),
        ),
        SetOf::None {
            images,
            changed: None,
        } => (
            "No set here holds the images it was trained on.".to_owned(),
            Some(*images),
        ),
        SetOf::Unknown(Some(id)) => (
            format!(
                "Which images it was trained on was not kept; {} is chosen as it is now.",
                title(id)
            ),
            None,
        ),
        SetOf::Unknown(None) => (
            "Which images it was trained on was not kept, and its set is gone: choose one."
                .to_owned(),
            None,
        ),
    }
}
