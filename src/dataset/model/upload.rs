//! Bringing files in: what a page asks for, which names are taken, and what a person may decide about them.
//!
//! A file is known by the folder it came from and its name there; in the bucket all lie flat, so names can clash. Images
//! and the caption of one folder and stem belong together: what is renamed is renamed with its caption.

use super::image::{
    MAX_NAME_BYTES, check_new_name, check_size, content_type, extension, is_caption,
    refusal_of_type, stem,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file for which a ticket is wanted. `replace`: the person wants it in the place of the one that is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileToUpload {
    pub filename: String,
    pub size_bytes: u64,
    #[serde(default)]
    pub replace: bool,
    /// The bucket cannot do a conditional PUT from a page: the ticket is for one without a condition.
    #[serde(default)]
    pub unconditional: bool,
}

/// Whether a PUT under a condition failed because the bucket cannot do one. 501: the store does not know it (B2). No status at
/// all: its CORS rules do not allow the header, unless conditions were seen to work or some of the file was on its way; then the
/// line was cut, and another's file of that name must not be written over.
pub fn lacks_conditions(status: u16, worked_before: bool, sent_bytes: u64) -> bool {
    status == 501 || (status == 0 && !worked_before && sent_bytes == 0)
}

/// `url` and `headers` to PUT it with, or why it is refused. `exists`: only because a file of that name is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    pub filename: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub refused: Option<String>,
    pub exists: bool,
}

impl Ticket {
    /// Whether the bucket is asked to refuse the file if another one was put under its name meanwhile.
    pub fn is_conditional(&self) -> bool {
        let mut names = self.headers.iter().map(|(name, _)| name.as_str());
        names.any(|name| {
            name.eq_ignore_ascii_case("if-match") || name.eq_ignore_ascii_case("if-none-match")
        })
    }
}

/// A file that lies in the bucket. The ETag of one written in a single request is its MD5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredFile {
    pub filename: String,
    pub size_bytes: u64,
    pub etag: String,
}

/// What a person decides about a file whose name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clash {
    KeepBoth,
    Replace,
    Skip,
}

impl Clash {
    /// As in a form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeepBoth => "keep_both",
            Self::Replace => "replace",
            Self::Skip => "skip",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::KeepBoth, Self::Replace, Self::Skip];
        all.into_iter().find(|clash| clash.as_str() == text)
    }
}

/// The last part of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Everything before the last part of a path.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What systems leave in folders and archives; nobody means to upload it.
pub fn is_noise(path: &str) -> bool {
    let name = name_of(path).to_ascii_lowercase();
    path.split('/').any(|part| part == "__MACOSX")
        || name.starts_with('.')
        || matches!(name.as_str(), "thumbs.db" | "desktop.ini")
}

/// Whether a file is passed over without a word: noise in a folder. One that was chosen by itself is judged like any other.
pub fn is_passed_over(path: &str) -> bool {
    path.contains('/') && is_noise(path)
}

/// Whether the name is one of a picture, of whatever kind and spelling.
pub fn is_picture_name(name: &str) -> bool {
    let ext = extension(name).to_ascii_lowercase();
    matches!(
        ext.as_str(),
        "heic" | "heif" | "tif" | "tiff" | "jxl" | "jfif"
    ) || (ext != "txt" && content_type(&format!("x.{ext}")).is_some())
}

/// The name with an extension the trainer reads, where only its spelling is wrong: `.Jpg` -> `.jpg`, `.TXT` -> `.txt`.
pub fn respelled(name: &str) -> Option<String> {
    let ext = extension(name);
    let lower = ext.to_ascii_lowercase();
    let upper_is_read = lower != "txt" && ext == ext.to_ascii_uppercase();
    let known = matches!(
        lower.as_str(),
        "jpg" | "jpeg" | "png" | "webp" | "bmp" | "txt"
    );
    (known && ext != lower && !upper_is_read).then(|| format!("{}.{lower}", stem(name)))
}

/// A caption by its name, however that is spelled.
pub fn is_caption_name(name: &str) -> bool {
    extension(name).eq_ignore_ascii_case("txt")
}

