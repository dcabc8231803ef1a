use super::*;
use FileState::*;

fn content(text: &'static str) -> Content<'static> {
    // a letter is content and hash in one; its case is not part of the size
    Content {
        size_bytes: text.len() as u64,
        md5: (!text.contains('?')).then_some(text),
    }
}

#[test]
fn two_sides_and_what_both_had_decide_who_changed() {
    for (here, there, base, expected) in [
        (Some("a"), Some("a"), None, InStep),
        (Some("a"), None, None, OnlyHere),
        (None, Some("a"), None, OnlyThere),
        // same size and another size
        (Some("b"), Some("a"), Some("a"), ChangedHere),
        (Some("bb"), Some("a"), Some("a"), ChangedHere),
        (Some("a"), Some("b"), Some("a"), ChangedThere),
        (Some("a"), Some("bb"), Some("a"), ChangedThere),
        // both changed, or nobody knows
        (Some("b"), Some("c"), Some("a"), Conflict),
        (Some("b"), Some("c"), None, Conflict),
        (Some("bb"), Some("c"), None, Conflict),
        // both changed to the same
        (Some("b"), Some("b"), Some("a"), InStep),
        // an object whose content was never read: its size may speak, its ETag may not
        (Some("a"), Some("?"), Some("a"), Unchecked),
        (Some("a"), Some("??"), Some("a"), ChangedThere),
        (Some("b"), Some("??"), Some("a"), Conflict),
    ] {
        let here: Vec<Content> = here.map(content).into_iter().collect();
        let found = compare(&here, there.map(content), base);
        assert_eq!(found, expected, "{here:?} {there:?} {base:?}");
    }
}

#[test]
fn two_folders_with_different_content_are_split_and_with_equal_content_are_one() {
    let two = |a, b| compare(&[content(a), content(b)], Some(content("a")), Some("a"));
    assert_eq!(two("a", "b"), Split);
    assert_eq!(two("a", "bb"), Split);
    assert_eq!(two("a", "a"), InStep);
    assert_eq!(two("a", "?"), Unchecked);
    assert_eq!(two("b", "b"), ChangedHere);
}

fn file(name: &str, state: FileState) -> FolderFile {
    let here = FileHere {
        folder: "1_ink".into(),
        size_bytes: 10,
        modified: String::new(),
        text: None,
    };
    let there = FileThere {
        size_bytes: 7,
        modified: String::new(),
        text: None,
    };
    FolderFile {
        filename: name.into(),
        state,
        was_in_step: false,
        here: (state != OnlyThere).then_some(here).into_iter().collect(),
        there: (state != OnlyHere).then_some(there),
        chosen: None,
        problem: None,
        version: format!("v-{name}"),
    }
}

fn all() -> Vec<FolderFile> {
    let lost = FolderFile {
        was_in_step: true,
        ..file("lost there", OnlyHere)
    };
    vec![
        file("same", InStep),
        file("new", OnlyHere),
        lost,
        file("theirs", OnlyThere),
        file("edited", ChangedHere),
        file("newer there", ChangedThere),
        file("both", Conflict),
        file("twice", Split),
        file("unread", Unchecked),
    ]
}

fn names(wish: &Wish) -> (Vec<String>, Vec<String>) {
    let (steps, problems) = plan(&all(), wish);
    let steps = steps.into_iter().map(|s| s.filename).collect();
    (steps, problems.into_iter().map(|p| p.filename).collect())
}

#[test]
fn without_names_only_the_missing_and_the_newer_are_moved() {
    let (sent, refused) = names(&Wish::All(Action::Send));
    assert_eq!(sent, ["new", "edited"]);
    assert!(refused.is_empty());
    let (fetched, _) = names(&Wish::All(Action::Fetch));
    assert_eq!(fetched, ["theirs", "newer there"]);
}

fn decide(name: &str, action: Action, version: Option<&str>) -> Decision {
    Decision {
        filename: name.into(),
        action,
        version: version.map(str::to_owned),
    }
}

#[test]
fn a_decision_moves_a_conflict_either_way_and_what_is_in_step_not_at_all() {
    let wish = Wish::Decided(vec![
        decide("both", Action::Send, Some("v-both")),
        decide("lost there", Action::Send, None),
        decide("same", Action::Send, None),
        decide("newer there", Action::Send, None),
    ]);
    let (steps, refused) = names(&wish);
    assert_eq!(steps, ["both", "lost there", "newer there"]);
    assert!(refused.is_empty());
}

#[test]
fn a_decision_on_something_that_changed_meanwhile_is_refused_by_name() {
    let wish = Wish::Decided(vec![
        decide("both", Action::Fetch, Some("older")),
        decide("twice", Action::Send, None),
        decide("nowhere", Action::Send, None),
        decide("theirs", Action::Send, None),
        decide("new", Action::Fetch, None),
    ]);
    let (steps, refused) = names(&wish);
    assert!(steps.is_empty());
    assert_eq!(refused, ["both", "twice", "nowhere", "theirs", "new"]);
}

#[test]
fn counts_say_what_would_be_moved_and_in_step_files_are_not_listed() {
    let view = FolderView::of(vec!["1_ink".into()], "1_ink".into(), all(), Vec::new());
    let counts = view.counts;
    assert_eq!((counts.here, counts.there, counts.both), (8, 7, 6));
    assert_eq!((counts.to_send, counts.bytes_to_send), (2, 20));
    assert_eq!((counts.to_fetch, counts.bytes_to_fetch), (2, 14));
    assert_eq!(
        (counts.in_step, counts.conflicts, counts.unchecked),
        (1, 2, 1)
    );
    assert!(view.files.iter().all(|f| f.filename != "same"));
}

#[test]
fn a_decision_of_a_form_names_action_version_and_a_file_with_blanks() {
    let parse = |text, all| Decision::parse(text, all).map(|d| (d.action, d.filename));
    let boat = "boat 1 (2).jpg".to_owned();
    let text = "send 1a2b boat 1 (2).jpg";
    assert_eq!(parse(text, None), Some((Action::Send, boat.clone())));
    assert_eq!(parse("leave 1a2b x.jpg", None), None);
    let all = Some(Action::Fetch);
    assert_eq!(
        parse("leave 1a2b boat 1 (2).jpg", all),
        Some((Action::Fetch, boat))
    );
    assert_eq!(parse("send", all), None);
}

#[test]
fn what_cannot_be_trained_is_counted_for_itself_and_not_offered_to_be_sent() {
    let unfit = FolderFile {
        problem: Some("page.jpg is not a picture.".into()),
        ..file("page.jpg", OnlyHere)
    };
    let counts = FolderView::of(vec![], String::new(), vec![unfit.clone()], vec![]).counts;
    assert_eq!((counts.unfit, counts.to_send), (1, 0));
    let (steps, _) = plan(std::slice::from_ref(&unfit), &Wish::All(Action::Send));
    assert_eq!(steps, []);
    // a person who names it is told the reason anew
    let named = Wish::Decided(vec![Decision {
        filename: "page.jpg".into(),
        action: Action::Send,
        version: None,
    }]);
    assert_eq!(plan(&[unfit], &named).0.len(), 1);
}

#[test]
fn a_caption_stays_only_where_no_image_of_its_stem_can_be_trained() {
    let unfit = |name: &str, state| FolderFile {
        problem: Some("not a picture".into()),
        ..file(name, state)
    };
    let held = |files: &[FolderFile]| {
        let held = held_back(files.iter());
        held.into_keys().collect::<Vec<_>>()
    };
    let caption = || file("a.txt", OnlyHere);
    assert_eq!(held(&[unfit("a.jpg", OnlyHere), caption()]), ["a.txt"]);
    assert!(held(&[caption()]).is_empty());
    assert!(held(&[file("a.jpg", OnlyHere), caption()]).is_empty());
    let another = file("a.png", OnlyHere);
    assert!(held(&[unfit("a.jpg", OnlyHere), another, caption()]).is_empty());
    // what S3 has of the image is trained
    assert!(held(&[unfit("a.jpg", ChangedHere), caption()]).is_empty());
    let in_step = file("a.txt", InStep);
    assert!(held(&[unfit("a.jpg", OnlyHere), in_step]).is_empty());
}

#[test]
fn what_a_killed_transfer_got_across_is_told_by_the_files() {
    let files = [
        file("sent", InStep),
        file("fetched", InStep),
        file("left", OnlyHere),
    ];
    let decided = |name: &str, action| Decision {
        filename: name.into(),
        action,
        version: None,
    };
    let wish = Wish::Decided(vec![
        decided("sent", Action::Send),
        decided("fetched", Action::Fetch),
        decided("left", Action::Send),
    ]);
    assert_eq!(across(&files, &wish, 2), (1, 1));
    assert_eq!(across(&files, &Wish::All(Action::Send), 61), (61, 0));
    assert_eq!(across(&files, &Wish::All(Action::Fetch), 61), (0, 61));
}
