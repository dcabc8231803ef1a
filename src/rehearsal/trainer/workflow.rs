//! The workflow as ComfyUI and FluxTrainer read it: which nodes train, in which order, with which settings.
//!
//! Node ids mean nothing; the links do. Checked is what makes the real server refuse a prompt whatever it holds: nodes without
//! class, no output, broken links on the training path, and the bounds of what this trainer reads.

use serde_json::{Map, Value};

/// One node of the training path.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    id: &'a str,
    class: &'a str,
    inputs: &'a Map<String, Value>,
}

/// One `TrainDatasetAdd`.
#[derive(Clone, Debug)]
pub struct DatasetSettings {
    pub width: u32,
    pub height: u32,
    pub batch_size: u32,
    pub num_repeats: u32,
    pub enable_bucket: bool,
    pub bucket_no_upscale: bool,
    pub min_bucket_reso: u32,
    pub max_bucket_reso: u32,
    pub class_tokens: String,
    pub dataset_path: String,
}

/// What the trainer reads from the workflow.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Steps of each `FluxTrainLoop`, in the order they run.
    pub loops: Vec<u32>,
    /// Steps after which a `FluxTrainSave` keeps a checkpoint.
    pub checkpoints: Vec<u64>,
    pub datasets: Vec<DatasetSettings>,
    /// Inputs of `InitFluxLoRATraining`.
    pub init: Map<String, Value>,
    /// Inputs of the optimizer node, and its class.
    pub optimizer: Map<String, Value>,
    pub optimizer_class: String,
    /// Inputs of `TrainDatasetGeneralConfig`.
    pub general: Map<String, Value>,
    /// Inputs of `FluxTrainModelSelect`.
    pub models: Map<String, Value>,
}

/// The loops in running order.
struct TrainingPath {
    loops: Vec<u32>,
    checkpoints: Vec<u64>,
}

impl TrainingPath {
    fn of(loops: &[(u32, bool)]) -> Self {
        let mut passed = 0;
        let mut checkpoints = Vec::new();
        for (steps, is_saved) in loops {
            passed += u64::from(*steps);
            checkpoints.extend(is_saved.then_some(passed));
        }
        Self {
            loops: loops.iter().map(|(steps, _)| *steps).collect(),
            checkpoints,
        }
    }
}

impl Workflow {
    /// Reads an API-format workflow; the error is the text the job fails with.
    pub fn parse(workflow: &Value) -> Result<Self, String> {
        let graph = Graph::checked(workflow)?;
        let (init, path) = graph.training_path()?;
        let optimizer = graph.linked(init, "optimizer_settings")?;
        let models = graph.linked(init, "flux_models")?;
        let (datasets, general) = graph.datasets(init)?;
        let parsed = Self {
            datasets,
            init: init.inputs.clone(),
            optimizer: optimizer.inputs.clone(),
            optimizer_class: optimizer.class.to_owned(),
            general: general.inputs.clone(),
            models: models.inputs.clone(),
            loops: path.loops,
            checkpoints: path.checkpoints,
        };
        within(init, "network_dim", 1, 100_000)?;
        within(init, "max_train_steps", 1, 100_000)?;
        Ok(parsed)
    }

    /// `max_train_steps` of the workflow.
    pub fn max_train_steps(&self) -> u32 {
        whole(&self.init, "max_train_steps").unwrap_or(1)
    }

    /// LoRA rank.
    pub fn network_dim(&self) -> u32 {
        whole(&self.init, "network_dim").unwrap_or(4)
    }

    /// LoRA alpha.
    pub fn network_alpha(&self) -> f64 {
        number(&self.init, "network_alpha").unwrap_or(1.0)
    }

    /// `save_dtype`, `bf16` where the workflow is silent.
    pub fn save_dtype(&self) -> &str {
        text(&self.init, "save_dtype").unwrap_or("bf16")
    }

    /// The name FluxTrainer gives its files: `{output_name}_rank{dim}_{dtype}`.
    pub fn output_name(&self) -> String {
        let name = text(&self.init, "output_name").unwrap_or("flux_lora");
        format!("{name}_rank{}_{}", self.network_dim(), self.save_dtype())
    }

    /// Extension of caption files, with its dot.
    pub fn caption_extension(&self) -> &str {
        text(&self.general, "caption_extension").unwrap_or(".txt")
    }
}

/// A whole number, also when it came as text or as a float, which ComfyUI takes too.
pub fn whole(inputs: &Map<String, Value>, name: &str) -> Option<u32> {
    number(inputs, name)
        .filter(|number| *number >= 0.0 && *number <= f64::from(u32::MAX))
        .map(|number| number as u32)
}

/// A number, also when it came as text.
pub fn number(inputs: &Map<String, Value>, name: &str) -> Option<f64> {
    match inputs.get(name)? {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    }
}

/// A text that is not a link.
pub fn text<'a>(inputs: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    inputs.get(name)?.as_str()
}

/// A switch; any non-empty text counts as on, as Python's `bool` has it.
pub fn switch(inputs: &Map<String, Value>, name: &str, default: bool) -> bool {
    match inputs.get(name) {
        Some(Value::Bool(on)) => *on,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        _ => default,
    }
}

struct Graph<'a>(&'a Map<String, Value>);

