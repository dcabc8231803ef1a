use super::super::dataset::{CaptionFile, ItemFacts};
use super::super::version::Status;
use super::*;
use crate::dataset::model::buckets::Size;

fn item(filename: &str, caption: Option<&str>) -> ItemFacts {
    ItemFacts {
        filename: filename.to_owned(),
        in_s3: true,
        size: Some(Size::new(512, 512)),
        unfit: None,
        flaws: Vec::new(),
        caption: caption.map(|text| CaptionFile::Text(text.to_owned())),
    }
}

fn dataset(items: Vec<ItemFacts>) -> DatasetFacts {
    DatasetFacts {
        set: 1,
        unknown: None,
        items,
    }
}

fn form(parameters: &[(&str, &str)]) -> TrainingForm {
    TrainingForm {
        style_id: "16".into(),
        selection_set_id: "1".into(),
        name: "v1.0".into(),
        parameters: parameters.iter().copied().collect(),
        ..TrainingForm::default()
    }
}

fn style() -> StyleFacts {
    StyleFacts {
        class_tokens: "style_ink".into(),
        used_names: vec![UsedName {
            name: "V1.0".into(),
            status: Some(Status::Completed),
            renamed: None,
        }],
        ..StyleFacts::default()
    }
}

fn codes(remarks: &[Remark]) -> Vec<&str> {
    remarks.iter().map(|r| r.code.as_str()).collect()
}

#[test]
fn a_sound_form_has_its_plan_and_captions_and_no_problem() {
    let images = (0..30).map(|n| item(&format!("{n}.png"), Some("a boat")));
    let style = StyleFacts {
        used_names: Vec::new(),
        ..style()
    };
    let judged = judge(&form(&[]), &style, &dataset(images.collect()));
    assert_eq!(judged.problems, []);
    assert_eq!((judged.plan.steps, judged.defaults.images), (1_200, 30));
    assert_eq!(
        judged.captions[0].as_trained.as_deref(),
        Some("style_ink a boat")
    );
}

#[test]
fn fields_names_and_images_are_all_named_at_once() {
    let mut lost = item("lost.png", None);
    lost.in_s3 = false;
    let mut broken = item("broken.png", Some("x"));
    broken.size = None;
    let mut foreign = item("foreign.png", None);
    foreign.caption = Some(CaptionFile::of(b"caf\xe9"));
    let items = vec![
        lost,
        broken,
        foreign,
        item("bare.png", None),
        item("blank.png", Some(" \n")),
        item("a.gif", Some("x")),
    ];
    let judged = judge(&form(&[("batch_size", "0")]), &style(), &dataset(items));
    assert_eq!(
        codes(&judged.problems),
        [
            "invalid",
            "name_taken",
            "blank",
            "image_unusable",
            "missing",
            "not_in_s3",
            "not_read",
            "not_utf8"
        ]
    );
    assert_eq!(judged.defaults.images, 4);
}

#[test]
fn a_form_without_a_set_is_judged_all_the_same() {
    let unset = TrainingForm {
        selection_set_id: String::new(),
        ..form(&[("learning_rate", "0,1")])
    };
    let judged = judge(&unset, &StyleFacts::default(), &DatasetFacts::default());
    let fields: Vec<_> = judged
        .problems
        .iter()
        .filter_map(|p| p.field.as_deref())
        .collect();
    assert_eq!(&fields[..2], ["selectionSetId", "learning_rate"]);
}

#[test]
fn the_facts_survive_the_way_to_the_browser() {
    let mut facts = dataset(vec![item("a.png", Some("a boat")), item("b.png", None)]);
    facts.items[1].caption = Some(CaptionFile::of(&[0xff, 0xfe]));
    let wire = serde_json::to_string(&facts).expect("JSON");
    assert_eq!(
        serde_json::from_str::<DatasetFacts>(&wire).expect("facts"),
        facts
    );
}

#[test]
fn a_cap_stops_a_paid_run_and_only_warns_a_rehearsal() {
    let mut style = StyleFacts {
        used_names: Vec::new(),
        ..style()
    };
    style.costs.settings.run_cap_usd = Some(0.01);
    let judged = judge(
        &form(&[]),
        &style,
        &dataset(vec![item("a.png", Some("a boat"))]),
    );
    assert_eq!(codes(&judged.problems), ["over_run_cap"]);
    style.costs.rehearsed = true;
    let judged = judge(
        &form(&[]),
        &style,
        &dataset(vec![item("a.png", Some("a boat"))]),
    );
    assert_eq!(judged.problems, []);
    assert!(codes(&judged.warnings).contains(&"over_run_cap"));
}
