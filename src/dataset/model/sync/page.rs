//! What a page shows of a comparison: of every group the first files and how many there are, so that it weighs little
//! however many there are. Pure.

use super::{FileState, FolderCounts, FolderFile, FolderView};
use crate::dataset::model::selection::Shrunk;
use serde::{Deserialize, Serialize};

/// Files shown of one group.
pub const SHOWN: usize = 200;

/// Why files are named together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Group {
    /// Both sides changed, or nobody knows who did.
    Conflict,
    /// Two folders hold it with different content.
    Split,
    /// Both had it, and S3 lost it.
    LostThere,
    /// Both had it, and the folder lost it.
    LostHere,
    OnlyHere,
    OnlyThere,
    ChangedHere,
    ChangedThere,
    /// The trainer could not use it.
    Unfit,
}

impl Group {
    pub const ALL: [Self; 9] = [
        Self::Conflict,
        Self::Split,
        Self::LostThere,
        Self::LostHere,
        Self::OnlyHere,
        Self::OnlyThere,
        Self::ChangedHere,
        Self::ChangedThere,
        Self::Unfit,
    ];

    /// What cannot be trained and waits for a decision too stands in two.
    fn holds(self, file: &FolderFile) -> bool {
        let was = file.was_in_step;
        let is_fit = file.problem.is_none();
        match self {
            Self::Conflict => file.state == FileState::Conflict,
            Self::Split => file.state == FileState::Split,
            Self::LostThere => file.state == FileState::OnlyHere && was,
            Self::LostHere => file.state == FileState::OnlyThere && was,
            Self::OnlyHere => file.state == FileState::OnlyHere && !was && is_fit,
            Self::OnlyThere => file.state == FileState::OnlyThere && !was && is_fit,
            Self::ChangedHere => file.state == FileState::ChangedHere && is_fit,
            Self::ChangedThere => file.state == FileState::ChangedThere && is_fit,
            Self::Unfit => !is_fit,
        }
    }
}

/// The first of many, and how many they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct First<T> {
    pub shown: Vec<T>,
    pub count: usize,
}

impl<T> Default for First<T> {
    fn default() -> Self {
        Self {
            shown: Vec::new(),
            count: 0,
        }
    }
}

impl<T> First<T> {
    fn of(all: impl Iterator<Item = T>) -> Self {
        let mut first = Self::default();
        for one in all {
            first.count += 1;
            if first.count <= SHOWN {
                first.shown.push(one);
            }
        }
        first
    }

    /// Those that are not shown.
    pub fn more(&self) -> usize {
        self.count - self.shown.len()
    }
}

/// A comparison as a page shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FolderPage {
    pub folders: Vec<String>,
    /// Where a fetched file goes that is in none of them; made only then.
    pub target: String,
    pub counts: FolderCounts,
    /// Those that hold a file.
    groups: Vec<(Group, First<FolderFile>)>,
    /// Why files take no part.
    pub left_out: First<String>,
    /// Files that one side alone has, whatever group they stand in.
    pub only_here: usize,
    pub only_there: usize,
}

impl FolderPage {
    /// The numbers alone.
    pub fn closed(view: FolderView) -> Self {
        Self {
            folders: view.folders,
            target: view.target,
            counts: view.counts,
            ..Self::default()
        }
    }

    pub fn opened(view: FolderView) -> Self {
        let first = |group: Group| {
            let files = view.files.iter().filter(|file| group.holds(file));
            (group, First::of(files.cloned()))
        };
        let groups = Group::ALL.map(first).into_iter();
        let count = |state| view.files.iter().filter(|f| f.state == state).count();
        Self {
            only_here: count(FileState::OnlyHere),
            only_there: count(FileState::OnlyThere),
            groups: groups.filter(|(_, first)| first.count > 0).collect(),
            left_out: First::of(view.left_out.iter().map(|p| p.message.clone())),
            ..Self::closed(view)
        }
    }

    pub fn group(&self, wanted: Group) -> First<FolderFile> {
        let of =
            |(group, first): &(Group, First<FolderFile>)| (*group == wanted).then(|| first.clone());
        self.groups.iter().find_map(of).unwrap_or_default()
    }
}

/// A file that one side alone has, as it is asked about before it is removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alone {
    pub filename: String,
    pub size_bytes: u64,
    /// Those whose copies are meant, where several folders have one.
    pub folders: Vec<String>,
    /// As in [`FolderFile::version`].
    pub version: String,
}

impl Alone {
    /// `boat.jpg · 44 kB in 59_ink and 59_inks`, with the size as the caller writes it.
    pub fn words(&self, size: &str) -> String {
        let places = match self.folders.as_slice() {
            [] => String::new(),
            folders => format!(" in {}", folders.join(" and ")),
        };
        format!("{} · {size}{places}", self.filename)
    }
}

/// What a removal would take: every name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Removal {
    pub files: Vec<Alone>,
    /// Selection sets that would lose images by it.
    pub sets: Vec<Shrunk>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(filename: String, state: FileState) -> FolderFile {
        FolderFile {
            filename,
            state,
            was_in_step: false,
            here: Vec::new(),
            there: None,
            chosen: None,
            problem: None,
            version: String::new(),
        }
    }

    fn page(files: Vec<FolderFile>) -> FolderPage {
        FolderPage::opened(FolderView::of(Vec::new(), String::new(), files, Vec::new()))
    }

    #[test]
    fn a_file_of_two_folders_says_which_copies_go() {
        let alone = |folders: &[&str]| Alone {
            filename: "a.jpg".into(),
            size_bytes: 1,
            folders: folders.iter().map(|f| (*f).to_owned()).collect(),
            version: String::new(),
        };
        assert_eq!(alone(&[]).words("1 B"), "a.jpg · 1 B");
        assert_eq!(alone(&["x", "y"]).words("1 B"), "a.jpg · 1 B in x and y");
    }

    #[test]
    fn of_a_large_group_the_first_are_shown_and_all_are_counted() {
        let name = |n: usize| format!("{n:05}.png");
        let mut files: Vec<FolderFile> = (0..SHOWN + 5)
            .map(|n| file(name(n), FileState::OnlyThere))
            .collect();
        files.push(file("zz.png".into(), FileState::Conflict));
        let page = page(files);
        let alone = page.group(Group::OnlyThere);
        assert_eq!(
            (alone.count, alone.shown.len(), alone.more()),
            (205, 200, 5)
        );
        assert_eq!(alone.shown[0].filename, "00000.png");
        // a small one beside it is whole
        assert_eq!(page.group(Group::Conflict).count, 1);
        assert_eq!(page.group(Group::Split), First::default());
    }

    #[test]
    fn every_file_out_of_step_stands_in_a_group() {
        let states = [
            FileState::OnlyHere,
            FileState::OnlyThere,
            FileState::ChangedHere,
            FileState::ChangedThere,
            FileState::Conflict,
            FileState::Split,
        ];
        for state in states {
            for (was_in_step, is_fit) in
                [(false, true), (true, true), (false, false), (true, false)]
            {
                let file = FolderFile {
                    was_in_step,
                    problem: (!is_fit).then(|| "is empty".to_owned()),
                    ..file("a.png".into(), state)
                };
                let held = Group::ALL.into_iter().filter(|g| g.holds(&file)).count();
                assert!(held > 0, "{state:?}, {was_in_step}, {is_fit}");
            }
        }
    }
}
