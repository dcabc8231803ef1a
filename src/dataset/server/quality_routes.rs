//! `/api/styles/{id}/quality` and `…/images/{filename}/quality`.

use super::super::model::bucket_choice::BucketChoice;
use super::super::model::quality::Quality;
use super::super::model::report::{Dismissal, QualityReport, Scope};
use super::quality;
use crate::error::AppError;
use crate::server::problem::{Body, Problem};
use crate::server::state::AppState;
use crate::styles::server::routes::style_id;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(report))
        .routes(routes!(dismiss))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct SetQuery {
    /// Only the images of this selection set, in its order.
    set: Option<u64>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ChoiceQuery {
    /// Training size in pixels; with any of these the last run's are not looked at.
    width: Option<u32>,
    height: Option<u32>,
    enable_bucket: Option<bool>,
    bucket_no_upscale: Option<bool>,
    min_bucket_reso: Option<u32>,
    max_bucket_reso: Option<u32>,
    batch_size: Option<u32>,
}

impl ChoiceQuery {
    /// What was asked for, the trainer's default for the rest; `None` when nothing was.
    fn choice(&self) -> Option<BucketChoice> {
        let default = BucketChoice::default();
        let choice = BucketChoice {
            width: self.width.unwrap_or(default.width),
            // one side alone is a square
            height: self.height.or(self.width).unwrap_or(default.height),
            enable_bucket: self.enable_bucket.unwrap_or(default.enable_bucket),
            bucket_no_upscale: self.bucket_no_upscale.unwrap_or(default.bucket_no_upscale),
            min_bucket_reso: self.min_bucket_reso.unwrap_or(default.min_bucket_reso),
            max_bucket_reso: self.max_bucket_reso.unwrap_or(default.max_bucket_reso),
            batch_size: self.batch_size.unwrap_or(default.batch_size),
        };
        let numbers = [
            self.width,
            self.height,
            self.min_bucket_reso,
            self.max_bucket_reso,
            self.batch_size,
        ];
        let words = [self.enable_bucket, self.bucket_no_upscale];
        let asked = numbers.iter().any(Option::is_some) || words.iter().any(Option::is_some);
        asked.then_some(choice)
    }
}

/// Whether a style's images are good for training, which bucket each falls into, and which stand out of the set.
///
/// Answers at once with what is known; while `analysing` is above 0, ask again.
#[utoipa::path(get, path = "/api/styles/{id}/quality", tag = "quality", params(("id" = String, Path), SetQuery, ChoiceQuery),
    responses((status = 200, body = QualityReport), (status = 400, body = Problem), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn report(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(wanted): Query<SetQuery>,
    Query(size): Query<ChoiceQuery>,
) -> Result<Json<QualityReport>, AppError> {
    let scope = wanted.set.map_or(Scope::All, Scope::Set);
    let report = quality::report(&state, &style_id(&id)?, &scope, size.choice()).await?;
    Ok(Json(report))
}

/// Dismisses a remark of an image, or takes that back. It holds until the image changes or the remark becomes worse. A remark
/// the image does not have at this training size is a 404; while the image is being measured, 409. What keeps a picture out of
/// the training (`unreadable`, `extension`, `untrainable`) cannot be dismissed: 400.
#[utoipa::path(put, path = "/api/styles/{id}/images/{filename}/quality", tag = "quality", params(("id" = String, Path), ("filename" = String, Path), ChoiceQuery),
    request_body = Dismissal, responses((status = 200, body = Quality), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn dismiss(
    State(state): State<AppState>,
    Path((id, filename)): Path<(String, String)>,
    Query(size): Query<ChoiceQuery>,
    Body(dismissal): Body<Dismissal>,
) -> Result<Json<Quality>, AppError> {
    let style = style_id(&id)?;
    let quality = quality::dismiss(&state, &style, &filename, size.choice(), dismissal).await?;
    Ok(Json(quality))
}
