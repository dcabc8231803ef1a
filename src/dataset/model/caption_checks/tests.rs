use super::*;

const SCENE: &str = "a red fishing boat lying on a quiet lake at dusk";

fn rules(trigger_place: TriggerPlace) -> CaptionRules {
    CaptionRules {
        trigger_place,
        ..CaptionRules::default()
    }
}

/// Codes and fixes of one caption beside others that are fine.
fn judged(place: TriggerPlace, bytes: &[u8]) -> Vec<(&'static str, Option<String>)> {
    let judge = CaptionJudge::new(&[], "style_16", &rules(place));
    let remarks = judge.remarks(Some(bytes)).into_iter();
    remarks.map(|r| (r.code.as_str(), r.fix)).collect()
}

fn fix(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_scene_of_one_line_has_nothing_to_mend() {
    assert_eq!(judged(TriggerPlace::Auto, SCENE.as_bytes()), []);
    assert_eq!(
        judged(TriggerPlace::Auto, format!("{SCENE}\n").as_bytes()),
        []
    );
}

#[test]
fn every_code_has_its_own_word_and_comes_back_from_it() {
    for code in CaptionCode::ALL {
        assert_eq!(CaptionCode::parse(code.as_str()), Some(code));
        let wire = format!("{:?}", code.as_str());
        assert_eq!(serde_json::to_string(&code).unwrap(), wire);
    }
    for place in TriggerPlace::ALL {
        assert_eq!(TriggerPlace::parse(place.as_str()), Some(place));
    }
}

#[test]
fn a_missing_an_empty_and_a_foreign_file_are_told_apart() {
    let judge = CaptionJudge::new(&[], "style_16", &rules(TriggerPlace::Auto));
    assert_eq!(judge.remarks(None)[0].code, CaptionCode::MissingCaption);
    assert_eq!(
        judge.remarks(Some(b" \n"))[0].code,
        CaptionCode::EmptyCaption
    );
    assert_eq!(
        judged(TriggerPlace::Auto, b"caf\xe9 by the sea"),
        [("caption_not_utf8", fix("café by the sea"))]
    );
    assert_eq!(
        judged(TriggerPlace::Auto, &[0xff, 0xfe, b'h', 0, b'i', 0]),
        [("caption_not_utf8", fix("hi"))]
    );
    assert_eq!(
        judged(TriggerPlace::Auto, b"\x80\x81\x00"),
        [("caption_not_utf8", None)],
        "a guess with control characters is none"
    );
}

#[test]
fn lines_that_are_lost_and_a_byte_order_mark_have_a_certain_fix() {
    let lines = format!("{SCENE}\nwith a heron\n");
    assert_eq!(
        judged(TriggerPlace::Auto, lines.as_bytes()),
        [("several_lines", fix(&format!("{SCENE}, with a heron\n")))]
    );
    assert_eq!(
        judged(TriggerPlace::Auto, format!("\n{SCENE}\n").as_bytes()),
        [("blank_first_line", fix(&format!("{SCENE}\n")))]
    );
    assert_eq!(
        judged(TriggerPlace::Auto, format!("\u{feff}{SCENE}").as_bytes()),
        [("byte_order_mark", fix(SCENE))]
    );
}

#[test]
fn the_trainer_adds_the_trigger_so_one_in_the_caption_is_twice() {
    let with = format!("{SCENE}, style_16\n");
    assert_eq!(
        judged(TriggerPlace::Trainer, with.as_bytes()),
        [("trigger_twice", fix(&format!("{SCENE}\n")))]
    );
    assert_eq!(judged(TriggerPlace::Trainer, b"style_16")[0].1, None);
}

#[test]
fn where_captions_carry_the_trigger_it_is_there_once_and_last() {
    let wanted = format!("{SCENE}, style_16");
    assert_eq!(judged(TriggerPlace::Caption, wanted.as_bytes()), []);
    for (text, code) in [
        (SCENE.to_owned(), "trigger_missing"),
        (format!("style_16, {SCENE}"), "trigger_not_last"),
        (format!("style_16 {SCENE}, Style_16"), "trigger_twice"),
    ] {
        assert_eq!(
            judged(TriggerPlace::Caption, text.as_bytes()),
            [(code, fix(&wanted))],
            "{text}"
        );
    }
}

#[test]
fn where_the_trigger_belongs_is_seen_from_most_captions_unless_said() {
    let with = format!("{SCENE}, style_16");
    let place = |texts: &[&str], said| {
        let files: Vec<_> = texts.iter().map(|t| file("a.png", t)).collect();
        CaptionJudge::new(&files, "style_16", &rules(said)).trigger_place
    };
    let auto = TriggerPlace::Auto;
    assert_eq!(place(&[], auto), TriggerPlace::Trainer);
    let w = with.as_str();
    assert_eq!(place(&[w, w, w, w], auto), TriggerPlace::Trainer, "too few");
    assert_eq!(
        place(&[w, w, SCENE, SCENE, SCENE], auto),
        TriggerPlace::Trainer
    );
    assert_eq!(place(&[w, w, w, SCENE, SCENE], auto), TriggerPlace::Caption);
    let said = TriggerPlace::Trainer;
    assert_eq!(place(&[&with, &with], said), said);
}

#[test]
fn words_of_the_style_are_named_and_taken_out_only_where_that_is_certain() {
    let painted = format!("an oil painting of {SCENE}");
    assert_eq!(
        judged(TriggerPlace::Auto, painted.as_bytes()),
        [("style_words", fix(SCENE))]
    );
    let pencil = "a girl draws a boat with a pencil on the shore of a lake";
    assert_eq!(
        judged(TriggerPlace::Auto, pencil.as_bytes()),
        [("style_words", None)]
    );
    let own = CaptionRules {
        style_words: vec!["fishing".into()],
        ..CaptionRules::default()
    };
    let judge = CaptionJudge::new(&[], "ink", &own);
    let remark = judge.remarks(Some(SCENE.as_bytes())).remove(0);
    assert!(remark.message.contains("“fishing”"), "{}", remark.message);
    // a trigger that is a style word by itself
    let judge = CaptionJudge::new(&[], "ink wash", &rules(TriggerPlace::Caption));
    assert_eq!(
        judge.remarks(Some(format!("{SCENE}, ink wash").as_bytes())),
        []
    );
}

#[test]
fn where_no_fix_is_certain_a_text_without_the_style_words_is_suggested_and_taken_only_when_asked_for()
 {
    let judge = CaptionJudge::new(&[], "style_16", &rules(TriggerPlace::Trainer));
    let remark = |text: &str| {
        let mut remarks = judge.remarks(Some(text.as_bytes())).into_iter();
        remarks.find(|r| r.code == CaptionCode::StyleWords).unwrap()
    };
    let pencil = "a girl draws a boat on the shore of a lake with a pencil\n";
    let without = "a girl draws a boat on the shore of a lake with\n";
    assert_eq!(
        (remark(pencil).fix, remark(pencil).suggestion),
        (None, fix(without))
    );
    assert_eq!(judge.mended(pencil.as_bytes(), None), None);
    let asked = Some(CaptionCode::StyleWords);
    assert_eq!(judge.mended(pencil.as_bytes(), asked), fix(without));
    let certain = remark(&format!("an oil painting of {SCENE}"));
    assert_eq!((certain.fix, certain.suggestion), (fix(SCENE), None));
    // nothing would be said any more
    assert_eq!(remark("a watercolor, style_16").remedy(), None);
    // a trigger that holds a style word stays
    let judge = CaptionJudge::new(&[], "ink wash", &rules(TriggerPlace::Caption));
    let text = "a girl draws a boat on the lake with a pencil, ink wash";
    let found = judge.remarks(Some(text.as_bytes())).remove(0);
    let left = "a girl draws a boat on the lake with, ink wash";
    assert_eq!(found.remedy().map(String::as_str), Some(left));
}

fn file<'a>(filename: &'a str, text: &'a str) -> CaptionFile<'a> {
    CaptionFile {
        filename,
        bytes: Some(text.as_bytes()),
    }
}

#[test]
fn lengths_are_judged_by_the_band_and_by_the_others() {
    let code = |text: String| {
        let found = judged(TriggerPlace::Auto, text.as_bytes());
        found.first().map(|f| f.0)
    };
    let long = |n: usize| vec!["boat"; n].join(" ");
    assert_eq!(code(long(7)), Some("few_words"));
    assert_eq!(code(long(8)), None);
    assert_eq!(code(long(20)), None);
    assert_eq!(code(long(21)), Some("many_words"));
    assert_eq!(
        code(format!("{}, style_16", long(7))),
        Some("trigger_twice")
    );
    let texts = [long(9), long(9), long(10), long(10), long(20), long(2)];
    let files: Vec<_> = texts.iter().map(|t| file("a.png", t)).collect();
    let judge = CaptionJudge::new(&files, "ink", &CaptionRules::default());
    let codes = |n: usize| {
        let remarks = judge.remarks(Some(long(n).as_bytes())).into_iter();
        remarks.map(|r| r.code.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(
        codes(20),
        [] as [&str; 0],
        "twice the middle is still like it"
    );
    assert_eq!(codes(21), ["many_words", "longer_than_others"]);
    assert_eq!(codes(4), ["few_words", "shorter_than_others"]);
    assert_eq!(codes(5), ["few_words"]);
    let few = CaptionJudge::new(&files[..4], "ink", &CaptionRules::default());
    assert!(
        few.remarks(Some(long(4).as_bytes())).len() == 1,
        "too few to compare"
    );
}

#[test]
fn exact_doubles_name_each_other_whatever_their_trigger() {
    let with = format!("{SCENE}, style_16");
    let files = [
        file("a.png", SCENE),
        file("b.png", &with),
        file("c.png", "another boat on another lake far away at dawn"),
        CaptionFile {
            filename: "d.png",
            bytes: None,
        },
        CaptionFile {
            filename: "e.png",
            bytes: None,
        },
    ];
    let judge = CaptionJudge::new(&files, "style_16", &CaptionRules::default());
    let checked = check(&files, &judge);
    assert!(
        checked[0][0]
            .message
            .starts_with("b.png has the same caption")
    );
    let codes = |at: usize| checked[at].iter().map(|r| r.code).collect::<Vec<_>>();
    assert_eq!(
        codes(1),
        [CaptionCode::TriggerTwice, CaptionCode::SameCaption]
    );
    assert_eq!(codes(2), []);
    assert_eq!(codes(3), [CaptionCode::MissingCaption]);
    assert_eq!(
        listed(&["a", "b", "c", "d", "e"], NAMES_SHOWN),
        "a, b, c and 2 more"
    );
}

#[test]
fn everything_certain_is_mended_in_one_go_or_one_thing_alone() {
    let text = format!("\u{feff}a sketch of {SCENE}, style_16\nwith a heron");
    let judge = CaptionJudge::new(&[], "style_16", &rules(TriggerPlace::Trainer));
    assert_eq!(
        judge.mended(text.as_bytes(), None),
        fix(&format!("{SCENE}, with a heron\n"))
    );
    let only = Some(CaptionCode::ByteOrderMark);
    assert_eq!(
        judge.mended(text.as_bytes(), only).as_deref(),
        text.strip_prefix('\u{feff}')
    );
    assert_eq!(judge.mended(SCENE.as_bytes(), None), None);
    assert_eq!(
        judge.mended(b"caf\xe9, style_16", None),
        fix("café"),
        "what only reads after the first fix is mended too"
    );
}
