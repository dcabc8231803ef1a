//! How many captions have which problem, with the way to them and to a preview of their fixes, else to drafts of others.

use super::{Actions, Shown, place, refusal};
use crate::dataset::model::caption_checks::TriggerPlace;
use crate::dataset::model::caption_report::{CaptionReport, CodeCount};
use crate::dataset::ui::state::Data;
use crate::ui::units::plural;
use crate::ui::{GuideLink, Icon, send_once};
use leptos::prelude::*;

#[component]
pub fn Problems(data: Data, actions: Actions, shown: Shown) -> impl IntoView {
    let report = Memo::new(move |_| shown.with(|s| s.as_ref().map(|s| s.report.clone())));
    let refused = refusal(
        move || actions.preview.value().get().and_then(Result::err),
        &["find", "replace", "text", "trigger", "words"],
    );
    view! {
        <section class="panel caption-view__block" aria-labelledby="captions-problems">
            <h3 class="panel__title" id="captions-problems">
                "Checks"
            </h3>
            {move || report.get().map(|report| counts(data, actions, &report))}
            {refused}
        </section>
    }
}

fn counts(data: Data, actions: Actions, report: &CaptionReport) -> AnyView {
    let fine = report.images - report.remarked;
    let summary = if report.remarked == 0 {
        format!("{}, nothing to mend.", plural(report.images, "image"))
    } else {
        format!(
            "{}: {fine} fine, {} with a remark on the caption.",
            plural(report.images, "image"),
            report.remarked
        )
    };
    let trigger = &report.trigger;
    let place = match report.trigger_place {
        TriggerPlace::Caption => format!(
            "Captions of this style end with “{trigger}”. The trainer puts its trigger token before each caption besides, so it is trained twice: taking it out of the captions is safe."
        ),
        _ => format!("The trainer puts “{trigger}” before each caption, so no caption holds it."),
    };
    let rows = report.problems.iter().map(|p| row(data, actions, p));
    view! {
        <p>{summary}</p>
        <p class="muted">{place}</p>
        <ul class="caption-view__problems">{rows.collect_view()}</ul>
    }
    .into_any()
}

fn row(data: Data, actions: Actions, problem: &CodeCount) -> AnyView {
    let (code, label) = (problem.code.as_str(), problem.code.label());
    let href = place::images(data, &format!("problem:{code}"));
    let (icon, fixable) = (
        if problem.code.loses_text() {
            "warning"
        } else {
            "info"
        },
        problem.fixable,
    );
    let fix = (fixable > 0).then(|| {
        view! {
            <ActionForm action=actions.preview>
                <input type="hidden" name="style" value=data.style_id() />
                <input type="hidden" name="scope" value="listed" />
                <input type="hidden" name="edit[operation]" value="fix" />
                <input type="hidden" name="edit[code]" value=code />
                <button
                    class="button button--secondary button--small"
                    type="submit"
                    aria-label=format!("Preview the fixes of “{label}”")
                    {..send_once(actions.preview.pending())}
                >
                    {format!("Preview {}", if fixable == 1 { "1 fix".into() } else { format!("{fixable} fixes") })}
                </button>
            </ActionForm>
        }
    });
    let words = if problem.images == 1 {
        "Draft it"
    } else {
        "Draft them"
    };
    // another document: its address selects
    let draft = (fixable == 0).then(|| {
        view! {
            <a
                class="button button--secondary button--small"
                href=place::drafts(data, &format!("problem:{code}"))
                rel="external"
                aria-label=format!("{words}: “{label}”")
            >
                <Icon name="draft" />
                {words}
            </a>
        }
    });
    view! {
        <li class="caption-view__problem" class:caption-check--grave=problem.code.loses_text()>
            <Icon name=icon />
            <a href=href>{label}</a>
            <GuideLink to=format!("/guide/captions#{code}") about="This remark" />
            <span class="caption-view__count">{plural(problem.images, "image")}</span>
            {fix}
            {draft}
        </li>
    }
    .into_any()
}
