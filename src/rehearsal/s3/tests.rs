//! The store as the AWS SDK and a browser meet it: real HTTP, real files, no retries.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};
use futures::future::join_all;
use s3s::crypto::{Checksum as _, Md5};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::{EmbeddedS3Options, serve};

const BUCKET: &str = "studio";
const PAGE: &str = "http://127.0.0.1:5173";

/// A running store. Stopped when dropped.
struct Running {
    endpoint: String,
    client: Client,
    server: JoinHandle<std::io::Result<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn client(endpoint: &str, access_key_id: &str, secret_access_key: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .force_path_style(true)
        .region(Region::new("us-east-1"))
        .retry_config(RetryConfig::disabled())
        .credentials_provider(Credentials::new(
            access_key_id,
            secret_access_key,
            None,
            None,
            "test",
        ));
    Client::from_conf(config.build())
}

async fn start(root: &Path) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
    let options = EmbeddedS3Options {
        root: root.to_path_buf(),
        bucket: BUCKET.to_owned(),
        region: "us-east-1".to_owned(),
        access_key_id: "key".to_owned(),
        secret_access_key: "secret".to_owned(),
    };
    let server = tokio::spawn(serve(listener, options));
    Running {
        client: client(&endpoint, "key", "secret"),
        endpoint,
        server,
    }
}

impl Running {
    /// Stops serving and waits until the folder is free.
    async fn stop(mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }

    async fn put(&self, key: &str, body: impl Into<Vec<u8>>) -> String {
        let body = ByteStream::from(body.into());
        let put = self
            .client
            .put_object()
            .bucket(BUCKET)
            .key(key)
            .body(body)
            .send()
            .await
            .expect("put");
        put.e_tag.expect("an ETag")
    }

    async fn get(&self, key: &str) -> Vec<u8> {
        let got = self
            .client
            .get_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .expect("get");
        got.body.collect().await.expect("whole body").to_vec()
    }

    async fn keys(&self, prefix: &str, page: i32) -> Vec<String> {
        let list = self
            .client
            .list_objects_v2()
            .bucket(BUCKET)
            .prefix(prefix)
            .max_keys(page);
        let mut pages = list.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            keys.extend(
                page.expect("a page")
                    .contents
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|object| object.key),
            );
        }
        keys
    }
}

/// Status and code of a refusal.
fn refusal<T, E: ProvideErrorMetadata>(result: Result<T, SdkError<E>>) -> (u16, String) {
    let Err(error) = result else {
        panic!("was not refused")
    };
    let status = error
        .raw_response()
        .map_or(0, |response| response.status().as_u16());
    (status, error.code().unwrap_or_default().to_owned())
}

