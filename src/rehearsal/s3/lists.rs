//! The operations that list objects, in both versions. What a page holds is decided in `listing`; here it is
//! dressed as S3 has it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object, ObjectStorageClass,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::backend::{Backend, as_i64};
use super::buckets::owner;
use super::listing::{MAX_PAGE, Query, Rest, after_marker, from_token, page, to_token};
use super::object_file::ObjectMeta;

/// What `encoding-type=url` leaves as it is. Space becomes `%20`: read alike by decoders that know `+` and those that do not.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'/')
    .remove(b'*');

/// How names are written in this answer.
pub(super) struct Names(bool);

impl Names {
    pub fn new(encoding: Option<&EncodingType>) -> Self {
        Self(encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL))
    }

    pub fn write(&self, name: &str) -> String {
        if self.0 {
            utf8_percent_encode(name, KEPT).to_string()
        } else {
            name.to_owned()
        }
    }

    pub fn write_some(&self, name: Option<&String>) -> Option<String> {
        name.map(|name| self.write(name))
    }

    fn common(&self, prefixes: Vec<String>) -> Option<Vec<CommonPrefix>> {
        let common = prefixes.into_iter().map(|prefix| CommonPrefix {
            prefix: Some(self.write(&prefix)),
        });
        (common.len() > 0).then(|| common.collect())
    }
}

/// How long a page may be.
///
/// # Errors
/// `InvalidArgument` for a negative number.
pub(super) fn limit(asked: Option<i32>) -> S3Result<usize> {
    let asked = usize::try_from(asked.unwrap_or(MAX_PAGE as i32))
        .map_err(|_| s3_error!(InvalidArgument, "A page cannot have a negative length."))?;
    Ok(asked.min(MAX_PAGE))
}

fn object(meta: &ObjectMeta, names: &Names, with_owner: bool) -> Object {
    Object {
        e_tag: Some(meta.etag()),
        key: Some(names.write(&meta.key)),
        last_modified: Some(meta.last_modified()),
        owner: with_owner.then(owner),
        size: Some(as_i64(meta.size_bytes)),
        storage_class: Some(ObjectStorageClass::from_static(
            ObjectStorageClass::STANDARD,
        )),
        checksum_type: meta.checksums.kind(),
        ..Object::default()
    }
}

/// What both versions ask for alike.
struct Asked {
    names: Names,
    prefix: String,
    delimiter: Option<String>,
    limit: usize,
}

/// A page, dressed.
struct Shown {
    contents: Option<Vec<Object>>,
    common_prefixes: Option<Vec<CommonPrefix>>,
    count: i32,
    rest: Option<Rest>,
}

impl Asked {
    fn new(
        encoding: Option<&EncodingType>,
        prefix: Option<&String>,
        delimiter: Option<&String>,
        max_keys: Option<i32>,
    ) -> S3Result<Self> {
        Ok(Self {
            names: Names::new(encoding),
            prefix: prefix.cloned().unwrap_or_default(),
            delimiter: delimiter.filter(|delimiter| !delimiter.is_empty()).cloned(),
            limit: limit(max_keys)?,
        })
    }

    fn after(&self, marker: &str) -> String {
        after_marker(marker, &self.prefix, self.delimiter.as_deref())
    }

    fn page(
        &self,
        backend: &Backend,
        bucket: &str,
        from: &str,
        with_owner: bool,
    ) -> S3Result<Shown> {
        let query = Query {
            prefix: &self.prefix,
            delimiter: self.delimiter.as_deref(),
            from,
            limit: self.limit,
        };
        let page = backend
            .store
            .bucket(bucket)?
            .read(|objects| page(objects, query));
        let count = page.values.len() + page.common_prefixes.len();
        let contents = page
            .values
            .iter()
            .map(|meta| object(meta, &self.names, with_owner));
        Ok(Shown {
            contents: Some(contents.collect()),
            common_prefixes: self.names.common(page.common_prefixes),
            count: count as i32,
            rest: page.rest,
        })
    }
}

/// ListObjectsV2.
pub(super) async fn objects_v2(
    backend: &Backend,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let input = request.input;
    let asked = Asked::new(
        input.encoding_type.as_ref(),
        input.prefix.as_ref(),
        input.delimiter.as_ref(),
        input.max_keys,
    )?;
    let from = match (&input.continuation_token, &input.start_after) {
        (Some(token), _) => from_token(token)
            .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token is not ours."))?,
        (None, Some(marker)) => asked.after(marker),
        (None, None) => String::new(),
    };
    let shown = asked.page(
        backend,
        &input.bucket,
        &from,
        input.fetch_owner.unwrap_or(false),
    )?;
    Ok(S3Response::new(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(asked.names.write(&asked.prefix)),
        max_keys: Some(asked.limit as i32),
        key_count: Some(shown.count),
        continuation_token: input.continuation_token,
        is_truncated: Some(shown.rest.is_some()),
        next_continuation_token: shown.rest.map(|rest| to_token(&rest.from)),
        contents: shown.contents,
        common_prefixes: shown.common_prefixes,
        delimiter: asked.names.write_some(asked.delimiter.as_ref()),
        start_after: asked.names.write_some(input.start_after.as_ref()),
        encoding_type: input.encoding_type,
        request_charged: None,
    }))
}

/// ListObjects, the first version.
pub(super) async fn objects(
    backend: &Backend,
    request: S3Request<ListObjectsInput>,
) -> S3Result<S3Response<ListObjectsOutput>> {
    let input = request.input;
    let asked = Asked::new(
        input.encoding_type.as_ref(),
        input.prefix.as_ref(),
        input.delimiter.as_ref(),
        input.max_keys,
    )?;
    let marker = input.marker.unwrap_or_default();
    let from = if marker.is_empty() {
        String::new()
    } else {
        asked.after(&marker)
    };
    let shown = asked.page(backend, &input.bucket, &from, true)?;
    Ok(S3Response::new(ListObjectsOutput {
        name: Some(input.bucket),
        prefix: Some(asked.names.write(&asked.prefix)),
        marker: Some(asked.names.write(&marker)),
        max_keys: Some(asked.limit as i32),
        is_truncated: Some(shown.rest.is_some()),
        // S3 gives it only with a delimiter; without one, clients take the last key, and both are the same
        next_marker: shown.rest.map(|rest| asked.names.write(&rest.last_shown)),
        contents: shown.contents,
        common_prefixes: shown.common_prefixes,
        delimiter: asked.names.write_some(asked.delimiter.as_ref()),
        encoding_type: input.encoding_type,
        request_charged: None,
    }))
}
