//! The model a run left: name, size, where it lies.

use super::Live;
use super::actions::Download;
use super::facts::{Fact, Facts};
use crate::training::model::model_file::expected_bytes;
use crate::training::model::version::{Status, TrainingVersion};
use crate::training::ui::status::{is_live, model_file_name};
use crate::ui::units::{bytes, count};
use leptos::prelude::*;

#[component]
pub fn ModelFile(live: Live) -> impl IntoView {
    let facts = Memo::new(move |_| live.version.with(facts));
    let has_file = Memo::new(move |_| live.version.with(|v| v.lora_url.is_some()));
    let waiting = move || {
        live.version.with(|v| match v.status {
            Status::Pending | Status::Training if v.is_ours() => {
                "It is written when training is done."
            }
            Status::Pending | Status::Training => "Whether there is one is not known here.",
            Status::Completed => {
                "No model file is known: the trainer named none, or it was deleted."
            }
            _ => "No model file was written.",
        })
    };
    view! {
        <section class="panel" aria-labelledby="model-title">
            <div class="panel__head">
                <h3 class="panel__title" id="model-title">
                    "Model file"
                </h3>
            </div>
            <p class="muted model-file__none" hidden=move || has_file.get()>
                {waiting}
            </p>
            <Facts facts />
            {move || {
                let elsewhere = has_file.get() && !live.downloadable.get();
                if live.downloadable.get() {
                    view! {
                        <div class="button-group model-file__actions">
                            <Download live words="Download" class="button button--secondary button--small" />
                        </div>
                    }
                        .into_any()
                } else if elsewhere {
                    view! {
                        <p class="muted model-file__actions">
                            "It does not lie in the configured bucket, so it cannot be downloaded here."
                        </p>
                    }
                        .into_any()
                } else {
                    ().into_any()
                }
            }}
        </section>
    }
}

/// Name and value of what is known of the file.
fn facts(version: &TrainingVersion) -> Vec<Fact> {
    let mut facts = Vec::new();
    if version.lora_url.is_none() && !is_live(version) {
        return facts;
    }
    if let Some(name) = model_file_name(version) {
        facts.push(Fact::code("File", name));
    }
    if let Some(size) = version.size_bytes {
        facts.push(Fact::words(
            "Size",
            format!("{} ({} bytes)", bytes(size), count(size)),
        ));
    }
    if let Some(expected) = expected(version) {
        let rehearsed = version.trainer.as_deref() == Some("rehearsal");
        let whose = if rehearsed {
            " from a real trainer; the rehearsal's is smaller"
        } else {
            ""
        };
        facts.push(Fact::words(
            "Expected",
            format!("about {}{whose}", bytes(expected)),
        ));
    }
    // an address is text, never a link: what a foreign file says is not followed
    let is_address = |url: &&String| {
        ["https://", "http://", "s3://"]
            .iter()
            .any(|s| url.starts_with(s))
    };
    if let Some(url) = version.lora_url.as_ref().filter(is_address) {
        facts.push(Fact::code("Address", url));
    }
    facts
}

/// Size that follows from rank and precision.
fn expected(version: &TrainingVersion) -> Option<u64> {
    let rank = version
        .number("network_dim")
        .filter(|n| (1.0..=100_000.0).contains(n))?;
    let dtype = version
        .parameters
        .get("save_dtype")
        .map(ToString::to_string);
    Some(expected_bytes(
        rank as u32,
        dtype.as_deref().unwrap_or("bf16"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_not_shown() {
        let with = |url: &str| TrainingVersion {
            lora_url: Some(url.to_owned()),
            ..TrainingVersion::default()
        };
        let shown = |url: &str| facts(&with(url)).iter().any(|fact| fact.is("Address"));
        assert!(shown("https://b.s3.amazonaws.com/k.safetensors") && shown("s3://b/k"));
        assert!(!shown("javascript:alert(1)") && !shown("file:///etc/passwd"));
    }
}
