//! A style's folders below `resources/style_images`.
//!
//! Old titles and misspellings leave a style with several folders. Reading takes their union; writing goes to the folder
//! that already holds the thing, else to the first that has such a file, else to `{id}_{slug of the title}`.

use crate::server::documents::Documents;
use crate::server::state::AppState;
use crate::styles::model::{Style, StyleId, folder_name, owns_folder};
use std::path::{Path, PathBuf};

pub const STYLE_IMAGES: &str = "resources/style_images";

/// Every folder there is, sorted. With documents in the bucket the folders of this machine count too: images lie there.
pub fn all(state: &AppState) -> Vec<String> {
    let mut all = state.documents.entries(Path::new(STYLE_IMAGES));
    if state.documents.are_shared() {
        let here = Documents::folder(state.config.actor_maker_dir.clone());
        all.extend(here.entries(Path::new(STYLE_IMAGES)));
        all.sort();
        all.dedup();
    }
    all
}

/// Those of one style.
pub fn of(id: &StyleId, all: &[String]) -> Vec<String> {
    let own = all.iter().filter(|name| owns_folder(id, name));
    own.cloned().collect()
}

/// The highest number that a folder name begins with; 0 when there is none.
pub fn highest_id(all: &[String]) -> u64 {
    all.iter()
        .filter_map(|name| name.split('_').next()?.parse().ok())
        .max()
        .unwrap_or(0)
}

/// The existing files of this name in the style's folders, in folder order.
pub fn files(state: &AppState, style: &Style, file: &str) -> Vec<PathBuf> {
    let candidates = style.folders.iter().map(|f| path_in(f, file));
    candidates.filter(|p| state.documents.is_there(p)).collect()
}

/// Where a new file of this name goes, if none of the folders has it yet. Shared documents go where every server puts them,
/// whatever the title is and whichever folders its machine has.
pub fn new_file(state: &AppState, style: &Style, file: &str) -> PathBuf {
    if state.documents.are_shared() {
        return path_in(style.id.as_str(), file);
    }
    let wanted = folder_name(&style.id, &style.title);
    let folder = if style.folders.contains(&wanted) {
        wanted
    } else {
        style.folders.first().cloned().unwrap_or(wanted)
    };
    path_in(&folder, file)
}

fn path_in(folder: &str, file: &str) -> PathBuf {
    Path::new(STYLE_IMAGES).join(folder).join(file)
}
