//! The table: one row per image with its bucket, its state and every remark, each of which can be dismissed.

use super::inspect::crop_style;
use super::judged::Answer;
use super::place;
use crate::dataset::api::DismissRemark;
use crate::dataset::model::quality::{Quality, QualityCode, QualityRemark, QualityState};
use crate::dataset::model::report::rows::{Order, ROWS, Wanted};
use crate::dataset::model::report::{QualityReport, QualityRow};
use crate::dataset::ui::pages::{Part, pages};
use crate::dataset::ui::state::Data;
use crate::ui::{
    Badge, ErrorNotice, GuideLink, Icon, focus_first_if_lost, focus_if_lost, focus_soon,
};
use leptos::prelude::*;

/// Another page or bucket is read from the table's heading.
pub fn follow(data: Data) {
    let part = Memo::new(move |_| {
        let wanted = data.address.with(place::wanted);
        (wanted.bucket, wanted.offset)
    });
    Effect::new(move |before: Option<(Option<(u32, u32)>, usize)>| {
        let now = part.get();
        match before {
            // another size leaves the bucket too, and the keyboard is at home in its form
            Some(before) if before.0.is_some() && now.0.is_none() => focus_if_lost(place::TABLE),
            Some(before) if before != now => focus_soon(place::TABLE),
            _ => {}
        }
        now
    });
}

pub fn table(data: Data, dismiss: ServerAction<DismissRemark>, report: &QualityReport) -> AnyView {
    let wanted = data.address.with_untracked(place::wanted);
    let page = wanted.page(report);
    let rows = page.rows.iter().map(|image| row(data, dismiss, image));
    let rows = rows.collect_view();
    let none = page
        .rows
        .is_empty()
        .then(|| view! { <p class="muted">"No image fits."</p> });
    let part = Part {
        offset: page.offset,
        shown: page.rows.len(),
        total: page.total,
        page: ROWS,
    };
    let pages = pages("Pages of the images", part, |page| {
        data.address
            .with_untracked(|a| place::table(a, &data.style_id(), &[("page", page)]))
    });
    let refused = move || dismiss.value().get().and_then(Result::err);
    view! {
        <section aria-labelledby=place::TABLE>
            <h3 class="quality__subtitle" id=place::TABLE tabindex="-1">
                "Images"
            </h3>
            {ways(data, &wanted, report)}
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
            {pages}
        </section>
    }
    .into_any()
}

/// Links that show all rows or those of one state, order them, and leave a bucket.
fn ways(data: Data, wanted: &Wanted, report: &QualityReport) -> AnyView {
    let link = |name: &'static str, value: &str, words: String, is_current: bool| {
        let href = data
            .address
            .with_untracked(|a| place::here(a, &data.style_id(), &[(name, value)]));
        view! {
            <a class="quality__state" href=href aria-current=is_current.then_some("true") data-noscroll="">
                {words}
            </a>
        }
    };
    let state = |state: Option<QualityState>| {
        let (value, label) = state.map_or(("", "All"), |s| (s.as_str(), s.label()));
        let words = format!("{label} ({})", wanted.count(report, state));
        link("show", value, words, wanted.state == state)
    };
    let states = QualityState::ALL.map(Some).map(state);
    let orders = Order::ALL
        .map(|(order, value, words)| link("order", value, words.to_owned(), wanted.order == order));
    let bucket = wanted.bucket.map(|(width, height)| {
        let words = "Images of all buckets".to_owned();
        view! {
            <p class="row quality__states">
                {format!("Only bucket {width} × {height}")} {link("bucket", "", words, false)}
            </p>
        }
    });
    view! {
        {bucket}
        <p class="row quality__states">
            {state(None)} {states.collect_view()} <span class="muted">"Order"</span> {orders.collect_view()}
        </p>
    }
    .into_any()
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
                        {picture(image)}
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

/// A file that is known to be no picture is not asked for.
fn picture(image: &QualityRow) -> AnyView {
    if image.quality.as_ref().is_some_and(Quality::is_unreadable) {
        return view! {
            <span class="quality__none">
                <Icon name="image" />
            </span>
        }
        .into_any();
    }
    view! { <img src=image.thumbnail_url.clone() alt="" loading="lazy" /> }.into_any()
}

/// Blanks that do not break keep a figure and its sign together.
fn bucket(image: &QualityRow) -> String {
    match image.bucket {
        None => match image.quality.as_ref().and_then(Quality::kept_out) {
            Some(QualityCode::Extension) => "none: passed over".to_owned(),
            Some(_) => "none: the trainer stops".to_owned(),
            None => "none".to_owned(),
        },
        Some(b) if b.crop_loss < 0.005 => format!("{}\u{a0}×\u{a0}{}", b.width, b.height),
        Some(b) => format!(
            "{}\u{a0}×\u{a0}{}, {:.0}\u{a0}%\u{a0}cut",
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

/// The table is built anew with each answer: the focus goes back to the button that was pressed, or to the row that came in the
/// place of one that is listed no more.
pub fn keep_focus(dismiss: ServerAction<DismissRemark>, report: Memo<Answer>) {
    let pressed = StoredValue::new((String::new(), 0));
    Effect::new(move |_| {
        if let Some(sent) = dismiss.input().get() {
            let id = button_id(&sent.filename, sent.code.as_str());
            let row = row_of(&id);
            pressed.set_value((id, row));
        }
    });
    Effect::new(move |_| {
        report.track();
        let (id, row) = pressed.try_update_value(std::mem::take).unwrap_or_default();
        if !id.is_empty() {
            focus_first_if_lost(&[
                &format!("#{id}"),
                &format!(".quality__table tbody tr:nth-child({row}) button"),
                ".quality__table tbody tr:last-child button",
                &format!("#{}", place::TABLE),
            ]);
        }
    });
}

/// Counted from 1; 0 for a button that is not in the table.
fn row_of(id: &str) -> usize {
    #[cfg(feature = "hydrate")]
    {
        let button = document().get_element_by_id(id);
        let row = button.and_then(|b| b.closest("tr").ok().flatten());
        std::iter::successors(row, |row| row.previous_element_sibling()).count()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = id;
        0
    }
}

/// One remark, and the way to dismiss it or take that back, where it is a matter of taste.
pub fn remark(
    data: Data,
    dismiss: ServerAction<DismissRemark>,
    filename: &str,
    remark: &QualityRemark,
) -> AnyView {
    let dismissed = remark.dismissed;
    let code = remark.code;
    let to_dismiss = (!code.keeps_out()).then(|| dismissal(data, dismiss, filename, remark));
    view! {
        <div class="quality__remark" class:quality__remark--dismissed=dismissed>
            <p>
                <strong>{code.label()}</strong>
                " "
                {dismissed.then_some("(dismissed) ")}
                {remark.message.clone()}
                <GuideLink to=format!("/guide/images#{}", code.as_str()) about=code.label() />
            </p>
            {to_dismiss}
        </div>
    }
    .into_any()
}

fn dismissal(
    data: Data,
    dismiss: ServerAction<DismissRemark>,
    filename: &str,
    remark: &QualityRemark,
) -> AnyView {
    let dismissed = remark.dismissed;
    let word = if dismissed { "Restore" } else { "Dismiss" };
    let title = format!("{word} the remark “{}” of {filename}", remark.code.label());
    // as the wire has it
    let code = remark.code.as_str();
    let id = button_id(filename, code);
    let filename = filename.to_owned();
    view! {
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
    }
    .into_any()
}
