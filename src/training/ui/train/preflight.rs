//! The preflight list: what the server looked at, and what the form itself says, in one list.

use super::typed::TypedForm;
use crate::error::AppError;
use crate::styles::model::StyleId;
use crate::training::api::preflight;
use crate::training::model::guide::of_check;
use crate::training::model::preflight::{Check, Light, gist, lights, of_form as of_the_form};
use crate::ui::{ErrorNotice, GuideLink, Icon};
use leptos::prelude::*;

/// The server's part; asked for with the page, with another set, after a refused start, and by a click.
#[derive(Clone, Copy)]
pub struct Preflight {
    pub checks: Memo<Vec<Check>>,
    trouble: Memo<Option<AppError>>,
    ask: Action<(), Result<Vec<Check>, AppError>>,
}

impl Preflight {
    pub fn new(typed: TypedForm, first: Result<Vec<Check>, AppError>) -> Self {
        let ask = Action::new(move |(): &()| {
            let (style, set) = typed
                .form
                .with_untracked(|f| (f.style_id.clone(), f.selection_set_id.clone()));
            async move {
                let style =
                    StyleId::parse(&style).map_err(|e| AppError::not_found(e.to_string()))?;
                preflight(style, set.parse().unwrap_or(0)).await
            }
        });
        let set = Memo::new(move |_| typed.form.with(|f| f.selection_set_id.clone()));
        let again = move || {
            ask.dispatch(());
        };
        Effect::watch(move || set.get(), move |_, _, _| again(), false);
        let refused = move || typed.refused.with(Option::is_some);
        Effect::watch(
            refused,
            move |refused, _, _| {
                if *refused {
                    again();
                }
            },
            false,
        );
        let answer = Memo::new(move |_| ask.value().get().unwrap_or_else(|| first.clone()));
        Self {
            checks: Memo::new(move |_| answer.with(|a| a.as_ref().cloned().unwrap_or_default())),
            trouble: Memo::new(move |_| answer.with(|a| a.as_ref().err().cloned())),
            ask,
        }
    }

    /// The same with what the form itself says.
    pub fn with_form(self, typed: TypedForm) -> Memo<Vec<Check>> {
        Memo::new(move |_| {
            let mut all = self.checks.get();
            if typed.has_plan.get() {
                all.extend(typed.judged.with(of_the_form));
            }
            all
        })
    }
}

/// Beside the button, where there is one column: what it comes to and what speaks against it, each with the way there.
#[component]
pub fn Gist(
    #[prop(into)] comes_to: Signal<Option<String>>,
    #[prop(into)] checks: Signal<Vec<Check>>,
) -> impl IntoView {
    let (red, amber) = (
        Memo::new(move |_| checks.with(|c| lights(c)).0),
        Memo::new(move |_| checks.with(|c| lights(c)).1),
    );
    let count = |number: Memo<usize>, light: Light, word: &'static str| {
        move || {
            (number.get() > 0).then(|| {
                view! {
                    <a class=format!("plan__count check--{}", light.as_str()) href="#preflight-title">
                        <Icon name=light.as_str() class="check__icon" />
                        {format!("{} {word}", number.get())}
                    </a>
                }
            })
        }
    };
    view! {
        <p class="plan__gist">
            {move || comes_to.get().map(|words| view! { <a href="#plan-title">{words}</a> })}
            {count(red, Light::Red, "not ready")} {count(amber, Light::Amber, "doubtful")}
        </p>
    }
}

#[component]
pub fn PreflightList(
    typed: TypedForm,
    preflight: Preflight,
    #[prop(into)] checks: Signal<Vec<Check>>,
) -> impl IntoView {
    let is_whole = move || preflight.trouble.with(Option::is_none);
    let summary = move || checks.with(|checks| gist(checks, is_whole()));
    let busy = preflight.ask.pending();
    let again = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        preflight.ask.dispatch(());
    };
    let here = typed.address();
    view! {
        <section class="plan__section" aria-labelledby="preflight-title">
            <h3 class="plan__title" id="preflight-title">
                "Preflight "
                <span class="plan__note" role="status">
                    {summary}
                </span>
            </h3>
            {move || preflight.trouble.get().map(|error| view! { <ErrorNotice error /> })}
            <ul class="checks">
                {move || checks.get().into_iter().map(row).collect_view()}
            </ul>
            <p>
                <button
                    class="recommended"
                    type="submit"
                    form=super::form::FORM_ID
                    formmethod="get"
                    formaction=here
                    disabled=busy
                    on:click=again
                >
                    {move || if busy.get() { "Looking…" } else { "Look again" }}
                </button>
            </p>
        </section>
    }
}

fn row(check: Check) -> AnyView {
    let kind = check.light.as_str();
    let guide = (check.light != Light::Green).then(|| of_check(&check));
    view! {
        <li class=format!("check check--{kind}")>
            <Icon name=kind class="check__icon" />
            <span>
                <span class="visually-hidden">{check.light.word()}</span>
                {check.text}
                {check.remedy.map(|remedy| view! { <span class="check__remedy">{format!(" {remedy}")}</span> })}
            </span>
            {guide.map(|to| view! { <GuideLink to about="This point" /> })}
        </li>
    }
    .into_any()
}
