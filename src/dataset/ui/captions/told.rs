//! What the view shows, asked for by the page as a whole, so that the server's page waits for it like for the list; nothing
//! is asked while the view is closed.

use super::place;
use crate::dataset::api::captions::{load_captions, load_preview};
use crate::dataset::model::caption_edit::CaptionPreview;
use crate::dataset::model::caption_report::CaptionView;
use crate::dataset::ui::address::Address;
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;

/// Checks, words and edits, and the preview of the address; `None` where nothing was asked.
type Answer = (
    Option<Result<CaptionView, AppError>>,
    Option<Result<CaptionPreview, AppError>>,
);

#[derive(Clone, Copy)]
pub struct Told {
    /// With the style it was asked for.
    answer: Resource<(String, Answer)>,
    /// Raised to ask again.
    pub version: RwSignal<u32>,
}

impl Told {
    pub fn new(id: Memo<String>, address: Memo<Address>) -> Self {
        let version = RwSignal::new(0);
        let question = Memo::new(move |_| {
            let asked = address.with(|a| {
                let number = |name| a.get(name).parse().unwrap_or(0_usize);
                place::is_open(a)
                    .then(|| (number("words"), a.get("plan").to_owned(), number("page")))
            });
            (id.get(), asked, version.get())
        });
        let answer = Resource::new(
            move || question.get(),
            |(id, asked, _)| async move {
                let (Some((words, plan, page)), Ok(style)) = (asked, StyleId::parse(&id)) else {
                    return (id, (None, None));
                };
                let preview = if plan.is_empty() {
                    None
                } else {
                    Some(load_preview(style.clone(), plan, page).await)
                };
                let view = load_captions(style, words).await;
                (id, (Some(view), preview))
            },
        );
        Self { answer, version }
    }

    /// Whether there is an answer for this style, be it that nothing was asked.
    pub fn is_ready(&self, id: &str) -> bool {
        self.answer.with(|a| a.as_ref().is_some_and(|a| a.0 == id))
    }

    /// The last answer; it stays while another is on its way.
    pub fn view(self) -> Memo<Option<Result<CaptionView, AppError>>> {
        Memo::new(move |before: Option<&Option<_>>| match self.answer.get() {
            Some((_, (Some(view), _))) => Some(view),
            _ => before.cloned().flatten(),
        })
    }

    /// The preview of the address.
    pub fn preview(self) -> Memo<Option<Result<CaptionPreview, AppError>>> {
        Memo::new(move |before: Option<&Option<_>>| match self.answer.get() {
            Some((_, (_, preview))) => preview,
            None => before.cloned().flatten(),
        })
    }
}
