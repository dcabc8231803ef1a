//! The table as text: the reference page and README's table. Only formats; every word comes from the table.

use super::{Group, Kind, PARAMETERS, Parameter, Preset};

/// The whole table in Markdown, one row a parameter.
pub fn markdown() -> String {
    let mut text = String::from(
        "| parameter | label | allowed | default | what it does | why and how | node input |\n|---|---|---|---|---|---|---|\n",
    );
    for parameter in PARAMETERS {
        let feeds: Vec<String> = parameter
            .feeds
            .iter()
            .map(|(node, input)| format!("{node}.{input}"))
            .collect();
        let cells = [
            &format!("`{}`", parameter.name),
            parameter.label,
            &parameter.allowed(),
            &parameter.default_text(),
            parameter.help,
            parameter.why,
            &feeds.join(", "),
        ];
        text.push_str("| ");
        text.push_str(&cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
        text.push_str(" |\n");
    }
    text
}

impl Parameter {
    /// The bounds or words allowed, for a hint.
    pub fn allowed(&self) -> String {
        match self.kind {
            Kind::Int { min, max, .. } => format!("{min} to {max}"),
            Kind::Float { min, max, .. } => format!("{min} to {max}"),
            Kind::Bool => "true or false".to_owned(),
            Kind::Text { max_bytes } => format!("text, at most {max_bytes} bytes"),
            Kind::Choice(words) => words.join(", "),
            Kind::FileName => "a file name of the worker".to_owned(),
        }
    }

    /// What an empty field means, in words.
    pub fn default_text(&self) -> String {
        match self.default {
            Preset::Int(number) => number.to_string(),
            Preset::Float(number) => number.to_string(),
            Preset::Bool(yes) => yes.to_string(),
            Preset::Text("") => "empty".to_owned(),
            Preset::Text(word) => word.to_owned(),
            Preset::TriggerOfStyle => "the style's trigger words, else style_{id}".to_owned(),
            Preset::StepsOfDataset => "images × 40".to_owned(),
        }
    }
}

impl Group {
    /// Heading of the group on the form.
    pub fn label(self) -> &'static str {
        match self {
            Self::Core => "Core",
            Self::Advanced => "Advanced",
            Self::Expert => "Expert",
        }
    }
}