fn md5(body: &[u8]) -> String {
    hex::encode(Md5::checksum(body))
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[tokio::test]
async fn objects_and_their_headers_survive_a_restart() {
    let root = folder();
    let first = start(root.path()).await;
    let put = first
        .client
        .put_object()
        .bucket(BUCKET)
        .key("styles/1/a b (1).PNG")
        .content_type("image/png")
        .metadata("note", "ascii only");
    let put = put
        .cache_control("no-store")
        .body(ByteStream::from_static(b"\x89PNG"))
        .send()
        .await
        .expect("put");
    assert_eq!(
        put.e_tag(),
        Some(format!("\"{}\"", md5(b"\x89PNG")).as_str())
    );
    first.put("replaced", "old").await;
    first.put("replaced", "new").await;
    first.put("deleted", "x").await;
    first
        .client
        .delete_object()
        .bucket(BUCKET)
        .key("deleted")
        .send()
        .await
        .expect("delete");
    let before = first
        .client
        .head_object()
        .bucket(BUCKET)
        .key("styles/1/a b (1).PNG")
        .send()
        .await
        .expect("head");
    first.stop().await;

    let second = start(root.path()).await;
    assert_eq!(
        second.keys("", 1000).await,
        ["replaced", "styles/1/a b (1).PNG"]
    );
    assert_eq!(second.get("replaced").await, b"new");
    let got = second
        .client
        .get_object()
        .bucket(BUCKET)
        .key("styles/1/a b (1).PNG")
        .send()
        .await
        .expect("get");
    assert_eq!(got.content_type(), Some("image/png"));
    assert_eq!(got.cache_control(), Some("no-store"));
    assert_eq!(
        got.metadata()
            .and_then(|metadata| metadata.get("note"))
            .map(String::as_str),
        Some("ascii only")
    );
    assert_eq!(
        (got.e_tag(), got.last_modified()),
        (before.e_tag(), before.last_modified())
    );
    assert_eq!(got.body.collect().await.expect("body").to_vec(), b"\x89PNG");
}

#[tokio::test]
async fn what_a_crash_left_behind_is_cleared_and_a_cut_file_is_not_shown() {
    let root = folder();
    let first = start(root.path()).await;
    first.put("whole", "whole").await;
    first.put("cut", vec![7; 10_000]).await;
    first.stop().await;
    std::fs::write(root.path().join("incoming/half"), b"half a body").expect("write");
    let objects = root.path().join("buckets").join(BUCKET).join("objects");
    let cut = super::object_file::path_of(&objects, "cut");
    let file = std::fs::File::options()
        .write(true)
        .open(&cut)
        .expect("the object's file");
    file.set_len(5_000).expect("cut");

    let second = start(root.path()).await;
    assert_eq!(second.keys("", 1000).await, ["whole"]);
    assert_eq!(
        std::fs::read_dir(root.path().join("incoming"))
            .expect("folder")
            .count(),
        0
    );
    second.put("cut", "again").await;
    assert_eq!(second.get("cut").await, b"again");
}

#[tokio::test]
async fn a_second_process_on_the_folder_is_refused() {
    let root = folder();
    let first = start(root.path()).await;
    first.put("x", "x").await;
    let mut second = start(root.path()).await;
    let error = (&mut second.server)
        .await
        .expect("no panic")
        .expect_err("must be refused");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    assert!(error.to_string().contains("STATE_DIR"), "{error}");
}

#[tokio::test]
async fn lists_are_in_byte_order_and_complete_whatever_the_page() {
    let root = folder();
    let s3 = start(root.path()).await;
    let mut names: Vec<String> = (0..120).map(|number| format!("many/{number:03}")).collect();
    names.extend(
        [
            "../x",
            "./a",
            "a",
            "a//b",
            "a/b",
            "a/b/",
            "Z",
            "é",
            "日本",
            "🦀",
            "\u{fffd}",
            " led by a space",
            "+?&=#%20",
        ]
        .map(str::to_owned),
    );
    join_all(names.iter().map(|name| s3.put(name, name.as_bytes()))).await;
    names.sort();
    for page in [1000, 50, 7, 1] {
        assert_eq!(s3.keys("", page).await, names, "pages of {page}");
    }
    let list = s3
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .delimiter("/")
        .send()
        .await
        .expect("list");
    let folders: Vec<_> = list
        .common_prefixes()
        .iter()
        .filter_map(|common| common.prefix())
        .collect();
    assert_eq!(folders, ["../", "./", "a/", "many/"]);
    let one = list
        .contents()
        .iter()
        .find(|object| object.key() == Some("Z"))
        .expect("listed");
    assert_eq!(one.e_tag(), Some(format!("\"{}\"", md5(b"Z")).as_str()));
    assert_eq!(
        (one.size(), one.storage_class().map(|class| class.as_str())),
        (Some(1), Some("STANDARD"))
    );
}

#[tokio::test]
async fn of_16_racing_creations_one_wins() {
    let root = folder();
    let s3 = start(root.path()).await;
    let mut puts = JoinSet::new();
    for number in 0..16 {
        let body = ByteStream::from(format!("{number}").into_bytes());
        puts.spawn(
            s3.client
                .put_object()
                .bucket(BUCKET)
                .key("once")
                .if_none_match("*")
                .body(body)
                .send(),
        );
    }
    let results = puts.join_all().await;
    let refusals: Vec<_> = results
        .into_iter()
        .filter(Result::is_err)
        .map(refusal)
        .collect();
    assert_eq!(refusals.len(), 15);
    assert!(
        refusals
            .iter()
            .all(|refusal| *refusal == (412, "PreconditionFailed".to_owned())),
        "{refusals:?}"
    );
}

#[tokio::test]
async fn conditions_decide_reads_writes_and_deletes() {
    let root = folder();
    let s3 = start(root.path()).await;
    let old = s3.put("c", "old").await;
    let new = s3.put("c", "new").await;
    let put = |etag: &str| {
        s3.client
            .put_object()
            .bucket(BUCKET)
            .key("c")
            .if_match(etag)
            .body(ByteStream::from_static(b"x"))
            .send()
    };
    let get = || s3.client.get_object().bucket(BUCKET).key("c");
    assert_eq!(refusal(put(&old).await), (412, "PreconditionFailed".into()));
    assert_eq!(
        refusal(get().if_match(&old).send().await),
        (412, "PreconditionFailed".into())
    );
    assert_eq!(refusal(get().if_none_match(&new).send().await).0, 304);
    assert_eq!(
        refusal(
            s3.client
                .delete_object()
                .bucket(BUCKET)
                .key("c")
                .if_match(&old)
                .send()
                .await
        )
        .0,
        412
    );
    assert_eq!(s3.get("c").await, b"new");
    put(&new).await.expect("fits");
    assert_eq!(s3.get("c").await, b"x");
}

async fn upload_parts(
    s3: &Running,
    key: &str,
    parts: &[Vec<u8>],
) -> (String, CompletedMultipartUpload) {
    let created = s3
        .client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key(key)
        .content_type("application/x-model")
        .send()
        .await
        .expect("create");
    let id = created.upload_id.expect("an id");
    let mut done = CompletedMultipartUpload::builder();
    for (number, part) in (1..).zip(parts) {
        let upload = s3
            .client
            .upload_part()
            .bucket(BUCKET)
            .key(key)
            .upload_id(&id)
            .part_number(number);
        let sent = upload
            .body(ByteStream::from(part.clone()))
            .send()
            .await
            .expect("part");
        done = done.parts(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag)
                .set_checksum_crc32(sent.checksum_crc32)
                .build(),
        );
    }
    (id, done.build())
}

