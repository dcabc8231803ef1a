//! Parameters that change nothing beside the others: a comparison or a sweep over one of them is paid for nothing.
//!
//! Seen by training with FluxTrainer 639b3e8 twice from one seed and comparing the weights.

use super::Remark;
use crate::training::model::form::TrainingRequest;
use crate::training::model::parameters::Defaults;

/// A warning for each that was changed from its default and is without effect.
pub(super) fn warnings(request: &TrainingRequest, warnings: &mut Vec<Remark>) {
    let defaults = Defaults::new(&request.style_id, "", 0);
    for (parameter, value) in request.values.iter() {
        if *value == parameter.default_value(&defaults) {
            continue;
        }
        if let Some(why) = without_effect(request, parameter.name) {
            let text = format!("{} changes nothing: {why}", parameter.label);
            warnings.push(Remark::new(Some(parameter.name), "no_effect", text));
        }
    }
}

/// Why a parameter is without effect beside the others; `None` where it has one.
fn without_effect(request: &TrainingRequest, name: &str) -> Option<String> {
    let sampling = request.values.text("timestep_sampling");
    let weighting = request.values.text("weighting_scheme");
    let only_with = |what: &str| Some(format!("the trainer looks at it with {what} only."));
    let with_scheme = |scheme: &str| match sampling == "sigma" && weighting == scheme {
        true => None,
        false => only_with(&format!(
            "timestep_sampling sigma and weighting_scheme {scheme}"
        )),
    };
    match name {
        "min_snr_gamma" => Some("the trainer passes it over for Flux.".to_owned()),
        "attention_mode" => Some("the trainer uses sdpa for Flux whatever is chosen.".to_owned()),
        "discrete_flow_shift" if !matches!(sampling, "shift" | "sigma") => {
            only_with("timestep_sampling shift or sigma")
        }
        "sigmoid_scale" if matches!(sampling, "uniform" | "sigma") => {
            only_with("timestep_sampling sigmoid, shift or flux_shift")
        }
        "weighting_scheme" if sampling != "sigma" => only_with("timestep_sampling sigma"),
        "logit_mean" | "logit_std" => with_scheme("logit_normal"),
        "mode_scale" => with_scheme("mode"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::form::TrainingForm;
    use super::*;

    fn warned(parameters: &[(&str, &str)]) -> Vec<String> {
        let form = TrainingForm {
            style_id: "1".into(),
            selection_set_id: "1".into(),
            name: "V1".into(),
            parameters: parameters.iter().copied().collect(),
            ..TrainingForm::default()
        };
        let request = TrainingRequest::parse(&form, &Defaults::new("1", "", 10)).expect("valid");
        let mut told = Vec::new();
        warnings(&request, &mut told);
        told.into_iter().filter_map(|w| w.field).collect()
    }

    #[test]
    fn what_the_trainer_does_not_look_at_is_told_of_and_what_it_does_is_not() {
        assert!(warned(&[]).is_empty());
        assert!(warned(&[("network_dim", "32"), ("discrete_flow_shift", "2")]).is_empty());
        assert_eq!(warned(&[("min_snr_gamma", "1")]), ["min_snr_gamma"]);
        assert_eq!(
            warned(&[("attention_mode", "disabled")]),
            ["attention_mode"]
        );
        assert_eq!(
            warned(&[("weighting_scheme", "mode"), ("mode_scale", "2")]),
            ["weighting_scheme", "mode_scale"]
        );
        let by_sigma = ("timestep_sampling", "sigma");
        let mode = [by_sigma, ("weighting_scheme", "mode"), ("mode_scale", "2")];
        assert!(warned(&mode).is_empty());
        assert_eq!(
            warned(&[by_sigma, ("sigmoid_scale", "2")]),
            ["sigmoid_scale"]
        );
        assert_eq!(warned(&[("logit_mean", "0.5")]), ["logit_mean"]);
        assert!(warned(&[by_sigma, ("logit_mean", "0.5")]).is_empty());
        let uniform = [
            ("timestep_sampling", "uniform"),
            ("discrete_flow_shift", "2"),
        ];
        assert_eq!(warned(&uniform), ["discrete_flow_shift"]);
    }
}
