use super::sort::{SORTS, Sort, by_name};
use super::{Filter, WORDS, split_typed};
use crate::dataset::model::caption::CaptionState;
use crate::dataset::model::caption_checks::{CaptionCode, CaptionRemark};
use crate::dataset::model::image::TrainingImage;

fn image(filename: &str, caption: &str) -> TrainingImage {
    let (caption_state, text) = match caption {
        "" => CaptionState::read(None),
        text => CaptionState::read(Some(text.as_bytes())),
    };
    TrainingImage {
        filename: filename.into(),
        size_bytes: 1_500_000,
        last_modified: "2025-10-13T19:36:17.724Z".into(),
        width: Some(512),
        height: Some(768),
        caption: text,
        caption_state,
        ..TrainingImage::default()
    }
}

fn accepts(typed: &str, image: &TrainingImage) -> bool {
    Filter::parse_typed(typed).expect(typed).accepts(image)
}

#[test]
fn text_is_looked_for_in_names_and_captions_in_any_order_and_case() {
    let fog = image("IMG_7 (1).jpg", "A foggy valley at dawn");
    for typed in [
        "",
        "fog",
        "VALLEY fog",
        "img_7",
        "\"foggy valley\"",
        "-rain",
    ] {
        assert!(accepts(typed, &fog), "{typed}");
    }
    for typed in ["rain", "\"valley foggy\"", "-fog", "fog -\"at dawn\""] {
        assert!(!accepts(typed, &fog), "{typed}");
    }
}

#[test]
fn words_look_at_captions_sets_sizes_and_problems() {
    let mut boat = image("boat.png", "a small boat");
    boat.sets = vec![2, 7];
    for typed in [
        "set:2",
        "-set:1 boat",
        "w<=512",
        "w=512 h>=768",
        "size>1.4mb",
        "size<2M",
        "words=3",
        "-missing:caption",
        "-problem:",
        "-dup:",
        "-set:none",
    ] {
        assert!(accepts(typed, &boat), "{typed}");
    }
    for typed in [
        "set:1",
        "w<512",
        "h>768",
        "missing:caption",
        "set:none",
        "words>3",
    ] {
        assert!(!accepts(typed, &boat), "{typed}");
    }
    let bare = image("bare.gif", "");
    for typed in [
        "missing:caption",
        "problem:",
        "problem:missing_caption",
        "problem:extension",
        "set:none",
        "words=0",
    ] {
        assert!(accepts(typed, &bare), "{typed}");
    }
    assert!(!accepts("problem:unreadable", &bare));
}

#[test]
fn caption_problems_are_found_by_code_or_together_and_words_whole() {
    let mut boat = image("boat.png", "A small boat, Émile's");
    assert!(!accepts("problem:caption", &boat));
    boat.caption_problems = vec![CaptionRemark {
        code: CaptionCode::FewWords,
        message: String::new(),
        fix: None,
        suggestion: None,
    }];
    for typed in [
        "problem:",
        "problem:caption",
        "problem:few_words",
        "word:small",
        "word:émile's",
        "-word:boats",
        "-word:oat",
    ] {
        assert!(accepts(typed, &boat), "{typed}");
    }
    assert!(!accepts("problem:many_words", &boat));
    assert!(accepts("problem:caption", &image("bare.png", "")));
    let needs = |word| Filter::parse("", word).unwrap().needs_pixels();
    assert!(needs("problem:") && !needs("problem:caption") && !needs("problem:few_words"));
    assert!(Filter::parse("", "word:").is_err());
}

#[test]
fn an_image_of_unknown_size_fits_no_comparison() {
    let mut odd = image("odd.png", "x");
    odd.width = None;
    assert!(!accepts("w<512", &odd));
    assert!(!accepts("w>=512", &odd));
    assert!(accepts("problem:unreadable", &odd));
}

