//! Captions that were typed and whose save failed while their image was left: named above the images, and tried again until they
//! are stored or somebody else's text is in their place. Their text lies in this browser; opening the image offers it.

use crate::dataset::ui::state::Data;
use crate::ui::Icon;
use crate::ui::units::plural;
use leptos::prelude::*;

/// How often what was left behind is tried again.
#[cfg(feature = "hydrate")]
const AGAIN_MS: u32 = 5_000;

/// Names named; the rest is counted.
const NAMED: usize = 5;

/// A save failed after its editor was closed.
pub fn leave(data: Data, name: &str) {
    data.unsent
        .try_update(|names| names.insert(name.to_owned()));
}

/// It is stored, or given up.
pub fn settle(data: Data, name: &str) {
    let is_left = |names: &std::collections::BTreeSet<String>| names.contains(name);
    if data.unsent.try_with_untracked(is_left) == Some(true) {
        data.unsent.try_update(|names| names.remove(name));
    }
}

/// Effects alone: tries again from time to time, and when the network is back.
pub fn follow(data: Data) {
    #[cfg(feature = "hydrate")]
    {
        let waiting = Memo::new(move |_| data.unsent.with(|names| !names.is_empty()));
        crate::ui::poll::use_poll(waiting.into(), AGAIN_MS, move || again(data));
        Effect::new(move |_| {
            let online = window_event_listener(leptos::ev::online, move |_| again(data));
            on_cleanup(move || online.remove());
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = data;
}

/// An image that is open is its editor's.
#[cfg(feature = "hydrate")]
fn again(data: Data) {
    let open = data
        .address
        .try_with_untracked(|a| a.get("image").to_owned());
    let names = data.unsent.try_get_untracked().unwrap_or_default();
    for name in names.into_iter().filter(|name| Some(name) != open.as_ref()) {
        leptos::task::spawn_local(send(data, name));
    }
}

#[cfg(feature = "hydrate")]
async fn send(data: Data, name: String) {
    use crate::dataset::ui::unsaved::{self, Shelf::Captions};
    let style = data.style.try_get_value();
    let (Some(style), Some(kept)) = (style, unsaved::find(Captions, data, &name)) else {
        return settle(data, &name);
    };
    let (text, etag) = (kept.text, kept.based_on);
    let sent = crate::dataset::api::save_caption(style, name.clone(), text.clone(), etag, false);
    // a text in place of which there is another one by now is chosen by the person, who opens the image
    if let Ok(etag) = sent.await {
        unsaved::saved(Captions, data, &name, &text);
        settle(data, &name);
        super::rewritten::remember(data, &name, &text, &etag);
    }
}

/// Which captions are not saved, each a link to its image.
#[component]
pub fn Unsent(data: Data) -> impl IntoView {
    let open = Memo::new(move |_| data.address.with(|a| a.get("image").to_owned()));
    move || {
        let mut names = data.unsent.get();
        open.with(|open| names.remove(open));
        if names.is_empty() {
            return None;
        }
        let what = match names.len() {
            1 => "1 caption is not saved.".to_owned(),
            some => format!("{} are not saved.", plural(some, "caption")),
        };
        let more = names.len().saturating_sub(NAMED);
        let links = names.into_iter().take(NAMED).map(|name| {
            let href = data.href("image", &name);
            view! {
                <li>
                    <a class="link" href=href data-noscroll="">
                        {name}
                    </a>
                </li>
            }
        });
        Some(view! {
            <div class="notice notice--warning" role="alert">
                <Icon name="warning" class="notice__icon" />
                <div class="notice__body">
                    <p class="notice__what">{what}</p>
                    <ul class="notice__list">{links.collect_view()}</ul>
                    <p class="notice__why" hidden=more == 0>
                        {format!("and {more} more")}
                    </p>
                    <p class="notice__remedy">
                        "Each is tried again by itself, unless somebody else changed it; open the image to see your text."
                    </p>
                </div>
            </div>
        })
    }
}