impl<'a> Graph<'a> {
    fn checked(workflow: &'a Value) -> Result<Self, String> {
        let nodes = workflow
            .as_object()
            .ok_or("invalid_prompt: the workflow is not an object of nodes")?;
        for (id, node) in nodes {
            if node
                .get("class_type")
                .and_then(Value::as_str)
                .is_none_or(str::is_empty)
            {
                return Err(format!(
                    "invalid_prompt: Cannot execute because a node is missing the class_type property. (Node ID '#{id}')"
                ));
            }
        }
        Ok(Self(nodes))
    }

    /// From `FluxTrainEnd` back to `InitFluxLoRATraining`: the init node, and what lies between.
    fn training_path(&self) -> Result<(Node<'a>, TrainingPath), String> {
        let end = self
            .0
            .keys()
            .filter_map(|id| self.node(id).ok())
            .find(|node| node.class == "FluxTrainEnd");
        let mut node = end.ok_or("prompt_no_outputs: Prompt has no outputs")?;
        // from behind: steps of each loop, and whether the model is saved after it
        let (mut loops, mut is_saved) = (Vec::new(), false);
        // each node is passed once, so a longer walk is a cycle
        for _ in 0..self.0.len() {
            match node.class {
                "InitFluxLoRATraining" => {
                    loops.reverse();
                    if loops.is_empty() {
                        return Err("No FluxTrainLoop between InitFluxLoRATraining and FluxTrainEnd: nothing would be trained".to_owned());
                    }
                    return Ok((node, TrainingPath::of(&loops)));
                }
                "FluxTrainSave" => is_saved = true,
                "FluxTrainLoop" => {
                    loops.push((within(node, "steps", 1, 10_000)?, is_saved));
                    is_saved = false;
                }
                _ => {}
            }
            node = self.linked(node, "network_trainer")?;
        }
        Err(
            "prompt_outputs_failed_validation: the links of network_trainer form a cycle"
                .to_owned(),
        )
    }

    /// The datasets of the run, first added first, and their common settings.
    fn datasets(&self, init: Node<'a>) -> Result<(Vec<DatasetSettings>, Node<'a>), String> {
        let mut datasets = Vec::new();
        let mut node = self.linked(init, "dataset")?;
        for _ in 0..self.0.len() {
            match node.class {
                "TrainDatasetGeneralConfig" => {
                    datasets.reverse();
                    return Ok((datasets, node));
                }
                "TrainDatasetAdd" => datasets.push(dataset(node)?),
                other => {
                    return Err(format!(
                        "prompt_outputs_failed_validation: node {} {other}: not a dataset",
                        node.id
                    ));
                }
            }
            node = self.linked(node, "dataset_config")?;
        }
        Err("prompt_outputs_failed_validation: the links of dataset_config form a cycle".to_owned())
    }

    fn linked(&self, node: Node<'a>, input: &str) -> Result<Node<'a>, String> {
        let failed = |what: &str| {
            format!(
                "prompt_outputs_failed_validation: node {} {}: {what}: {input}",
                node.id, node.class
            )
        };
        let link = node
            .inputs
            .get(input)
            .ok_or_else(|| failed("required_input_missing"))?;
        let id = link
            .get(0)
            .and_then(Value::as_str)
            .ok_or_else(|| failed("bad_linked_input"))?;
        self.node(id)
            .map_err(|_| failed("exception_during_inner_validation"))
    }

    fn node(&self, id: &str) -> Result<Node<'a>, String> {
        let (id, node) = self
            .0
            .get_key_value(id)
            .ok_or_else(|| format!("node {id} does not exist"))?;
        let class = node["class_type"].as_str().unwrap_or_default();
        let inputs = node["inputs"].as_object().ok_or_else(|| {
            format!("prompt_outputs_failed_validation: node {id} {class}: no inputs")
        })?;
        Ok(Node { id, class, inputs })
    }
}

fn dataset(node: Node<'_>) -> Result<DatasetSettings, String> {
    Ok(DatasetSettings {
        width: within(node, "width", 64, u32::MAX)?,
        height: within(node, "height", 64, u32::MAX)?,
        batch_size: within(node, "batch_size", 1, u32::MAX)?,
        num_repeats: within(node, "num_repeats", 1, u32::MAX)?,
        min_bucket_reso: within(node, "min_bucket_reso", 64, 4096)?,
        max_bucket_reso: within(node, "max_bucket_reso", 64, 4096)?,
        enable_bucket: switch(node.inputs, "enable_bucket", true),
        bucket_no_upscale: switch(node.inputs, "bucket_no_upscale", false),
        class_tokens: text(node.inputs, "class_tokens")
            .unwrap_or_default()
            .to_owned(),
        dataset_path: text(node.inputs, "dataset_path")
            .unwrap_or_default()
            .to_owned(),
    })
}

/// A whole number within ComfyUI's bounds, or ComfyUI's refusal.
fn within(node: Node<'_>, input: &str, least: u32, most: u32) -> Result<u32, String> {
    let refused = |why: &str| {
        format!(
            "prompt_outputs_failed_validation: Prompt outputs failed validation | node {} {}: {why}: {input}",
            node.id, node.class
        )
    };
    let value = node
        .inputs
        .get(input)
        .ok_or_else(|| refused("required_input_missing"))?;
    let number = number(node.inputs, input)
        .filter(|number| number.is_finite())
        .ok_or_else(|| format!("{}, {value}", refused("invalid_input_type")))?;
    if number < f64::from(least) {
        return Err(refused("value_smaller_than_min"));
    }
    if number > f64::from(most) {
        return Err(refused("value_bigger_than_max"));
    }
    Ok(number as u32)
}
