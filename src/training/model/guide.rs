//! Where the guide explains what is said about a form. Addresses only; a test asks for each of them.

use super::captions::CaptionProblem;
use super::parameters::find;
use super::plan::Remark;
use super::preflight::Check;

/// Codes of problems and warnings, and their place.
const REMARKS: [(&str, &str); 32] = [
    ("name_taken", "before-paying#name"),
    ("model_there", "before-paying#name"),
    ("over_run_cap", "before-paying#costs"),
    ("over_month_cap", "before-paying#costs"),
    ("no_price", "before-paying#costs"),
    ("views", "training#steps"),
    ("high_rate", "training#learning-rate"),
    ("prodigy_rate", "training#learning-rate"),
    ("never_warm", "training#schedule"),
    ("ignored", "training#schedule"),
    ("cut_passes", "training#repeats"),
    ("large_model", "training#rank"),
    ("off_grid", "images#buckets"),
    ("short_side", "training#resolution"),
    ("padded", "captions#trigger"),
    ("multiline", "captions#trigger"),
    ("unknown_set", "selection-sets"),
    ("empty_set", "selection-sets"),
    ("not_in_s3", "before-paying#s3"),
    ("missing", "captions#missing"),
    ("empty", "captions#empty"),
    ("blank", "captions#blank"),
    ("not_utf8", "captions#not_utf8"),
    ("too_long", "captions#too_long"),
    ("not_read", "captions#not_read"),
    ("image_unusable", "captions#image_unusable"),
    ("image_flawed", "images#quality"),
    ("not_rehearsing", "runpod#own"),
    ("start_differs", "training#continue"),
    ("start_unusable", "training#continue"),
    ("start_weights", "training#continue"),
    ("unknown_start", "training#continue"),
];

/// The place that explains a problem or a warning; a value's is its parameter's.
pub fn of_remark(remark: &Remark) -> Option<String> {
    let known = REMARKS.iter().find(|(code, _)| *code == remark.code);
    if let Some((_, place)) = known {
        return Some(format!("/guide/{place}"));
    }
    match remark.field.as_deref()? {
        "name" => Some("/guide/before-paying#name".to_owned()),
        "selectionSetId" => Some("/guide/selection-sets".to_owned()),
        field => Some(format!("/guide/parameters#{}", find(field)?.name)),
    }
}

/// The place that explains a caption's problem.
pub fn of_caption(problem: &CaptionProblem) -> String {
    format!("/guide/captions#{}", problem.code)
}

/// The place that explains a point of the preflight.
pub fn of_check(check: &Check) -> String {
    let place = match check.id.as_str() {
        "cost" => "costs",
        id => id,
    };
    format!("/guide/before-paying#{place}")
}
