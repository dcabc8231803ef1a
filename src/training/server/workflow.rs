//! The ComfyUI workflow of a request, in API format: every node with its `class_type`, loops summing to `max_train_steps`.
//!
//! Values come from the parameter table; here are only the graph and the constants. Checks nothing: a [`TrainingRequest`] is sound.

use serde_json::{Map, Value, json};

use crate::training::model::form::{CAPTION_EXTENSION, TrainingRequest};
use crate::training::model::loops::segments;

/// Where the container looks for the model.
const OUTPUT_DIR: &str = "/model_output";
/// Of the node that names the start weights where a person opens the graph.
const START_WEIGHTS_ID: &str = "199";
/// Nodes beyond the container's ten are numbered from here.
const FIRST_FREE_ID: u32 = 200;

/// The graph for ComfyUI's `POST /prompt`. `output_name` is the model's name, `dataset_path` the folder the container fills.
pub fn workflow(request: &TrainingRequest, output_name: &str, dataset_path: &str) -> Value {
    let mut graph = Map::new();
    fixed_nodes(&mut graph, output_name, dataset_path);
    for (parameter, value) in request.values.iter() {
        for (node, input) in parameter.feeds {
            graph[*node]["inputs"][*input] = json!(value);
        }
    }
    let last = training_nodes(&mut graph, request);
    closing_nodes(&mut graph, &last);
    Value::Object(graph)
}

/// The same for a person to open in ComfyUI's own page, which drops a text given to an input that takes only a link: the start
/// weights come from a node of ComfyUI's own (in its core since March 2025), which `POST /prompt` takes just as well.
pub fn to_open(mut graph: Value) -> Value {
    let Some(path) = graph["2"]["inputs"].get("lora_path").cloned() else {
        return graph;
    };
    graph["2"]["inputs"]["lora_path"] = json!([START_WEIGHTS_ID, 0]);
    if let Some(nodes) = graph.as_object_mut() {
        let inputs = json!({ "value": path });
        add(
            nodes,
            START_WEIGHTS_ID,
            "PrimitiveString",
            "Start weights",
            inputs,
        );
    }
    graph
}

fn add(graph: &mut Map<String, Value>, id: &str, class_type: &str, title: &str, inputs: Value) {
    let node = json!({ "class_type": class_type, "inputs": inputs, "_meta": { "title": title } });
    graph.insert(id.to_owned(), node);
}

/// Models, dataset, optimizer and trainer, with the inputs no parameter feeds.
fn fixed_nodes(graph: &mut Map<String, Value>, output_name: &str, dataset_path: &str) {
    add(graph, "2", "FluxTrainModelSelect", "Models", json!({}));
    let optimizer = json!({ "extra_optimizer_args": "" });
    add(graph, "95", "OptimizerConfig", "Optimizer", optimizer);
    let general = json!({
        "color_aug": false,
        "alpha_mask": false,
        // a warm worker otherwise trains the last job's dataset too
        "reset_on_queue": true,
        "caption_extension": CAPTION_EXTENSION,
    });
    let title = "Dataset defaults";
    add(graph, "108", "TrainDatasetGeneralConfig", title, general);
    let dataset = json!({ "dataset_config": ["108", 0], "dataset_path": dataset_path });
    add(graph, "109", "TrainDatasetAdd", "Dataset", dataset);
    let trainer = json!({
        "flux_models": ["2", 0],
        "dataset": ["109", 0],
        "optimizer_settings": ["95", 0],
        "output_name": output_name,
        "output_dir": OUTPUT_DIR,
        "additional_args": "",
        "train_text_encoder": "disabled",
        "clip_l_lr": 0.0,
        "T5_lr": 0.0,
    });
    let title = "Init training";
    add(graph, "107", "InitFluxLoRATraining", title, trainer);
}

/// Loops and saves, one after the other; the first are 4 and 14, which the container knows. Gives the last save's id.
fn training_nodes(graph: &mut Map<String, Value>, request: &TrainingRequest) -> String {
    let segments = segments(request.max_train_steps(), request.save_every_n_steps());
    let mut free = FIRST_FREE_ID;
    let mut id_of = |wanted: &str, first: bool| {
        if first {
            return wanted.to_owned();
        }
        free += 1;
        (free - 1).to_string()
    };
    let mut previous = "107".to_owned();
    for (segment_index, segment) in segments.iter().enumerate() {
        for (loop_index, steps) in segment.iter().enumerate() {
            let id = id_of("4", segment_index == 0 && loop_index == 0);
            let inputs = json!({ "network_trainer": [previous, 0], "steps": steps });
            add(
                graph,
                &id,
                "FluxTrainLoop",
                &format!("Train {steps} steps"),
                inputs,
            );
            previous = id;
        }
        let id = id_of("14", segment_index == 0);
        let inputs = json!({
            "network_trainer": [previous, 0],
            "save_state": false,
            "copy_to_comfy_lora_folder": false,
        });
        add(graph, &id, "FluxTrainSave", "Save checkpoint", inputs);
        previous = id;
    }
    previous
}

