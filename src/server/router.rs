//! The page's listener: `/api`, `/rpc`, pages and files, behind the guard. The only place that mounts the features' routes.

use crate::app::{App, shell};
use crate::error::{AppError, ErrorKind};
use crate::server::state::AppState;
use crate::server::{etag, forms, fresh, gate, guard, openapi, own_scope, problem, telemetry};
use crate::{dataset, library, styles, training, tunnel};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use leptos::prelude::provide_context;
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::{
    LeptosRoutes, generate_route_list_with_exclusions, handle_server_fns_with_context,
};
use std::time::Duration;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// Longest pause within a request's body.
const BODY_PAUSE: Duration = Duration::from_secs(60);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ActorMaker LoRA Studio",
        description = "Training images, selection sets and training runs of style LoRAs for Flux."
    ),
    paths(training::server::webhook::receive)
)]
struct ApiDoc;

/// Everything the browser and scripts of this machine may ask.
pub fn pages(state: AppState) -> Router {
    let context = {
        let state = state.clone();
        move || provide_context(state.clone())
    };
    // leptos would mount the server functions itself, past the layer of `/rpc`
    let functions = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let routes = generate_route_list_with_exclusions(App, Some(functions));
    let options = state.leptos.clone();
    let rpc = {
        let context = context.clone();
        let handler =
            any(move |request: Request| handle_server_fns_with_context(context.clone(), request));
        Router::new()
            .route("/rpc/{*name}", handler)
            .layer(middleware::from_fn(own_scope::own_scope))
            .layer(middleware::from_fn(forms::keep_what_was_typed))
            .layer(middleware::from_fn(problem::server_functions))
            // what reads a form has a smaller bound of its own
            .layer(DefaultBodyLimit::max(forms::MAX_BODY_BYTES))
            .layer(RequestBodyLimitLayer::new(forms::MAX_BODY_BYTES))
    };
    let files = Router::new()
        .fallback(leptos_axum::file_and_error_handler::<AppState, _>(shell))
        .layer(middleware::from_fn(own_scope::own_scope));
    let pictures_are_compressed =
        DefaultPredicate::new().and(NotForContentType::const_new("application/octet-stream"));
    Router::new()
        .merge(api(&state))
        .merge(rpc)
        .merge(gate::router())
        .merge(dataset::server::forms::router())
        .merge(training::server::forms::router())
        .merge(training::server::reproduce::routes::forms())
        .leptos_routes_with_context(&state, routes, context, move || shell(options.clone()))
        .merge(files)
        .layer(middleware::from_fn(etag::json_etag))
        .layer(middleware::from_fn(cache_files))
        .layer(
            CompressionLayer::new()
                // made anew for each answer, mostly to a browser on this machine; what never changes lies compressed already
                .quality(CompressionLevel::Fastest)
                .compress_when(pictures_are_compressed),
        )
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            gate::signed_in_only,
        ))
        // sessions are documents too
        .layer(middleware::from_fn_with_state(
            state.clone(),
            fresh::caught_up,
        ))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            guard::own_pages_only,
        ))
        .layer(CatchPanicLayer::custom(broken))
        .layer(middleware::from_fn(telemetry::log_requests))
        .with_state(state)
}

/// `/api` with its own OpenAPI document; what is not there is a problem, never a page.
fn api(state: &AppState) -> Router<AppState> {
    let (router, document) = OpenApiRouter::with_openapi(ApiDoc::openapi())
        .merge(styles::server::routes::router())
        .merge(dataset::server::routes::router())
        .merge(dataset::server::drafts::routes::router())
        .merge(dataset::server::folders::routes::router())
        .merge(training::server::routes::router())
        .merge(training::server::import::router())
        .merge(training::server::compare::router())
        .merge(training::server::export::router())
        .merge(training::server::reproduce::routes::router())
        .merge(tunnel::server::routes::router())
        .merge(library::server::routes::router())
        .split_for_parts();
    let document = axum::Json(openapi::finished(document));
    router
        .method_not_allowed_fallback(wrong_method)
        .merge(training::server::webhook::router(state))
        .route(
            "/api/openapi.json",
            axum::routing::get(move || async move { document }).fallback(wrong_method),
        )
        .route("/api", any(no_such_route))
        .route("/api/", any(no_such_route))
        .route("/api/{*path}", any(no_such_route))
        .layer(middleware::map_response(problem::of_plain_text))
}

/// A defect of ours costs the one request that met it.
fn broken(_panic: Box<dyn std::any::Any + Send>) -> Response {
    AppError::internal("The request met a defect of the studio; its log says where.")
        .into_response()
}

async fn no_such_route(request: Request) -> AppError {
    let path: String = request.uri().path().chars().take(200).collect();
    AppError::not_found(format!("There is no {path}."))
        .with_remedy("The routes are listed at /api/openapi.json.")
}

async fn wrong_method(method: Method) -> AppError {
    AppError::new(
        ErrorKind::MethodNotAllowed,
        format!("This address does not take {method}."),
    )
}

/// Files with a hash in their name may be kept for ever; everything else is asked for again.
async fn cache_files(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_file = path.starts_with("/pkg/");
    let hashed = is_file
        && path
            .rsplit('/')
            .next()
            .is_some_and(|n| n.matches('.').count() >= 2);
    let mut response = next.run(request).await;
    if is_file && response.status() == StatusCode::OK {
        let value = if hashed {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    response
}
