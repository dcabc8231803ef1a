//! Upload tickets: presigned PUTs with which a browser sends files straight to S3, and a reason for each that is refused.

use super::super::model::image::check_upload;
use super::super::model::upload::{FileToUpload, StoredFile, Ticket};
use super::{key, prefix};
use crate::error::AppError;
use crate::server::s3::{ObjectInfo, Precondition};
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

/// Most files in one request.
pub const MAX_FILES: usize = 1_000;
/// How long a ticket is good; a slow line takes a while for hundreds of files.
const EXPIRES: Duration = Duration::from_secs(6 * 3600);

/// A file somebody wants to upload. `contentType` is what the browser says; what is stored follows from the name.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WantedUpload {
    pub filename: String,
    pub size_bytes: u64,
    #[serde(default)]
    pub content_type: Option<String>,
}

/// Send the file with exactly this method, address and headers.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UploadTicket {
    pub filename: String,
    pub method: String,
    pub url: String,
    pub headers: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RejectedUpload {
    pub filename: String,
    pub message: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UploadTickets {
    pub uploads: Vec<UploadTicket>,
    pub rejected: Vec<RejectedUpload>,
}

/// A ticket or a refusal for each file. Its PUT overwrites what is there.
pub async fn tickets(
    state: &AppState,
    style: &StyleId,
    files: Vec<WantedUpload>,
) -> Result<UploadTickets, AppError> {
    let files = files.into_iter().map(|file| (file, Precondition::None));
    tickets_under(state, style, files.collect()).await
}

/// The same, each with what must be so when the bucket gets it.
async fn tickets_under(
    state: &AppState,
    style: &StyleId,
    files: Vec<(WantedUpload, Precondition)>,
) -> Result<UploadTickets, AppError> {
    styles::server::get(state, style)?;
    if files.len() > MAX_FILES {
        let count = files.len();
        let message = format!("{count} files at once; ask for at most {MAX_FILES} at a time.");
        return Err(AppError::field("files", message));
    }
    let mut answer = UploadTickets::default();
    let mut seen = HashSet::new();
    for (file, precondition) in files {
        let name = file.filename;
        let fresh = seen.insert(name.clone());
        match check_upload(&name, file.size_bytes) {
            Ok(content_type) if fresh => {
                let put = state
                    .s3
                    .presign_put(&key(style, &name)?, content_type, EXPIRES, precondition)
                    .await?;
                answer.uploads.push(UploadTicket {
                    filename: name,
                    method: put.method,
                    url: put.url,
                    headers: put.headers,
                });
            }
            Ok(_) => answer.rejected.push(RejectedUpload {
                message: format!("{name} is in the list twice; rename one of them."),
                filename: name,
            }),
            Err(message) => answer.rejected.push(RejectedUpload {
                filename: name,
                message,
            }),
        }
    }
    state.caches.counts.invalidate(style.as_str());
    Ok(answer)
}

/// The files of a style as they lie in the bucket, captions included.
pub async fn stored(state: &AppState, style: &StyleId) -> Result<Vec<StoredFile>, AppError> {
    styles::server::get(state, style)?;
    let prefix = prefix(style);
    let objects = state.s3.list(&prefix).await?;
    let file = |object: ObjectInfo| StoredFile {
        filename: object.key[prefix.len()..].to_owned(),
        size_bytes: object.size_bytes,
        etag: object.etag,
    };
    Ok(objects.into_iter().map(file).collect())
}

/// The same for a page: a name that is there already is refused unless the person asked to replace it. A ticket is good for
/// hours, so the bucket itself refuses the file if somebody put another one there meanwhile.
pub async fn tickets_unless_there(
    state: &AppState,
    style: &StyleId,
    files: Vec<FileToUpload>,
) -> Result<Vec<Ticket>, AppError> {
    let stored = stored(state, style).await?.into_iter();
    let etags: HashMap<String, String> = stored.map(|f| (f.filename, f.etag)).collect();
    let (there, fresh): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|f| !f.replace && etags.contains_key(&f.filename));
    let wanted = fresh.into_iter().map(|file| {
        let precondition = match etags.get(&file.filename) {
            _ if file.unconditional => Precondition::None,
            None => Precondition::Absent,
            Some(etag) => Precondition::Unchanged(etag.clone()),
        };
        let file = WantedUpload {
            filename: file.filename,
            size_bytes: file.size_bytes,
            content_type: None,
        };
        (file, precondition)
    });
    let answer = tickets_under(state, style, wanted.collect()).await?;
    let granted = answer.uploads.into_iter().map(|t| Ticket {
        filename: t.filename,
        url: t.url,
        headers: t.headers.into_iter().collect(),
        refused: None,
        exists: false,
    });
    let refused = |filename, message, exists| Ticket {
        filename,
        url: String::new(),
        headers: Vec::new(),
        refused: Some(message),
        exists,
    };
    let rejected = answer
        .rejected
        .into_iter()
        .map(|r| refused(r.filename, r.message, false));
    let there = there.into_iter().map(|file| {
        refused(
            file.filename,
            "A file of this name is already there.".to_owned(),
            true,
        )
    });
    Ok(granted.chain(rejected).chain(there).collect())
}