#[tokio::test]
async fn a_multipart_upload_goes_on_after_a_restart() {
    let root = folder();
    let parts = [vec![1; 5 << 20], vec![2; 5 << 20], vec![3; 10]];
    let first = start(root.path()).await;
    let (id, done) = upload_parts(&first, "model", &parts).await;
    first.stop().await;

    let s3 = start(root.path()).await;
    let open = s3
        .client
        .list_multipart_uploads()
        .bucket(BUCKET)
        .send()
        .await
        .expect("uploads");
    assert_eq!(
        open.uploads()
            .iter()
            .filter_map(|upload| upload.upload_id())
            .collect::<Vec<_>>(),
        [&id]
    );
    let complete = || {
        s3.client
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key("model")
            .upload_id(&id)
            .multipart_upload(done.clone())
    };
    let completed = complete().send().await.expect("complete");
    let md5s: Vec<u8> = parts.iter().flat_map(|part| Md5::checksum(part)).collect();
    assert_eq!(
        completed.e_tag(),
        Some(format!("\"{}-3\"", md5(&md5s)).as_str())
    );
    assert_eq!(s3.get("model").await, parts.concat());
    assert_eq!(
        complete().send().await.expect("asked again").e_tag(),
        completed.e_tag()
    );
    assert_eq!(
        std::fs::read_dir(root.path().join("uploads"))
            .expect("folder")
            .count(),
        0
    );
    let head = s3
        .client
        .head_object()
        .bucket(BUCKET)
        .key("model")
        .send()
        .await
        .expect("head");
    assert_eq!(head.content_type(), Some("application/x-model"));
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let root = folder();
    let s3 = start(root.path()).await;
    let (id, done) = upload_parts(&s3, "m", &[vec![1; 100]]).await;
    s3.client
        .abort_multipart_upload()
        .bucket(BUCKET)
        .key("m")
        .upload_id(&id)
        .send()
        .await
        .expect("abort");
    let complete = s3
        .client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("m")
        .upload_id(&id)
        .multipart_upload(done);
    assert_eq!(refusal(complete.send().await), (404, "NoSuchUpload".into()));
    assert_eq!(
        std::fs::read_dir(root.path().join("uploads"))
            .expect("folder")
            .count(),
        0
    );
}

