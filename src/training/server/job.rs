//! The body of a submit to RunPod's `/run`: workflow, dataset, configuration, webhook and the time limits without which a run
//! is killed after ten minutes. Sends nothing; the address and the key are the client's.

use serde_json::{Value, json};

use crate::styles::model::StyleId;
use crate::training::model::form::TrainingRequest;
use crate::training::model::limits::Limits;

/// What the container's handler switches on: styles, whose images need captions.
const MODE: &str = "custom-styles";
const USER_ID: &str = "actor_maker_user";
const TENANT_ID: &str = "actor_maker";
/// The user's folder of finished models.
const MODELS: &str = "custom-styles-models";

/// Where the container writes the finished model in the bucket (research 1.8); rank and dtype are not in its name.
pub fn model_key(model_name: &str) -> String {
    format!("{USER_ID}/{MODELS}/{model_name}.safetensors")
}

/// What the keys of a style's models begin with.
pub fn models_of(style: &StyleId) -> String {
    format!("{USER_ID}/{MODELS}/style_{style}_")
}

/// The submit body. `s3_urls` are image, caption, image, caption … in set order, raw names; `request_id` is `{styleId}_{unix ms}`;
/// `webhook` the whole URL with the version's token, `None` when nothing can reach us: polling then carries the run.
pub fn body(
    request: &TrainingRequest,
    limits: Limits,
    workflow: Value,
    s3_urls: &[String],
    request_id: &str,
    webhook: Option<&str>,
) -> Value {
    let mut body = json!({
        "input": {
            "workflow": workflow,
            "training_data": { "s3_urls": s3_urls },
            "training_config": {
                "mode": MODE,
                "user_id": USER_ID,
                "tenant_id": TENANT_ID,
                "request_id": request_id,
                "model_name": request.model_name(),
                "learning_rate": request.learning_rate(),
                "max_train_steps": request.max_train_steps(),
            },
        },
        "policy": { "executionTimeout": limits.execution_timeout_ms, "ttl": limits.ttl_ms },
    });
    if !request.rehearsal.asks_for_nothing() {
        body["input"]["rehearsal"] = json!(request.rehearsal);
    }
    if let Some(url) = webhook {
        body["webhook"] = json!(url);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::model::form::TrainingForm;
    use crate::training::model::parameters::Defaults;

    fn request(parameters: &[(&str, &str)]) -> TrainingRequest {
        let form = TrainingForm {
            style_id: "16".to_owned(),
            selection_set_id: "1".to_owned(),
            name: "v1.0".to_owned(),
            description: String::new(),
            parameters: parameters.iter().copied().collect(),
            ..TrainingForm::default()
        };
        TrainingRequest::parse(&form, &Defaults::new("16", "", 30)).expect("a request")
    }

    #[test]
    fn the_body_is_the_seeds_with_the_policy_it_forgot() {
        let urls = [
            "s3://bucket/styles/16/a (1).jpg".to_owned(),
            "s3://bucket/styles/16/a (1).txt".to_owned(),
        ];
        let request = request(&[]);
        let body = body(
            &request,
            Limits::of(&request, 1_200.0),
            json!({"2": {}}),
            &urls,
            "16_1700000000000",
            Some("https://x.test/api/training-webhook?token=t"),
        );
        assert_eq!(
            body["input"]["training_config"],
            json!({
                "mode": "custom-styles", "user_id": "actor_maker_user", "tenant_id": "actor_maker", "request_id": "16_1700000000000",
                "model_name": "style_16_v1.0", "learning_rate": 0.0001, "max_train_steps": 1200
            })
        );
        assert_eq!(body["input"]["training_data"]["s3_urls"], json!(urls));
        assert_eq!(
            body["webhook"],
            "https://x.test/api/training-webhook?token=t"
        );
        assert_eq!(body["policy"]["executionTimeout"], 9_000_000);
    }

    #[test]
    fn without_a_public_address_there_is_no_webhook() {
        let request = request(&[]);
        let limits = Limits::of(&request, 1_200.0);
        let body = body(&request, limits, json!({"2": {}}), &[], "16_1", None);
        assert_eq!(body.get("webhook"), None);
    }
}
