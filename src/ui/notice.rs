//! What, why, remedy: one box for everything that needs a person's attention.

use super::Icon;
use crate::error::AppError;
use leptos::prelude::*;

#[component]
pub fn Notice(
    /// `info`, `success`, `warning`, `error`.
    kind: &'static str,
    #[prop(into)] what: String,
    #[prop(into, optional)] remedy: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let icon = match kind {
        "error" => "error",
        "warning" => "warning",
        "success" => "ok",
        _ => "info",
    };
    let role = if kind == "error" { "alert" } else { "status" };
    view! {
        <div class=format!("notice notice--{kind}") role=role>
            <Icon name=icon class="notice__icon" />
            <div class="notice__body">
                <p class="notice__what">{what}</p>
                {children.map(|c| c())}
                {(!remedy.is_empty()).then(|| view! { <p class="notice__remedy">{remedy}</p> })}
            </div>
        </div>
    }
}

/// An error as a notice, with each field's message as a link to the field.
#[component]
pub fn ErrorNotice(error: AppError) -> impl IntoView {
    let AppError {
        message,
        remedy,
        errors,
        ..
    } = error;
    let several = errors.len() > 1;
    let list = several.then(|| {
        let items = errors.into_iter().map(|e| {
            view! {
                <li>
                    <a href=format!("#{}", e.field)>{e.message}</a>
                </li>
            }
        });
        view! { <ul class="notice__list">{items.collect_view()}</ul> }
    });
    view! {
        <Notice kind="error" what=message remedy=remedy.unwrap_or_default()>
            {list}
        </Notice>
    }
}
