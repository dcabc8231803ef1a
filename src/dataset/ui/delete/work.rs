//! A deletion under way in the browser: one request after the other, followed on the page. It belongs to no dialog: one that
//! closes stops nothing that was begun, and what is gone is counted by the deletion's own names.

use super::super::state::Data;
use crate::dataset::api::delete_images;
use crate::dataset::model::deletion::Deletion;
use crate::error::AppError;
use crate::ui::units::count;
use leptos::prelude::*;

#[derive(Clone, Copy)]
pub struct Work {
    data: Data,
    /// What is deleted at the moment.
    now: RwSignal<Option<Deletion>>,
    /// Why the last one broke off.
    pub error: RwSignal<Option<AppError>>,
    /// Where the list is entered again when it comes without the deleted ones.
    place: RwSignal<Option<usize>>,
}

impl Work {
    pub fn new(data: Data) -> Self {
        let work = Self {
            data,
            now: RwSignal::new(None),
            error: RwSignal::new(None),
            place: RwSignal::new(None),
        };
        Effect::new(move |_| {
            data.listing.track();
            if let Some(at) = work.place.get_untracked() {
                work.place.set(None);
                data.grid.go_to(at);
            }
        });
        mind_leaving(work.now);
        work
    }

    pub fn is_busy(self) -> bool {
        self.now.with(Option::is_some)
    }

    /// How far it is, as numbers and in words.
    pub fn progress(self) -> Option<(usize, usize, String)> {
        let told = |d: &Deletion| (d.gone.len(), d.total(), words(d));
        self.now.with(|now| now.as_ref().map(told))
    }

    pub fn can_stop(self) -> bool {
        let can = |d: &Deletion| d.can_stop();
        self.now.with(|now| now.as_ref().is_some_and(can))
    }

    /// Nothing more is begun.
    pub fn stop(self) {
        if untrack(|| self.is_busy()) {
            self.now.update(|now| {
                if let Some(now) = now {
                    now.stop();
                }
            });
        }
    }

    /// Deletes them, unless something is being deleted already.
    pub fn begin(self, names: Vec<String>) {
        if untrack(|| self.is_busy()) {
            return;
        }
        self.error.set(None);
        self.now.set(Some(Deletion::of(names)));
        leptos::task::spawn_local(self.go_on());
    }

    async fn go_on(self) {
        let style = self.data.style.get_value();
        let next = || {
            let next = |now: &Option<Deletion>| now.as_ref()?.next();
            self.now.try_with_untracked(next).flatten()
        };
        let mut refusal = None;
        while let Some(names) = next() {
            match delete_images(style.clone(), names, true).await {
                Ok(_) => {
                    self.now.try_update(|now| now.as_mut().map(Deletion::went));
                }
                Err(error) => {
                    refusal = Some(error);
                    break;
                }
            }
        }
        // the page of another style, by now
        if let Some(Some(deletion)) = self.now.try_get_untracked() {
            self.over(&deletion, refusal);
        }
    }

    /// What is gone leaves the selection and the address, and the focus goes to where it was. After a refusal the dialog asks
    /// about the rest.
    fn over(self, deletion: &Deletion, refusal: Option<AppError>) {
        let data = self.data;
        let gone = &deletion.gone;
        let rows = gone.iter().take(AT_FIRST);
        let rows = rows.filter_map(|name| untrack(|| data.row_of(name)));
        self.place.set(Some(rows.min().unwrap_or(0)));
        data.selected
            .update(|s| s.retain(|name| !gone.contains(name)));
        self.now.set(None);
        match refusal {
            Some(error) => {
                // some of those that were asked for last may be gone
                self.place.set(None);
                data.deleting.set(deletion.left());
                self.error.set(Some(error));
                data.refresh();
            }
            None => {
                data.deleting.set(Vec::new());
                self.tell(deletion);
            }
        }
    }

    fn tell(self, deletion: &Deletion) {
        let (data, gone) = (self.data, &deletion.gone);
        let address = data.address.with_untracked(|a| {
            let open = a.get("image").to_owned();
            let image = if gone.contains(&open) { "" } else { &open };
            let told = a
                .with("image", image)
                .and("deleted", &gone.len().to_string());
            match deletion.left().is_empty() {
                true => told,
                false => told.and("of", &deletion.total().to_string()),
            }
        });
        data.refresh();
        data.go(&address);
    }
}

/// Names are looked for in the list so far: of thousands the first ones say where.
const AT_FIRST: usize = 50;

fn words(deletion: &Deletion) -> String {
    let (gone, all) = (deletion.gone.len(), deletion.total());
    let stopping = match deletion.is_stopped() {
        true => ", stopping…",
        false => "",
    };
    format!(
        "{} of {} deleted{stopping}",
        count(gone as u64),
        count(all as u64)
    )
}

/// A page that is left deletes no further: the browser asks first.
fn mind_leaving(now: RwSignal<Option<Deletion>>) {
    #[cfg(feature = "hydrate")]
    {
        let leaving = window_event_listener(leptos::ev::beforeunload, move |event| {
            let busy = |now: &Option<Deletion>| now.as_ref().is_some_and(Deletion::can_stop);
            if now.try_with_untracked(busy) == Some(true) {
                event.prevent_default();
            }
        });
        on_cleanup(move || leaving.remove());
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = now;
}
