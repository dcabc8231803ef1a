//! Every file the run left in the bucket: the model and its checkpoints, each to be downloaded or, asked by name, deleted.

use super::Live;
use crate::training::api::DeleteModelFile;
use crate::training::model::lora_file::RunFile;
use crate::ui::Icon;
use crate::ui::query::encoded;
use crate::ui::units::{bytes, count, minute, plural};
use leptos::prelude::*;

#[component]
pub fn Files(
    live: Live,
    files: Vec<RunFile>,
    delete: ServerAction<DeleteModelFile>,
) -> impl IntoView {
    if files.is_empty() {
        return ().into_any();
    }
    let note = plural(files.len(), "file");
    let row = move |file: RunFile| {
        let what = match file.step {
            Some(step) => format!("checkpoint after step {}", count(step.into())),
            None => "the model".to_owned(),
        };
        let href = live.api_address(&format!("files/{}", encoded(&file.filename)));
        view! {
            <tr>
                <th scope="row">
                    <code>{file.filename.clone()}</code>
                    <span class="run-file__what">{what}</span>
                </th>
                <td class="table__number">{bytes(file.size_bytes)}</td>
                <td>{minute(&file.modified)}</td>
                <td class="table__number">
                    <a
                        class="button button--ghost button--small"
                        href=href
                        rel="external"
                        aria-label=format!("Download {}", file.filename)
                    >
                        <Icon name="download" />
                    </a>
                </td>
            </tr>
        }
    };
    view! {
        <section class="panel" aria-labelledby="files-title">
            <div class="panel__head">
                <h3 class="panel__title" id="files-title">
                    "Files in the bucket"
                </h3>
                <span class="panel__note">{note}</span>
            </div>
            <div class="table-scroll" tabindex="0" role="region" aria-label="Table of the files">
                <table class="table run-files">
                    <thead class="visually-hidden">
                        <tr>
                            <th scope="col">"File"</th>
                            <th scope="col">"Size"</th>
                            <th scope="col">"Written"</th>
                            <th scope="col">"Download"</th>
                        </tr>
                    </thead>
                    <tbody>{files.clone().into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            <Deletion live files delete />
        </section>
    }
    .into_any()
}

/// One form per file, each confirmed for itself.
#[component]
fn Deletion(
    live: Live,
    files: Vec<RunFile>,
    delete: ServerAction<DeleteModelFile>,
) -> impl IntoView {
    let row = move |file: RunFile| {
        let name = file.filename;
        view! {
            <li>
                <ActionForm action=delete attr:class="run-file__deletion">
                    <input type="hidden" name="style" value=live.style.with_value(ToString::to_string) />
                    <input type="hidden" name="id" value=live.id.get_value() />
                    <input type="hidden" name="filename" value=name.clone() />
                    <label class="choice">
                        <input
                            class="checkbox"
                            type="checkbox"
                            name="confirmed"
                            value=name.clone()
                            required
                        />
                        <span>
                            "Yes, delete " <code>{name.clone()}</code>
                            {format!(" ({}) for good", bytes(file.size_bytes))}
                        </span>
                    </label>
                    <button
                        class="button button--danger button--small"
                        type="submit"
                        aria-label=format!("Delete {name}")
                        aria-busy=move || delete.pending().get().to_string()
                    >
                        <Icon name="trash" />
                        "Delete file"
                    </button>
                </ActionForm>
            </li>
        }
    };
    view! {
        <details class="disclosure">
            <summary class="disclosure__summary">
                "Delete a file…"
                <span class="disclosure__note">"from the bucket; the version stays"</span>
            </summary>
            <ul class="disclosure__body">{files.into_iter().map(row).collect_view()}</ul>
        </details>
    }
}
