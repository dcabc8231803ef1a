//! Taking the run off the list: what goes and what stays is said first. Opened by `?ask=delete`, so it needs no script.

use super::Live;
use crate::training::api::DeleteVersion;
use crate::training::ui::status::{model_file_name, name};
use crate::ui::{ErrorNotice, Icon};
use leptos::prelude::*;

#[component]
pub fn Delete(live: Live) -> impl IntoView {
    let delete = ServerAction::<DeleteVersion>::new();
    let refused = move || delete.value().get().and_then(Result::err);
    let (title, file, good) = live.version.with_untracked(|v| {
        let file = v.lora_url.as_ref().and_then(|_| model_file_name(v));
        (name(v), file, v.is_good == Some(true))
    });
    let here = live.style_address(&format!("versions/{}", live.id.get_value()));
    let model = format!("{here}?tab=model");
    let stays = file.map(|file| {
        view! {
            <p class="muted">
                "Its model file " <code>{file}</code> " stays in the bucket and can be imported again. "
                <a href=model>"Delete the file"</a> " first if it is not wanted either."
            </p>
        }
    });
    let question = format!("Delete {title}?");
    view! {
        <section class="panel asked stack" aria-labelledby="delete-title">
            <h3 class="panel__title" id="delete-title">
                {question}
            </h3>
            {move || refused().map(|error| view! { <ErrorNotice error /> })}
            <p>"It goes from the list of versions, with its name and notes."</p>
            {stays}
            {good
                .then(|| {
                    view! {
                        <p class="why" id="is-good">
                            "It is the good version of the style: take the good mark away first."
                        </p>
                    }
                })}
            <ActionForm action=delete attr:class="button-group">
                <input type="hidden" name="style" value=live.style.with_value(ToString::to_string) />
                <input type="hidden" name="id" value=live.id.get_value() />
                <a class="button button--secondary" href=here>
                    "Keep it"
                </a>
                <button
                    class="button button--solid"
                    type="submit"
                    disabled=good
                    aria-describedby=good.then_some("is-good")
                    aria-busy=move || delete.pending().get().to_string()
                >
                    <Icon name="trash" />
                    {format!("Delete {title}")}
                </button>
            </ActionForm>
        </section>
    }
}
