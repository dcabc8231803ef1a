//! The documents of a folder, copied once into a bucket that has none. Nothing there is ever overwritten, nothing here is
//! changed. The registry goes last: a copy that broke off is begun again.

use super::bucket::Bucket;
use super::opening::{OpenError, Owned};
use super::parse;
use crate::server::s3::{Precondition, S3Error};
use futures::stream::{self, StreamExt};
use std::fs;
use std::path::{Path, PathBuf};

const WRITES_IN_FLIGHT: usize = 8;

/// One file and the key it goes to.
struct Item {
    from: PathBuf,
    key: String,
}

/// What became of the files.
#[derive(Debug, Default)]
pub struct Copied {
    pub copied: usize,
    /// Keys that were there already.
    pub left: Vec<String>,
}

/// Copies; every document is read as JSON before the first is written.
pub async fn copy(
    documents: &Bucket,
    folder: &Path,
    state_dir: &Path,
    owned: Owned,
) -> Result<Copied, OpenError> {
    let registry = Path::new(owned.registry);
    let mut items = styles(documents, folder, Path::new(owned.styles));
    let studio = documents.studio();
    for name in owned.kept {
        items.extend(kept(&studio, state_dir, Path::new(name)));
    }
    let last = Item {
        from: folder.join(registry),
        key: documents.key(registry),
    };
    for item in items.iter().chain([&last]) {
        is_json(item)?;
    }
    let mut done = Copied::default();
    let writes: Vec<_> = items.iter().map(|item| put(documents, item)).collect();
    let mut writes = stream::iter(writes).buffer_unordered(WRITES_IN_FLIGHT);
    while let Some(written) = writes.next().await {
        done.count(written?);
    }
    done.count(put(documents, &last).await?);
    Ok(done)
}

impl Copied {
    fn count(&mut self, left: Option<String>) {
        match left {
            Some(key) => self.left.push(key),
            None => self.copied += 1,
        }
    }
}

fn is_json(item: &Item) -> Result<(), OpenError> {
    if item.from.extension().is_none_or(|e| e != "json") {
        return Ok(());
    }
    let text = fs::read_to_string(&item.from).map_err(|e| unread(item, &e))?;
    parse(&text, &item.from).map_err(|e| OpenError::NotCopied(e.to_string()))?;
    Ok(())
}

fn unread(item: &Item, error: &std::io::Error) -> OpenError {
    let (path, kind) = (item.from.display(), error.kind());
    OpenError::NotCopied(format!("{path} could not be read: {kind}"))
}

/// The key, when something lies there already.
async fn put(documents: &Bucket, item: &Item) -> Result<Option<String>, OpenError> {
    let bytes = fs::read(&item.from).map_err(|e| unread(item, &e))?;
    let (key, s3) = (&item.key, documents.s3());
    let kind = "application/json";
    match s3.put(key, bytes, kind, Precondition::Absent).await {
        Ok(_) => Ok(None),
        Err(S3Error::PreconditionFailed { .. }) => Ok(Some(key.clone())),
        Err(error) => Err(OpenError::NotCopied(error.to_string())),
    }
}

/// Each style folder's documents, and the files of its runs.
fn styles(documents: &Bucket, folder: &Path, styles: &Path) -> Vec<Item> {
    let mut items = Vec::new();
    for style in names(&folder.join(styles)) {
        let style = styles.join(style);
        for name in names(&folder.join(&style)) {
            let relative = style.join(&name);
            if name.ends_with(".json") {
                items.extend(item(folder, &relative, documents.key(&relative)));
            }
        }
        let runs = style.join("training_runs");
        for run in names(&folder.join(&runs)) {
            for name in names(&folder.join(&runs).join(&run)) {
                let relative = runs.join(&run).join(name);
                items.extend(item(folder, &relative, documents.file_key(&relative)));
            }
        }
    }
    items
}

/// A document of the studio's own, or all of a folder.
fn kept(studio: &Bucket, state_dir: &Path, name: &Path) -> Vec<Item> {
    let below = names(&state_dir.join(name)).into_iter();
    let below = below.map(|inner| name.join(inner));
    let all = [name.to_owned()].into_iter().chain(below);
    let items = all.filter(|relative| relative.extension().is_some_and(|e| e == "json"));
    items
        .filter_map(|relative| item(state_dir, &relative, studio.key(&relative)))
        .collect()
}

fn item(root: &Path, relative: &Path, key: String) -> Option<Item> {
    let from = root.join(relative);
    // a link may lead anywhere
    let is_file = fs::symlink_metadata(&from).is_ok_and(|meta| meta.is_file());
    is_file.then_some(Item { from, key })
}

/// Names in a folder that are not hidden, sorted; none where there is no folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|e| e.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}
