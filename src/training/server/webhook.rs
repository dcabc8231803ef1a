//! The webhook: RunPod's envelope or the container's own body, believed only with the run's token.
//!
//! Answers 200 once the report is taken in (also if it changes nothing), 401 for a wrong token, 404 for a run that is not
//! ours, 400 for what is no report, 413 for more than 16 MB, 5xx only if it should be sent again. On its own listener, which a
//! tunnel shows to the world, a stranger's body is not read at all, one that dawdles is given up and a flood of refusals is turned
//! away at once (429).

use super::super::model::version::Report;
use super::outcome;
use super::settle::{Witness, settle};
use super::versions::{self, Stored};
use crate::error::{AppError, ErrorKind};
use crate::server::probe;
use crate::server::problem::Problem;
use crate::server::runpod::{Job, same_job};
use crate::server::state::AppState;
use crate::server::token;
use crate::styles;
use crate::styles::model::StyleId;
use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

pub const PATH: &str = "/api/training-webhook";
/// RunPod echoes the whole request: hundreds of kB are normal.
const MAX_BODY_BYTES: usize = 16 << 20;
/// Longest pause within a body: who sends a byte a minute is no RunPod.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// From the end of the head to the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(90);

/// The listener a tunnel is pointed at: this one address and nothing else.
pub fn only_router(state: AppState) -> Router {
    routes()
        .fallback(|| async { AppError::not_found("Nothing here.") })
        .layer(middleware::from_fn_with_state(state.clone(), at_the_door))
        .with_state(state)
}

/// Middleware: counts who is turned away, and in a flood listens to nobody but the runs' own tokens.
async fn at_the_door(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path: String = request.uri().path().chars().take(80).collect();
    let mut response = if state.door.is_flooded(state.now_ms()) && !is_known(&state, &request) {
        AppError::new(ErrorKind::TooMany, "Too many refused requests.").into_response()
    } else {
        next.run(request).await
    };
    let status = response.status();
    if status.is_client_error() && state.door.refused(state.now_ms(), status.as_u16()) {
        tracing::warn!(%path, %status, "turned away at the webhook's door; the next ones of this minute are not logged");
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether it carries the token of a run of ours.
fn is_known(state: &AppState, request: &Request) -> bool {
    let Ok(Query(query)) = Query::<WebhookQuery>::try_from_uri(request.uri()) else {
        return false;
    };
    let token = query.token.unwrap_or_default();
    let hash = token::hash(&token);
    state.probes.is_under_way(&hash) || versions::knows_token(state, &hash).unwrap_or(false)
}

/// The webhook alone, for mounting beside the pages; strangers are counted there too.
pub fn router(state: &AppState) -> Router<AppState> {
    routes().layer(middleware::from_fn_with_state(state.clone(), at_the_door))
}

fn routes() -> Router<AppState> {
    Router::new()
        .route(PATH, post(receive).fallback(wrong_method))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            ANSWER_WITHIN,
        ))
}

async fn wrong_method() -> AppError {
    AppError::new(ErrorKind::MethodNotAllowed, "The webhook takes POST only.")
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WebhookQuery {
    /// The run's own token, as sent to RunPod in the webhook's address.
    token: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Received {
    received: bool,
    /// Where the version stands now; `test` for the studio's own webhook to itself.
    status: &'static str,
}

/// Takes a training result in.
#[utoipa::path(post, path = "/api/training-webhook", tag = "training", params(WebhookQuery),
    request_body(content = Object, content_type = "application/json", description = "RunPod's job object, or the container's {status, job_id, loraUrl, …}"),
    responses((status = 200, body = Received), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem)))]
