//! What is taken out of a `.zip`: its entries are judged by name and size before one byte is unpacked.
//!
//! Archives come from strangers: a name may lead out of the folder, a small file may unpack to a full disk, there may be a
//! million entries. The same rules hold in the browser and on the server; only the unpacking differs.

use super::image::{MAX_IMAGE_BYTES, is_caption};
use super::upload::{is_noise, is_picture_name, name_of};

/// Most entries, folders included.
pub const MAX_ENTRIES: usize = 5_000;
/// Most bytes that one archive may unpack to (4 GB).
pub const MAX_TOTAL_BYTES: u64 = 4_000_000_000;
/// Most times by which an entry may grow; judged above [`SMALL_BYTES`] only, where it begins to hurt.
pub const MAX_RATIO: u64 = 100;
const SMALL_BYTES: u64 = 10_000_000;

/// An entry as the archive's directory lists it; nothing of it is believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// With folders, separated by `/`.
    pub path: String,
    pub packed_bytes: u64,
    pub unpacked_bytes: u64,
    pub is_folder: bool,
    pub is_link: bool,
    pub is_encrypted: bool,
}

/// What becomes of an entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// Unpack it, never more than this many bytes.
    Take {
        limit_bytes: u64,
    },
    /// A folder, or what systems leave in one (`__MACOSX`, `.DS_Store`).
    PassOver,
    Refuse(String),
}

/// Whether the archive as a whole may be opened, or the sentence that refuses it.
pub fn check(archive: &str, entries: &[Entry]) -> Result<(), String> {
    if entries.is_empty() {
        return Err(format!("{archive} is an empty archive."));
    }
    check_count(archive, entries.len())?;
    let total = entries
        .iter()
        .fold(0u64, |sum, e| sum.saturating_add(e.unpacked_bytes));
    if total > MAX_TOTAL_BYTES {
        return Err(format!(
            "{archive} unpacks to {total} bytes; at most {MAX_TOTAL_BYTES} are taken. Make several smaller archives."
        ));
    }
    Ok(())
}

/// Known before the entries are read one by one.
pub fn check_count(archive: &str, count: usize) -> Result<(), String> {
    if count > MAX_ENTRIES {
        return Err(format!(
            "{archive} has {count} entries; at most {MAX_ENTRIES} are taken. Make several smaller archives."
        ));
    }
    Ok(())
}

/// One entry's fate.
pub fn fate(entry: &Entry) -> Fate {
    let path = &entry.path;
    if entry.is_folder || is_noise(path) {
        return Fate::PassOver;
    }
    if leads_out(path) {
        return Fate::Refuse(format!(
            "{path:?} leads out of the archive; it was not unpacked."
        ));
    }
    if entry.is_link {
        return Fate::Refuse(format!(
            "{path} is a link to another file; pack the file itself."
        ));
    }
    if entry.is_encrypted {
        return Fate::Refuse(format!("{path} is encrypted; pack it without a password."));
    }
    let name = name_of(path);
    if !is_caption(&name.to_ascii_lowercase()) && !is_picture_name(name) {
        return Fate::Refuse(format!("{path} is neither a picture nor a caption (.txt)."));
    }
    if entry.unpacked_bytes > MAX_IMAGE_BYTES {
        return Fate::Refuse(format!(
            "{path} unpacks to {} bytes; at most {MAX_IMAGE_BYTES} are taken.",
            entry.unpacked_bytes
        ));
    }
    let grows = entry.unpacked_bytes / entry.packed_bytes.max(1);
    if entry.unpacked_bytes > SMALL_BYTES && grows > MAX_RATIO {
        return Fate::Refuse(format!(
            "{path} would grow {grows} times, like a decompression bomb; at most {MAX_RATIO} times are unpacked."
        ));
    }
    Fate::Take {
        limit_bytes: entry.unpacked_bytes,
    }
}

/// Last bytes in which the archive's end record lies (with its comment).
pub const END_BYTES: u64 = 22 + 65_535;

/// How many entries the end record promises; `None` where there is no such record in the last bytes of the file.
pub fn entry_count(tail: &[u8]) -> Option<usize> {
    let at = tail.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let count: [u8; 2] = tail.get(at + 10..at + 12)?.try_into().ok()?;
    // all ones: the real number lies elsewhere, and is larger than we take
    Some(u16::from_le_bytes(count).into())
}

