//! The operations on buckets as wholes.

use s3s::dto::{
    Bucket, BucketLocationConstraint, CORSRule, CreateBucketInput, CreateBucketOutput,
    DeleteBucketCorsInput, DeleteBucketCorsOutput, DeleteBucketInput, DeleteBucketOutput,
    GetBucketCorsInput, GetBucketCorsOutput, GetBucketLocationInput, GetBucketLocationOutput,
    GetBucketVersioningInput, GetBucketVersioningOutput, HeadBucketInput, HeadBucketOutput,
    ListBucketsInput, ListBucketsOutput, Owner, PutBucketCorsInput, PutBucketCorsOutput,
};
use s3s::{S3Request, S3Response, S3Result};

use super::backend::Backend;
use super::bucket::disk_error;
use super::front::EXPOSED_HEADERS;
use super::receive::blocking;

type Answer<T> = S3Result<S3Response<T>>;

pub(super) fn owner() -> Owner {
    Owner {
        display_name: Some("actor_maker".into()),
        id: Some("actor_maker".into()),
    }
}

pub(super) async fn list(
    backend: &Backend,
    request: S3Request<ListBucketsInput>,
) -> Answer<ListBucketsOutput> {
    let prefix = request.input.prefix;
    let buckets = backend.store.buckets();
    let shown = buckets.iter().filter(|bucket| {
        prefix
            .as_ref()
            .is_none_or(|prefix| bucket.name.starts_with(prefix))
    });
    let buckets = shown.map(|bucket| Bucket {
        bucket_region: Some(backend.region.clone()),
        creation_date: Some(bucket.created.into()),
        name: Some(bucket.name.clone()),
    });
    let buckets = Some(buckets.collect());
    Ok(S3Response::new(ListBucketsOutput {
        buckets,
        owner: Some(owner()),
        prefix,
        ..Default::default()
    }))
}

/// Creating one's own bucket again is a success, as in us-east-1.
pub(super) async fn create(
    backend: &Backend,
    request: S3Request<CreateBucketInput>,
) -> Answer<CreateBucketOutput> {
    let (store, name) = (backend.store.clone(), request.input.bucket);
    let location = Some(format!("/{name}"));
    blocking(move || store.create_bucket(&name).map_err(disk_error)).await?;
    Ok(S3Response::new(CreateBucketOutput { location }))
}

pub(super) async fn head(
    backend: &Backend,
    request: S3Request<HeadBucketInput>,
) -> Answer<HeadBucketOutput> {
    backend.store.bucket(&request.input.bucket)?;
    Ok(S3Response::new(HeadBucketOutput {
        bucket_region: Some(backend.region.clone()),
        ..Default::default()
    }))
}

pub(super) async fn delete(
    backend: &Backend,
    request: S3Request<DeleteBucketInput>,
) -> Answer<DeleteBucketOutput> {
    let store = backend.store.clone();
    blocking(move || store.delete_bucket(&request.input.bucket)).await?;
    Ok(S3Response::new(DeleteBucketOutput {}))
}

/// us-east-1 is told by saying nothing, as S3 does.
pub(super) async fn location(
    backend: &Backend,
    request: S3Request<GetBucketLocationInput>,
) -> Answer<GetBucketLocationOutput> {
    backend.store.bucket(&request.input.bucket)?;
    let named = Some(backend.region.clone()).filter(|region| region != "us-east-1");
    Ok(S3Response::new(GetBucketLocationOutput {
        location_constraint: named.map(BucketLocationConstraint::from),
    }))
}

/// Never switched on here.
pub(super) async fn versioning(
    backend: &Backend,
    request: S3Request<GetBucketVersioningInput>,
) -> Answer<GetBucketVersioningOutput> {
    backend.store.bucket(&request.input.bucket)?;
    Ok(S3Response::new(GetBucketVersioningOutput::default()))
}

/// The one rule that is in force for every bucket (see `front`).
pub(super) async fn cors(
    backend: &Backend,
    request: S3Request<GetBucketCorsInput>,
) -> Answer<GetBucketCorsOutput> {
    backend.store.bucket(&request.input.bucket)?;
    let any = || vec!["*".to_owned()];
    let methods = ["GET", "HEAD", "PUT", "POST", "DELETE"]
        .map(str::to_owned)
        .to_vec();
    let rule = CORSRule {
        allowed_headers: Some(any()),
        allowed_methods: methods,
        allowed_origins: any(),
        expose_headers: Some(EXPOSED_HEADERS.map(str::to_owned).to_vec()),
        id: None,
        max_age_seconds: Some(3600),
    };
    Ok(S3Response::new(GetBucketCorsOutput {
        cors_rules: Some(vec![rule]),
    }))
}

/// Taken and not kept: every origin is allowed anyway, and only what is signed gets in.
pub(super) async fn put_cors(
    backend: &Backend,
    request: S3Request<PutBucketCorsInput>,
) -> Answer<PutBucketCorsOutput> {
    backend.store.bucket(&request.input.bucket)?;
    Ok(S3Response::new(PutBucketCorsOutput {}))
}

pub(super) async fn delete_cors(
    backend: &Backend,
    request: S3Request<DeleteBucketCorsInput>,
) -> Answer<DeleteBucketCorsOutput> {
    backend.store.bucket(&request.input.bucket)?;
    Ok(S3Response::new(DeleteBucketCorsOutput {}))
}