fn closing_nodes(graph: &mut Map<String, Value>, last: &str) {
    let plot = json!({
        "network_trainer": [last, 0],
        // the node's own default, "default", is not in its list
        "plot_style": "ggplot",
        "window_size": 100,
        "normalize_y": true,
        "width": 768,
        "height": 512,
        "log_scale": false,
    });
    add(graph, "97", "VisualizeLoss", "Loss plot", plot);
    let image = json!({ "images": ["97", 0], "filename_prefix": "flux_lora_loss_plot" });
    add(graph, "98", "SaveImage", "Save loss plot", image);
    let end = json!({ "network_trainer": [last, 0], "save_state": false });
    add(graph, "133", "FluxTrainEnd", "End training", end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::model::form::TrainingForm;
    use crate::training::model::parameters::Defaults;

    fn graph(parameters: &[(&str, &str)]) -> Value {
        let form = TrainingForm {
            style_id: "16".to_owned(),
            selection_set_id: "1".to_owned(),
            name: "v1.0".to_owned(),
            description: String::new(),
            parameters: parameters.iter().copied().collect(),
            ..TrainingForm::default()
        };
        let request =
            TrainingRequest::parse(&form, &Defaults::new("16", "", 30)).expect("a request");
        workflow(&request, &request.model_name(), "/training_data")
    }

    fn loops(graph: &Value) -> Vec<u64> {
        let nodes = graph.as_object().expect("a graph").values();
        nodes
            .filter(|node| node["class_type"] == "FluxTrainLoop")
            .filter_map(|node| node["inputs"]["steps"].as_u64())
            .collect()
    }

    #[test]
    fn the_ten_nodes_the_container_knows_are_there_with_the_values_typed() {
        let graph = graph(&[("learning_rate", "0.0003"), ("network_dim", "32")]);
        for id in ["2", "4", "14", "95", "97", "98", "107", "108", "109", "133"] {
            assert!(graph[id]["class_type"].is_string(), "node {id}");
            assert!(graph[id]["_meta"]["title"].is_string(), "node {id}");
        }
        assert_eq!(graph.as_object().map(Map::len), Some(10));
        assert_eq!(
            graph["107"]["inputs"]["learning_rate"].to_string(),
            "0.0003"
        );
        assert_eq!(graph["107"]["inputs"]["network_dim"].to_string(), "32");
        assert_eq!(graph["107"]["inputs"]["output_name"], "style_16_v1.0");
        assert_eq!(graph["108"]["inputs"]["reset_on_queue"], true);
        assert_eq!(graph["97"]["inputs"]["plot_style"], "ggplot");
        assert_eq!(graph["109"]["inputs"]["class_tokens"], "style_16");
    }

    #[test]
    fn loops_sum_to_max_train_steps_however_long_the_run() {
        for (steps, every, count) in [
            ("1200", "0", 1),
            ("25000", "0", 3),
            ("1200", "250", 5),
            ("30000", "15000", 4),
        ] {
            let graph = graph(&[("max_train_steps", steps), ("save_every_n_steps", every)]);
            let loops = loops(&graph);
            assert_eq!(loops.len(), count, "{steps} by {every}");
            assert_eq!(loops.iter().sum::<u64>().to_string(), steps);
            assert_eq!(graph["107"]["inputs"]["max_train_steps"].to_string(), steps);
        }
    }

    #[test]
    fn checkpoints_are_chained_and_the_end_follows_the_last() {
        let graph = graph(&[("max_train_steps", "600"), ("save_every_n_steps", "300")]);
        assert_eq!(graph["14"]["inputs"]["network_trainer"], json!(["4", 0]));
        assert_eq!(graph["200"]["inputs"]["network_trainer"], json!(["14", 0]));
        assert_eq!(graph["201"]["inputs"]["network_trainer"], json!(["200", 0]));
        assert_eq!(graph["201"]["class_type"], "FluxTrainSave");
        assert_eq!(graph["133"]["inputs"]["network_trainer"], json!(["201", 0]));
        assert_eq!(graph["97"]["inputs"]["network_trainer"], json!(["201", 0]));
    }
}
