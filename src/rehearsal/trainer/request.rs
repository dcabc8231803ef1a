//! The job's `input` as the training container reads it: where the dataset lies and what is to come of it.
//!
//! Texts are the container's own where they are known.

use serde_json::Value;

/// Fields without which the container refuses a job.
const REQUIRED_CONFIG: [&str; 7] = [
    "mode",
    "user_id",
    "tenant_id",
    "request_id",
    "model_name",
    "learning_rate",
    "max_train_steps",
];

/// One object of the dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Object {
    pub bucket: String,
    /// The raw key, as people named it: spaces are spaces.
    pub key: String,
}

impl S3Object {
    /// Reads `s3://bucket/key`.
    fn parse(url: &str) -> Option<Self> {
        let (bucket, key) = url.strip_prefix("s3://")?.split_once('/')?;
        (!bucket.is_empty() && !key.is_empty() && !key.ends_with('/')).then(|| Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        })
    }

    /// The name under which the container puts it into its one flat folder.
    pub fn basename(&self) -> &str {
        self.key
            .rsplit_once('/')
            .map_or(self.key.as_str(), |(_, name)| name)
    }

    /// `s3://bucket/key`.
    pub fn url(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// What a training job asks for.
#[derive(Clone, Debug)]
pub struct TrainingJob {
    /// `custom-styles` or `custom-actors`.
    pub mode: String,
    pub user_id: String,
    pub tenant_id: String,
    pub request_id: String,
    pub model_name: String,
    pub objects: Vec<S3Object>,
    pub workflow: Value,
}

impl TrainingJob {
    /// Reads a job's `input`; the error is the text the job fails with.
    pub fn parse(input: &Value) -> Result<Self, String> {
        let config = &input["training_config"];
        let missing: Vec<&str> = REQUIRED_CONFIG
            .into_iter()
            .filter(|field| is_blank(&config[*field]))
            .collect();
        if !missing.is_empty() {
            return Err(format!(
                "Missing required training_config fields: {}",
                missing.join(", ")
            ));
        }
        let text = |field: &str| match &config[field] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let workflow = input["workflow"].clone();
        if workflow.as_object().is_none_or(serde_json::Map::is_empty) {
            return Err("No workflow provided in the job's input".to_owned());
        }
        Ok(Self {
            mode: text("mode"),
            user_id: text("user_id"),
            tenant_id: text("tenant_id"),
            request_id: text("request_id"),
            model_name: text("model_name"),
            objects: objects(&input["training_data"]["s3_urls"])?,
            workflow,
        })
    }

    /// Whether each image must have a caption: styles yes, actors no.
    pub fn needs_captions(&self) -> bool {
        self.mode == "custom-styles"
    }

    /// `training_type` of the answer.
    pub fn training_type(&self) -> &'static str {
        if self.mode == "custom-actors" {
            "character"
        } else {
            "style"
        }
    }

    /// The model's file name.
    pub fn file_name(&self) -> String {
        format!("{}.safetensors", self.model_name)
    }

    /// The model's key in the result bucket.
    pub fn model_key(&self) -> String {
        self.key(&self.file_name())
    }

    /// The key of the model as it was after so many steps, named as `FluxTrainSave` does.
    pub fn checkpoint_key(&self, steps: u64) -> String {
        self.key(&format!("{}-step{steps:05}.safetensors", self.model_name))
    }

    fn key(&self, file_name: &str) -> String {
        let folder = if self.mode == "custom-actors" {
            "custom-actors/models"
        } else {
            "custom-styles-models"
        };
        format!("{}/{folder}/{file_name}", self.user_id)
    }
}

/// `request_id` of an input that may be broken otherwise.
pub fn request_id(input: &Value) -> Option<String> {
    input["training_config"]["request_id"]
        .as_str()
        .map(str::to_owned)
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

fn objects(urls: &Value) -> Result<Vec<S3Object>, String> {
    let urls = urls.as_array().filter(|urls| !urls.is_empty());
    let Some(urls) = urls else {
        return Err("No s3_urls provided in training_data".to_owned());
    };
    let parsed = urls.iter().map(|url| {
        let object = url.as_str().and_then(S3Object::parse);
        object.ok_or_else(|| format!("Invalid S3 URL {url}: expected s3://bucket/key"))
    });
    parsed.collect()
}
