"""An ActorMaker folder as it is: opened and looked through without changing a byte; and a style larger than one S3 listing."""

import concurrent.futures
import hashlib
import shutil
from pathlib import Path

import boto3
import dataset
import pytest
from botocore.config import Config

REAL = Path(__file__).resolve().parent.parent.parent / "shared/data/actor_maker"


def fingerprint(folder):
    """Every entry below a folder: kind, content, time of change."""
    return {
        str(path.relative_to(folder)): (path.is_dir(), path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(scope="module")
def real(studio_factory, tmp_path_factory):
    if not REAL.is_dir():
        pytest.skip(f"no {REAL}")
    folder = tmp_path_factory.mktemp("real") / "actor_maker"
    shutil.copytree(REAL, folder)
    before = fingerprint(folder)
    return studio_factory(folder), folder, before


def test_every_page_and_list_of_a_real_folder_opens_and_no_byte_changes(real):
    studio, folder, before = real
    styles = studio.json("GET", "/api/styles")["styles"]
    assert [style["id"] for style in styles] == "1 16 5 59 91 2 68 82 48 53 99 100 101 102 103".split()
    pages = ["/", "/new", "/setup", "/guide"]
    lists = ["/api/health", "/api/openapi.json", "/api/ngrok/status"]
    for style in styles:
        api, page = f"/api/styles/{style['id']}", f"/styles/{style['id']}"
        pages += [f"{page}/data", f"{page}/train", f"{page}/versions"]
        lists += [api, f"{api}/images", f"{api}/selection-sets", f"{api}/training-versions"]
        lists += [style["coverUrl"]] if style["coverUrl"] else []
        for version in studio.versions(style["id"]):
            pages.append(f"{page}/versions/{version['id']}")
            lists.append(f"{api}/training-versions/{version['id']}/events")
    for path in lists:
        assert studio.get(path).status_code == 200, path
    for path in pages:
        answer = studio.get(path)
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"), path
        assert "Rehearsal" in answer.text, f"{path} does not say that it rehearses"
    assert fingerprint(folder) == before


def test_what_the_older_system_recorded_is_all_there(real):
    studio, _, _ = real
    style = studio.json("GET", "/api/styles/1")["style"]
    assert (style["clientIndex"], style["monochrome"], style["triggerWords"], style["loraWeight"]) == (1, True, "style SBai_style_1", 0.95)
    for style in studio.json("GET", "/api/styles")["styles"]:
        for version in studio.versions(style["id"]):
            assert version["status"] in ("pending", "training", "completed", "failed", "cancelled")
            assert version["id"] and version["name"] and version["timestamp"]


def test_1250_objects_under_one_prefix_are_all_listed(studio_factory):
    studio = studio_factory()
    style = dataset.make_style(studio)
    env = studio.env()
    s3 = boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"], aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
                      aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"], region_name=env["S3_REGION"],
                      config=Config(s3={"addressing_style": "path"}, max_pool_connections=16))
    picture = dataset.picture(0, "a.jpg")
    bodies = {f"boat {n:04}.jpg": picture for n in range(650)} | {f"boat {n:04}.txt": b"a boat" for n in range(600)}

    def put(item):
        s3.put_object(Bucket=env["S3_USER_BUCKET"], Key=f"styles/{style}/{item[0]}", Body=item[1])

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(put, bodies.items()))
    found, cursor = [], ""
    while cursor is not None:
        page = studio.json("GET", f"/api/styles/{style}/images", params={"limit": 200, "cursor": cursor})
        assert (page["total"], page["withoutCaption"]) == (650, 50)
        found += page["images"]
        cursor = page["nextCursor"]
    assert [image["filename"] for image in found] == [f"boat {n:04}.jpg" for n in range(650)]
    assert sum(image["captionState"] == "present" for image in found) == 600
    missing = studio.json("GET", f"/api/styles/{style}/images", params={"filter": "missing:caption"})
    assert missing["total"] == 50
