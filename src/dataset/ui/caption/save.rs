//! Saving what was typed: after a pause, on leaving the box or the image, and once more after a refusal that may pass.

use super::rewritten::{overtaken, remember};
use super::{Editor, Standing, unsent};
use crate::dataset::api::{image as load_image, save_caption};
use crate::dataset::model::image::TrainingImage;
use crate::dataset::ui::unsaved::{self, Shelf::Captions};
use crate::error::{AppError, ErrorKind};
use leptos::prelude::*;

/// How long a pause in typing is.
#[cfg(feature = "hydrate")]
const PAUSE_MS: u32 = 800;

/// How long after so many refusals in a row a save is tried again: 2, 4, 8, 16, then every 30 s.
#[cfg(any(feature = "hydrate", test))]
fn again_after_ms(refusals: u32) -> u32 {
    (1_000 << refusals.min(5)).min(30_000)
}

impl Editor {
    pub fn save_later(self) {
        #[cfg(feature = "hydrate")]
        self.save_after(PAUSE_MS);
    }

    #[cfg(feature = "hydrate")]
    fn save_after(self, pause_ms: u32) {
        let timeout = gloo_timers::callback::Timeout::new(pause_ms, move || self.save());
        self.timer.try_set_value(Some(timeout));
    }

    /// Saves what was typed, if anything was and nothing but a choice of the person is in its way.
    pub fn save(self) {
        let is_unsaved = |standing: &Standing| match standing {
            Standing::Typed => true,
            Standing::Refused(error) => error.kind.may_pass(),
            Standing::Stored(_) | Standing::Saving | Standing::Conflict => false,
        };
        if self.standing.try_with_untracked(is_unsaved) == Some(true) {
            self.write();
        }
    }

    /// Sends the text as a change of the version that was read, or of the one that a conflict showed.
    pub fn write(self) {
        let (sent, etag) = (self.text.get_untracked(), self.etag.get_untracked());
        let (style, name) = (self.data.style.get_value(), self.name.get_value());
        self.standing.set(Standing::Saving);
        leptos::task::spawn_local(async move {
            let answer = save_caption(style.clone(), name.clone(), sent.clone(), etag, false).await;
            let answer = match answer {
                Err(error) if error.kind == ErrorKind::Changed => {
                    match load_image(style.clone(), name.clone()).await {
                        // an earlier save went through and its answer was lost
                        Ok(image) if image.caption.as_ref() == Some(&sent) => {
                            Ok(image.caption_etag.unwrap_or_default())
                        }
                        theirs if self.is_open() => return self.conflict(theirs),
                        Ok(image) => {
                            overtaken(self.data, &image);
                            Err(error)
                        }
                        Err(_) => Err(error),
                    }
                }
                other => other,
            };
            if let Ok(new) = &answer {
                unsaved::saved(Captions, self.data, &name, &sent);
                unsent::settle(self.data, &name);
                remember(self.data, &name, &sent, new);
            }
            match answer {
                Ok(new) => {
                    self.stored(&sent, new);
                    self.check(style, name).await;
                }
                Err(error) if self.is_open() => self.refused(error),
                // a blank text is not kept
                Err(_) if unsaved::find(Captions, self.data, &name).is_some() => {
                    unsent::leave(self.data, &name);
                }
                Err(_) => {}
            }
        });
    }

    /// The image may have been left meanwhile.
    fn is_open(self) -> bool {
        self.standing.try_get_untracked().is_some()
    }

    fn stored(self, sent: &str, etag: String) {
        self.based_on.try_set_value(etag.clone());
        self.refusals.try_set_value(0);
        // closed meanwhile: nothing to show it on
        if self.etag.try_set(etag).is_some() {
            return;
        }
        if self.text.with_untracked(|text| text == sent) {
            self.standing.set(Standing::Stored(true));
        } else {
            self.standing.set(Standing::Typed);
            self.save_later();
        }
    }

    /// Says so, and tries again by itself what may go through later.
    fn refused(self, error: AppError) {
        let may_pass = error.kind.may_pass();
        if self.standing.try_set(Standing::Refused(error)).is_none() && may_pass {
            self.refusals.update_value(|times| *times += 1);
            #[cfg(feature = "hydrate")]
            self.save_after(again_after_ms(self.refusals.get_value()));
        }
    }

    fn conflict(self, theirs: Result<TrainingImage, AppError>) {
        match theirs {
            Ok(image) => {
                overtaken(self.data, &image);
                self.theirs.try_set(image.caption.unwrap_or_default());
                self.etag.try_set(image.caption_etag.unwrap_or_default());
                self.standing.try_set(Standing::Conflict);
            }
            Err(error) => self.refused(error),
        }
    }
}

/// Saves what was typed when the editor goes away, and what was refused when the network is back; asks before the window
/// closes on unsaved text.
#[cfg(feature = "hydrate")]
pub fn leave_nothing_behind(editor: Editor) {
    Effect::new(move |_| {
        let closing = window_event_listener(leptos::ev::beforeunload, move |event| {
            let stored = editor
                .standing
                .try_with_untracked(|s| matches!(s, Standing::Stored(_)));
            if stored == Some(false) {
                event.prevent_default();
            }
        });
        let online = window_event_listener(leptos::ev::online, move |_| editor.save());
        on_cleanup(move || {
            closing.remove();
            online.remove();
        });
    });
    on_cleanup(move || editor.save());
}

#[cfg(not(feature = "hydrate"))]
pub fn leave_nothing_behind(_: Editor) {}

#[cfg(test)]
mod tests {
    use super::again_after_ms;

    #[test]
    fn a_refused_save_is_tried_again_ever_later_but_never_given_up() {
        let pauses: Vec<u32> = (1..8).map(again_after_ms).collect();
        assert_eq!(
            pauses,
            [2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
        );
        assert_eq!(again_after_ms(u32::MAX), 30_000);
    }
}