#[test]
fn an_unknown_word_is_named_with_all_that_is_allowed() {
    for word in [
        "near:x",
        "set:two",
        "missing:set",
        "w<wide",
        "width<3",
        "-foo:",
        "size>-1",
    ] {
        let told = Filter::parse_typed(word).unwrap_err();
        assert!(told.contains(&format!("{word:?}")), "{told}");
        for (known, _) in WORDS {
            assert!(told.contains(known), "{told} lacks {known}");
        }
    }
    assert!(Filter::parse("", "fog").unwrap_err().contains("\"fog\""));
    assert!(Filter::parse("near:x", "").is_ok(), "text is text");
    assert!(Filter::parse_typed("\"near:x\" 4:3").is_ok());
    for (word, _) in WORDS {
        assert!(Filter::parse("", word).is_ok(), "{word}");
    }
}

#[test]
fn text_and_words_of_the_filter_box_part_and_quotes_stay() {
    let (q, words) = split_typed("foggy set:2 \"a b\" -set:1 -rain missing:caption \"x:");
    assert_eq!(q, "foggy \"a b\" -rain \"x:\"");
    assert_eq!(words, "set:2 -set:1 missing:caption");
    assert_eq!(split_typed("  - "), (String::new(), String::new()));
}

#[test]
fn every_order_has_both_directions_and_equals_stand_by_name() {
    let mut images = vec![image("b", "long caption"), image("a", "x"), image("c", "x")];
    images[0].last_modified = "2025-10-14T00:00:00.000Z".into();
    images[1].size_bytes = 9;
    images[2].width = Some(2048);
    let order = |sort: &str, images: &[TrainingImage]| {
        let mut images = images.to_vec();
        Sort::parse(sort).unwrap().apply(&mut images);
        images
            .iter()
            .map(|i| i.filename.clone())
            .collect::<String>()
    };
    let expected = [
        ("", "abc"),
        ("name", "abc"),
        ("-name", "cba"),
        ("date", "acb"),
        ("-date", "bac"),
        ("size", "abc"),
        ("-size", "bca"),
        ("resolution", "abc"),
        ("-resolution", "cab"),
        ("caption", "acb"),
        ("-caption", "bac"),
    ];
    for (sort, names) in expected {
        assert_eq!(order(sort, &images), names, "{sort}");
    }
    for (sort, _) in SORTS {
        assert!(Sort::parse(sort).is_ok());
    }
    assert!(Sort::parse("colour").unwrap_err().contains("resolution"));
    assert!(Sort::parse("-").is_err());
}

#[test]
fn names_stand_as_a_person_reads_them_and_no_two_are_equal() {
    let ordered = [
        "007.png",
        "7.png",
        "08.png",
        "99999999999999999999999999.png",
        "a missing.jpg",
        "Boat 2.png",
        "boat 2.png",
        "boat 10.png",
        "IMG1.jpg",
        "img1.jpg",
        "img01b.jpg",
        "img2.jpg",
        "img10.jpg",
        "img100.jpg",
        "Z20.jpg",
        "Äpfel 2.png",
        "äpfel 2.png",
        "äpfel 10.png",
        "東京 2.png",
        "東京 10.png",
    ];
    for (i, a) in ordered.iter().enumerate() {
        for (j, b) in ordered.iter().enumerate() {
            assert_eq!(by_name(a, b), i.cmp(&j), "{a} {b}");
        }
    }
    let mut images: Vec<_> = ordered.iter().rev().map(|n| image(n, "x")).collect();
    Sort::default().apply(&mut images);
    assert!(images.iter().map(|i| i.filename.as_str()).eq(ordered));
}

#[test]
fn a_page_goes_on_where_the_last_one_ended_in_every_order() {
    let names = ["a:b.png", "b", "c", "D", "b10", "b9"];
    let mut images: Vec<_> = names.map(|n| image(n, n)).into();
    images[1].size_bytes = 7;
    images[3].last_modified = "2024-01-01T10:20:30.000Z".into();
    for (sort, _) in SORTS {
        let sort = Sort::parse(sort).unwrap();
        let mut sorted = images.clone();
        sort.apply(&mut sorted);
        for at in 0..sorted.len() {
            let cursor = sort.cursor(&sorted[at]);
            let rest = sorted.iter().filter(|i| sort.is_after(i, &cursor));
            let rest: Vec<_> = rest.map(|i| &i.filename).collect();
            let after: Vec<_> = sorted[at + 1..].iter().map(|i| &i.filename).collect();
            assert_eq!(rest, after, "{sort:?}");
        }
    }
}
