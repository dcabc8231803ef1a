//! The table: one row per image with its bucket, its state and every remark, each of which can be dismissed.

use super::inspect::crop_style;
use super::judged::Answer;
use super::place;
use crate::dataset::api::DismissRemark;
use crate::dataset::model::quality::{QualityRemark, QualityState};
use crate::dataset::model::report::{QualityReport, QualityRow};
use crate::dataset::ui::state::Data;
use crate::ui::{Badge, ErrorNotice, GuideLink, focus_soon};
use leptos::prelude::*;

/// Most rows of the table; more are within reach by a set.
const ROWS: usize = 300;

#[component]
pub fn Table(
    data: Data,
    dismiss: ServerAction<DismissRemark>,
    report: QualityReport,
) -> impl IntoView {
    let show = untrack(|| data.address.with(|a| a.get("show").to_owned()));
    let wanted = |row: &&QualityRow| match &row.quality {
        Some(quality) => show.is_empty() || quality.state.as_str() == show,
        None => show.is_empty(),
    };
    let fitting: Vec<&QualityRow> = report.images.iter().filter(wanted).collect();
    let more = fitting.len().saturating_sub(ROWS);
    let rows = fitting
        .iter()
        .take(ROWS)
        .map(|image| row(data, dismiss, image));
    let rows = rows.collect_view();
    let more = (more > 0).then(|| {
        let text = format!("{more} more images: choose a set, or look at one state at a time.");
        view! { <p class="muted">{text}</p> }
    });
    let none = fitting
        .is_empty()
        .then(|| view! { <p class="muted">"No image is in this state."</p> });
    let refused = move || dismiss.value().get().and_then(Result::err);
    view! {
        <section aria-labelledby="quality-images">
            <h3 class="quality__subtitle" id="quality-images">
                "Images"
            </h3>
            {states(data, &show, &report)}
            {move || refused().map(|error| view! { <ErrorNotice error /> })}
            <table class="quality__table">
                <thead>
                    <tr>
                        <th scope="col">"Image"</th>
                        <th scope="col">"Bucket"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Remarks"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {none}
            {more}
        </section>
    }
}

/// Links that show all rows or those of one state.
fn states(data: Data, show: &str, report: &QualityReport) -> impl IntoView + use<> {
    let link = |state: &'static str, words: &'static str, count: usize| {
        let href = data
            .address
            .with_untracked(|a| place::here(a, &data.style_id(), &[("show", state)]));
        let current = (show == state).then_some("true");
        view! {
            <a class="quality__state" href=href aria-current=current data-noscroll="">
                {format!("{words} ({count})")}
            </a>
        }
    };
    view! {
        <p class="row quality__states">
            {link("", "All", report.images.len())} {link("bad", "Bad", report.bad)}
            {link("look", "Look", report.look)} {link("fine", "Fine", report.fine)}
        </p>
    }
}

fn row(data: Data, dismiss: ServerAction<DismissRemark>, image: &QualityRow) -> AnyView {
    let name = image.filename.clone();
    let href = data
        .address
        .with_untracked(|a| place::image(a, &data.style_id(), &name));
    let size = match (image.width, image.height) {
        (Some(w), Some(h)) => format!("{w} × {h}"),
        _ => "no readable size".to_owned(),
    };
    let remarks = image.quality.iter().flat_map(|q| &q.remarks);
    let remarks = remarks.map(|r| view! { <li>{remark(data, dismiss, &name, r)}</li> });
    view! {
        <tr>
            <td>
                <div class="quality__image">
                    <a class="quality__thumb" href=href.clone() tabindex="-1" aria-hidden="true">
                        <img src=image.thumbnail_url.clone() alt="" loading="lazy" />
                        {image.bucket.map(|b| view! { <span class="inspector__crop" style=crop_style(&b.crop)></span> })}
                    </a>
                    <span class="quality__what">
                        <a href=href>{name.clone()}</a>
                        <span class="muted">{size}</span>
                    </span>
                </div>
            </td>
            <td data-label="Bucket">{bucket(image)}</td>
            <td data-label="State">{state(image)}</td>
            <td data-label="Remarks">
                <ul class="quality__remarks">{remarks.collect_view()}</ul>
            </td>
        </tr>
    }
    .into_any()
}

fn bucket(image: &QualityRow) -> String {
    match image.bucket {
        None => "none".to_owned(),
        Some(b) if b.crop_loss < 0.005 => format!("{} × {}", b.width, b.height),
        Some(b) => format!(
            "{} × {}, {:.0} % cut",
            b.width,
            b.height,
            b.crop_loss * 100.0
        ),
    }
}

fn state(image: &QualityRow) -> AnyView {
    match &image.quality {
        Some(quality) => mark(quality.state),
        None => {
            view! { <Badge kind="pending".to_owned() text="Measuring".to_owned() /> }.into_any()
        }
    }
}

/// The state as a word with its dot.
pub fn mark(state: QualityState) -> AnyView {
    let kind = match state {
        QualityState::Fine => "completed",
        QualityState::Look => "warning",
        QualityState::Bad => "failed",
    };
    view! { <Badge kind=kind.to_owned() text=state.label().to_owned() /> }.into_any()
}

/// The element id of a remark's button.
fn button_id(filename: &str, code: &str) -> String {
    format!("dismiss-{code}-{filename}")
}

/// The table is built anew with each answer: the focus goes back to the button that was pressed.
pub fn keep_focus(dismiss: ServerAction<DismissRemark>, report: Memo<Answer>) {
    let pressed = StoredValue::new(String::new());
    Effect::new(move |_| {
        if let Some(sent) = dismiss.input().get() {
            pressed.set_value(button_id(&sent.filename, sent.code.as_str()));
        }
    });
    Effect::new(move |_| {
        report.track();
        let id = pressed.try_update_value(std::mem::take).unwrap_or_default();
        if !id.is_empty() {
            focus_soon(&id);
        }
    });
}

/// One remark, and the way to dismiss it or take that back.
pub fn remark(
    data: Data,
    dismiss: ServerAction<DismissRemark>,
    filename: &str,
    remark: &QualityRemark,
) -> AnyView {
    let dismissed = remark.dismissed;
    let (word, title) = if dismissed {
        (
            "Restore",
            format!("Restore the remark “{}” of {filename}", remark.code.label()),
        )
    } else {
        (
            "Dismiss",
            format!("Dismiss the remark “{}” of {filename}", remark.code.label()),
        )
    };
    // as the wire has it
    let code = remark.code.as_str();
    let id = button_id(filename, code);
    let filename = filename.to_owned();
    view! {
        <div class="quality__remark" class:quality__remark--dismissed=dismissed>
            <p>
                <strong>{remark.code.label()}</strong>
                " "
                {dismissed.then_some("(dismissed) ")}
                {remark.message.clone()}
                <GuideLink to=format!("/guide/images#{code}") about=remark.code.label() />
            </p>
            <ActionForm action=dismiss>
                <input type="hidden" name="style" value=data.style_id() />
                <input type="hidden" name="filename" value=filename />
                <input type="hidden" name="code" value=code />
                <input type="hidden" name="dismissed" value=(!dismissed).to_string() />
                {data.address.with_untracked(place::choice).map(place::choice_fields)}
                <button class="button button--ghost button--small" type="submit" aria-label=title id=id>
                    {word}
                </button>
            </ActionForm>
        </div>
    }
    .into_any()
}
