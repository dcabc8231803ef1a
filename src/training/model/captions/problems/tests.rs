use super::*;

fn codes(bytes: &[u8]) -> Vec<String> {
    caption_problems(bytes, "style_16")
        .into_iter()
        .map(|problem| problem.code)
        .collect()
}

#[test]
fn a_doubled_trigger_is_found_as_a_word_and_taken_out() {
    let problems = caption_problems(b"a red boat, Style_16, at dusk\n", "style_16");
    assert_eq!(problems[0].code, "trigger_doubled");
    assert_eq!(problems[0].fix.as_deref(), Some("a red boat, at dusk\n"));
    assert!(codes(b"a boat in style_160").is_empty());
    assert_eq!(
        caption_problems(b"style_16", "style_16")[0].fix,
        None,
        "an empty caption file would end the run"
    );
}

#[test]
fn lines_that_would_be_lost_are_joined() {
    let problems = caption_problems(b"first line\nsecond line\n", "style_16");
    assert_eq!(problems[0].code, "multiline");
    assert_eq!(
        problems[0].fix.as_deref(),
        Some("first line, second line\n")
    );
    assert_eq!(codes(b"\ntext\n"), ["blank_first_line"]);
    assert_eq!(codes(b"  \n"), ["blank"]);
}

#[test]
fn a_file_the_trainer_stops_on_is_fatal_and_comes_with_its_likely_text() {
    let problem = &caption_problems(b"caf\xe9\n", "style_16")[0];
    assert!(problem.fatal);
    assert_eq!(problem.fix.as_deref(), Some("café\n"));
    let utf16 = &caption_problems(&[0xff, 0xfe, b'h', 0, b'i', 0], "style_16")[0];
    assert_eq!(utf16.fix.as_deref(), Some("hi"));
    assert_eq!(codes(b""), ["empty"]);
}

#[test]
fn rows_name_borrowed_shared_missing_and_ignored_files() {
    let image = |filename| ImageFile {
        filename,
        size: None,
        unfit: None,
    };
    let images = [
        image("portrait_of_a_man_01.png"),
        image("a.png"),
        image("a.jpg"),
        image("b.gif"),
        image("c.png"),
    ];
    let captions = BTreeMap::from([
        ("portrait.txt", b"a face".as_slice()),
        ("a.txt", b"a boat".as_slice()),
    ]);
    let settings = CaptionSettings {
        class_tokens: "style_16",
        caption_extension: ".txt",
        cached: true,
        shuffle_caption: false,
    };
    let found: Vec<Vec<String>> = rows(&images, &captions, &settings, None)
        .into_iter()
        .map(|row| {
            row.problems
                .into_iter()
                .map(|problem| problem.code)
                .collect()
        })
        .collect();
    assert_eq!(
        found,
        [
            vec!["borrowed"],
            vec!["shared"],
            vec!["shared"],
            vec!["not_read"],
            vec!["missing"]
        ]
    );
}
