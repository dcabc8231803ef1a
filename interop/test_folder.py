"""A style's folder beside S3, where boto3 wrote the objects: in several parts, or encrypted, an ETag is no MD5."""

import io

import boto3
import dataset
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from PIL import Image

MIB = 1 << 20


@pytest.fixture(scope="module")
def story(studio_factory, tmp_path_factory):
    folder = tmp_path_factory.mktemp("actor_maker")
    studio = studio_factory(folder=folder)
    style = studio.json("POST", "/api/styles", 201, json={"title": "Parts", "triggerWords": "ink"})["style"]["id"]
    images = folder / "resources/style_images" / f"{style}_parts"
    images.mkdir(parents=True)
    env = studio.env()
    client = boto3.session.Session().client(
        "s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"], aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"], region_name=env["S3_REGION"], config=Config(s3={"addressing_style": "path"}))
    return studio, style, images, client, env["S3_USER_BUCKET"]


def compare(studio, style):
    return studio.json("GET", f"/api/styles/{style}/folder")


def transfer(studio, style, what):
    studio.json("POST", f"/api/styles/{style}/folder/{what}", 202)

    def ended():
        now = studio.json("GET", f"/api/styles/{style}/folder/transfer")["transfer"]
        return now if now["stage"] not in ("comparing", "moving") else None
    return studio.wait_until(ended, what="the end of the transfer")


def bitmap(number):
    """A whole picture of 400 kB: what is none is not sent."""
    file = io.BytesIO()
    Image.new("RGB", (366, 364), (number % 256, number // 256, 90)).save(file, "BMP")
    return file.getvalue()


def test_an_object_of_several_parts_is_not_offered_as_changed(story):
    studio, style, images, client, bucket = story
    content = bytes(range(256)) * (12 * MIB // 256)
    (images / "big (1).png").write_bytes(content)
    parts = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    client.upload_file(str(images / "big (1).png"), bucket, f"styles/{style}/big (1).png", Config=parts)
    etag = client.head_object(Bucket=bucket, Key=f"styles/{style}/big (1).png")["ETag"].strip('"')
    assert "-3" in etag, "it went in parts"
    view = compare(studio, style)
    assert view["counts"]["inStep"] == 1 and view["files"] == []
    assert transfer(studio, style, "send")["sent"] == 0

    # the same size with another content is seen all the same, and its side is known
    changed = b"x" + content[1:]
    (images / "other.png").write_bytes(changed)
    client.upload_file(str(images / "other.png"), bucket, f"styles/{style}/big (1).png", Config=parts)
    (images / "other.png").unlink()
    states = {f["filename"]: f["state"] for f in compare(studio, style)["files"]}
    assert states == {"big (1).png": "changed_there"}
    assert transfer(studio, style, "fetch")["fetched"] == 1
    assert (images / "big (1).png").read_bytes() == changed
    assert compare(studio, style)["files"] == []


def test_what_was_sent_is_what_boto3_reads(story):
    studio, style, images, client, bucket = story
    name = "A Boy and a Girl_scene_1_shot_1 (1) café.jpg"
    body = dataset.picture(0, name)
    (images / name).write_bytes(body)
    assert transfer(studio, style, "send")["sent"] == 1
    found = client.get_object(Bucket=bucket, Key=f"styles/{style}/{name}")
    assert found["Body"].read() == body and found["ContentType"] == "image/jpeg"


def test_a_killed_transfer_is_gone_on_with_and_leaves_nothing_half_written(studio_factory, tmp_path):
    studio = studio_factory(folder=tmp_path / "folder")
    style = studio.json("POST", "/api/styles", 201, json={"title": "Cut", "triggerWords": "ink"})["style"]["id"]
    images = tmp_path / "folder/resources/style_images" / f"{style}_cut"
    images.mkdir(parents=True)
    content = {f"{n}.bmp": bitmap(n) for n in range(300)}
    for name, body in content.items():
        (images / name).write_bytes(body)
    assert transfer(studio, style, "send")["sent"] == 300
    for name in content:
        (images / name).unlink()
    # what both had once is fetched when it is named
    files = [{"filename": name} for name in content]
    studio.json("POST", f"/api/styles/{style}/folder/fetch", 202, json={"files": files})
    now = f"/api/styles/{style}/folder/transfer"
    studio.wait_until(lambda: studio.json("GET", now)["transfer"]["filesDone"] > 5, what="the first files")
    studio.kill()
    studio.start()
    whole = [p for p in images.iterdir() if not p.name.startswith(".")]
    assert all(p.read_bytes() == content[p.name] for p in whole), "a name appears only with its whole content"
    if studio.json("GET", now)["transfer"]["stage"] == "interrupted":
        assert transfer(studio, style, "resume")["stage"] == "done"
    assert {p.name: p.read_bytes() for p in images.iterdir()} == content, "and no temporary file is left"
