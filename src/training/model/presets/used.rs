//! A preset put into a form that somebody has typed into: what of the typed values it replaces, said before and after, and the
//! way back.

use super::{SettingsPreset, is_kept};
use crate::training::model::form::{TrainingForm, Typed};
use crate::training::model::parameters::{Defaults, PARAMETERS, Parameter};
use serde::{Deserialize, Serialize};

/// A preset that was put into the form, and how the form was before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsedPreset {
    /// `“Rich style” fills the form. It changed Training steps 1000 to 800.`
    pub words: String,
    before: Typed,
    /// Label of the preset the form began from.
    began_from: String,
    after: Typed,
}

impl UsedPreset {
    /// Whether the form stands as the preset left it.
    pub fn stands_in(&self, form: &TrainingForm) -> bool {
        form.parameters == self.after
    }

    /// Gives the form the parameters it had.
    pub fn undo(self, form: &mut TrainingForm) {
        form.parameters = self.before;
        form.preset = self.began_from;
    }
}

impl SettingsPreset {
    /// Fills the form; `began_from` is the preset that filled it before.
    pub fn put_into(
        &self,
        form: &mut TrainingForm,
        began_from: Option<&Self>,
        defaults: &Defaults,
    ) -> UsedPreset {
        let mut words = format!("“{}” fills the form.", self.name);
        if let Some(replaced) = self.replaces(form, began_from, defaults, ["changed", "reset"]) {
            words.push_str(&format!(" It {replaced}."));
        }
        let (before, label) = (form.parameters.clone(), form.preset.clone());
        self.apply(form, defaults.images);
        UsedPreset {
            words,
            before,
            began_from: label,
            after: form.parameters.clone(),
        }
    }

    /// What it would put in place of typed values, in two verbs, `changes Training steps 1000 to 800 and resets Repeats 7`;
    /// `None` where it leaves all of them. Values of the preset the form began from were not typed.
    pub fn replaces(
        &self,
        form: &TrainingForm,
        began_from: Option<&Self>,
        defaults: &Defaults,
        [changes, resets]: [&str; 2],
    ) -> Option<String> {
        let (mut changed, mut reset) = (Vec::new(), Vec::new());
        for parameter in PARAMETERS.iter().filter(|p| !is_kept(p)) {
            let typed = form.parameters.get(parameter.name);
            let of = |preset: &Self| preset.typed(parameter.name, defaults.images);
            let is_typed = !typed.is_empty() && began_from.is_none_or(|b| of(b) != typed);
            let new = of(self);
            if !is_typed || means(parameter, typed, defaults) == means(parameter, &new, defaults) {
                continue;
            }
            let label = parameter.label;
            match new.is_empty() {
                true => reset.push(format!("{label} {typed}")),
                false => changed.push(format!("{label} {typed} to {new}")),
            }
        }
        let part = |verb: &str, list: &[String]| {
            (!list.is_empty()).then(|| format!("{verb} {}", list.join(", ")))
        };
        match (part(changes, &changed), part(resets, &reset)) {
            (Some(changed), Some(reset)) => Some(format!("{changed} and {reset}")),
            (changed, reset) => changed.or(reset),
        }
    }
}

/// The value a field stands for, as one would type it.
fn means(parameter: &Parameter, typed: &str, defaults: &Defaults) -> String {
    match parameter.read(typed) {
        _ if typed.is_empty() => parameter.default_value(defaults).typed(),
        Ok(value) => value.typed(),
        Err(_) => typed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rich() -> SettingsPreset {
        let values = [("network_dim", "32"), ("max_train_steps", "800")];
        SettingsPreset {
            id: "rich".into(),
            version: 1,
            name: "Rich".into(),
            values: values.map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
            ..SettingsPreset::default()
        }
    }

    fn form(typed: &[(&str, &str)]) -> TrainingForm {
        TrainingForm {
            parameters: typed.iter().copied().collect(),
            ..TrainingForm::default()
        }
    }

    #[test]
    fn typed_values_that_a_preset_replaces_are_said_and_come_back() {
        let typed = form(&[
            ("max_train_steps", "1000"),
            ("learning_rate", "0.0002"),
            ("num_repeats", "7"),
            ("class_tokens", "ink"),
        ]);
        let defaults = Defaults::new("1", "ink", 20);
        let says = rich().replaces(&typed, None, &defaults, ["changes", "resets"]);
        assert_eq!(
            says.as_deref(),
            Some("changes Training steps 1000 to 800 and resets Learning rate 0.0002, Repeats 7")
        );
        let mut filled = typed.clone();
        let used = rich().put_into(&mut filled, None, &defaults);
        assert!(
            used.words
                .contains("“Rich” fills the form. It changed Training steps")
        );
        assert_eq!(filled.parameters.get("learning_rate"), "");
        assert!(used.stands_in(&filled));
        used.undo(&mut filled);
        assert_eq!(filled, typed);
    }

    #[test]
    fn what_stays_the_same_or_was_not_typed_is_not_said() {
        let defaults = Defaults::new("1", "ink", 20);
        let same = form(&[
            ("learning_rate", "1e-4"),
            ("network_dim", "32"),
            ("max_train_steps", ""),
        ]);
        assert_eq!(rich().replaces(&same, None, &defaults, ["", ""]), None);
        let mut other = rich();
        other.values.insert("learning_rate".into(), "0.0003".into());
        let mut filled = form(&[]);
        other.apply(&mut filled, 20);
        assert_eq!(
            rich().replaces(&filled, Some(&other), &defaults, ["", ""]),
            None
        );
    }
}
