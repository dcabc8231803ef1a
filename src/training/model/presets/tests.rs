use super::super::dataset::DatasetFacts;
use super::super::judge::{StyleFacts, judge};
use super::*;

fn form() -> TrainingForm {
    let mut form = TrainingForm {
        style_id: "16".into(),
        selection_set_id: "1".into(),
        name: "v1.0".into(),
        ..TrainingForm::default()
    };
    form.parameters.set("class_tokens", "style_ink");
    form.parameters.set("flip_aug", "true");
    form
}

#[test]
fn every_built_in_preset_can_be_trained_and_names_its_source() {
    for preset in built_in() {
        let mut form = form();
        preset.apply(&mut form, 20);
        let judged = judge(&form, &StyleFacts::default(), &DatasetFacts::default());
        assert_eq!(judged.problems, [], "{}", preset.id);
        assert!(
            !preset.source.is_empty() && is_label(&preset.label()),
            "{}",
            preset.id
        );
        assert_eq!(preset.clone().checked(), Ok(preset));
    }
}

#[test]
fn a_preset_replaces_every_parameter_but_those_of_style_and_worker() {
    let mut form = form();
    find_preset("kohya-ss@1", &[])
        .expect("it is there")
        .apply(&mut form, 30);
    assert_eq!(form.parameters.get("class_tokens"), "style_ink");
    assert_eq!(form.parameters.get("flip_aug"), "", "back to its default");
    assert_eq!(form.parameters.get("learning_rate"), "0.0003");
    assert_eq!(form.preset, "kohya-ss@1");
}

#[test]
fn steps_follow_the_number_of_images_within_the_presets_bounds() {
    let small = find_preset("small", &[]).expect("it is there");
    let steps = [5, 15, 20, 100].map(|images| small.typed("max_train_steps", images));
    assert_eq!(steps, ["500", "600", "800", "1000"]);
}

#[test]
fn a_saved_form_comes_back_the_same_without_what_is_the_default() {
    let mut typed = form();
    typed.parameters.set("network_dim", "32");
    typed.parameters.set("batch_size", "2");
    typed.parameters.set("max_train_steps", "800");
    let preset = SettingsPreset::of(" Fine lines (2) ", &typed, 20);
    assert_eq!(
        (preset.id.as_str(), preset.name.as_str()),
        ("fine-lines-2", "Fine lines (2)")
    );
    let names: Vec<&str> = preset.values.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["flip_aug", "network_dim"],
        "800 is what is recommended for 20 images"
    );
    let mut again = form();
    preset.apply(&mut again, 20);
    assert_eq!(again.parameters.get("network_dim"), "32");
    assert_eq!(
        find_preset("fine-lines-2@7", std::slice::from_ref(&preset)),
        Some(preset)
    );
}

#[test]
fn a_preset_with_a_value_the_trainer_would_refuse_is_refused_by_field() {
    let mut preset = SettingsPreset::of("!", &form(), 20);
    preset.values.insert("network_dim".into(), "0".into());
    preset.values.insert("lora_dim".into(), "8".into());
    let errors = preset.checked().expect_err("refused");
    let fields: Vec<&str> = errors.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["preset_name", "lora_dim", "network_dim"]);
}

#[test]
fn a_preset_beside_others_of_its_name_is_numbered() {
    let long = SettingsPreset::of(&"k".repeat(NAME_MAX), &form(), 20);
    let beside = long.clone().beside(|id| id == long.id);
    assert!(beside.name.ends_with("kk-2") && beside.name.len() == NAME_MAX);
    assert_eq!(beside.clone().checked(), Ok(beside));
    let taken = ["kohya", "kohya-2"];
    let third = SettingsPreset::of("Kohya", &form(), 20).beside(|id| taken.contains(&id));
    assert_eq!(
        (third.id.as_str(), third.name.as_str()),
        ("kohya-3", "Kohya-3")
    );
    assert_eq!(
        SettingsPreset::of("Ink", &form(), 20)
            .beside(|_| false)
            .name,
        "Ink"
    );
}
