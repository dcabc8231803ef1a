//! Captions that stay where they are because their image does. Pure.

use super::{FileState, FolderFile};
use crate::dataset::model::image::{caption_name, is_caption, is_image};
use std::collections::BTreeMap;

/// Captions only the folder has, all of whose images cannot be sent: alone they would train nothing. With the reason.
pub fn held_back<'a>(
    files: impl Iterator<Item = &'a FolderFile> + Clone,
) -> BTreeMap<String, String> {
    // the image that stays, or none where one of the stem is in S3 or goes there
    let mut images: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for image in files.clone().filter(|f| is_image(&f.filename)) {
        let stays = image.problem.is_some() && image.there.is_none();
        let stuck = stays.then_some(image.filename.as_str());
        let of_stem = images.entry(caption_name(&image.filename)).or_insert(stuck);
        *of_stem = of_stem.and(stuck);
    }
    let captions = files.filter(|f| is_caption(&f.filename) && f.state == FileState::OnlyHere);
    let held = captions.filter_map(|caption| {
        let name = &caption.filename;
        let image = (*images.get(name)?)?;
        let why = format!("{name} is not sent alone: its image {image} cannot be trained.");
        Some((name.clone(), why))
    });
    held.collect()
}
