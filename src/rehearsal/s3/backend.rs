//! Which S3 operations there are, and which function answers each. s3s speaks HTTP, XML and signatures; what is not in the
//! table is answered 501 NotImplemented.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateBucketInput,
    CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    DeleteBucketCorsInput, DeleteBucketCorsOutput, DeleteBucketInput, DeleteBucketOutput,
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput,
    GetBucketCorsInput, GetBucketCorsOutput, GetBucketLocationInput, GetBucketLocationOutput,
    GetBucketVersioningInput, GetBucketVersioningOutput, GetObjectAttributesInput,
    GetObjectAttributesOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutBucketCorsInput,
    PutBucketCorsOutput, PutObjectInput, PutObjectOutput, UploadPartCopyInput,
    UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result};

use super::store::Store;
use super::{buckets, copies, lists, multipart, part_lists, reads, writes};

/// What every operation works on.
pub(super) struct Backend {
    pub store: Arc<Store>,
    pub region: String,
}

type Answer<'f, T> = Pin<Box<dyn Future<Output = S3Result<S3Response<T>>> + Send + 'f>>;

/// One trait method per line. The signature is what the trait's `async_trait` expands to, so that the crate need not be a
/// dependency.
macro_rules! operations {
    ($($name:ident: $input:ident -> $output:ident = $function:path;)*) => {
        impl S3 for Backend {
            $(fn $name<'s, 'f>(&'s self, request: S3Request<$input>) -> Answer<'f, $output>
            where
                's: 'f,
                Self: 'f,
            {
                Box::pin($function(self, request))
            })*
        }
    };
}

operations! {
    list_buckets: ListBucketsInput -> ListBucketsOutput = buckets::list;
    create_bucket: CreateBucketInput -> CreateBucketOutput = buckets::create;
    head_bucket: HeadBucketInput -> HeadBucketOutput = buckets::head;
    delete_bucket: DeleteBucketInput -> DeleteBucketOutput = buckets::delete;
    get_bucket_location: GetBucketLocationInput -> GetBucketLocationOutput = buckets::location;
    get_bucket_versioning: GetBucketVersioningInput -> GetBucketVersioningOutput = buckets::versioning;
    get_bucket_cors: GetBucketCorsInput -> GetBucketCorsOutput = buckets::cors;
    put_bucket_cors: PutBucketCorsInput -> PutBucketCorsOutput = buckets::put_cors;
    delete_bucket_cors: DeleteBucketCorsInput -> DeleteBucketCorsOutput = buckets::delete_cors;

    list_objects: ListObjectsInput -> ListObjectsOutput = lists::objects;
    list_objects_v2: ListObjectsV2Input -> ListObjectsV2Output = lists::objects_v2;

    get_object: GetObjectInput -> GetObjectOutput = reads::get;
    head_object: HeadObjectInput -> HeadObjectOutput = reads::head;
    get_object_attributes: GetObjectAttributesInput -> GetObjectAttributesOutput = reads::attributes;

    put_object: PutObjectInput -> PutObjectOutput = writes::put;
    copy_object: CopyObjectInput -> CopyObjectOutput = copies::copy;
    delete_object: DeleteObjectInput -> DeleteObjectOutput = writes::delete;
    delete_objects: DeleteObjectsInput -> DeleteObjectsOutput = writes::delete_many;

    create_multipart_upload: CreateMultipartUploadInput -> CreateMultipartUploadOutput = multipart::create;
    upload_part: UploadPartInput -> UploadPartOutput = multipart::upload_part;
    upload_part_copy: UploadPartCopyInput -> UploadPartCopyOutput = copies::upload_part_copy;
    list_parts: ListPartsInput -> ListPartsOutput = part_lists::parts;
    list_multipart_uploads: ListMultipartUploadsInput -> ListMultipartUploadsOutput = part_lists::uploads;
    complete_multipart_upload: CompleteMultipartUploadInput -> CompleteMultipartUploadOutput = multipart::complete;
    abort_multipart_upload: AbortMultipartUploadInput -> AbortMultipartUploadOutput = multipart::abort;
}

/// Now, in whole seconds since 1970.
pub(super) fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// A size as S3's types have it.
pub(super) fn as_i64(size_bytes: u64) -> i64 {
    i64::try_from(size_bytes).unwrap_or(i64::MAX)
}
