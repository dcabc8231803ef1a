//! Unpacking a `.zip` by the rules of [`archive`]: on the server for plain forms, in the browser's worker for the rest.
//!
//! Beside the four rooms because both sides run it: bytes come from wherever `from` reads them and go wherever `take` puts them.

use super::model::archive::{self, Entry, Fate};
use std::io::{Read, Seek, SeekFrom};
use zip::ZipArchive;

/// Hands every file that may be taken to `take`, with its path; returns a sentence for each entry that stays inside, or one
/// for the archive. An error is one of `take`.
pub fn unpack<E>(
    name: &str,
    mut from: impl Read + Seek,
    size_bytes: u64,
    mut take: impl FnMut(String, Vec<u8>) -> Result<(), E>,
) -> Result<Vec<String>, E> {
    let damaged = || {
        vec![format!(
            "{name} is no ZIP archive that can be read. Pack it again."
        )]
    };
    // before a list of them is made in memory
    let count = last_bytes(&mut from, size_bytes);
    let Some(count) = count.as_deref().and_then(archive::entry_count) else {
        return Ok(damaged());
    };
    if let Err(why) = archive::check_count(name, count) {
        return Ok(vec![why]);
    }
    let Ok(mut zip) = ZipArchive::new(from) else {
        return Ok(damaged());
    };
    let entries: Option<Vec<Entry>> = (0..zip.len()).map(|n| entry(&mut zip, n)).collect();
    let Some(entries) = entries else {
        return Ok(damaged());
    };
    if let Err(why) = archive::check(name, &entries) {
        return Ok(vec![why]);
    }
    let mut refused = Vec::new();
    for (n, entry) in entries.into_iter().enumerate() {
        match archive::fate(&entry) {
            Fate::PassOver => {}
            Fate::Refuse(why) => refused.push(format!("{name}: {why}")),
            Fate::Take { limit_bytes } => match read(&mut zip, n, limit_bytes) {
                Some(bytes) => take(entry.path, bytes)?,
                None => refused.push(format!("{name}: {}", archive::broken(&entry.path))),
            },
        }
    }
    Ok(refused)
}

fn last_bytes(from: &mut (impl Read + Seek), size_bytes: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let start = size_bytes.saturating_sub(archive::END_BYTES);
    from.seek(SeekFrom::Start(start)).ok()?;
    from.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn entry<R: Read + Seek>(zip: &mut ZipArchive<R>, n: usize) -> Option<Entry> {
    let file = zip.by_index_raw(n).ok()?;
    Some(Entry {
        // a name that is no text is refused as one that leads out
        path: file
            .name()
            .map_or_else(|_| "\0".to_owned(), |n| n.into_owned()),
        packed_bytes: file.compressed_size(),
        unpacked_bytes: file.size(),
        is_folder: file.is_dir(),
        is_link: file.is_symlink(),
        is_encrypted: file.encrypted(),
    })
}

/// The entry's bytes, if they are as many as promised and their checksum is right.
fn read<R: Read + Seek>(zip: &mut ZipArchive<R>, n: usize, limit_bytes: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = zip.by_index(n).ok()?;
    file.take(limit_bytes + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == limit_bytes).then_some(bytes)
}
