use std::collections::BTreeSet;

use super::*;

#[test]
fn names_are_unique_and_every_entry_explains_itself() {
    let names: BTreeSet<&str> = PARAMETERS.iter().map(|parameter| parameter.name).collect();
    assert_eq!(names.len(), PARAMETERS.len());
    for parameter in PARAMETERS {
        for text in [
            parameter.label,
            parameter.help,
            parameter.why,
            parameter.source,
        ] {
            assert!(!text.is_empty(), "{}", parameter.name);
        }
    }
}

#[test]
fn every_default_is_a_value_the_parameter_takes() {
    let values = Values::defaults(&Defaults::new("16", "my trigger", 30));
    for (parameter, value) in values.iter() {
        if value.typed().is_empty() {
            continue;
        }
        assert_eq!(
            parameter.read(&value.typed()).as_ref(),
            Ok(value),
            "{}",
            parameter.name
        );
    }
    assert_eq!(values.text("class_tokens"), "my trigger");
}

#[test]
fn recommended_steps_are_forty_for_each_image_within_the_trainers_bounds() {
    assert_eq!(recommended_steps(30), 1_200);
    assert_eq!(recommended_steps(0), 1);
    assert_eq!(recommended_steps(5_000), 100_000);
}

#[test]
fn a_file_name_cannot_leave_its_folder() {
    let file = find("t5").expect("t5");
    for name in ["../x.safetensors", "/x", "a\\b", "a//b", "C:x"] {
        assert!(file.read(name).is_err(), "{name}");
    }
    assert!(file.read("flux/t5xxl_fp8.safetensors").is_ok());
}

#[test]
fn the_reference_names_every_parameter_once() {
    let text = markdown();
    for parameter in PARAMETERS {
        assert_eq!(
            text.matches(&format!("| `{}` |", parameter.name)).count(),
            1,
            "{}",
            parameter.name
        );
    }
    assert_eq!(text.lines().count(), PARAMETERS.len() + 2);
}
