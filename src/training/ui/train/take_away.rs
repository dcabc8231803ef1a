//! The request to read and to take away: as a file, as a curl command, as a workflow for ComfyUI.

use super::form::FORM_ID;
use super::typed::TypedForm;
use crate::ui::{CopyButton, Icon};
use leptos::prelude::*;

/// Where each is had, and the words on its button.
const FILES: [(&str, &str); 3] = [
    ("/forms/training/request", "Request"),
    ("/forms/training/workflow", "Workflow for ComfyUI"),
    ("/forms/training/curl", "curl script"),
];

#[component]
pub fn TakeAway(typed: TypedForm) -> impl IntoView {
    let view = move |pick: fn(&crate::training::model::preview::PreviewView) -> &String| {
        Memo::new(move |_| {
            typed.answer.with(|answer| {
                let view = answer.as_ref().and_then(|a| a.as_ref().ok());
                view.map(|view| pick(view).clone()).unwrap_or_default()
            })
        })
    };
    let request = view(|v| &v.request);
    let curl = view(|v| &v.curl);
    let button = |(action, words): (&'static str, &'static str)| {
        view! {
            <button
                class="button button--secondary button--small"
                type="submit"
                form=FORM_ID
                formaction=action
                formmethod="post"
                on:click=move |event| send_elsewhere(&event, action, "post")
            >
                <Icon name="download" />
                {words}
            </button>
        }
    };
    view! {
        <details class="disclosure">
            <summary class="disclosure__summary">
                "Request " <span class="disclosure__note">"exactly what RunPod receives"</span>
            </summary>
            <div class="disclosure__body stack">
                <div class="button-group">
                    {FILES.map(button).into_iter().collect_view()} <CopyButton words="Copy as curl" text=curl />
                </div>
                <pre class="code" tabindex="0" aria-label="Request">
                    {request}
                </pre>
            </div>
        </details>
    }
}

/// Sends the form as a plain one to another address, past its own handler: the answer is a download or a page.
pub fn send_elsewhere(event: &leptos::ev::MouseEvent, action: &str, method: &str) {
    event.prevent_default();
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let form = document().get_element_by_id(FORM_ID);
        if let Some(form) = form.and_then(|f| f.dyn_into::<web_sys::HtmlFormElement>().ok()) {
            let (own, way) = (form.action(), form.method());
            form.set_action(action);
            form.set_method(method);
            // `submit` tells no listener
            let _ = form.submit();
            form.set_action(&own);
            form.set_method(&way);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (action, method);
}