#[tokio::test]
async fn ranges_copies_and_bulk_deletes_do_as_s3_does() {
    let root = folder();
    let s3 = start(root.path()).await;
    let body: Vec<u8> = (0..1_000_000_u32)
        .map(|number| (number % 251) as u8)
        .collect();
    s3.put("big", body.clone()).await;
    let ranged = s3
        .client
        .get_object()
        .bucket(BUCKET)
        .key("big")
        .range("bytes=400000-899999")
        .send()
        .await
        .expect("range");
    assert_eq!(ranged.content_range(), Some("bytes 400000-899999/1000000"));
    assert_eq!(
        ranged.body.collect().await.expect("body").to_vec(),
        &body[400_000..900_000]
    );
    let beyond = s3
        .client
        .get_object()
        .bucket(BUCKET)
        .key("big")
        .range("bytes=1000000-")
        .send()
        .await;
    assert_eq!(refusal(beyond), (416, "InvalidRange".into()));
    s3.client
        .copy_object()
        .bucket(BUCKET)
        .key("copy")
        .copy_source(format!("{BUCKET}/big"))
        .send()
        .await
        .expect("copy");
    assert_eq!(s3.get("copy").await, body);
    let objects = ["big", "copy", "never was"]
        .map(|key| ObjectIdentifier::builder().key(key).build().expect("a key"));
    let delete = Delete::builder()
        .set_objects(Some(objects.to_vec()))
        .build()
        .expect("a list");
    let deleted = s3
        .client
        .delete_objects()
        .bucket(BUCKET)
        .delete(delete)
        .send()
        .await
        .expect("delete");
    assert_eq!((deleted.deleted().len(), deleted.errors().len()), (3, 0));
    assert!(s3.keys("", 1000).await.is_empty());
}

#[tokio::test]
async fn strangers_and_wrong_secrets_are_refused() {
    let root = folder();
    let s3 = start(root.path()).await;
    let stranger = client(&s3.endpoint, "stranger", "secret");
    assert_eq!(
        refusal(stranger.list_objects_v2().bucket(BUCKET).send().await),
        (403, "InvalidAccessKeyId".into())
    );
    let thief = client(&s3.endpoint, "key", "guess");
    assert_eq!(
        refusal(thief.list_objects_v2().bucket(BUCKET).send().await),
        (403, "SignatureDoesNotMatch".into())
    );
    let anonymous = reqwest::get(format!("{}/{BUCKET}", s3.endpoint))
        .await
        .expect("an answer");
    assert_eq!(anonymous.status(), 403);
}

#[tokio::test]
async fn a_browser_uploads_and_reads_by_presigned_urls() {
    let root = folder();
    let s3 = start(root.path()).await;
    let hour = PresigningConfig::expires_in(Duration::from_secs(3600)).expect("a duration");
    let put = s3
        .client
        .put_object()
        .bucket(BUCKET)
        .key("a b.png")
        .content_type("image/png")
        .presigned(hour.clone())
        .await
        .expect("presigned");
    let http = reqwest::Client::new();
    let preflight = http
        .request(reqwest::Method::OPTIONS, put.uri())
        .header("Origin", PAGE);
    let preflight = preflight.header("Access-Control-Request-Method", "PUT");
    let preflight = preflight
        .header(
            "Access-Control-Request-Headers",
            "content-type,if-none-match,x-amz-meta-a",
        )
        .send()
        .await
        .expect("preflight");
    assert!(preflight.status().is_success());
    assert_eq!(preflight.headers()["access-control-allow-methods"], "PUT");
    assert_eq!(
        preflight.headers()["access-control-allow-headers"],
        "content-type,if-none-match,x-amz-meta-a"
    );
    let sent = http
        .put(put.uri())
        .header("Origin", PAGE)
        .header("Content-Type", "image/png")
        .body("png")
        .send()
        .await
        .expect("put");
    assert_eq!(sent.status(), 200);
    assert_eq!(sent.headers()["access-control-allow-origin"], "*");
    let exposed = sent.headers()["access-control-expose-headers"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        exposed.contains("etag") && exposed.contains("content-range"),
        "{exposed}"
    );

    let get = s3
        .client
        .get_object()
        .bucket(BUCKET)
        .key("a b.png")
        .response_content_disposition("attachment; filename=\"x.png\"");
    let get = get.presigned(hour).await.expect("presigned");
    let got = http.get(get.uri()).send().await.expect("get");
    assert_eq!(
        got.headers()["content-disposition"],
        "attachment; filename=\"x.png\""
    );
    assert_eq!(got.headers()["content-type"], "image/png");
    assert_eq!(got.headers()["x-content-type-options"], "nosniff");
    assert_eq!(got.headers()["content-security-policy"], "sandbox");
    assert_eq!(got.text().await.expect("body"), "png");
}

