//! Captions that something else writes: on this page, such as an accepted draft, or somebody else.

use super::{Editor, Standing};
use crate::dataset::model::caption::CaptionState;
use crate::dataset::model::image::TrainingImage;
use crate::dataset::ui::state::{Data, Rewritten, learn};
use leptos::prelude::*;

/// The list, and what is opened next from it, know the new text before they are asked for again.
pub fn remember(data: Data, name: &str, text: &str, etag: &str) {
    data.known.try_update_value(|known| {
        if let Some(image) = known.get_mut(name) {
            image.caption = Some(text.to_owned());
            image.caption_state = CaptionState::Present;
            image.caption_etag = Some(etag.to_owned());
        }
    });
    refresh(data);
}

/// Not of a page that is gone meanwhile.
fn refresh(data: Data) {
    if data.asked.version.try_get_untracked().is_some() {
        data.refresh();
    }
}

/// A caption that somebody else wrote while another text was under way: the list knows it, so does an editor that was
/// opened on it before this came to light.
pub fn overtaken(data: Data, image: &TrainingImage) {
    learn(data.known, [image]);
    data.rewritten.try_set(Some(Rewritten {
        filename: image.filename.clone(),
        caption: image.caption.clone().unwrap_or_default(),
        etag: image.caption_etag.clone().unwrap_or_default(),
    }));
    refresh(data);
}

/// A caption that something else on the page wrote: the list knows it at once, and so does an open editor.
pub fn rewrite(data: Data, new: Rewritten) {
    remember(data, &new.filename, &new.caption, &new.etag);
    data.rewritten.set(Some(new));
}

/// Shows what something else wrote, unless another text was typed meanwhile: then the person chooses.
pub fn follow(editor: Editor) {
    let rewritten = editor.data.rewritten;
    let take = move |new: &Option<Rewritten>, _: Option<&Option<Rewritten>>, _: Option<()>| {
        let is_mine = |new: &&Rewritten| editor.name.with_value(|n| *n == new.filename);
        let Some(new) = new.as_ref().filter(is_mine) else {
            return;
        };
        editor.theirs.set(new.caption.clone());
        editor.etag.set(new.etag.clone());
        let untouched = editor
            .standing
            .with_untracked(|s| matches!(s, Standing::Stored(_)));
        if untouched {
            editor.text.set(new.caption.clone());
            editor.based_on.set_value(new.etag.clone());
            editor.standing.set(Standing::Stored(true));
            editor.check_again();
        } else {
            editor.standing.set(Standing::Conflict);
        }
    };
    Effect::watch(move || rewritten.get(), take, false);
}
