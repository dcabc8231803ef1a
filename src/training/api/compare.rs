//! Server functions of comparing versions.

use super::super::model::compare::Comparison;
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// Two to four versions side by side; `ids` divided by commas.
#[server(prefix = "/rpc", endpoint = "compare_versions", input = GetUrl)]
pub async fn compare_versions(style: StyleId, ids: String) -> Result<Comparison, AppError> {
    let ids: Vec<String> = ids.split(',').map(str::to_owned).collect();
    let state = crate::server::state::app_state();
    super::super::server::compare::compare(&state, &style, &ids).await
}
