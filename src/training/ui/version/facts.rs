//! Names and values, one per line.

use leptos::prelude::*;

/// A name and its value.
#[derive(Clone, PartialEq)]
pub struct Fact {
    name: &'static str,
    value: String,
    /// An id, a key, an address: shown letter by letter.
    code: bool,
}

impl Fact {
    pub fn words(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            name,
            value: value.into(),
            code: false,
        }
    }

    pub fn code(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            code: true,
            ..Self::words(name, value)
        }
    }

    #[cfg(test)]
    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }
}

#[component]
pub fn Facts(#[prop(into)] facts: Signal<Vec<Fact>>) -> impl IntoView {
    let row = |fact: Fact| {
        let value = if fact.code {
            view! { <code>{fact.value}</code> }.into_any()
        } else {
            fact.value.into_any()
        };
        view! {
            <dt class="facts__name">{fact.name}</dt>
            <dd class="facts__value">{value}</dd>
        }
    };
    view! {
        <dl class="facts" hidden=move || facts.with(Vec::is_empty)>
            {move || facts.get().into_iter().map(row).collect::<Vec<_>>()}
        </dl>
    }
}