/// What to say of an entry that did not unpack to what its directory promised.
pub fn broken(path: &str) -> String {
    format!(
        "{path} could not be unpacked: the archive is damaged there, or packed in a way that is not read (only stored and deflated are)."
    )
}

fn leads_out(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    let odd = path.chars().any(|c| c == '\\' || c.is_control());
    path.starts_with('/') || drive || odd || path.split('/').any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, packed_bytes: u64, unpacked_bytes: u64) -> Entry {
        Entry {
            path: path.into(),
            packed_bytes,
            unpacked_bytes,
            is_folder: false,
            is_link: false,
            is_encrypted: false,
        }
    }

    fn refusal(entry: &Entry) -> String {
        match fate(entry) {
            Fate::Refuse(why) => why,
            other => panic!("{entry:?}: {other:?}"),
        }
    }

    #[test]
    fn images_and_captions_in_folders_are_taken() {
        for path in [
            "a.png",
            "June 2025/boat (1).jpg",
            "x/y/boat (1).txt",
            "Photo.Jpg",
            "scan.TXT",
        ] {
            assert_eq!(
                fate(&entry(path, 10, 100)),
                Fate::Take { limit_bytes: 100 },
                "{path}"
            );
        }
    }

    #[test]
    fn names_that_lead_out_are_refused_by_name() {
        for path in [
            "../x.png",
            "a/../../x.png",
            "/etc/x.png",
            "C:x.png",
            "a\\..\\x.png",
            "a/\0.png",
        ] {
            assert!(refusal(&entry(path, 1, 1)).contains("leads out"), "{path}");
        }
        // two dots inside a name lead nowhere
        assert_eq!(
            fate(&entry("a..b.png", 1, 1)),
            Fate::Take { limit_bytes: 1 }
        );
    }

    #[test]
    fn bombs_links_secrets_and_strangers_are_refused_by_name() {
        assert!(refusal(&entry("b.png", 60_000, 60_000_000)).contains("grow 1000 times"));
        assert!(refusal(&entry("b.png", 1, MAX_IMAGE_BYTES + 1)).contains("100000001 bytes"));
        let link = Entry {
            is_link: true,
            ..entry("l.png", 1, 1)
        };
        assert!(refusal(&link).contains("link"));
        let secret = Entry {
            is_encrypted: true,
            ..entry("s.png", 1, 1)
        };
        assert!(refusal(&secret).contains("without a password"));
        assert!(refusal(&entry("run.exe", 1, 1)).contains("neither"));
        assert!(refusal(&entry("inner.zip", 1, 1)).contains("neither"));
        // an empty flat picture of a few MB packs very well
        assert_eq!(
            fate(&entry("flat.bmp", 9_000, 9_000_000)),
            Fate::Take {
                limit_bytes: 9_000_000
            }
        );
    }

    #[test]
    fn what_systems_leave_behind_is_passed_over() {
        for path in [
            "__MACOSX/._a.png",
            "x/.DS_Store",
            "Thumbs.db",
            "x/desktop.ini",
        ] {
            assert_eq!(fate(&entry(path, 1, 1)), Fate::PassOver, "{path}");
        }
        let folder = Entry {
            is_folder: true,
            ..entry("x/", 0, 0)
        };
        assert_eq!(fate(&folder), Fate::PassOver);
    }

    #[test]
    fn the_number_of_entries_is_known_before_they_are_listed() {
        let mut end = b"data PK\x05\x06\0\0\0\0".to_vec();
        end.extend([7, 0, 7, 0]);
        end.extend([0; 10]);
        assert_eq!(entry_count(&end), Some(7));
        assert_eq!(entry_count(&end[..12]), None);
        assert_eq!(entry_count(b"no archive"), None);
    }

    #[test]
    fn an_archive_of_too_much_is_refused_whole() {
        assert!(check("a.zip", &[]).unwrap_err().contains("empty"));
        let many = vec![entry("a.png", 1, 1); MAX_ENTRIES + 1];
        assert!(check("a.zip", &many).unwrap_err().contains("5001 entries"));
        let large = vec![entry("a.png", 1, MAX_IMAGE_BYTES); 41];
        assert!(
            check("a.zip", &large)
                .unwrap_err()
                .contains("unpacks to 4100000000")
        );
        let endless = vec![entry("a.png", 1, u64::MAX); 3];
        assert!(check("a.zip", &endless).is_err());
        assert_eq!(check("a.zip", &large[..3]), Ok(()));
    }
}
