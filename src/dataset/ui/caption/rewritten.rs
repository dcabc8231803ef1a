//! Captions that something else on the page writes, such as an accepted draft.

use super::{Editor, Standing, remember};
use crate::dataset::ui::state::{Data, Rewritten};
use leptos::prelude::*;

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
