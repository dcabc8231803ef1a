"""The embedded S3 store as boto3 sees it, with boto3's own defaults (checksums, aws-chunked bodies, retries off).

`studio_env` is a dict of the variables of `rehearsal.env`. Every test works under a prefix of its own, in the studio's own bucket.
"""

import base64
import concurrent.futures
import hashlib
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

MIB = 1 << 20


def client_for(env, **overrides):
    config = Config(
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        signature_version=overrides.pop("signature_version", "s3v4"),
        max_pool_connections=64,
    )
    arguments = {
        "endpoint_url": env["AWS_ENDPOINT_URL_S3"],
        "aws_access_key_id": env["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": env["AWS_SECRET_ACCESS_KEY"],
        "region_name": env["S3_REGION"],
    }
    return boto3.session.Session().client("s3", config=config, **(arguments | overrides))


@pytest.fixture
def s3(studio_env):
    return client_for(studio_env)


@pytest.fixture
def bucket(studio_env):
    return studio_env["S3_USER_BUCKET"]


@pytest.fixture
def prefix(s3, bucket):
    prefix = f"interop-{uuid.uuid4().hex}/"
    yield prefix
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
        if keys:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    for upload in s3.list_multipart_uploads(Bucket=bucket, Prefix=prefix).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def refused(call, **arguments):
    """The HTTP status and the S3 error code a call ends with."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"], error.value.response["Error"]["Code"]


def fetch(url, method="GET", data=None, headers=None):
    """Status, headers and body over plain HTTP, as a browser would get them."""
    request = urllib.request.Request(url, method=method, data=data, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def all_keys(s3, bucket, prefix, **arguments):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **arguments)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def test_what_is_put_comes_back_with_its_headers(s3, bucket, prefix):
    body = os.urandom(70_000)
    put = s3.put_object(
        Bucket=bucket,
        Key=prefix + "a.png",
        Body=body,
        ContentType="image/png",
        ContentDisposition="inline",
        CacheControl="no-store",
        ContentLanguage="en",
        Metadata={"caption": "a cat"},
    )
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key=prefix + "a.png")
    assert got["Body"].read() == body
    head = s3.head_object(Bucket=bucket, Key=prefix + "a.png")
    for answer in (got, head):
        assert answer["ContentLength"] == len(body)
        assert answer["ContentType"] == "image/png"
        assert answer["ContentDisposition"] == "inline"
        assert answer["CacheControl"] == "no-store"
        assert answer["ContentLanguage"] == "en"
        assert answer["Metadata"] == {"caption": "a cat"}
        assert answer["ETag"] == put["ETag"]
        assert answer["AcceptRanges"] == "bytes"
        assert "ContentEncoding" not in answer, "aws-chunked is not the object's own encoding"
    assert got["LastModified"] == head["LastModified"]


def test_an_empty_object_is_an_object(s3, bucket, prefix):
    s3.put_object(Bucket=bucket, Key=prefix + "empty", Body=b"")
    assert s3.get_object(Bucket=bucket, Key=prefix + "empty")["Body"].read() == b""
    assert s3.head_object(Bucket=bucket, Key=prefix + "empty")["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'
    assert refused(s3.get_object, Bucket=bucket, Key=prefix + "empty", Range="bytes=0-1") == (416, "InvalidRange")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-7", 0, 7), ("bytes=999990-", 999_990, 999_999), ("bytes=-3", 999_997, 999_999), ("bytes=5-99999999", 5, 999_999)],
)
def test_a_range_gives_just_those_bytes(s3, bucket, prefix, asked, first, last):
    body = os.urandom(1_000_000)
    s3.put_object(Bucket=bucket, Key=prefix + "model", Body=body)
    got = s3.get_object(Bucket=bucket, Key=prefix + "model", Range=asked)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"] == f"bytes {first}-{last}/1000000"
    assert got["Body"].read() == body[first : last + 1]


def test_a_range_beyond_the_end_is_416(s3, bucket, prefix):
    s3.put_object(Bucket=bucket, Key=prefix + "x", Body=b"12345")
    assert refused(s3.get_object, Bucket=bucket, Key=prefix + "x", Range="bytes=5-") == (416, "InvalidRange")


def test_what_is_missing_is_404(s3, bucket, prefix):
    assert refused(s3.get_object, Bucket=bucket, Key=prefix + "none") == (404, "NoSuchKey")
    assert refused(s3.head_object, Bucket=bucket, Key=prefix + "none") == (404, "404")
    assert refused(s3.list_objects_v2, Bucket="no-such-bucket-here") == (404, "NoSuchBucket")
    assert refused(s3.put_object, Bucket="no-such-bucket-here", Key="x", Body=b"x") == (404, "NoSuchBucket")
    assert s3.delete_object(Bucket=bucket, Key=prefix + "none")["ResponseMetadata"]["HTTPStatusCode"] == 204


AWKWARD = [
    "with space (1).JPG",
    "plus+question?amp&equals=hash#percent%20semi;colon:at@comma,quote'double\"",
    "a//b",
    "./a",
    "../x",
    "..",
    "x",
    "x/y",
    "x/y/",
    "folder/",
    "trailing.",
    "Ünïcödé/日本語/🦀.png",
    "<tag>&amp;]]>",
    "back\\slash|pipe*star~tilde^caret`tick{brace}[bracket]",
    "tab\tand\nnewline",
    "k" * 900,
    "\U0010ffff",
]


def test_any_key_can_be_written_listed_read_copied_and_deleted(s3, bucket, prefix):
    keys = [prefix + name for name in AWKWARD]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    listed = all_keys(s3, bucket, prefix)
    assert listed == sorted(keys, key=str.encode)
    for key in keys:
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
        s3.copy_object(Bucket=bucket, Key=prefix + "copy", CopySource={"Bucket": bucket, "Key": key})
        assert s3.get_object(Bucket=bucket, Key=prefix + "copy")["Body"].read() == key.encode()
        url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
        assert fetch(url)[2] == key.encode()
    s3.delete_object(Bucket=bucket, Key=prefix + "copy")
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    assert sorted(item["Key"] for item in gone["Deleted"]) == sorted(keys)
    assert all_keys(s3, bucket, prefix) == []


def test_a_key_of_1024_bytes_is_taken_and_one_more_is_refused(s3, bucket, prefix):
    longest = prefix + "é" * ((1024 - len(prefix)) // 2)
    longest += "k" * (1024 - len(longest.encode()))
    s3.put_object(Bucket=bucket, Key=longest, Body=b"x")
    assert all_keys(s3, bucket, prefix) == [longest]
    assert refused(s3.put_object, Bucket=bucket, Key=longest + "k", Body=b"x") == (400, "KeyTooLongError")


def test_1250_objects_are_all_listed_by_both_versions(s3, bucket, prefix):
    names = [f"{prefix}{number:05}.txt" for number in range(1250)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=key.encode()), names))
    first = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
    assert (first["KeyCount"], first["IsTruncated"], first["MaxKeys"]) == (1000, True, 1000)
    for item in first["Contents"]:
        assert item["ETag"] == f'"{hashlib.md5(item["Key"].encode()).hexdigest()}"'
        assert item["Size"] == len(item["Key"])
        assert item["StorageClass"] == "STANDARD"
        assert abs(item["LastModified"].timestamp() - time.time()) < 600
    assert all_keys(s3, bucket, prefix) == names
    assert all_keys(s3, bucket, prefix, PaginationConfig={"PageSize": 7}) == names
    pages = s3.get_paginator("list_objects").paginate(Bucket=bucket, Prefix=prefix)
    assert [item["Key"] for page in pages for item in page["Contents"]] == names
    late = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, StartAfter=names[1200])
    assert [item["Key"] for item in late["Contents"]] == names[1201:]
    assert late["StartAfter"] == names[1200]


@pytest.mark.parametrize("page_size", [1, 2, 3, 1000])
@pytest.mark.parametrize("version", ["list_objects", "list_objects_v2"])
def test_a_delimiter_rolls_folders_up(s3, bucket, prefix, version, page_size):
    for name in ["a", "b/1", "b/2", "b/c/3", "d", "e f/4", "g/"]:
        s3.put_object(Bucket=bucket, Key=prefix + name, Body=b"")
    pages = list(
        s3.get_paginator(version).paginate(Bucket=bucket, Prefix=prefix, Delimiter="/", PaginationConfig={"PageSize": page_size})
    )
    assert [item["Key"] for page in pages for item in page.get("Contents", [])] == [prefix + "a", prefix + "d"]
    folders = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]
    assert folders == [prefix + "b/", prefix + "e f/", prefix + "g/"]


def test_a_made_up_continuation_token_and_a_negative_page_are_refused(s3, bucket):
    assert refused(s3.list_objects_v2, Bucket=bucket, ContinuationToken="!!") == (400, "InvalidArgument")
    assert refused(s3.list_objects_v2, Bucket=bucket, MaxKeys=-1) == (400, "InvalidArgument")
    none = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert (none["KeyCount"], none["IsTruncated"]) == (0, False)


def test_lists_stay_whole_while_objects_are_deleted(s3, bucket, prefix):
    kept = [f"{prefix}keep/{number:03}" for number in range(60)]
    doomed = [f"{prefix}keep/{number:03}-gone" for number in range(60)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=b"x"), kept + doomed))
        deletes = [pool.submit(s3.delete_object, Bucket=bucket, Key=key) for key in doomed]
        while not all(delete.done() for delete in deletes):
            listed = all_keys(s3, bucket, prefix, PaginationConfig={"PageSize": 11})
            assert [key for key in listed if not key.endswith("gone")] == kept
        [delete.result() for delete in deletes]
    assert all_keys(s3, bucket, prefix) == kept


def test_300_concurrent_puts_all_arrive(s3, bucket, prefix):
    bodies = {f"{prefix}{number}": os.urandom(1 + number * 97 % 5000) for number in range(300)}
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda item: s3.put_object(Bucket=bucket, Key=item[0], Body=item[1]), bodies.items()))
        read = dict(zip(bodies, pool.map(lambda key: s3.get_object(Bucket=bucket, Key=key)["Body"].read(), bodies)))
    assert read == bodies
    assert all_keys(s3, bucket, prefix) == sorted(bodies)


def test_a_reader_sees_one_version_or_the_other_never_a_mixture(s3, bucket, prefix):
    versions = [bytes([letter]) * (400_000 + letter * 1000) for letter in b"abcd"]
    key, done = prefix + "changing", threading.Event()
    s3.put_object(Bucket=bucket, Key=key, Body=versions[0])

    def write():
        for round_ in range(24):
            s3.put_object(Bucket=bucket, Key=key, Body=versions[round_ % 4])
        done.set()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        while not done.is_set():
            got = s3.get_object(Bucket=bucket, Key=key)
            body = got["Body"].read()
            assert got["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
            assert body in versions
            if writer.done():
                break
        writer.result()


@pytest.mark.parametrize("round_", range(3))
def test_of_16_racing_creations_exactly_one_wins(s3, bucket, prefix, round_):
    start = threading.Barrier(16)

    def create(number):
        start.wait()
        try:
            s3.put_object(Bucket=bucket, Key=prefix + "once", Body=str(number).encode(), IfNoneMatch="*")
            return number
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 412
            assert error.response["Error"]["Code"] == "PreconditionFailed"

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        winners = [number for number in pool.map(create, range(16)) if number is not None]
    assert len(winners) == 1
    assert s3.get_object(Bucket=bucket, Key=prefix + "once")["Body"].read() == str(winners[0]).encode()


def test_a_counter_kept_by_if_match_loses_no_increment(s3, bucket, prefix):
    key = prefix + "counter"
    s3.put_object(Bucket=bucket, Key=key, Body=b"0")

    def increment(_):
        while True:
            got = s3.get_object(Bucket=bucket, Key=key)
            value = int(got["Body"].read()) + 1
            try:
                return s3.put_object(Bucket=bucket, Key=key, Body=str(value).encode(), IfMatch=got["ETag"])
            except ClientError as error:
                assert error.response["Error"]["Code"] == "PreconditionFailed"

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(increment, range(40)))
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"40"


def test_conditions_on_reads_writes_and_deletes(s3, bucket, prefix):
    key = prefix + "c"
    old = s3.put_object(Bucket=bucket, Key=key, Body=b"old")["ETag"]
    new = s3.put_object(Bucket=bucket, Key=key, Body=b"new", IfMatch=old)["ETag"]
    target = {"Bucket": bucket, "Key": key}
    assert refused(s3.put_object, **target, Body=b"x", IfMatch=old) == (412, "PreconditionFailed")
    assert refused(s3.put_object, **target, Body=b"x", IfNoneMatch="*") == (412, "PreconditionFailed")
    assert refused(s3.put_object, Bucket=bucket, Key=prefix + "none", Body=b"x", IfMatch=old) == (404, "NoSuchKey")
    assert refused(s3.get_object, **target, IfMatch=old) == (412, "PreconditionFailed")
    assert refused(s3.head_object, **target, IfMatch=old)[0] == 412
    assert refused(s3.get_object, **target, IfNoneMatch=new)[0] == 304
    assert refused(s3.head_object, **target, IfNoneMatch=new)[0] == 304
    assert s3.get_object(**target, IfMatch=new, IfNoneMatch=old)["Body"].read() == b"new"
    modified = s3.head_object(**target)["LastModified"]
    assert refused(s3.get_object, **target, IfModifiedSince=modified)[0] == 304
    assert s3.get_object(**target, IfUnmodifiedSince=modified)["Body"].read() == b"new"
    assert refused(s3.delete_object, **target, IfMatch=old) == (412, "PreconditionFailed")
    s3.delete_object(**target, IfMatch=new)
    assert refused(s3.head_object, **target)[0] == 404


def test_a_copy_keeps_or_replaces_metadata(s3, bucket, prefix):
    s3.put_object(Bucket=bucket, Key=prefix + "a", Body=b"bytes", ContentType="text/plain", Metadata={"k": "v"})
    source = {"Bucket": bucket, "Key": prefix + "a"}
    copied = s3.copy_object(Bucket=bucket, Key=prefix + "b", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == s3.head_object(Bucket=bucket, Key=prefix + "a")["ETag"]
    kept = s3.head_object(Bucket=bucket, Key=prefix + "b")
    assert (kept["ContentType"], kept["Metadata"]) == ("text/plain", {"k": "v"})
    s3.copy_object(Bucket=bucket, Key=prefix + "a", CopySource=source, MetadataDirective="REPLACE", ContentType="image/png")
    replaced = s3.head_object(Bucket=bucket, Key=prefix + "a")
    assert (replaced["ContentType"], replaced["Metadata"]) == ("image/png", {})
    assert refused(s3.copy_object, Bucket=bucket, Key=prefix + "a", CopySource=source) == (400, "InvalidRequest")
    missing = {"Bucket": bucket, "Key": prefix + "none"}
    assert refused(s3.copy_object, Bucket=bucket, Key=prefix + "b", CopySource=missing) == (404, "NoSuchKey")
    assert refused(s3.copy_object, Bucket=bucket, Key=prefix + "b", CopySource=source, CopySourceIfMatch='"0"')[0] == 412


def multipart(s3, bucket, key, parts, **arguments):
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **arguments)["UploadId"]
    done = []
    for number, part in parts.items():
        etag = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=part)["ETag"]
        done.append({"PartNumber": number, "ETag": etag})
    return {"Bucket": bucket, "Key": key, "UploadId": upload}, {"Parts": done}


def test_a_multipart_upload_from_start_to_end(s3, bucket, prefix):
    parts = {1: os.urandom(5 * MIB), 3: os.urandom(5 * MIB), 10: os.urandom(100)}
    upload, done = multipart(s3, bucket, prefix + "big", parts, ContentType="application/x-model", Metadata={"rank": "16"})
    listed = s3.list_parts(**upload, MaxParts=2)
    assert [part["PartNumber"] for part in listed["Parts"]] == [1, 3]
    assert listed["IsTruncated"]
    rest = s3.list_parts(**upload, PartNumberMarker=listed["NextPartNumberMarker"])
    assert [(part["PartNumber"], part["Size"]) for part in rest["Parts"]] == [(10, 100)]
    open_uploads = s3.list_multipart_uploads(Bucket=bucket, Prefix=prefix)["Uploads"]
    assert [(item["Key"], item["UploadId"]) for item in open_uploads] == [(prefix + "big", upload["UploadId"])]
    assert refused(s3.head_object, Bucket=bucket, Key=prefix + "big")[0] == 404
    completed = s3.complete_multipart_upload(**upload, MultipartUpload=done)
    md5s = b"".join(hashlib.md5(part).digest() for part in parts.values())
    assert completed["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-3"'
    got = s3.get_object(Bucket=bucket, Key=prefix + "big")
    assert got["Body"].read() == b"".join(parts.values())
    assert (got["ETag"], got["ContentType"], got["Metadata"]) == (completed["ETag"], "application/x-model", {"rank": "16"})
    assert not s3.list_multipart_uploads(Bucket=bucket, Prefix=prefix).get("Uploads")
    again = s3.complete_multipart_upload(**upload, MultipartUpload=done)
    assert again["ETag"] == completed["ETag"], "a client that lost the answer may ask again"


def test_multipart_uploads_that_cannot_be_completed(s3, bucket, prefix):
    upload, done = multipart(s3, bucket, prefix + "m", {1: b"small", 2: b"last"})
    complete = s3.complete_multipart_upload
    assert refused(complete, **upload, MultipartUpload=done) == (400, "EntityTooSmall")
    backwards = {"Parts": done["Parts"][::-1]}
    assert refused(complete, **upload, MultipartUpload=backwards) == (400, "InvalidPartOrder")
    wrong = {"Parts": [{"PartNumber": 1, "ETag": '"0"'}]}
    assert refused(complete, **upload, MultipartUpload=wrong) == (400, "InvalidPart")
    s3.abort_multipart_upload(**upload)
    assert refused(complete, **upload, MultipartUpload=done) == (404, "NoSuchUpload")
    assert refused(s3.list_parts, **upload) == (404, "NoSuchUpload")
    late = {**upload, "PartNumber": 3, "Body": b"late"}
    assert refused(s3.upload_part, **late) == (404, "NoSuchUpload")


def test_completing_obeys_conditions_and_leaves_the_upload_open(s3, bucket, prefix):
    first = s3.put_object(Bucket=bucket, Key=prefix + "m", Body=b"first")["ETag"]
    upload, done = multipart(s3, bucket, prefix + "m", {1: b"second"})
    assert refused(s3.complete_multipart_upload, **upload, MultipartUpload=done, IfNoneMatch="*") == (412, "PreconditionFailed")
    assert refused(s3.complete_multipart_upload, **upload, MultipartUpload=done, IfMatch='"0"') == (412, "PreconditionFailed")
    assert s3.get_object(Bucket=bucket, Key=prefix + "m")["Body"].read() == b"first"
    s3.complete_multipart_upload(**upload, MultipartUpload=done, IfMatch=first)
    assert s3.get_object(Bucket=bucket, Key=prefix + "m")["Body"].read() == b"second"


def test_boto3s_managed_transfers_up_down_and_across(s3, bucket, prefix, tmp_path):
    body = os.urandom(20 * MIB + 17)
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(body)
    config = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB)
    s3.upload_file(str(source), bucket, prefix + "up", Config=config)
    assert s3.head_object(Bucket=bucket, Key=prefix + "up")["ETag"].endswith('-3"')
    s3.download_file(bucket, prefix + "up", str(target), Config=config)
    assert target.read_bytes() == body
    s3.copy({"Bucket": bucket, "Key": prefix + "up"}, bucket, prefix + "across", Config=config)
    assert s3.get_object(Bucket=bucket, Key=prefix + "across")["Body"].read() == body
    single = s3.copy_object(Bucket=bucket, Key=prefix + "single", CopySource={"Bucket": bucket, "Key": prefix + "up"})
    assert single["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_are_verified_kept_and_given_back(s3, bucket, prefix, algorithm):
    key, field = prefix + algorithm, f"Checksum{algorithm}"
    put = s3.put_object(Bucket=bucket, Key=key, Body=b"checked", ChecksumAlgorithm=algorithm)
    assert put[field]
    assert s3.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")[field] == put[field]
    assert s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")[field] == put[field]
    wrong = {field: base64.b64encode(b"\0" * len(base64.b64decode(put[field]))).decode()}
    assert refused(s3.put_object, Bucket=bucket, Key=key, Body=b"other", **wrong) == (400, "BadDigest")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"checked"


def test_a_body_that_does_not_fit_its_md5_is_refused(s3, bucket, prefix):
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert refused(s3.put_object, Bucket=bucket, Key=prefix + "x", Body=b"this", ContentMD5=wrong) == (400, "BadDigest")
    assert refused(s3.put_object, Bucket=bucket, Key=prefix + "x", Body=b"this", ContentMD5="AAAA") == (400, "InvalidDigest")
    assert refused(s3.head_object, Bucket=bucket, Key=prefix + "x")[0] == 404


@pytest.mark.parametrize("signature_version", ["s3v4", "s3"])
def test_presigned_urls_work_from_a_browser(studio_env, bucket, prefix, signature_version):
    s3 = client_for(studio_env, signature_version=signature_version)
    key = prefix + "an image (1).png"
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key, "ContentType": "image/png"})
    status, headers, _ = fetch(put, "PUT", b"\x89PNG", {"Content-Type": "image/png", "Origin": "http://127.0.0.1:5173"})
    assert (status, headers["ETag"]) == (200, '"' + hashlib.md5(b"\x89PNG").hexdigest() + '"')
    assert headers["Access-Control-Allow-Origin"] in ("*", "http://127.0.0.1:5173")
    exposed = headers["Access-Control-Expose-Headers"].lower()
    assert "etag" in exposed and "content-range" in exposed
    params = {
        "Bucket": bucket,
        "Key": key,
        "ResponseContentDisposition": 'attachment; filename="b.png"',
        "ResponseContentType": "application/x-thing",
    }
    status, headers, body = fetch(s3.generate_presigned_url("get_object", Params=params))
    assert (status, body) == (200, b"\x89PNG")
    assert headers["Content-Disposition"] == 'attachment; filename="b.png"'
    assert headers["Content-Type"] == "application/x-thing"
    assert headers["X-Content-Type-Options"] == "nosniff"
    plain = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
    status, headers, body = fetch(plain, headers={"Range": "bytes=1-3"})
    assert (status, body, headers["Content-Range"], headers["Content-Type"]) == (206, b"PNG", "bytes 1-3/4", "image/png")


def test_presigned_urls_that_are_refused(s3, bucket, prefix):
    s3.put_object(Bucket=bucket, Key=prefix + "x", Body=b"x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": prefix + "x"}, ExpiresIn=1)
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query))

    def altered(**changes):
        return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query | changes)))

    signature = query["X-Amz-Signature"]
    flipped = ("0" if signature[0] != "0" else "1") + signature[1:]
    for tampered in (
        altered(**{"X-Amz-Signature": flipped}),
        altered(**{"X-Amz-Signature": signature[:-1]}),
        altered(**{"X-Amz-Expires": "3600"}),
        altered(**{"response-content-type": "text/html"}),
        url.replace("/x?", "/y?"),
    ):
        assert fetch(tampered)[0] == 403
    assert fetch(url, "PUT", b"not what was signed")[0] == 403
    assert fetch(url.split("?")[0])[0] == 403, "nothing is public"
    deadline = time.monotonic() + 10
    while fetch(url)[0] == 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    status, _, body = fetch(url)
    assert status == 403 and b"expired" in body
    assert s3.get_object(Bucket=bucket, Key=prefix + "x")["Body"].read() == b"x"


def test_the_preflight_of_an_upload_passes(s3, bucket, prefix):
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": prefix + "x"})
    wanted = "content-type,if-none-match,range,x-amz-acl,x-amz-meta-caption"
    asked = {"Origin": "http://127.0.0.1:5173", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": wanted}
    status, headers, _ = fetch(url, "OPTIONS", headers=asked)
    assert status in (200, 204)
    assert headers["Access-Control-Allow-Origin"] in ("*", "http://127.0.0.1:5173")
    assert "PUT" in headers["Access-Control-Allow-Methods"] or headers["Access-Control-Allow-Methods"] == "*"
    allowed = {name.strip() for name in headers["Access-Control-Allow-Headers"].lower().split(",")}
    assert allowed == {"*"} or allowed >= set(wanted.split(","))


def test_other_keys_are_refused(studio_env, bucket):
    stranger = client_for(studio_env, aws_access_key_id="AKIASTRANGER")
    assert refused(stranger.list_objects_v2, Bucket=bucket) == (403, "InvalidAccessKeyId")
    thief = client_for(studio_env, aws_secret_access_key="guessed")
    assert refused(thief.list_objects_v2, Bucket=bucket) == (403, "SignatureDoesNotMatch")
    assert refused(thief.put_object, Bucket=bucket, Key="x", Body=b"x") == (403, "SignatureDoesNotMatch")


def test_delete_objects_names_what_it_did(s3, bucket, prefix):
    etag = s3.put_object(Bucket=bucket, Key=prefix + "a", Body=b"a")["ETag"]
    objects = [{"Key": prefix + "a", "ETag": '"0"'}, {"Key": prefix + "missing"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert [item["Key"] for item in answer["Deleted"]] == [prefix + "missing"]
    assert [(item["Key"], item["Code"]) for item in answer["Errors"]] == [(prefix + "a", "PreconditionFailed")]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": prefix + "a", "ETag": etag}], "Quiet": True})
    assert "Deleted" not in quiet and "Errors" not in quiet
    assert all_keys(s3, bucket, prefix) == []


def test_buckets_come_and_go(s3, studio_env, bucket):
    name = f"interop-{uuid.uuid4().hex[:20]}"
    s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    listed = {item["Name"] for item in s3.list_buckets()["Buckets"]}
    assert {name, bucket} <= listed
    assert s3.head_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 200
    location = s3.get_bucket_location(Bucket=name)["LocationConstraint"]
    assert (location or "us-east-1") == studio_env["S3_REGION"]
    s3.put_object(Bucket=name, Key="x", Body=b"x")
    assert refused(s3.delete_bucket, Bucket=name) == (409, "BucketNotEmpty")
    s3.delete_object(Bucket=name, Key="x")
    s3.delete_bucket(Bucket=name)
    assert refused(s3.head_bucket, Bucket=name)[0] == 404
    assert refused(s3.create_bucket, Bucket="Not_A_Bucket_Name") == (400, "InvalidBucketName")


def test_what_is_not_there_says_so(s3, bucket):
    assert refused(s3.get_bucket_policy, Bucket=bucket) == (501, "NotImplemented")
    assert refused(s3.put_object, Bucket=bucket, Key="tagged", Body=b"", Tagging="a=b") == (501, "NotImplemented")
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["AllowedOrigins"] == ["*"]
