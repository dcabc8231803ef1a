//! What the studio keeps for itself beside its documents is bounded: of files that can be had again the oldest go first.

use std::fs;
use std::io;
use std::path::Path;

/// How much may stay.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    pub files: usize,
    pub bytes: u64,
}

/// A file as a bound sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept<T, N> {
    /// When it was written or last seen.
    pub time: T,
    pub size_bytes: u64,
    pub name: N,
}

/// Those that must go so that the others are within the bound, the oldest first.
pub fn surplus<T: Ord, N: Ord>(mut kept: Vec<Kept<T, N>>, most: Bound) -> Vec<N> {
    kept.sort();
    let mut files = kept.len();
    let mut bytes: u64 = kept.iter().map(|file| file.size_bytes).sum();
    let goes = |file: &Kept<T, N>| {
        let is_over = files > most.files || bytes > most.bytes;
        files -= 1;
        bytes -= file.size_bytes;
        is_over
    };
    let gone = kept.into_iter().take_while(goes);
    gone.map(|file| file.name).collect()
}

/// Removes the oldest files of a folder until it is within its bound. Blocks.
pub fn make_room(folder: &Path, most: Bound) -> io::Result<()> {
    let mut kept = Vec::new();
    for entry in fs::read_dir(folder)?.flatten() {
        let Ok(facts) = entry.metadata() else {
            continue;
        };
        kept.push(Kept {
            time: facts.modified()?,
            size_bytes: facts.len(),
            name: entry.path(),
        });
    }
    for path in surplus(kept, most) {
        match fs::remove_file(path) {
            // somebody else made room meanwhile
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    #[test]
    fn the_oldest_files_of_a_folder_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for (name, minutes) in [("old", 30), ("seen", 1), ("new", 0)] {
            let path = folder.path().join(name);
            fs::write(&path, [0; 100]).unwrap();
            let seen = now - Duration::from_secs(60 * minutes);
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(seen).unwrap();
        }
        let bound = Bound {
            files: usize::MAX,
            bytes: 250,
        };
        make_room(folder.path(), bound).unwrap();
        let there = |name: &str| folder.path().join(name).exists();
        assert_eq!(
            (there("old"), there("seen"), there("new")),
            (false, true, true)
        );
    }

    #[test]
    fn number_and_bytes_are_both_bounded() {
        let kept = |sizes: &[u64]| {
            let file = |(at, size): (usize, &u64)| Kept {
                time: at,
                size_bytes: *size,
                name: at,
            };
            sizes.iter().enumerate().map(file).collect::<Vec<_>>()
        };
        let most = Bound {
            files: 3,
            bytes: 10,
        };
        assert_eq!(surplus(kept(&[1, 1, 1]), most), [0; 0]);
        assert_eq!(surplus(kept(&[1, 1, 1, 1]), most), [0]);
        assert_eq!(surplus(kept(&[1, 9, 9]), most), [0, 1]);
        assert_eq!(surplus(kept(&[]), most), [0; 0]);
    }
}
