//! Captions that were typed and are not stored: named above the images. Those whose save failed while their image was left are
//! tried again until they are stored or somebody else's text is in their place. Their text lies in this browser; opening the image
//! offers it.

use crate::dataset::ui::state::Data;
use crate::ui::Icon;
use crate::ui::units::plural;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// How often what was left behind is tried again.
#[cfg(feature = "hydrate")]
const AGAIN_MS: u32 = 5_000;

/// Names named; the rest is counted.
const NAMED: usize = 5;

#[derive(Clone, Copy, PartialEq)]
pub enum Left {
    /// Its save failed after its editor was closed.
    Now,
    /// By an earlier visit, or another window that may be typing still: sending it would be in that one's way.
    Elsewhere,
}

/// A save failed after its editor was closed.
pub fn leave(data: Data, name: &str) {
    data.unsent
        .try_update(|names| names.insert(name.to_owned(), Left::Now));
}

/// A text for it lies in this browser, which nothing sends by itself.
pub fn find(data: Data, name: &str) {
    data.unsent.try_update(|names| {
        names.entry(name.to_owned()).or_insert(Left::Elsewhere);
    });
}

/// It is stored, or given up.
pub fn settle(data: Data, name: &str) {
    let is_left = |names: &BTreeMap<String, Left>| names.contains_key(name);
    if data.unsent.try_with_untracked(is_left) == Some(true) {
        data.unsent.try_update(|names| names.remove(name));
    }
}

/// Effects alone: tries again from time to time, and when the network is back.
pub fn follow(data: Data) {
    #[cfg(feature = "hydrate")]
    {
        let waiting = Memo::new(move |_| {
            data.unsent
                .with(|names| names.values().any(|left| *left == Left::Now))
        });
        crate::ui::poll::use_poll(waiting.into(), AGAIN_MS, move || again(data));
        Effect::new(move |_| {
            let online = window_event_listener(leptos::ev::online, move |_| again(data));
            look(data);
            let elsewhere = window_event_listener(leptos::ev::storage, move |_| look(data));
            on_cleanup(move || {
                online.remove();
                elsewhere.remove();
            });
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = data;
}

/// What this browser holds of other visits and windows.
#[cfg(feature = "hydrate")]
fn look(data: Data) {
    use crate::dataset::ui::unsaved::{self, Shelf::Captions};
    let kept = unsaved::names(Captions, data);
    data.unsent.try_update(|names| {
        names.retain(|name, left| *left == Left::Now || kept.contains(name));
    });
    kept.iter().for_each(|name| find(data, name));
}

/// An image that is open is its editor's.
#[cfg(feature = "hydrate")]
fn again(data: Data) {
    let open = data
        .address
        .try_with_untracked(|a| a.get("image").to_owned());
    let names = data.unsent.try_get_untracked().unwrap_or_default();
    let own = names.into_iter().filter(|(_, left)| *left == Left::Now);
    for (name, _) in own.filter(|(name, _)| Some(name) != open.as_ref()) {
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
        if let Some(there) = data.there.get() {
            names.retain(|name, _| there.contains(name));
        }
        if names.is_empty() {
            return None;
        }
        let what = match names.len() {
            1 => "1 caption is not saved.".to_owned(),
            some => format!("{} are not saved.", plural(some, "caption")),
        };
        let more = names.len().saturating_sub(NAMED);
        let remedy = if names.values().any(|left| *left == Left::Now) {
            "Each is tried again by itself, unless somebody else changed it; open the image to see your text."
        } else {
            "Typed in an earlier visit or another window. Open the image to see the text."
        };
        let links = names.into_keys().take(NAMED).map(|name| {
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
                    <p class="notice__remedy">{remedy}</p>
                </div>
            </div>
        })
    }
}
