//! The form as the fields of an HTML form, `form[parameters][network_dim]`, there and back.

use super::TrainingForm;

/// Form fields of the rehearsal.
pub const SPEED: &str = "form[rehearsal][stepsPerSecond]";
pub const FAULTS: &str = "form[rehearsal][faults]";

/// Form field of the version whose model a run goes on from.
pub const START_FROM: &str = "form[startFrom]";

/// Name of the field in the page's form.
pub fn parameter_field(name: &str) -> String {
    format!("form[parameters][{name}]")
}

impl TrainingForm {
    /// Every field with its name, parameters that are empty left out.
    pub fn fields(&self) -> Vec<(String, String)> {
        let named = [
            ("form[styleId]", &self.style_id),
            ("form[selectionSetId]", &self.selection_set_id),
            ("form[name]", &self.name),
            ("form[description]", &self.description),
            ("form[preset]", &self.preset),
            (START_FROM, &self.start_from),
            (SPEED, &self.rehearsal.steps_per_second),
            (FAULTS, &self.rehearsal.faults),
        ];
        let mut fields: Vec<(String, String)> = named
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect();
        let typed = self
            .parameters
            .iter()
            .filter(|(_, typed)| !typed.is_empty());
        fields.extend(typed.map(|(name, typed)| (parameter_field(name), typed.to_owned())));
        fields
    }

    /// Fields that stand otherwise than in `before`; a parameter that was emptied since is one of them.
    pub fn changes(&self, before: &Self) -> Vec<(String, String)> {
        let (mut now, before) = (self.fields(), before.fields());
        let gone = before
            .iter()
            .filter(|(name, _)| !now.iter().any(|(n, _)| n == name));
        let emptied: Vec<_> = gone
            .map(|(name, _)| (name.clone(), String::new()))
            .collect();
        now.extend(emptied);
        now.retain(|field| !before.contains(field));
        now
    }

    /// Takes a field over; says whether it is one of the form.
    pub fn set_field(&mut self, name: &str, value: String) -> bool {
        let parameter = name
            .strip_prefix("form[parameters][")
            .and_then(|rest| rest.strip_suffix(']'));
        match (name, parameter) {
            (_, Some(parameter)) => self.parameters.set(parameter, value),
            ("form[styleId]", _) => self.style_id = value,
            ("form[selectionSetId]", _) => self.selection_set_id = value,
            ("form[name]", _) => self.name = value,
            ("form[description]", _) => self.description = value,
            ("form[preset]", _) => self.preset = value,
            (START_FROM, _) => self.start_from = value,
            (SPEED, _) => self.rehearsal.steps_per_second = value,
            (FAULTS, _) => self.rehearsal.faults = value,
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_survives_the_way_over_its_fields() {
        let mut form = TrainingForm {
            style_id: "16".into(),
            selection_set_id: "1".into(),
            name: "v1.0".into(),
            description: "a & b".into(),
            preset: "small@1".into(),
            start_from: "style_16_1".into(),
            ..TrainingForm::default()
        };
        form.parameters.set("class_tokens", " a=b ");
        let mut again = TrainingForm::default();
        for (name, value) in form.fields() {
            assert!(again.set_field(&name, value), "{name}");
        }
        assert_eq!(again, form);
        assert!(!again.set_field("idempotency_key", "x".into()));
    }

    #[test]
    fn what_was_changed_makes_the_one_form_the_other() {
        let mut before = TrainingForm {
            name: "v1".into(),
            preset: "small@1".into(),
            ..TrainingForm::default()
        };
        before.parameters.set("class_tokens", "ink");
        let mut typed = before.clone();
        typed.name = "mine".into();
        typed.parameters.set("class_tokens", "");
        typed.parameters.set("num_repeats", "7");
        let changes = typed.changes(&before);
        assert_eq!(changes.len(), 3, "{changes:?}");
        for (name, value) in changes {
            assert!(before.set_field(&name, value), "{name}");
        }
        assert_eq!(before, typed);
        assert_eq!(typed.changes(&before), []);
    }
}
