//! What browsers need before s3s: the page's origin is another port, so they ask for CORS; stored files are people's, so they
//! are told not to guess their type nor to run what is in them.

use std::time::Duration;

use http::{HeaderName, HeaderValue, header};
use s3s::service::S3Service;
use tower::Layer as _;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, Cors, CorsLayer};
use tower_http::set_header::{SetResponseHeader, SetResponseHeaderLayer};

use super::refusals::Refusals;

/// What a script on the page may read of an answer.
pub(super) const EXPOSED_HEADERS: [&str; 12] = [
    "etag",
    "content-length",
    "content-range",
    "content-disposition",
    "content-encoding",
    "accept-ranges",
    "last-modified",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha256",
    "x-amz-checksum-type",
    "x-amz-request-id",
];

/// The whole stack as a connection is served with it.
pub(super) type Front =
    Cors<SetResponseHeader<SetResponseHeader<Refusals, HeaderValue>, HeaderValue>>;

/// Puts the layers before `s3`.
pub(super) fn front(s3: S3Service) -> Front {
    let nosniff = SetResponseHeaderLayer::overriding(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // an SVG or HTML file opened by its link runs no script: cookies do not know ports, and the studio's are on this host
    let sandbox = SetResponseHeaderLayer::overriding(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox"),
    );
    cors().layer(sandbox.layer(nosniff.layer(Refusals(s3))))
}

/// Any origin may ask: what it may have is decided by the signature, and no cookie plays a part. Methods and headers are
/// mirrored, so that `content-type`, `x-amz-*`, `if-none-match` and `range` pass in every browser.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::any())
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED_HEADERS.map(HeaderName::from_static))
        .max_age(Duration::from_secs(3600))
}
