"""The main job from outside: a new style, twenty captioned images, a set of twelve, one training run, the model in hand.

Everything over REST as a script of a user's would do it, with `requests`, `boto3` and `safetensors`; nothing of the studio's own code.
"""

import json
import re

import boto3
import dataset
import pytest
import requests
from botocore.config import Config
from safetensors import safe_open

CHOSEN = dataset.names(20)[3:15]
TYPED = {"max_train_steps": 250, "network_dim": 8, "network_alpha": 4, "learning_rate": 0.00025, "class_tokens": "tok",
         "lr_scheduler": "cosine", "num_repeats": 2, "batch_size": 1, "save_every_n_steps": 100}


@pytest.fixture(scope="module")
def job(studio_factory):
    """The whole walk, done once; the tests look at what it left."""
    studio = studio_factory()
    style = dataset.make_style(studio)
    dataset.upload(studio, style, dataset.captioned(20))
    selection = dataset.make_set(studio, style, CHOSEN, name="the twelve")
    run = dataset.run(style, selection, "V1", **TYPED)
    preview = studio.json("POST", "/api/training/preview", json=run)
    started = studio.json("POST", "/api/training/start", 202, json=run)["version"]
    [version] = studio.settled(style)
    return {"studio": studio, "style": style, "set": selection, "preview": preview, "started": started, "version": version}


def test_all_twenty_images_are_listed_with_their_captions(job):
    page = job["studio"].json("GET", f"/api/styles/{job['style']}/images?limit=1000")
    assert page["total"] == 20
    # by name, numbers by their value
    def by_name(name):
        return [int(part) if part.isdigit() else part.lower() for part in re.split(r"(\d+)", name)]

    assert [image["filename"] for image in page["images"]] == sorted(dataset.names(20), key=by_name)
    for image in page["images"]:
        number = dataset.names(20).index(image["filename"])
        assert (image["width"], image["height"]) == dataset.SIZES[number % len(dataset.SIZES)]
        assert image["caption"] == f"a quiet harbour, boat number {number}"
        assert image["sets"] == ([job["set"]] if image["filename"] in CHOSEN else [])
        for address in (image["url"], image["thumbnailUrl"]):
            assert job["studio"].get(address).headers["Content-Type"].startswith("image/")


def test_the_files_lie_in_s3_under_their_raw_names_and_nothing_else_does(job):
    env = job["studio"].env()
    s3 = boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"], aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
                      aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"], region_name=env["S3_REGION"],
                      config=Config(s3={"addressing_style": "path"}))
    prefix = f"styles/{job['style']}/"
    listed = s3.list_objects_v2(Bucket=env["S3_USER_BUCKET"], Prefix=prefix)["Contents"]
    assert {item["Key"].removeprefix(prefix) for item in listed} == set(dataset.captioned(20))


def test_the_preview_says_what_will_be_done(job):
    preview, plan = job["preview"], job["preview"]["plan"]
    assert preview["problems"] == []
    assert plan["steps"] == 250 and plan["checkpoints"][-1] == 250
    assert sum(bucket["images"] for bucket in plan["buckets"]) == 12
    assert [row["filename"] for row in preview["captions"]] == CHOSEN
    assert all(row["asTrained"].startswith("tok ") for row in preview["captions"])


def test_the_version_tells_the_whole_run(job):
    started, version = job["started"], job["version"]
    assert started["status"] in ("pending", "training")
    assert re.fullmatch(rf"style_{job['style']}_\d{{13}}", started["id"]) and started["id"] == version["id"]
    assert version["status"] == "completed" and version.get("error") is None
    assert (version["name"], version["imageCount"], version["selectionSetId"]) == ("V1", 12, job["set"])
    assert {name: version["parameters"][name] for name in TYPED} == TYPED
    assert version["trainer"] == "rehearsal" and version["sizeBytes"] > 100_000
    assert version["timestamp"] <= version["completedAt"]


def test_the_event_log_goes_from_recorded_to_completed(job):
    path = f"/api/styles/{job['style']}/training-versions/{job['version']['id']}"
    events = job["studio"].json("GET", f"{path}/events")["events"]
    said = [event["message"] for event in events]
    assert said[0] == "recorded", "recorded before it is submitted"
    assert said.index("recorded") < next(n for n, text in enumerate(said) if text.startswith("submitted as job "))
    assert said[-1] == "completed" and said.count("completed") == 1
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    snapshot = job["studio"].json("GET", f"{path}/snapshot")
    assert [image["filename"] for image in snapshot["images"]] == CHOSEN
    assert all(image["etag"] and image["caption"] and image["asTrained"] for image in snapshot["images"])


def test_the_model_downloads_and_safetensors_reads_its_true_metadata(job, tmp_path):
    answer = job["studio"].get(f"/api/styles/{job['style']}/training-versions/{job['version']['id']}/download", allow_redirects=False)
    assert answer.status_code == 307
    model = requests.get(answer.headers["Location"], timeout=30)
    assert model.ok and len(model.content) == job["version"]["sizeBytes"]
    assert f"style_{job['style']}_V1" in model.headers["Content-Disposition"]
    file = tmp_path / "model.safetensors"
    file.write_bytes(model.content)
    with safe_open(file, framework="np") as opened:
        metadata, keys = opened.metadata(), list(opened.keys())
    assert any(key.endswith(".lora_up.weight") for key in keys)
    expected = {"ss_network_dim": "8", "ss_network_alpha": "4.0", "ss_learning_rate": "0.00025", "ss_max_train_steps": "250",
                "ss_steps": "250", "ss_num_train_images": "24", "ss_lr_scheduler": "cosine", "ss_batch_size_per_device": "1"}
    assert {name: metadata.get(name) for name in expected} == expected
    tags = json.loads(metadata["ss_tag_frequency"])["training_data"]
    assert tags["tok a quiet harbour"] == 12, "the trainer saw the twelve captions with the trigger before them"


def test_a_name_that_was_used_is_refused_and_nothing_is_sent(job):
    run = dataset.run(job["style"], job["set"], "V1", **TYPED)
    problem = job["studio"].json("POST", "/api/training/start", 409, json=run)
    assert [error["field"] for error in problem["errors"]] == ["name"]
    assert len(job["studio"].jobs()) == len(job["studio"].versions(job["style"])) == 1