/// What can be said before a byte is read: name, type and size. A spelling or a type that can be mended passes.
pub fn check_before_reading(name: &str, size_bytes: u64) -> Result<(), String> {
    check_new_name(name).map_err(|problem| problem.to_string())?;
    if !is_caption_name(name) && !is_picture_name(name) {
        return Err(refusal_of_type(name));
    }
    check_size(name, size_bytes, is_caption_name(name))
}

/// Whether a caption's bytes are text that the trainer can read, or the sentence that refuses them.
pub fn check_caption(name: &str, bytes: &[u8]) -> Result<(), String> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!(
            "{name} is not UTF-8 text (byte {}), on which the trainer stops. Save it as UTF-8.",
            error.valid_up_to() + 1
        )),
    }
}

/// What holds a name: in the bucket, or on its way there.
#[derive(Clone, Debug, PartialEq)]
struct Held {
    size_bytes: u64,
    /// `None` while it is not known.
    md5: Option<String>,
    is_stored: bool,
}

/// Every name of a style that is taken.
#[derive(Clone, Debug, Default)]
pub struct Taken(BTreeMap<String, Held>);

/// How a new file stands to what is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    Free,
    /// The very same file lies there.
    Same,
    /// The very same file comes with this upload already.
    Twice,
    Taken(Conflict),
}

/// The file that is in the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    pub with: String,
    /// In the bucket; otherwise it came with the same upload.
    pub is_stored: bool,
    /// Only the stem is the same: both would share one caption.
    pub shares_caption: bool,
}

impl Conflict {
    /// Reads on after the file's name.
    pub fn why(&self, name: &str) -> String {
        let with = &self.with;
        match (self.shares_caption, self.is_stored) {
            (true, true) => format!("would share the caption of {with}, which is there already"),
            (true, false) => {
                format!("would share the caption of {with}, which comes with this upload")
            }
            (false, true) if is_caption(name) => "is already there with other words".to_owned(),
            (false, true) => "is already there with other content".to_owned(),
            (false, false) => "comes twice with this upload".to_owned(),
        }
    }

