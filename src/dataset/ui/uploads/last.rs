//! What the last upload left behind: shown after a reload, when the files themselves are no longer known.

use super::summary::{self, Summary};
use crate::ui::units::plural;
use leptos::prelude::*;

#[component]
pub fn Last(style: StoredValue<String>) -> impl IntoView {
    let found = RwSignal::new(None::<Summary>);
    // only the browser knows, so nothing is shown before it has taken over
    Effect::new(move |_| found.set(style.with_value(|s| summary::kept(s))));
    let close = move |_| {
        style.with_value(|s| summary::forget(s));
        found.set(None);
    };
    move || {
        let summary = found.get()?;
        let lines = summary.missing.into_iter().map(|(name, why)| {
            view! {
                <li class="last__file">
                    <span class="upload__name" title=name.clone()>{name.clone()}</span>
                    <span class="upload__why">{why}</span>
                </li>
            }
        });
        let lines = lines.collect_view();
        let more = (summary.more > 0).then(|| format!("and {}", plural(summary.more, "more file")));
        Some(view! {
            <section class="panel uploads" aria-labelledby="last-title">
                <header class="uploads__head">
                    <h2 class="uploads__title" id="last-title">"The last upload is not complete"</h2>
                    <p class="uploads__sum">
                        {format!("{} stored; these were not. Choose them again: what is there already is not sent twice.", plural(summary.stored, "file"))}
                    </p>
                    <div class="uploads__actions">
                        <button class="button button--ghost button--small" type="button" on:click=close>
                            "Dismiss"
                        </button>
                    </div>
                </header>
                <ul class="uploads__list" tabindex="0" aria-label="Files that were not stored">
                    {lines}
                </ul>
                {more.map(|more| view! { <p class="uploads__more">{more}</p> })}
            </section>
        })
    }
}
