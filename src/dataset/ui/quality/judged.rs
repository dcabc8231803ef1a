//! The report behind the view. Asked for by the page as a whole, so that the server's page waits for it like for the list;
//! nothing is asked while the view is closed.

use super::place;
use crate::dataset::api::judge_images;
use crate::dataset::model::report::{QualityReport, Scope};
use crate::dataset::ui::address::Address;
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;

/// The answer, `None` while the view is closed.
pub type Answer = Option<Result<QualityReport, AppError>>;

#[derive(Clone, Copy)]
pub struct Judged {
    /// With the style it was asked for.
    report: Resource<(String, Answer)>,
    /// Raised to ask again.
    pub version: RwSignal<u32>,
    /// Only these images; empty for all of the address's.
    pub only: RwSignal<Vec<String>>,
}

impl Judged {
    pub fn new(id: Memo<String>, address: Memo<Address>) -> Self {
        let version = RwSignal::new(0);
        let only = RwSignal::new(Vec::new());
        let question = Memo::new(move |_| {
            let open = address.with(place::is_open);
            let asked = open.then(|| address.with(|a| (scope(a, only.get()), place::choice(a))));
            (id.get(), asked, version.get())
        });
        let report = Resource::new(
            move || question.get(),
            |(id, asked, _)| async move {
                let answer = match (asked, StyleId::parse(&id)) {
                    (Some((scope, choice)), Ok(style)) => {
                        Some(judge_images(style, scope, choice).await)
                    }
                    _ => None,
                };
                (id, answer)
            },
        );
        Self {
            report,
            version,
            only,
        }
    }

    /// Whether there is an answer for this style, be it that nothing was asked.
    pub fn is_ready(&self, id: &str) -> bool {
        self.report.with(|r| r.as_ref().is_some_and(|r| r.0 == id))
    }

    /// The last answer; it stays while another is on its way.
    pub fn latest(self) -> Memo<Answer> {
        Memo::new(move |before: Option<&Answer>| match self.report.get() {
            Some((_, Some(answer))) => Some(answer),
            _ => before.cloned().flatten(),
        })
    }
}

/// These names, those the address carries, the chosen set, or all.
fn scope(address: &Address, only: Vec<String>) -> Scope {
    let carried = address.all("filenames[]");
    if !only.is_empty() {
        Scope::Names(only)
    } else if !carried.is_empty() {
        Scope::Names(carried)
    } else {
        address.get("set").parse().map_or(Scope::All, Scope::Set)
    }
}