#[tokio::test]
async fn an_altered_or_expired_url_is_403() {
    let root = folder();
    let s3 = start(root.path()).await;
    let hour = PresigningConfig::expires_in(Duration::from_secs(3600)).expect("a duration");
    let url = s3
        .client
        .put_object()
        .bucket(BUCKET)
        .key("x")
        .presigned(hour)
        .await
        .expect("presigned")
        .uri()
        .to_owned();
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(100);
    let past = PresigningConfig::builder()
        .start_time(long_ago)
        .expires_in(Duration::from_secs(10))
        .build()
        .expect("a time");
    let expired = s3
        .client
        .put_object()
        .bucket(BUCKET)
        .key("x")
        .presigned(past)
        .await
        .expect("presigned")
        .uri()
        .to_owned();
    let flipped = if url.ends_with('0') { "1" } else { "0" };
    let altered = [
        format!("{}{flipped}", &url[..url.len() - 1]),
        url[..url.len() - 1].to_owned(),
        url.replace("/x?", "/y?"),
        expired,
    ];
    let http = reqwest::Client::new();
    for url in altered {
        let sent = http
            .put(&url)
            .body(vec![0; 8 << 20])
            .send()
            .await
            .expect("an answer, not a broken connection");
        assert_eq!(sent.status(), 403, "{url}");
    }
    assert!(s3.keys("", 1000).await.is_empty());
    assert_eq!(
        http.put(&url)
            .body("ok")
            .send()
            .await
            .expect("put")
            .status(),
        200
    );
}

#[tokio::test]
async fn a_client_that_sends_everything_before_it_reads_still_gets_the_refusal() {
    let root = folder();
    let s3 = start(root.path()).await;
    let address = s3.endpoint.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("connect");
    let body = vec![0; 8 << 20];
    let head = format!(
        "PUT /{BUCKET}/x HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("head");
    stream
        .write_all(&body)
        .await
        .expect("the whole body is taken");
    // the connection is good for another request
    stream
        .write_all(
            format!("GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes(),
        )
        .await
        .expect("again");
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.expect("answers");
    assert_eq!(answers.matches("HTTP/1.1 403").count(), 2, "{answers}");
}

#[tokio::test]
async fn lists_during_deletes_never_fail_nor_miss_what_stays() {
    let root = folder();
    let s3 = start(root.path()).await;
    let names: Vec<String> = (0..40)
        .flat_map(|number| {
            [
                format!("keep/{number:02}"),
                format!("keep/{number:02}-gone"),
            ]
        })
        .collect();
    join_all(names.iter().map(|name| s3.put(name, "x"))).await;
    let mut deletes = JoinSet::new();
    for number in 0..40 {
        deletes.spawn(
            s3.client
                .delete_object()
                .bucket(BUCKET)
                .key(format!("keep/{number:02}-gone"))
                .send(),
        );
    }
    let stay: BTreeSet<String> = (0..40).map(|number| format!("keep/{number:02}")).collect();
    while !deletes.is_empty() {
        let listed: BTreeSet<String> = s3.keys("keep/", 9).await.into_iter().collect();
        assert!(stay.is_subset(&listed));
        while let Some(deleted) = deletes.try_join_next() {
            deleted.expect("no panic").expect("deleted");
        }
    }
    assert_eq!(
        s3.keys("keep/", 9)
            .await
            .into_iter()
            .collect::<BTreeSet<_>>(),
        stay
    );
}

#[tokio::test]
async fn a_bucket_name_that_s3_would_refuse_stops_the_start() {
    let root = folder();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let options = EmbeddedS3Options {
        root: root.path().to_path_buf(),
        bucket: "My_Bucket".to_owned(),
        region: "us-east-1".to_owned(),
        access_key_id: "key".to_owned(),
        secret_access_key: "secret".to_owned(),
    };
    let error = serve(listener, options).await.expect_err("must be refused");
    assert!(error.to_string().contains("My_Bucket"), "{error}");
}