    /// What may be decided. A caption under another name would belong to no image; what only comes along cannot be replaced.
    pub fn choices(&self, name: &str) -> Vec<Clash> {
        [
            (!is_caption(name)).then_some(Clash::KeepBoth),
            self.is_stored.then_some(Clash::Replace),
            Some(Clash::Skip),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Taken {
    pub fn stored(files: impl IntoIterator<Item = StoredFile>) -> Self {
        let held = files.into_iter().map(|file| {
            let held = Held {
                size_bytes: file.size_bytes,
                md5: is_md5(&file.etag).then_some(file.etag),
                is_stored: true,
            };
            (file.filename, held)
        });
        Self(held.collect())
    }

    /// How a file of this name, size and MD5 stands to the others. One that could not be hashed is taken for another.
    pub fn standing(&self, name: &str, size_bytes: u64, md5: Option<&str>) -> Standing {
        if let Some(held) = self.0.get(name) {
            let is_same = md5.is_some() && held.md5.as_deref() == md5;
            return match (is_same && held.size_bytes == size_bytes, held.is_stored) {
                (true, true) => Standing::Same,
                (true, false) => Standing::Twice,
                (false, is_stored) => Standing::Taken(Conflict {
                    with: name.to_owned(),
                    is_stored,
                    shares_caption: false,
                }),
            };
        }
        if is_caption(name) {
            return Standing::Free;
        }
        let sibling = self.images().find(|(other, _)| stem(other) == stem(name));
        sibling.map_or(Standing::Free, |(other, held)| {
            Standing::Taken(Conflict {
                with: other.clone(),
                is_stored: held.is_stored,
                shares_caption: true,
            })
        })
    }

    fn images(&self) -> impl Iterator<Item = (&String, &Held)> {
        self.0.iter().filter(|(name, _)| is_picture_name(name))
    }

    /// `boat.png` -> `boat (2).png`: the first whose stem nothing else has. A stem that leaves no room for the number is cut.
    pub fn free_name(&self, name: &str) -> String {
        let (stem_only, ext) = (stem(name), extension(name));
        let used = |wanted: &str| self.0.keys().any(|other| stem(other) == wanted);
        let numbered = |n: u32| {
            let number = format!(" ({n})");
            let room = MAX_NAME_BYTES - number.len() - 1 - ext.len();
            let cut = stem_only.floor_char_boundary(room);
            format!("{}{number}", stem_only[..cut].trim_end())
        };
        (2..)
            .map(numbered)
            .find(|wanted| !used(wanted))
            .map(|free| format!("{free}.{ext}"))
            .expect("some number is free")
    }

    /// The file that was kept beside `name` before and is the very same: `boat (2).png`.
    pub fn copy_of(&self, name: &str, size_bytes: u64, md5: Option<&str>) -> Option<&str> {
        let (begins, ext) = (format!("{} (", stem(name)), extension(name));
        let is_copy = |other: &str, held: &Held| {
            let is_same = md5.is_some() && held.md5.as_deref() == md5;
            let is_beside = other.starts_with(&begins) && extension(other) == ext;
            is_same && is_beside && held.size_bytes == size_bytes
        };
        let mut held = self.0.iter();
        held.find(|(other, held)| is_copy(other, held))
            .map(|(other, _)| other.as_str())
    }

    /// From now on the name is taken by a file of this upload.
    pub fn claim(&mut self, name: &str, size_bytes: u64, md5: Option<String>) {
        let held = Held {
            size_bytes,
            md5,
            is_stored: false,
        };
        self.0.insert(name.to_owned(), held);
    }

    /// It will not come after all.
    pub fn release(&mut self, name: &str) {
        if self.0.get(name).is_some_and(|held| !held.is_stored) {
            self.0.remove(name);
        }
    }
}

/// Multipart and some encrypted objects have ETags that are no MD5.
fn is_md5(etag: &str) -> bool {
    etag.len() == 32 && etag.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MD5: &str = "0123456789abcdef0123456789abcdef";

    fn taken(files: &[(&str, u64, &str)]) -> Taken {
        Taken::stored(files.iter().map(|(filename, size_bytes, etag)| StoredFile {
            filename: (*filename).into(),
            size_bytes: *size_bytes,
            etag: (*etag).into(),
        }))
    }

    #[test]
    fn a_line_that_was_cut_is_no_bucket_without_conditions() {
        assert!(lacks_conditions(501, true, 7) && lacks_conditions(0, false, 0));
        assert!(!lacks_conditions(0, true, 0) && !lacks_conditions(0, false, 7));
        assert!(!lacks_conditions(403, false, 0) && !lacks_conditions(412, false, 0));
    }

    #[test]
    fn the_same_file_is_known_by_its_content_not_by_its_name_alone() {
        let taken = taken(&[("fog.png", 10, MD5), ("big.png", 10, "abc-3")]);
        let unknown = taken.standing("fog.png", 10, None);
        assert!(matches!(unknown, Standing::Taken(_)), "{unknown:?}");
        assert_eq!(taken.standing("fog.png", 10, Some(MD5)), Standing::Same);
        let other = taken.standing("fog.png", 11, None);
        let Standing::Taken(conflict) = other else {
            panic!("{other:?}")
        };
        assert_eq!(
            conflict.choices("fog.png"),
            [Clash::KeepBoth, Clash::Replace, Clash::Skip]
        );
        // no MD5 is known of what was sent in parts
        assert!(matches!(
            taken.standing("big.png", 10, None),
            Standing::Taken(_)
        ));
    }

    #[test]
    fn images_of_one_stem_clash_because_they_share_a_caption() {
        let taken = taken(&[
            ("fog.png", 10, MD5),
            ("fog.txt", 3, MD5),
            ("sea.txt", 3, MD5),
        ]);
        let Standing::Taken(conflict) = taken.standing("fog.jpg", 5, None) else {
            panic!()
        };
        assert!(conflict.shares_caption);
        assert_eq!(conflict.with, "fog.png");
        // a caption that lies alone is waiting for its image
        assert_eq!(taken.standing("sea.png", 5, None), Standing::Free);
        assert_eq!(taken.standing("Fog.jpg", 5, None), Standing::Free);
    }

    #[test]
    fn a_new_name_is_free_for_the_caption_too() {
        let taken = taken(&[
            ("fog.png", 1, MD5),
            ("fog (2).txt", 1, MD5),
            ("fog (3).webp", 1, MD5),
        ]);
        assert_eq!(taken.free_name("fog.png"), "fog (4).png");
        assert_eq!(taken.copy_of("fog.png", 5, Some(MD5)), None);
        let mut later = taken.clone();
        later.claim("fog (4).png", 5, Some(MD5.to_owned()));
        assert_eq!(later.copy_of("fog.png", 5, Some(MD5)), Some("fog (4).png"));
        for (name, size, md5) in [
            ("fog.jpg", 5, Some(MD5)),
            ("og.png", 5, Some(MD5)),
            ("fog.png", 6, Some(MD5)),
            ("fog.png", 5, None),
        ] {
            assert_eq!(later.copy_of(name, size, md5), None);
        }
        let longest = format!("{}é.jpeg", "a".repeat(248));
        let free = taken.free_name(&longest);
        assert_eq!(free, format!("{} (2).jpeg", "a".repeat(246)));
        assert_eq!((longest.len(), free.len()), (255, 255));
    }

    #[test]
    fn files_of_one_upload_clash_among_themselves_and_replace_nothing() {
        let mut taken = taken(&[]);
        taken.claim("fog.png", 10, None);
        let Standing::Taken(conflict) = taken.standing("fog.png", 12, None) else {
            panic!()
        };
        assert_eq!(conflict.choices("fog.png"), [Clash::KeepBoth, Clash::Skip]);
        taken.release("fog.png");
        assert_eq!(taken.standing("fog.png", 12, None), Standing::Free);
    }

    #[test]
    fn a_file_that_was_chosen_twice_is_known_by_its_content() {
        let mut taken = taken(&[]);
        taken.claim("fog.png", 10, Some(MD5.to_owned()));
        assert_eq!(taken.standing("fog.png", 10, Some(MD5)), Standing::Twice);
        let other = taken.standing("fog.png", 10, Some(&MD5.replace('0', "1")));
        let Standing::Taken(conflict) = other else {
            panic!("{other:?}")
        };
        assert_eq!(conflict.why("fog.png"), "comes twice with this upload");
    }

    #[test]
    fn only_the_spelling_of_a_known_extension_is_mended() {
        assert_eq!(respelled("a b.Jpg").as_deref(), Some("a b.jpg"));
        assert_eq!(respelled("a.TXT").as_deref(), Some("a.txt"));
        assert_eq!(respelled("a.JPG"), None);
        assert_eq!(respelled("a.Heic"), None);
        assert_eq!(respelled("a.txt"), None);
    }

    #[test]
    fn name_type_and_size_are_judged_before_a_byte_is_read() {
        for fine in ["a.jpg", "a.Jpg", "a.gif", "a.heic", "a.TXT"] {
            assert_eq!(check_before_reading(fine, 10), Ok(()), "{fine}");
        }
        let refused = |name: &str, size| check_before_reading(name, size).unwrap_err();
        assert!(refused("a.mp4", 10).contains("does not read .mp4"));
        assert!(refused("a.png", 100_000_001).contains("100000001 bytes"));
        assert!(refused("a.TXT", 70_000).contains("at most 65536"));
        assert!(refused("a\n.png", 1).contains("control characters"));
        assert!(refused("a.png", 0).contains("empty"));
    }

    #[test]
    fn a_caption_of_another_encoding_is_refused() {
        assert_eq!(check_caption("a.txt", "café".as_bytes()), Ok(()));
        let why = check_caption("a.txt", b"caf\xe9").unwrap_err();
        assert!(why.contains("a.txt is not UTF-8 text (byte 4)"), "{why}");
    }

    #[test]
    fn what_systems_leave_behind_is_noise() {
        assert!(is_noise("x/.DS_Store") && is_noise("__MACOSX/x/a.png") && is_noise("Thumbs.db"));
        assert!(!is_noise("x/a.png"));
        assert!(is_passed_over("x/.DS_Store") && !is_passed_over("x/a.png"));
        assert!(!is_passed_over(".photo.jpg"), "chosen by itself");
        assert!(
            check_before_reading(".photo.jpg", 1).is_err_and(|told| told.contains(".photo.jpg"))
        );
        assert_eq!(
            (folder_of("x/y/a.png"), name_of("x/y/a.png")),
            ("x/y", "a.png")
        );
        assert_eq!((folder_of("a.png"), name_of("a.png")), ("", "a.png"));
    }
}
