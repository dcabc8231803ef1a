//! Deleting images together with captions that no other image uses.
//!
//! The style is listed once for all of them, and the bucket is asked for many at a time. An image and its caption go in the
//! same request, the image first: whatever cuts a deletion short leaves whole pairs, or at worst a caption without an image,
//! which nothing reads; never an image without the words that were written for it.

use super::super::model::deletion::AT_ONCE;
use super::super::model::image::{caption_name, is_caption};
use super::listing::{self, Pair};
use super::{drafts, key};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use std::collections::{BTreeSet, HashMap};

/// Deletes images and their captions (unless another image shares them); returns the names that are gone by it. Images that
/// are not there are passed over, but not if none is.
pub async fn delete(
    state: &AppState,
    style: &StyleId,
    filenames: &[String],
) -> Result<Vec<String>, AppError> {
    styles::server::get(state, style)?;
    let all = listing::pairs(state, style).await?;
    let doomed = doomed(&all, filenames);
    if doomed.is_empty() {
        return Err(not_there(style, filenames));
    }
    let mut gone = Vec::new();
    for some in doomed.chunks(AT_ONCE) {
        let names: Vec<String> = some.iter().flatten().cloned().collect();
        let keys = names.iter().map(|name| key(style, name));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let deleted = state.s3.delete(&keys).await;
        // of a request that failed some may be gone
        state.caches.counts.invalidate(style.as_str());
        deleted.map_err(|error| cut_short(error.into(), images_of(&gone), filenames.len()))?;
        forget_drafts(state, style, &names).await;
        gone.extend(names);
    }
    Ok(gone)
}

/// How many of deleted names are images.
pub fn images_of(names: &[String]) -> usize {
    names.iter().filter(|name| !is_caption(name)).count()
}

/// Each image with its caption behind it. A caption that several share goes with the last of them, if all go.
fn doomed(all: &[Pair], filenames: &[String]) -> Vec<Vec<String>> {
    let wanted: BTreeSet<&String> = filenames.iter().collect();
    let mut users: HashMap<String, usize> = HashMap::new();
    for pair in all {
        *users.entry(caption_name(&pair.filename)).or_default() += 1;
    }
    let goes = all.iter().filter(|pair| wanted.contains(&pair.filename));
    let with_caption = goes.map(|pair| {
        let caption = caption_name(&pair.filename);
        let left = users.get_mut(&caption).map(|left| {
            *left -= 1;
            *left
        });
        let caption = (pair.caption.is_some() && left == Some(0)).then_some(caption);
        [Some(pair.filename.clone()), caption]
            .into_iter()
            .flatten()
            .collect()
    });
    with_caption.collect()
}

fn not_there(style: &StyleId, filenames: &[String]) -> AppError {
    AppError::not_found(match filenames {
        [] => "Nothing is named, so nothing is deleted.".to_owned(),
        [one] => format!("There is no image {one:?} in style {style}."),
        [first, others @ ..] => {
            let others = others.len();
            format!("There is no image {first:?} in style {style}, nor any of the {others} others.")
        }
    })
}

fn cut_short(error: AppError, gone: usize, all: usize) -> AppError {
    if all == 1 {
        return error;
    }
    AppError {
        message: format!(
            "{} At least {gone} of {all} images are deleted; the list shows what is left.",
            error.message
        ),
        ..error
    }
}

async fn forget_drafts(state: &AppState, style: &StyleId, names: &[String]) {
    let discarded = drafts::discard(state, style, names.iter().cloned().collect());
    if let Err(error) = discarded.await {
        tracing::warn!(%error, %style, "drafts of deleted images are left");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::s3::ObjectInfo;

    fn pair(filename: &str, has_caption: bool) -> Pair {
        let object = |name: String| ObjectInfo {
            key: name,
            size_bytes: 1,
            etag: String::new(),
            modified_ms: 0,
        };
        Pair {
            filename: filename.to_owned(),
            image: object(filename.to_owned()),
            caption: has_caption.then(|| object(caption_name(filename))),
        }
    }

    #[test]
    fn a_caption_goes_behind_the_last_image_that_uses_it() {
        let all = [
            pair("a.jpg", true),
            pair("a.png", true),
            pair("b.png", false),
            pair("c.png", true),
        ];
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            doomed(&all, &names)
        };
        assert_eq!(of(&["a.png", "gone.png"]), [["a.png"]]);
        assert_eq!(
            of(&["a.png", "a.jpg"]),
            [vec!["a.jpg"], vec!["a.png", "a.txt"]]
        );
        assert_eq!(
            of(&["c.png", "b.png"]),
            [vec!["b.png"], vec!["c.png", "c.txt"]]
        );
    }
}
