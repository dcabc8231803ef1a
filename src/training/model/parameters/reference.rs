//! The table as text: the reference page and README's table. Only formats; every word comes from the table.

use super::{Group, Kind, PARAMETERS, Parameter, Preset};

/// The whole table in Markdown, one row a parameter.
pub fn markdown() -> String {
    let mut text = String::from(
        "| parameter | label | group | type | allowed | default | unit | what it does | why and how | feeds | source |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for parameter in PARAMETERS {
        let cells = [
            &format!("`{}`", parameter.name),
            parameter.label,
            parameter.group.label(),
            parameter.type_text(),
            &parameter.allowed(),
            &parameter.default_text(),
            parameter.unit,
            parameter.help,
            parameter.why,
            &parameter.feeds_text(),
            parameter.source,
        ];
        text.push_str("| ");
        text.push_str(&cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
        text.push_str(" |\n");
    }
    text
}

/// Class of a node of the workflow, by its id.
pub fn node_class(id: &str) -> &'static str {
    match id {
        "2" => "FluxTrainModelSelect",
        "95" => "OptimizerConfig",
        "107" => "InitFluxLoRATraining",
        "108" => "TrainDatasetGeneralConfig",
        "109" => "TrainDatasetAdd",
        _ => "",
    }
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

    /// What kind of value it holds, in words.
    pub fn type_text(&self) -> &'static str {
        match self.kind {
            Kind::Int { .. } => "whole number",
            Kind::Float { .. } => "number",
            Kind::Bool => "yes or no",
            Kind::Text { .. } => "text",
            Kind::Choice(_) => "one of several words",
            Kind::FileName => "file name",
        }
    }

    /// The node inputs that receive it: `InitFluxLoRATraining.network_dim (node 107)`.
    pub fn feeds_text(&self) -> String {
        let input =
            |(node, input): &(&str, &str)| format!("{}.{input} (node {node})", node_class(node));
        let feeds: Vec<String> = self.feeds.iter().map(input).collect();
        match feeds.as_slice() {
            [] => "the loops and saves of the workflow".to_owned(),
            feeds => feeds.join(", "),
        }
    }

    /// Everything about it but help and why, by name.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let unit = match self.unit {
            "" => "none",
            unit => unit,
        };
        vec![
            ("Type", self.type_text().to_owned()),
            ("Allowed", self.allowed()),
            ("Default", self.default_text()),
            ("Unit", unit.to_owned()),
            ("Feeds", self.feeds_text()),
            ("Source", self.source.to_owned()),
        ]
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
