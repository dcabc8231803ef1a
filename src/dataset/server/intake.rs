//! Many files at once that came through the studio: which names are taken is settled for all of them, then they are stored.
//!
//! The same rules a browser follows before it uploads by itself, but nothing can be asked on the way: what to do about a
//! clash was said beforehand, and what was not said is left alone and told.

use super::super::model::image::{is_caption, stem};
use super::super::model::upload::{Clash, Conflict, Standing, Taken, folder_of, name_of};
use super::spool::Spooled;
use super::{images, uploads};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use std::collections::BTreeMap;

/// A file that was taken in, under the path it came with.
pub struct Piece {
    pub path: String,
    pub file: Spooled,
}

/// What became of them.
#[derive(Debug, Default)]
pub struct Report {
    pub stored: usize,
    /// Already there with the same content.
    pub same: usize,
    /// Stored under another name: as it came, as it is called now.
    pub renamed: Vec<(String, String)>,
    pub refused: Vec<String>,
}

/// What the fate of a group's first image means for its caption.
enum Follow {
    Stay,
    As(String),
    Skip,
}

/// Stores all of them. `clash`: what to do where a name is taken; `None` = leave it and say so.
pub async fn store_all(
    state: &AppState,
    style: &StyleId,
    pieces: Vec<Piece>,
    clash: Option<Clash>,
) -> Result<Report, AppError> {
    let mut taken = Taken::stored(uploads::stored(state, style).await?);
    let mut report = Report::default();
    let mut groups: BTreeMap<(String, String), Vec<Piece>> = BTreeMap::new();
    for piece in pieces {
        let group = (
            folder_of(&piece.path).to_owned(),
            stem(name_of(&piece.path)).to_owned(),
        );
        groups.entry(group).or_default().push(piece);
    }
    for mut group in groups.into_values() {
        // a caption goes where its image goes
        group.sort_by_key(|piece| is_caption(name_of(&piece.path)));
        let mut follow = None;
        for piece in group {
            let name = name_of(&piece.path);
            let name = match (&follow, is_caption(name)) {
                (Some(Follow::As(other)), true) => format!("{other}.txt"),
                (Some(Follow::Skip), true) => {
                    report
                        .refused
                        .push(format!("{name} was skipped with its image."));
                    continue;
                }
                _ => name.to_owned(),
            };
            let one = one(state, style, &mut taken, &name, &piece.file, clash);
            let next = match one.await {
                Ok(Placed::As(stored)) if stored != name => {
                    report.stored += 1;
                    let follow = Follow::As(stem(&stored).to_owned());
                    report.renamed.push((name, stored));
                    follow
                }
                Ok(Placed::As(_)) => {
                    report.stored += 1;
                    Follow::Stay
                }
                Ok(Placed::Same) => {
                    report.same += 1;
                    Follow::Stay
                }
                Err(why) => {
                    report.refused.push(why);
                    Follow::Skip
                }
            };
            follow.get_or_insert(next);
        }
    }
    Ok(report)
}

enum Placed {
    As(String),
    Same,
}

async fn one(
    state: &AppState,
    style: &StyleId,
    taken: &mut Taken,
    name: &str,
    file: &Spooled,
    clash: Option<Clash>,
) -> Result<Placed, String> {
    let name = match taken.standing(name, file.size_bytes, Some(&file.md5)) {
        Standing::Free => name.to_owned(),
        Standing::Same | Standing::Twice => return Ok(Placed::Same),
        Standing::Taken(conflict) => placed(taken, name, &conflict, clash)?,
    };
    let stored = images::put(state, style, &name, file).await;
    stored.map_err(|error| error.to_string())?;
    taken.claim(&name, file.size_bytes, Some(file.md5.clone()));
    Ok(Placed::As(name))
}

fn placed(
    taken: &Taken,
    name: &str,
    conflict: &Conflict,
    clash: Option<Clash>,
) -> Result<String, String> {
    let why = conflict.why(name);
    match clash {
        // to take another image's place would delete it, and nobody was shown its name
        Some(Clash::Replace) if !conflict.shares_caption && conflict.is_stored => {
            Ok(name.to_owned())
        }
        Some(Clash::KeepBoth) if !is_caption(name) => Ok(taken.free_name(name)),
        _ => Err(format!(
            "{name} {why}; it was left out. Rename it, or choose what to do with taken names."
        )),
    }
}