pub async fn receive(
    State(state): State<AppState>,
    Query(query): Query<WebhookQuery>,
    request: Request,
) -> Result<Json<Received>, AppError> {
    let test = || {
        Ok(Json(Received {
            received: true,
            status: "test",
        }))
    };
    let given = query.token.unwrap_or_default();
    if state.probes.arrives(&given) {
        return test();
    }
    // a stranger's megabytes are neither waited for nor read
    if !known_by_now(&state, &given).await {
        // a balancer may have led another server's test here
        if state.kept.are_shared() && probe::arrives_for_another(&state.kept, &given).await? {
            return test();
        }
        return Err(wrong_token());
    }
    let body = Bytes::from_request(request, &state)
        .await
        .map_err(|rejection| {
            let kind = match rejection.status().as_u16() {
                413 => ErrorKind::TooLarge,
                _ => ErrorKind::Invalid,
            };
            AppError::new(kind, "The body could not be read.")
        })?;
    let message = Message::parse(&body)?;
    let (style, run) = find(&state, &message)?;
    if !run
        .token_hash
        .as_deref()
        .is_some_and(|hash| token::matches(&given, hash))
    {
        // the door logs the first of a minute
        tracing::debug!(%style, version = run.version.id, "webhook with a wrong token refused");
        return Err(wrong_token());
    }
    let id = &run.version.id;
    if let Some(job_id) = message.job_id {
        // the answer to our submit may have been lost: the webhook names the job
        settle(
            &state,
            &style,
            id,
            Witness::Webhook,
            Report::Submitted { job_id },
        )
        .await?;
    }
    let version = settle(&state, &style, id, Witness::Webhook, message.report).await?;
    Ok(Json(Received {
        received: true,
        status: version.status.as_str(),
    }))
}

fn wrong_token() -> AppError {
    AppError::new(ErrorKind::Unauthorized, "The token is wrong.")
}

/// Whether some run has this token, also one that another server started a moment ago.
async fn known_by_now(state: &AppState, token: &str) -> bool {
    // what cannot be read is looked at again when the body says which run it is
    let known = || versions::knows_token(state, &token::hash(token)).unwrap_or(true);
    if known() {
        return true;
    }
    state.documents.catch_up(Duration::ZERO).await;
    known()
}

/// What a body says, in either form.
pub(crate) struct Message {
    job_id: Option<String>,
    request_id: Option<String>,
    pub(crate) report: Report,
}

impl Message {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, AppError> {
        let invalid = |text: &str| AppError::new(ErrorKind::Invalid, text);
        let value: Value =
            serde_json::from_slice(body).map_err(|_| invalid("The body is not JSON."))?;
        if let Some(job) = Job::parse(&value) {
            let echoed = job.output["job_id"].as_str().map(str::to_owned);
            return Ok(Self {
                report: outcome::of_job(&job),
                request_id: job.request_id.clone().or(echoed),
                job_id: Some(job.id),
            });
        }
        let (request_id, report) = outcome::of_flat(&value)
            .ok_or_else(|| invalid("The body is neither a RunPod job nor a training result."))?;
        Ok(Self {
            job_id: None,
            request_id: Some(request_id),
            report,
        })
    }

    /// The request id decides when the body carries one: a job id that fits with another request id is another run.
    fn is_about(&self, run: &Stored) -> bool {
        let version = &run.version;
        if !version.is_ours() {
            return false;
        }
        match &self.request_id {
            Some(request_id) => version.request_id.as_ref() == Some(request_id),
            None => match (&self.job_id, &version.job_id) {
                (Some(told), Some(ours)) => same_job(told, ours),
                _ => false,
            },
        }
    }
}

fn find(state: &AppState, message: &Message) -> Result<(StyleId, Stored), AppError> {
    let mut unread = false;
    for style in styles::server::list(state)? {
        // one style's broken file must not cost another style its result
        let Ok(runs) = versions::stored(state, &style) else {
            unread = true;
            continue;
        };
        if let Some(run) = runs.into_iter().find(|run| message.is_about(run)) {
            return Ok((style.id, run));
        }
    }
    if unread {
        // it may be a run of the file that cannot be read: it shall come again
        let message = "A file of versions cannot be read; send it again.";
        return Err(AppError::new(ErrorKind::Unavailable, message));
    }
    tracing::debug!("webhook for an unknown run refused");
    Err(AppError::not_found("There is no such run."))
}
