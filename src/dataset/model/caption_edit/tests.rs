use super::super::caption_checks::CaptionRules;
use super::*;

fn applied(edit: CaptionEdit, text: &str) -> String {
    assert_eq!(edit.problems(), [], "{edit:?}");
    let judge = CaptionJudge::new(&[], "style_16", &CaptionRules::default());
    edit.apply(text, &judge)
}

fn edit(operation: Operation) -> CaptionEdit {
    CaptionEdit {
        operation,
        ..CaptionEdit::default()
    }
}

#[test]
fn text_is_replaced_in_any_case_unless_case_or_whole_words_matter() {
    let replace = |match_case, whole_words| {
        let edit = CaptionEdit {
            find: "boat".into(),
            replace: "ship".into(),
            match_case,
            whole_words,
            ..edit(Operation::Replace)
        };
        applied(edit, "Boat, boats and a boat\nboat")
    };
    assert_eq!(replace(false, false), "ship, ships and a ship\nship");
    assert_eq!(replace(true, false), "Boat, ships and a ship\nship");
    assert_eq!(replace(false, true), "ship, boats and a ship\nship");
    let letters = CaptionEdit {
        find: "ÉTÉ".into(),
        replace: "x".into(),
        ..edit(Operation::Replace)
    };
    assert_eq!(applied(letters, "été, İété"), "x, İx");
    let blanks = CaptionEdit {
        find: "  ".into(),
        replace: " ".into(),
        ..edit(Operation::Replace)
    };
    assert_eq!(applied(blanks, "a  b"), "a b");
}

#[test]
fn what_is_appended_or_put_before_is_joined_as_one_would_write_it() {
    let append = |text: &str, to: &str| {
        let text = text.to_owned();
        applied(
            CaptionEdit {
                text,
                ..edit(Operation::Append)
            },
            to,
        )
    };
    assert_eq!(append("at dusk", "a boat\n"), "a boat, at dusk\n");
    assert_eq!(append(", at dusk", "a boat,"), "a boat, at dusk");
    assert_eq!(append(" at dusk", "a boat "), "a boat at dusk");
    assert_eq!(append("at dusk", "a boat,"), "a boat, at dusk");
    let prepend = |text: &str, to: &str| {
        let text = text.to_owned();
        applied(
            CaptionEdit {
                text,
                ..edit(Operation::Prepend)
            },
            to,
        )
    };
    assert_eq!(prepend("at dusk,", "a boat"), "at dusk, a boat");
    assert_eq!(prepend("at dusk, ", " a boat\nx"), "at dusk, a boat\nx");
}

#[test]
fn the_trigger_is_set_once_at_its_place_or_taken_out() {
    let set = |place, text| {
        applied(
            CaptionEdit {
                place,
                ..edit(Operation::Trigger)
            },
            text,
        )
    };
    let twice = "style_16, a boat, style_16\n";
    assert_eq!(set(Place::End, twice), "a boat, style_16\n");
    assert_eq!(set(Place::Start, twice), "style_16, a boat\n");
    assert_eq!(set(Place::Out, twice), "a boat\n");
    assert_eq!(set(Place::Out, "a boat"), "a boat");
    let own = CaptionEdit {
        trigger: "ink".into(),
        ..edit(Operation::Trigger)
    };
    assert_eq!(applied(own, "a boat"), "a boat, ink");
}

#[test]
fn words_are_stripped_by_ones_own_list_or_the_styles() {
    let strip = |words: &str, text: &str| {
        let words = words.to_owned();
        applied(
            CaptionEdit {
                words,
                ..edit(Operation::Strip)
            },
            text,
        )
    };
    assert_eq!(strip("red, small", "a small red boat"), "a boat");
    assert_eq!(strip("", "a red boat, watercolor"), "a red boat");
    assert_eq!(
        strip("green", "a  red boat"),
        "a  red boat",
        "untouched, not tidied"
    );
}

#[test]
fn what_is_certain_is_fixed_all_or_one_kind() {
    let text = "a sketch of a boat, style_16";
    assert_eq!(applied(edit(Operation::Fix), text), "a boat");
    let one = CaptionEdit {
        code: Some(CaptionCode::TriggerTwice),
        ..edit(Operation::Fix)
    };
    assert_eq!(one.sentence(), "Fixed “Trigger twice”");
    assert_eq!(applied(one, text), "a sketch of a boat");
}

#[test]
fn an_edit_that_cannot_be_carried_out_names_its_field() {
    let fields = |edit: CaptionEdit| edit.problems().into_iter().map(|p| p.0).collect::<Vec<_>>();
    assert_eq!(fields(edit(Operation::Replace)), ["find"]);
    assert_eq!(fields(edit(Operation::Append)), ["text"]);
    let lines = CaptionEdit {
        text: "a\nb".into(),
        ..edit(Operation::Prepend)
    };
    assert_eq!(fields(lines), ["text"]);
    let long = CaptionEdit {
        find: "x".repeat(2_001),
        replace: "x".repeat(2_001),
        ..edit(Operation::Regex)
    };
    assert_eq!(fields(long), ["find", "replace"]);
    let words = CaptionEdit {
        words: "x".repeat(61),
        ..edit(Operation::Strip)
    };
    assert_eq!(fields(words), ["words"]);
    assert!(unfit(" \n").is_some() && unfit(&"x".repeat(70_000)).is_some());
    assert_eq!(unfit("a boat"), None);
}

#[test]
fn every_operation_has_a_word_of_its_own_and_a_sentence() {
    for (operation, word, _) in Operation::ALL {
        assert_eq!(serde_json::to_value(operation).unwrap(), word);
        assert!(!edit(operation).sentence().is_empty());
    }
    let removed = CaptionEdit {
        find: "x".repeat(70),
        ..edit(Operation::Replace)
    };
    assert_eq!(removed.sentence(), format!("Removed “{}…”", "x".repeat(60)));
}
